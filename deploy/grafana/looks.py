"""Colours, thresholds and units, from the regulations' data: never written twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import (
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from standards.editions import load_editions
from standards.factors import load_catalogue

GOOD, FAIR, BAD, GRAVE, PLAIN = "green", "yellow", "orange", "red", "text"
POLLUTANTS = {"pm25": "a34004", "pm10": "a34002", "so2": "a21026", "no2": "a21004", "co": "a21005", "o3": "a05024"}
"""Columns of the air views, and the factors that they show."""
SYMBOLS = {
    column: next(one.symbol for one in load_catalogue() if one.code == code) for column, code in POLLUTANTS.items()
}
_UNITS = {"%": units.Percent, "degC": units.Celsius, "kW": units.KiloWatt}
SEVERITIES = {"info": "blue", "warning": FAIR, "severe": BAD, "critical": GRAVE}
WARNINGS = {"blue": "blue", "yellow": FAIR, "orange": BAD, "red": GRAVE}
STATES = {"reporting": GOOD, "late": FAIR, "silent": GRAVE, "never": GRAVE, "inactive": PLAIN}


def unit(written: str) -> str:
    """Grafana's id of a unit of the catalogue; what Grafana does not know stands behind the number as it is."""
    shown = written.replace("ug/", "µg/").replace("m3", "m³").replace("degree", "°")
    return _UNITS.get(written, f"suffix: {shown}")


def unit_of(column: str) -> str:
    """Grafana's id of the unit of an air view's column."""
    return unit(next(one.unit for one in load_catalogue() if one.code == POLLUTANTS[column]))


def steps(base: str, *bounds: tuple[float, str]) -> ThresholdsConfig:
    """A colour below all bounds, and another from each bound on."""
    found = [Threshold(value=None, color=base), *(Threshold(value=value, color=colour) for value, colour in bounds)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def aqi_levels() -> ThresholdsConfig:
    """The official colours of the AQI, from each level's first number on.

    Raises `ValueError` if editions differ in levels: a dashboard shows days of several.
    """
    ladders = [[(level.up_to, level.colour) for level in edition.levels] for edition in load_editions().all]
    if any(ladder != ladders[0] for ladder in ladders):
        raise ValueError("editions differ in levels of the AQI: a panel can have the colours of one alone")
    first, *above = ladders[0]
    floors = [top + 1 for top, _ in ladders[0]]
    return steps(first[1], *((floor, colour) for floor, (_, colour) in zip(floors, above, strict=False)))


class LevelColours(NamedTuple):
    """Levels 1 … 6: (number, name), and the official colour by name."""

    names: list[tuple[int, str]]
    of_name: dict[str, str]


def level_colours() -> LevelColours:
    """Of the latest edition."""
    levels = load_editions().all[-1].levels
    named = [(one.number, f"{one.name_zh} {one.name_en}") for one in levels]
    return LevelColours(named, {name: one.colour for (_, name), one in zip(named, levels, strict=True)})


def level_names() -> list[ValueMapping]:
    """Levels 1 … 6 by name and official colour, as the latest edition has them."""
    levels = load_editions().all[-1].levels
    return [_mapping({str(one.number): (f"{one.name_zh} {one.name_en}", one.colour) for one in levels})]


def words(codes: Mapping[str, str], colours: Mapping[str, str] | None = None) -> list[ValueMapping]:
    """Codes as people read them, and in colours if they have some, by code."""
    return [_mapping({code: (said, (colours or {}).get(code)) for code, said in codes.items()})]


def _mapping(shown: Mapping[str, tuple[str, str | None]]) -> ValueMapping:
    options = {
        value: ValueMappingResult(text=text, color=colour, index=place)
        for place, (value, (text, colour)) in enumerate(shown.items())
    }
    return ValueMap(options)

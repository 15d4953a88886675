"""Enterprises' plans (一企一策): what each line, process and piece of equipment does at which level. Files in CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from alerts.warnings.cuts import Pollutant
from alerts.warnings.scheme import Level
from core.errors import InputError
from ingest.rows import RowError, csv_rows, decimal, heading, open_text, too_many_cells

COLUMNS = ("enterprise", "line", "process", "equipment", "level", "measure", "so2", "nox", "pm")
CHINESE = ("企业", "生产线", "工序", "设备", "级别", "减排措施", "SO2", "NOx", "PM")
_REQUIRED = ("enterprise", "level", "measure")
_LEVELS = {
    name: level for level in Level if level.is_warning for name in (level.value, level.chinese, level.chinese[0])
}
_NAMES = dict(zip(CHINESE, COLUMNS, strict=True)) | {"SO2": "so2", "NOX": "nox", "颗粒物": "pm"}
_ALL = Decimal(100)


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """What a measure is about; all but the enterprise may be empty."""

    enterprise: str
    line: str = ""
    process: str = ""
    equipment: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a unit does at a level."""

    unit: Unit
    level: Level
    text: str
    shares: Mapping[Pollutant, Decimal]
    """Per cent of what the whole city emits, by pollutant; 0 where nothing is said."""


@dataclass(slots=True)
class Plan:
    """The measures of a file in its order, and what is wrong with its other rows."""

    measures: list[Measure] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def at(self, level: Level) -> list[Measure]:
        """The measures at a level."""
        return [measure for measure in self.measures if measure.level is level]

    @property
    def enterprises(self) -> set[str]:
        """Their names."""
        return {measure.unit.enterprise for measure in self.measures}


def read_plan(path: Path) -> Plan:
    """The plan of a CSV with the columns `COLUMNS` under these names or those of `CHINESE`, in any order.

    A bad row is told and stops no other; raises `InputError` for a file that is none.
    """
    plan, seen = Plan(), dict[tuple[Unit, Level, str], int]()
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = _named(path, heading(path, rows))
        for number, cells in rows:
            if len(cells) > len(names):
                plan.errors.append(too_many_cells(path.name, number, cells))
                continue
            given = dict.fromkeys(COLUMNS, "") | dict(zip(names, cells, strict=False))
            found = _measure(given)
            if isinstance(found, Measure):
                key = found.unit, found.level, found.text
                if key not in seen:
                    seen[key] = number
                    plan.measures.append(found)
                    continue
                found = "measure", f"stands in row {seen[key]} too", "leave one of them out"
            column, message, hint = found
            plan.errors.append(RowError(path.name, number, column, given[column], message, hint))
    return plan


def _named(path: Path, names: Sequence[str]) -> list[str]:
    own = [_NAMES.get(name, _NAMES.get(name.upper(), name.lower())) for name in names]
    for name, shown in zip(own, names, strict=True):
        if name not in COLUMNS:
            raise InputError("heading", "is no column of a plan", field=str(path), value=shown,
                             hint=f"begin it with {','.join(CHINESE)} or {','.join(COLUMNS)}")  # fmt: skip
        if own.count(name) > 1:
            raise InputError("heading", "is named twice", field=str(path), value=shown, hint="remove one of them")
    for name in _REQUIRED:
        if name not in own:
            raise InputError("heading", f"the column {name} is missing", field=str(path),
                             hint=f"begin it with {','.join(CHINESE)} or {','.join(COLUMNS)}")  # fmt: skip
    return own


def _measure(given: Mapping[str, str]) -> Measure | tuple[str, str, str]:
    """A row's measure, or column, what is wrong with it, and the remedy."""
    if not given["enterprise"]:
        return "enterprise", "is empty", "name the enterprise"
    level = _LEVELS.get(given["level"].removesuffix("预警").lower())
    if level is None:
        return "level", "is no level", "write 黄色, 橙色 or 红色 (yellow, orange, red)"
    if not given["measure"]:
        return "measure", "is empty", "say what is to be done, or leave the row out"
    shares: dict[Pollutant, Decimal] = {}
    for pollutant in Pollutant:
        share = _share(given[pollutant.value])
        if share is None:
            return pollutant.value, "is no share", "write per cent of the city's emission, 0 to 100, as 0.35"
        shares[pollutant] = share
    unit = Unit(given["enterprise"], given["line"], given["process"], given["equipment"])
    return Measure(unit, level, given["measure"], shares)


def _share(text: str) -> Decimal | None:
    if not text:
        return Decimal(0)
    try:
        value = decimal(text.removesuffix("%").strip())
    except ValueError:
        return None
    return value if value.is_finite() and 0 <= value <= _ALL else None

"""A province with three cities whose days are written as their makers would, and what they come to in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from aggregate.cells import Cell, assemble
from aggregate.settle import settle
from aggregate.statistic import (
    DEVICES,
    VARIANTS,
    Computed,
    Key,
    Reason,
    Tier,
    Variant,
    Window,
    city_object,
    station_object,
)
from aggregate.statistic_store import Writer, write
from aggregate.store import Layouts
from core.clock import midnight, parse_time
from core.postgres import connect
from core.settings import CoreSettings
from ingest.station_import import import_csv
from truth.periods import DAILY
from truth.statistics import Cell as TrueCell
from truth.statistics import Cells, city_day_cells, day_index_cells, edition_at

CITIES = {"兰州市": "620102", "天水市": "620502", "酒泉市": "620902"}
"""Of a province that no other test has stations in."""
COUNTIES = ("一区", "二区")
OFFICIAL = {
    (city, county): tuple(f"{region}{place}{n}" for n in (1, 2, 3))
    for city, region in CITIES.items()
    for place, county in enumerate(COUNTIES)
}
"""Three official stations in each county; the last of the second is a control point."""
CONTROL = {stations[-1] for (_, county), stations in OFFICIAL.items() if county == COUNTIES[1]}
STRANGERS = ("micro", "dust", "works")
"""Others in the first county of each city, with air that is not to be mixed in."""

Days = dict[Variant, dict[date, Cells]]
"""Rows by variant."""


def register(settings: CoreSettings, folder: Path) -> None:
    """All stations into the registry, from the beginning of time."""
    rows = ["station,name_zh,kind,region,city,county,control_level,control_point,reporting_period"]
    for (city, county), stations in OFFICIAL.items():
        for name in stations:
            control = "yes" if name in CONTROL else ""
            rows.append(f"{name},站{name},air,{CITIES[city]},{city},{county},city,{control},PT1H")
    for city, region in CITIES.items():
        for stranger in STRANGERS:
            kind, level = ("air", "enterprise") if stranger == "works" else (stranger, "city")
            rows.append(f"{stranger}-{region},别的,{kind},{region},{city},{COUNTIES[0]},{level},,PT1H")
    file = folder / "stations.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with closing(connect(settings, "registry", application="test")) as database:
        result = import_csv(database, file, effective=parse_time("2010-01-01", field="t"), user="test")
    assert result.failed == 0, result.errors


class Province:
    """What was written, by object and variant."""

    def __init__(self, seed: int, spans: Iterable[tuple[date, date]]) -> None:
        """`spans`: first days and ends (exclusive) that have rows."""
        dice = random.Random(seed)
        self.days: dict[str, Days] = {}
        every = [first + timedelta(days=n) for first, end in spans for n in range((end - first).days)]
        storms = {city: _some(dice, every, 0.03) for city in CITIES}
        for number, ((city, _), stations) in enumerate(OFFICIAL.items()):
            for name in stations:
                self.days[station_object(name)] = _station(dice, every, 30 + 15 * number, storms[city])
        for region in CITIES.values():
            for stranger in STRANGERS:
                self.days[station_object(f"{stranger}-{region}")] = _station(dice, every, 800, set())
        for city in CITIES:
            self.days[city_object(city)] = self._city(city, every)

    def holding(self, name: str, variant: Variant) -> dict[date, Cells]:
        """What holds for a variant: its own rows over those of the variants that leave more as it was measured."""
        found: dict[date, Cells] = {}
        for other in VARIANTS:
            if (other.tier is Tier.RAW or variant.tier is Tier.REVIEWED) and (other.sanddust or not variant.sanddust):
                found |= self.days[name].get(other, {})
        return found

    def mean(self, stations: Iterable[str], variant: Variant) -> dict[date, Cells]:
        """The days of a place that is the mean of stations (truth.statistics.city_day_cells)."""
        members = [self.holding(station_object(name), variant) for name in sorted(stations)]
        every = sorted({day for member in members for day in member})
        return {day: city_day_cells(midnight(day), [member.get(day, {}) for member in members]) for day in every}

    def write(self, settings: CoreSettings) -> None:
        """All rows into the database."""
        layouts = Layouts()
        with closing(connect(settings, "worker", application="test")) as database, database, \
             database.cursor() as cursor:  # fmt: skip
            made = []
            for name, variants in self.days.items():
                for variant, days in variants.items():
                    for day, cells in days.items():
                        key = Key(name, Window.DAY, midnight(day), *variant)
                        settled = settle(key, None, _computed(key, cells), now=key.end, lateness=0)
                        assert settled is not None
                        made.append((settled, Writer("worker", 0)))
            write(cursor, layouts, made)

    def _city(self, city: str, every: list[date]) -> Days:
        stations = [name for (of, _), names in OFFICIAL.items() if of == city for name in names if name not in CONTROL]
        found: Days = {DEVICES: self.mean(stations, DEVICES)}
        for variant in VARIANTS[1:]:
            days = self.mean(stations, variant)
            found[variant] = {day: cells for day, cells in days.items() if cells != found[DEVICES].get(day)}
        return found


def _some(dice: random.Random, every: list[date], share: float) -> set[date]:
    return {day for day in every if dice.random() < share}


def _station(dice: random.Random, every: list[date], level: float, of_city: set[date]) -> Days:
    """Nearly all days; some were reviewed, and some lay in sand-dust, of the city or here alone."""
    storms = of_city | _some(dice, every, 0.01)
    days = {day: _cells(dice, day, level, dusty=day in storms) for day in every if dice.random() < 0.985}
    reviewed = {day: _cells(dice, day, level * 0.8, dusty=day in storms) for day in days if dice.random() < 0.1}
    dusty = {day: _without_particulates(midnight(day), cells) for day, cells in days.items() if day in storms}
    both = {day: _without_particulates(midnight(day), reviewed[day]) for day in dusty if day in reviewed}
    return dict(zip(VARIANTS, (days, reviewed, dusty, both), strict=True))


def _cells(dice: random.Random, day: date, level: float, *, dusty: bool) -> Cells:
    cells: Cells = {}
    particulates = 5.0 if dusty else 1.0
    for name in (*DAILY, "a05024_1h_max"):
        scale = {"a21005": 0.02, "a05024_8h_max": 2.0, "a05024_1h_max": 2.5, "a21026": 0.3, "a34002": particulates}.get(
            name, 1.0
        )
        value = round(dice.gauss(level, level / 3) * scale, dice.choice([0, 1, 6]))
        valid = dice.random() < 0.99
        cells[name] = TrueCell(max(value, 0.0) if valid else None, 24 if valid else 9, 24,
                               Reason.VALID if valid else Reason.TOO_FEW_HOURS)  # fmt: skip
    return cells | day_index_cells(midnight(day), cells)


def _without_particulates(start: int, cells: Cells) -> Cells:
    left = {name: cell for name, cell in cells.items() if name in (*DAILY, "a05024_1h_max")}
    for name in ("a34004", "a34002"):
        left[name] = TrueCell(None, 0, 24, Reason.SANDDUST)
    return left | day_index_cells(start, left)


def _computed(key: Key, cells: Mapping[str, TrueCell]) -> Computed:
    shown = {name: Cell(*cell, live=False, complete=True) for name, cell in cells.items()}
    return assemble(shown, edition_at(key.start).id, dict.fromkeys(cells, 0))

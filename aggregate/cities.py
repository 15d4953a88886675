"""City values from the statistics of stations (design: what crosses stations).

A city's hour or day is the mean of its official air stations', control points left out (HJ 663), and its AQI comes
from those means. It is a function of the stations' rows as they stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np

from aggregate.cells import Cell, assemble, daily_indicators, day_indices, hour_indices, named_for_sanddust
from aggregate.settle import Settled, settle_among
from aggregate.statistic import (
    VARIANTS,
    Computed,
    Key,
    State,
    Statement,
    Statistic,
    Variant,
    Window,
    city_object,
    holding,
    station_object,
    variants_above,
)
from aggregate.statistic_store import read_keys
from aggregate.store import Layouts
from aggregate.windows import city_means
from ingest.kinds import Kind, KindRules
from ingest.registry import Registry
from ingest.station import ControlLevel, Station
from standards.editions import HOURLY_FACTORS, Edition, Editions

CITY = "city"
"""The kind of a city's statements."""
MARGIN_S = 30
"""Beyond the stations' own grace: theirs ends first, so that a city is not told short of stations that come with it."""


class Excluded(StrEnum):
    """Why a station does not count for its city's air."""

    KIND = "KIND"
    """It is no air station."""
    ENTERPRISE = "ENTERPRISE"
    """It is a works' own."""
    CONTROL_POINT = "CONTROL_POINT"
    """HJ 663: 对照点."""


def excluded(station: Station, edition: Edition) -> Excluded | None:
    """Why a station does not count for its city by an edition; None if it does."""
    if station.kind != Kind.AIR:
        return Excluded.KIND
    if station.control_level == ControlLevel.ENTERPRISE:
        return Excluded.ENTERPRISE
    return Excluded.CONTROL_POINT if station.control_point and not edition.city.control_points else None


class Cities:
    """Makes the hours and days of cities (aggregate.statement_step.Maker)."""

    name = "city"

    def __init__(self, rules: KindRules, editions: Editions, layouts: Layouts) -> None:
        """`rules`: those of air stations."""
        self._rules = rules
        self._editions = editions
        self._layouts = layouts

    def touched(self, city: str, statement: Statement) -> Iterable[Key]:
        """The city's window that a station's counts in."""
        if statement.kind == Kind.AIR and statement.window in {Window.HOUR, Window.DAY}:
            yield Key(city_object(city), statement.window, statement.start)

    def place(self, registry: Registry, key: Key) -> tuple[str, str]:
        """City and kind of an object."""
        return key.object.partition(":")[2], CITY

    def make(
        self, cursor: Any, registry: Registry, windows: Iterable[Key], now: int, over: Mapping[Key, Statistic]
    ) -> list[Settled]:
        """What of these windows has changed; rows in `over` stand for those in the database. Nothing is written."""
        wanted = sorted({key.base for key in windows})
        members = {key: self._members(registry, key) for key in wanted}
        rows = read_keys(cursor, self._layouts, [*wanted, *(of for key in wanted for of in members[key])])
        rows.update(over)
        made = []
        for window in wanted:
            until = window.end + self._rules.grace_s + MARGIN_S
            edition = self._editions.at(window.start)
            for key in _variants(window, members[window], rows):
                stations = [holding(member.of(key.variant), rows.get) for member in members[window]]
                compute = compute_city_hour if key.window == Window.HOUR else compute_city_day
                computed = compute(stations, edition, until if until > now else 0)
                settled = settle_among(key, computed, rows.get, now=now, lateness=self._rules.lateness_s)
                if settled is not None:
                    rows[key] = settled.row
                    made.append(settled)
        return made

    def _members(self, registry: Registry, key: Key) -> list[Key]:
        """The windows of the stations that count for a city's, in a fixed order."""
        city = key.object.partition(":")[2]
        edition = self._editions.at(key.start)
        return [
            Key(station_object(station.station), key.window, key.start)
            for station in sorted(registry.city_stations(city, key.start), key=lambda of: of.station)
            if excluded(station, edition) is None
        ]


def _variants(window: Key, members: Iterable[Key], rows: Mapping[Key, Statistic]) -> list[Key]:
    def of(key: Key) -> list[Variant]:
        return [variant for variant in VARIANTS if key.of(variant) in rows]

    below = (variant for member in members for variant in of(member))
    return [window.of(variant) for variant in variants_above(below, of(window))]


def compute_city_hour(hours: Sequence[Statistic | None], edition: Edition, open_until: int) -> Computed:
    """A city's hour from its stations' hours in a fixed order; None where a station has said nothing.

    Open until every station has its own provisional, or until `open_until` (0: overdue).
    """
    cells = _means(hours, HOURLY_FACTORS, edition)
    cells |= hour_indices([cells], [edition])[0]
    return _assembled(hours, cells, edition, open_until)


def compute_city_day(days: Sequence[Statistic | None], edition: Edition, open_until: int) -> Computed:
    """A city's day from its stations' days, as its hour from their hours."""
    cells = _means(days, daily_indicators(edition), edition)
    cells |= day_indices([cells], [edition])[0]
    return _assembled(days, cells, edition, open_until)


def _assembled(
    members: Sequence[Statistic | None], cells: Mapping[str, Cell], edition: Edition, open_until: int
) -> Computed:
    waits = any(member is None or State.OPEN in member.states for member in members)
    return assemble(cells, edition.id, dict.fromkeys(cells, open_until if waits else 0))


def _means(members: Sequence[Statistic | None], names: Sequence[str], edition: Edition) -> dict[str, Cell]:
    there = [name for name in names if any(member and name in member.content.factors for member in members)]
    if not there:
        return {}
    values = [[member[name] if member else None for member in members] for name in there]
    means = city_means(np.array(values, dtype=np.float64), edition.city.minimum_share)
    live = any(any(member.live) for member in members if member)
    columns = zip(there, means.value.tolist(), means.n_valid, means.reason, strict=True)
    cells = {
        name: Cell(None if np.isnan(value) else value, int(n), len(members), int(reason), live, complete=True)
        for name, value, n, reason in columns
    }
    return {name: named_for_sanddust(cell, name, members) for name, cell in cells.items()}

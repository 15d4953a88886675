"""The worker's second step: city values from the statements of stations (design: what crosses stations).

A city's hour or day is the mean of its official air stations', control points left out (HJ 663), and its AQI comes
from those means. It is a function of the stations' rows as they stand: a statement only says where to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from prometheus_client import Counter

from aggregate.cells import Cell, assemble, daily_indicators, day_indices, hour_indices
from aggregate.publish import batches
from aggregate.settle import Settled, finish, says_nothing_new, settle
from aggregate.statistic import (
    VARIANTS,
    Computed,
    Key,
    State,
    Statistic,
    Tier,
    Window,
    city_object,
    decode_statements,
    holding,
    station_object,
    variants_needed,
)
from aggregate.statistic_store import Writer, read_due, read_keys, read_open_keys, write
from aggregate.store import Layouts
from aggregate.windows import city_means
from core.kafka import STATISTICS, partition_of
from core.logs import get_logger
from core.outbox import enqueue
from ingest.kinds import Kind, KindSettings
from ingest.registry import Registry, renewed
from ingest.station import ControlLevel
from standards.editions import HOURLY_FACTORS, Edition, load_editions

MAKER = "city"
CITY = "city"
"""The kind of a city's statements."""
MARGIN_S = 30
"""Beyond the stations' own grace: theirs ends first, so that a city is not told short of stations that come with it."""
MALFORMED = Counter("lantian_statements_malformed_total", "Records of the statistics topic that are none of ours")

_log = get_logger(__name__)


class CityStep:
    """Takes `lantian.statistics.v1` (core.stream.Step)."""

    consumer = MAKER
    topic = STATISTICS

    def __init__(self, kinds: KindSettings) -> None:
        self._rules = kinds.rules()[Kind.AIR]
        self._editions = load_editions()
        self._layouts = Layouts()
        self._registry = Registry.empty()

    def forget(self) -> None:
        """Drop what a transaction may have left half known."""
        self._layouts.forget()

    def gained(self, cursor: Any, partitions: Sequence[int], now: float) -> None:
        """Compute every open window anew; write those that are due or differ."""
        self._refresh(cursor)
        self._update(cursor, chain.from_iterable(read_open_keys(cursor, MAKER, partitions).values()), int(now))

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> None:
        """What falls due by the clock."""
        due = read_due(cursor, self._layouts, MAKER, partitions, now)
        if not due:
            return
        self._refresh(cursor)
        self._update(cursor, {row.key for row in due if State.OPEN in row.states}, int(now))
        ended = (finish(r, now=int(now), lateness=self._rules.lateness_s) for r in due if State.OPEN not in r.states)
        self._write(cursor, [settled for settled in ended if settled is not None])

    def take(self, cursor: Any, records: Mapping[int, Sequence[Any]], now: float) -> None:
        """Recompute the cities' hours and days that the statements of stations touch."""
        self._refresh(cursor)
        touched: set[Key] = set()
        for batch in records.values():
            for record in batch:
                try:
                    told = decode_statements(record.value or b"")
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    MALFORMED.inc()
                    _log.warning("statements_malformed", offset=record.offset, error=str(error))
                    continue
                touched.update(
                    Key(city_object(told.city), statement.window, statement.start)
                    for statement in told.statements
                    if statement.kind == Kind.AIR and statement.window in {Window.HOUR, Window.DAY}
                )
        self._update(cursor, touched, int(now))

    def _update(self, cursor: Any, keys: Iterable[Key], now: int) -> None:
        windows = sorted({key.base for key in keys})
        members = {key: self._members(key) for key in windows}
        rows = read_keys(cursor, self._layouts, [*windows, *(of for key in windows for of in members[key])])
        made = []
        for window in windows:
            until = window.end + self._rules.grace_s + MARGIN_S
            edition = self._editions.at(window.start)
            for key in _variants(window, members[window], rows):
                stations = [holding(member.of(key.variant), rows.get) for member in members[window]]
                compute = compute_city_hour if key.window == Window.HOUR else compute_city_day
                computed = compute(stations, edition, until if until > now else 0)
                old = rows.get(key)
                if old is None and says_nothing_new(key, computed, rows.get):
                    continue
                settled = settle(key, old, computed, now=now, lateness=self._rules.lateness_s)
                if settled is not None:
                    rows[key] = settled.row
                    made.append(settled)
        self._write(cursor, made)

    def _members(self, key: Key) -> list[Key]:
        """The windows of the stations that count for a city's, in a fixed order."""
        city = key.object.partition(":")[2]
        control = self._editions.at(key.start).city.control_points
        return [
            Key(station_object(station.station), key.window, key.start)
            for station in sorted(self._registry.city_stations(city, key.start), key=lambda of: of.station)
            if station.kind == Kind.AIR
            and station.control_level != ControlLevel.ENTERPRISE
            and (control or not station.control_point)
        ]

    def _write(self, cursor: Any, made: Sequence[Settled]) -> None:
        of_city = [(settled, settled.row.key.object.partition(":")[2]) for settled in made]
        write(cursor, self._layouts, [(settled, Writer(MAKER, partition_of(city))) for settled, city in of_city])
        told: dict[str, list[Any]] = {}
        for settled, city in of_city:
            if settled.told:
                told.setdefault(city, []).append(settled.row.statement(CITY))
        for city, statements in told.items():
            enqueue(cursor, MAKER, partition_of(city), batches(city, statements))

    def _refresh(self, cursor: Any) -> None:
        self._registry = renewed(cursor.connection, self._registry)


def _variants(window: Key, members: Iterable[Key], rows: Mapping[Key, Statistic]) -> list[Key]:
    below = [variant for member in members for variant in VARIANTS if member.of(variant) in rows]
    needed = variants_needed(
        reviewed=any(variant.tier is Tier.REVIEWED for variant in below),
        dusty=any(not variant.sanddust for variant in below),
        standing=[variant for variant in VARIANTS if window.of(variant) in rows],
    )
    return [window.of(variant) for variant in needed]


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
    return {
        name: Cell(None if np.isnan(value) else value, int(n), len(members), int(reason), live, complete=True)
        for name, value, n, reason in zip(there, means.value.tolist(), means.n_valid, means.reason, strict=True)
    }

"""The worker's second step: city values from the statements of stations (design: what crosses stations).

A city's hour is the mean of its official air stations, control points left out (HJ 663), and its AQI comes from those
means. It is a function of the stations' rows as they stand: a statement only says which hour to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from prometheus_client import Counter

from aggregate.hours import Cell, assemble, index_cells
from aggregate.publish import batches
from aggregate.settle import Settled, finish, settle
from aggregate.statistic import (
    Computed,
    Key,
    State,
    Statistic,
    Window,
    city_object,
    decode_statements,
    station_object,
)
from aggregate.statistic_store import Writer, read_due, read_keys, read_open_keys, write
from aggregate.store import Layouts
from aggregate.windows import city_means
from core.kafka import STATISTICS, partition_of
from core.logs import get_logger
from core.outbox import enqueue
from ingest.kinds import Kind, KindSettings
from ingest.registry import Registry, renewed
from ingest.station import ControlLevel, Station
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
        """Compute every open hour anew; write those that are due or differ."""
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
        """Recompute the cities' hours that the statements of stations touch."""
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
                    Key(city_object(told.city), Window.HOUR, statement.start)
                    for statement in told.statements
                    if statement.kind == Kind.AIR and statement.window == Window.HOUR
                )
        self._update(cursor, touched, int(now))

    def _update(self, cursor: Any, keys: Iterable[Key], now: int) -> None:
        wanted = sorted(keys)
        members = {key: self._members(key) for key in wanted}
        rows = read_keys(
            cursor,
            self._layouts,
            {*wanted, *(_hour_of(station, key) for key, stations in members.items() for station in stations)},
        )
        made = []
        for key in wanted:
            stations = [(station, rows.get(_hour_of(station, key))) for station in members[key]]
            until = key.end + self._rules.grace_s + MARGIN_S
            computed = compute_city(
                [row for _, row in stations], self._editions.at(key.start), until if until > now else 0
            )
            old = rows.get(key)
            if old is None and not computed.content.factors:
                continue
            settled = settle(key, old, computed, now=now, lateness=self._rules.lateness_s)
            if settled is not None:
                made.append(settled)
        self._write(cursor, made)

    def _members(self, key: Key) -> list[Station]:
        """The stations that count for a city's hour, in a fixed order."""
        city = key.object.partition(":")[2]
        control = self._editions.at(key.start).city.control_points
        return sorted(
            (
                station
                for station in self._registry.city_stations(city, key.start)
                if station.kind == Kind.AIR
                and station.control_level != ControlLevel.ENTERPRISE
                and (control or not station.control_point)
            ),
            key=lambda station: station.station,
        )

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


def _hour_of(station: Station, key: Key) -> Key:
    return Key(station_object(station.station), Window.HOUR, key.start)


def compute_city(hours: Sequence[Statistic | None], edition: Edition, open_until: int) -> Computed:
    """A city's hour from its stations' hours in a fixed order; None where a station has said nothing.

    Open until every station has its own provisional, or until `open_until` (0: overdue).
    """
    waits = any(hour is None or State.OPEN in hour.states for hour in hours)
    until = open_until if waits else 0
    names = [name for name in HOURLY_FACTORS if any(hour and name in hour.content.factors for hour in hours)]
    if not names:
        return assemble({}, edition.id, {})
    table = np.full((len(names), len(hours)), np.nan)
    live = False
    for column, hour in enumerate(hours):
        if hour is None:
            continue
        live |= any(hour.live)
        for row, name in enumerate(names):
            value = hour[name]
            table[row, column] = np.nan if value is None else value
    means = city_means(table, edition.city.minimum_share)
    cells = {
        name: Cell(None if np.isnan(value) else value, int(n), len(hours), int(reason), live, complete=True)
        for name, value, n, reason in zip(names, means.value.tolist(), means.n_valid, means.reason, strict=True)
    }
    of_factor = dict(zip(names, means.value.tolist(), strict=True))
    six = np.array([[of_factor.get(name, np.nan) for name in HOURLY_FACTORS]])
    cells.update({name: cell._replace(live=live) for name, cell in index_cells(six, edition)[0].items()})
    return assemble(cells, edition.id, dict.fromkeys(cells, until))

"""Making statistics again from what is stored: stations, then their cities, then the months and years of both.

In short steps (state-model: one writer): a transaction takes some windows of one partition, locks the row of its
maker's offset and raises the epoch, so that the worker drops what it remembers and reads again. Between two steps the
worker gets as long as the step took. Each step leaves a database that is right as far as it went, so whoever is killed
in between runs it again. It heeds the registry and the sand-dust periods as they are by then, as the worker does: what
another command has changed meanwhile and made again must not be undone. A closed day stands: its readings are gone.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from psycopg2.extensions import connection

from aggregate.cities import Cities
from aggregate.closed_store import load_closed
from aggregate.hours import HourKey
from aggregate.periods import Periods
from aggregate.progress import Tell
from aggregate.publish import publish_statistics
from aggregate.rebuild.change import Change, changes
from aggregate.recompute import Recomputer, Touched
from aggregate.sanddust.periods import SandDust
from aggregate.settle import Settled
from aggregate.spans import eight_hour_starts
from aggregate.statement_step import Maker, hold_others, partition_to_hold, publish
from aggregate.statistic import WORKER, Key, Statement, Statistic, Window, city_object, station_object
from aggregate.statistic_store import Memory, slices
from aggregate.store import Layouts
from core import offsets
from core.clock import DAY, HOUR, midnight
from core.kafka import REPORTS, STATISTICS, partition_of
from core.postgres import probe_by_key
from ingest.kinds import Kind, KindRules
from ingest.registry import Registry, RegistryReader
from standards.editions import Editions

STATION_DAYS = 60
"""A step: some 3 000 windows."""
WINDOWS = 1000
"""A step of what is made of statistics, by weight."""


_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Scope(NamedTuple):
    """What to make again: days of Asia/Shanghai, `end` exclusive; of some stations, or of all."""

    first: date
    end: date
    stations: tuple[str, ...] | None = None

    def days(self) -> Iterator[date]:
        """Each of them."""
        return (self.first + timedelta(days=place) for place in range((self.end - self.first).days))


@dataclass(slots=True)
class Rebuilt:
    """How far it went; the changes are told one by one."""

    windows: int = 0
    """Looked at."""
    closed: int = 0
    """Station-days that stand because they are closed."""
    over: dict[Key, Statistic] = field(default_factory=dict)
    """In a rehearsal: the rows that would have been written, of which cities and periods are made."""


class Rebuilder:
    """Makes statistics again; one call of the command."""

    def __init__(
        self,
        database: connection,
        kinds: dict[Kind, KindRules],
        editions: Editions,
        *,
        dry_run: bool,
        clock: Callable[[], float],
    ) -> None:
        """As `lantian_worker`; `clock` gives data time."""
        self._database = database
        self._dry_run = dry_run
        self._clock = clock
        self._layouts = Layouts()
        self._recomputer = Recomputer(editions, kinds, self._layouts, Memory(4 * STATION_DAYS))
        air = (kinds[Kind.AIR], editions, self._layouts)
        self._makers: list[Maker] = [Cities(*air), Periods(*air)]
        self._registries = RegistryReader()
        self._registry = Registry.empty()
        self._sanddust = SandDust(())
        with database, database.cursor() as cursor:
            probe_by_key(cursor)
            self._refresh(cursor)
        self.rebuilt = Rebuilt()

    def run(self, scope: Scope, tell: Tell) -> Iterator[Change]:
        """Every change, in the order in which it is made; `tell` hears of station-days."""
        names = sorted(self._registry.names()) if scope.stations is None else scope.stations
        total = len(names) * (scope.end - scope.first).days
        touched = _Touched(self._makers)
        done = 0
        for partition, of_partition in _by_partition(names, partition_of):
            for days in _batched(
                ((name, midnight(day)) for name in of_partition for day in scope.days()), STATION_DAYS
            ):
                made = self._stations(partition, days)
                touched.add_cities(self._registry, days)
                yield from self._changes(made, touched)
                done += len(days)
                tell(done, total)
        for maker in self._makers:
            for partition, windows in _by_partition(sorted(touched.of(maker)), self._partition(maker)):
                for keys in slices(windows, WINDOWS, lambda key: key.window):
                    yield from self._changes(self._made(maker, partition, keys), touched)

    def _changes(self, made: Sequence[tuple[Settled, str, str]], touched: _Touched) -> Iterator[Change]:
        for settled, city, kind in made:
            self.rebuilt.over.update({settled.row.key: settled.row} if self._dry_run else {})
            touched.add(city, settled.row.statement(kind))
            yield from changes(settled)

    def _stations(self, partition: int, days: Sequence[tuple[str, int]]) -> list[tuple[Settled, str, str]]:
        def work(cursor: Any, now: int) -> list[tuple[Settled, str, str]]:
            closed = load_closed(cursor, days)
            self.rebuilt.closed += len(closed)
            if not self._dry_run:  # what was not written is nowhere else
                self._recomputer.forget()
            touched = self._all_of(day for day in days if day not in closed)
            made = self._recomputer.make(cursor, self._registry, self._sanddust, touched, now)
            self.rebuilt.windows += len(touched.hours) + len(touched.windows)
            if not self._dry_run:
                self._recomputer.write(cursor, made)
                publish_statistics(cursor, WORKER, made)
            return [(told.settled, told.station.city, told.station.kind) for told in made]

        return self._step(WORKER, REPORTS, partition, work)

    def _made(self, maker: Maker, partition: int, keys: Sequence[Key]) -> list[tuple[Settled, str, str]]:
        def work(cursor: Any, now: int) -> list[tuple[Settled, str, str]]:
            if not self._dry_run:
                hold_others(cursor, maker, self._registry, keys, {partition})
            made = maker.make(cursor, self._registry, keys, now, self.rebuilt.over)
            self.rebuilt.windows += len(keys)
            if not self._dry_run:
                publish(cursor, maker, self._layouts, self._registry, made)
            return [(settled, *maker.place(self._registry, settled.row.key)) for settled in made]

        return self._step(maker.name, STATISTICS, partition, work)

    def _step(self, consumer: str, topic: str, partition: int, work: Callable[[Any, int], _Result]) -> _Result:
        """One transaction, and a pause in which the worker takes its partitions over and goes on."""
        began = time.monotonic()
        try:
            with self._database, self._database.cursor() as cursor:
                if not self._dry_run:
                    offsets.dispossess(cursor, consumer, topic, partition)
                self._refresh(cursor)
                result = work(cursor, int(self._clock()))
        except BaseException:
            self._layouts.forget()
            raise
        if not self._dry_run:
            time.sleep(time.monotonic() - began)
        return result

    def _refresh(self, cursor: Any) -> None:
        registry = self._registries.read(self._database)
        if registry is not self._registry:
            self._registry, self._sanddust = registry, SandDust.load(cursor)

    def _all_of(self, days: Iterable[tuple[str, int]]) -> Touched:
        """Every window of stations' days, and those that reach into them."""
        touched = Touched()
        for name, start in days:
            number = self._registry.history(name)[-1].station_id
            of = station_object(name)
            for hour in range(start, start + DAY, HOUR):
                touched.hours[HourKey(number, hour)] = set()
                touched.forced.add(HourKey(number, hour))
                touched.windows.update(Key(of, Window.EIGHT_HOURS, eight) for eight in eight_hour_starts(hour))
            touched.windows.add(Key(of, Window.DAY, start))
        return touched

    def _partition(self, maker: Maker) -> Callable[[Key], int]:
        return lambda key: partition_to_hold(maker, self._registry, key)


class _Touched:
    """The windows that each maker must make again, by those below that were looked at or have changed."""

    def __init__(self, makers: Sequence[Maker]) -> None:
        self._keys: dict[str, set[Key]] = {maker.name: set() for maker in makers}
        self._makers = makers

    def of(self, maker: Maker) -> set[Key]:
        """Those of one."""
        return self._keys[maker.name]

    def add(self, city: str, statement: Statement) -> None:
        """What the change that a statement tells of runs up to."""
        for maker in self._makers:
            self._keys[maker.name].update(maker.touched(city, statement))

    def add_cities(self, registry: Registry, days: Iterable[tuple[str, int]]) -> None:
        """The hours and days of the cities of air stations, though these may not change: their registry may have."""
        for name, start in days:
            station = registry.at(name, start)
            if station is not None and station.kind == Kind.AIR:
                of = city_object(station.city)
                keys = (Key(of, Window.HOUR, hour) for hour in range(start, start + DAY, HOUR))
                self._keys[Cities.name].update([*keys, Key(of, Window.DAY, start)])


def _by_partition(items: Iterable[_Item], partition_of_item: Callable[[_Item], int]) -> list[tuple[int, list[_Item]]]:
    found: dict[int, list[_Item]] = defaultdict(list)
    for item in items:
        found[partition_of_item(item)].append(item)
    return sorted(found.items(), key=lambda item: item[0])


def _batched(items: Iterable[_Item], most: int) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, most)):
        yield batch

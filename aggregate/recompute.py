"""From what has changed to the statistics that change with it: readings → hour → 8 h and day.

The same path serves a batch of reports, the clock, and whoever gains a partition: inputs are read, windows computed,
compared with what stands, and only what differs is written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from aggregate.hours import HourInput, HourKey, Readings, Summed, compute_hours, lacking
from aggregate.judge import FUTURE_LIMIT_S
from aggregate.plain.open_hours import OpenHours
from aggregate.plain.reports import Integers, PlainReports
from aggregate.sanddust.periods import SandDust
from aggregate.settle import Settled, finish, settle_among
from aggregate.spans import compute_days, compute_eight_hours, day_key, eight_hour_starts, has_eight_hours, measured
from aggregate.statistic import (
    WORKER,
    Computed,
    Key,
    Statistic,
    Variant,
    Window,
    station_object,
    variants_above,
    variants_needed,
)
from aggregate.statistic_store import Memory, ObjectDay, Writer, of_day, write
from aggregate.store import REPORT_CHUNK_S, Layouts, by_chunk
from core.clock import HOUR
from core.kafka import partition_of
from ingest.envelope import Source
from ingest.kinds import Kind, KindRules
from ingest.registry import Registry
from ingest.station import Station
from standards.editions import Edition, Editions

_PERSON = attrgetter("person")


@dataclass(slots=True)
class Touched:
    """What may have to change."""

    hours: dict[HourKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    """With the factors that were reported."""
    reports: Counter[HourKey] = field(default_factory=Counter)
    """How many reports have come, at most."""
    longest_period: dict[HourKey, int] = field(default_factory=dict)
    windows: set[Key] = field(default_factory=set)
    ended: list[Statistic] = field(default_factory=list)
    """Rows that time alone may have made final."""
    forced: set[HourKey] = field(default_factory=set)
    """Hours to compute even if nothing new can be in them yet."""

    def report(self, key: HourKey, period: int, names: Iterable[str], count: int = 1) -> None:
        """Note reports that have come to an hour."""
        self.hours[key].update(names)
        self.reports[key] += count
        self.longest_period[key] = max(self.longest_period.get(key, 0), period)


class _Wait(NamedTuple):
    """An hour whose row stands, every factor open."""

    factors: frozenset[str]
    longest_period: int
    lacks: int
    """Reports, at least, until a factor of it can be complete."""


class Told(NamedTuple):
    """A changed statistic and the station it is of."""

    settled: Settled
    station: Station


class Recomputer:
    """Recomputes the statistics of stations; one writer, one memory."""

    def __init__(
        self,
        editions: Editions,
        kinds: Mapping[Kind, KindRules],
        layouts: Layouts,
        memory: Memory,
        open_hours: OpenHours | None = None,
    ) -> None:
        self._editions = editions
        self._kinds = kinds
        self._layouts = layouts
        self._memory = memory
        self._open = open_hours or OpenHours(0)
        self._waits: dict[HourKey, _Wait] = {}
        """As many as there are open hours; an hour that is not here may be complete with the next report."""

    def forget(self) -> None:
        """Drop what is remembered of the database."""
        self._memory.forget()
        self._open.forget()
        self._waits.clear()

    def take(self, touched: Touched, reports: PlainReports, latest: Integers) -> None:
        """Note plain reports; `latest`: by report, until when its station had anything before.

        What they do to an hour that is held is known at once: nothing, unless it begins or is complete with them.
        """
        for hour in self._open.fill(reports, latest):
            if not hour.held:
                touched.report(hour.key, hour.period, reports.names, hour.reports)
            elif hour.begun or hour.complete:
                touched.hours[hour.key].update(reports.names)
                touched.forced.add(hour.key)

    def drop(self, key: HourKey) -> None:
        """Something else than plain reports has come to an hour."""
        self._open.drop(key)

    def update(self, cursor: Any, registry: Registry, sanddust: SandDust, touched: Touched, now: int) -> list[Told]:
        """Write every statistic that `touched` changes; returns them in the order they were made."""
        made = self.make(cursor, registry, sanddust, touched, now)
        self.write(cursor, made)
        return made

    def write(self, cursor: Any, made: Sequence[Told]) -> None:
        """Write what was made."""
        write(cursor, self._layouts, [(told.settled, _writer(told.station)) for told in made])

    def make(self, cursor: Any, registry: Registry, sanddust: SandDust, touched: Touched, now: int) -> list[Told]:
        """Every statistic that `touched` changes, in the order they are made; remembered as if they were written."""
        objects = _Objects(registry, sanddust)
        hours = [key for key in touched.hours if not self._only_waits(touched, key)]
        self._memory.load(cursor, self._layouts, _days_needed(objects, touched, hours))
        hours = [key for key in hours if not self._is_too_early(objects, touched, key, now)]
        made = self._hours(cursor, objects, hours, now)
        above: dict[Key, set[str]] = defaultdict(set)
        for told in made:
            for key in _windows_above(told.settled.row):
                above[key].update(filter(measured, told.settled.row.content.factors))
        windows = set(touched.windows)
        windows.update(key for key, factors in above.items() if not self._stays_open(objects, key, factors, now))
        made += self._windows(objects, sorted({key.base for key in windows}), now)
        done = {told.settled.row.key for told in made}
        made += self._finished(objects, [row for row in touched.ended if row.key not in done], now)
        return made

    def _only_waits(self, touched: Touched, key: HourKey) -> bool:
        """Whether the hour's row stands, open, and cannot be complete yet: then a reading more changes nothing."""
        wait = self._waits.get(key)
        if wait is None or key in touched.forced:
            return False
        wait = self._waits[key] = wait._replace(lacks=wait.lacks - touched.reports[key])
        known = touched.longest_period[key] <= wait.longest_period and touched.hours[key] <= wait.factors
        return known and wait.lacks > 0

    def _stays_open(self, objects: _Objects, key: Key, factors: set[str], now: int) -> bool:
        """Whether a window of hours stands, open, and waits for its last hour whatever the others say."""
        row, last = self._memory.get(key), self._memory.get(Key(key.object, Window.HOUR, key.end - HOUR))
        return (
            key.end + self._kinds[objects.of(key).kind].grace_s > now
            and (last is None or last.waits)
            and row is not None
            and row.waits
            and (key.window == Window.EIGHT_HOURS or factors <= set(row.content.factors))
        )

    def _is_too_early(self, objects: _Objects, touched: Touched, key: HourKey, now: int) -> bool:
        """The same of an hour that a process which gained it has not looked at yet: the tick will, slice by slice."""
        if key in touched.forced or key.start + HOUR - touched.longest_period[key] - FUTURE_LIMIT_S <= now:
            return False
        row = self._memory.get(objects.hour(key))
        return row is not None and row.waits and touched.hours[key] <= set(row.content.factors)

    def _note_wait(self, key: HourKey, row: Statistic | None, readings: Sequence[Readings] | Summed) -> None:
        if row is None or not row.waits:
            self._waits.pop(key, None)
            self._open.drop(key)
            return
        if isinstance(readings, Summed):
            return
        longest = max(each.period for each in readings)
        self._waits[key] = _Wait(frozenset(row.content.factors), longest, lacking(readings))

    def _hours(self, cursor: Any, objects: _Objects, keys: Sequence[HourKey], now: int) -> list[Told]:
        readings = self._readings(cursor, keys)
        wanted: list[Key] = []
        inputs: list[HourInput] = []
        for key in keys:
            hour = objects.hour(key)
            of_hour = readings[key]
            station = objects.of(hour)
            until = hour.end + self._kinds[station.kind].grace_s
            dusty = objects.dusty(station, hour)
            for variant in self._hour_variants(hour, of_hour, dusty=dusty):
                wanted.append(hour.of(variant))
                has_aqi = station.kind == Kind.AIR
                inputs.append(HourInput(key.start, of_hour, has_aqi, until if until > now else 0, variant, dusty))
        computed = compute_hours(inputs, [self._editions.at(key.start) for key in wanted])
        made = self._settled(objects, wanted, computed, now)
        for key in keys:
            self._note_wait(key, self._memory.get(objects.hour(key)), readings[key])
        return made

    def _readings(self, cursor: Any, keys: Sequence[HourKey]) -> dict[HourKey, Sequence[Readings] | Summed]:
        found: dict[HourKey, Sequence[Readings] | Summed] = {
            key: self._open.summed(key) if key in self._open else () for key in keys
        }
        found.update(load_readings(cursor, self._layouts, [key for key in keys if key not in self._open]))
        return found

    def _hour_variants(self, hour: Key, readings: Sequence[Readings] | Summed, *, dusty: bool) -> tuple[Variant, ...]:
        reviewed = not isinstance(readings, Summed) and any(map(_PERSON, readings))
        standing = self._memory.variants([of_day(hour)]).get((hour.window, hour.start), set())
        return variants_needed(reviewed=reviewed, dusty=dusty, standing=standing)

    def _windows(self, objects: _Objects, keys: Sequence[Key], now: int) -> list[Told]:
        made = []
        wanted = [key.of(variant) for key in keys for variant in self._window_variants(key)]
        for window in (Window.EIGHT_HOURS, Window.DAY):
            of_window = [key for key in wanted if key.window == window]
            hours = [self._memory.hours(key) for key in of_window]
            editions: list[Edition] = [self._editions.at(key.start) for key in of_window]
            stations = [objects.of(key) for key in of_window]
            grace = [self._kinds[station.kind].grace_s for station in stations]
            if window == Window.EIGHT_HOURS:
                computed = compute_eight_hours(of_window, hours, editions, now=now, grace=grace)
            else:
                has_aqi = [station.kind == Kind.AIR for station in stations]
                computed = compute_days(of_window, hours, editions, now=now, grace=grace, has_aqi=has_aqi)
            made += self._settled(objects, of_window, computed, now)
        return made

    def _window_variants(self, key: Key) -> tuple[Variant, ...]:
        found = self._memory.variants({of_day(key), of_day(key._replace(start=key.end - HOUR))})
        below = {
            variant
            for (window, start), variants in found.items()
            if window == Window.HOUR and key.start <= start < key.end
            for variant in variants
        }
        return variants_above(below, found.get((key.window, key.start), set()))

    def _settled(self, objects: _Objects, keys: Sequence[Key], computed: Sequence[Computed], now: int) -> list[Told]:
        made = []
        for key, of_key in zip(keys, computed, strict=True):
            station = objects.of(key)
            lateness = self._kinds[station.kind].lateness_s
            settled = settle_among(key, of_key, self._memory.get, now=now, lateness=lateness)
            if settled is not None:
                self._memory.put(settled.row)
                made.append(Told(settled, station))
        return made

    def _finished(self, objects: _Objects, rows: Iterable[Statistic], now: int) -> list[Told]:
        made = []
        for row in rows:
            station = objects.of(row.key)
            current = self._memory.get(row.key) or row
            settled = finish(current, now=now, lateness=self._kinds[station.kind].lateness_s)
            if settled is not None:
                self._memory.put(settled.row)
                made.append(Told(settled, station))
        return made


class _Objects:
    """Stations by object and number, as of a time; a station no longer registered is taken as it was last."""

    def __init__(self, registry: Registry, sanddust: SandDust) -> None:
        self._registry = registry
        self._sanddust = sanddust
        self._names: dict[int, str] = {}

    def name(self, station_id: int) -> str:
        if station_id not in self._names:
            self._names[station_id] = self._registry.name_of(station_id) or ""
        return self._names[station_id]

    def hour(self, key: HourKey) -> Key:
        return Key(station_object(self.name(key.station_id)), Window.HOUR, key.start)

    def of(self, key: Key) -> Station:
        name = key.object.partition(":")[2]
        return self._registry.at(name, key.start) or self._registry.history(name)[-1]

    def dusty(self, station: Station, hour: Key) -> bool:
        return station.kind == Kind.AIR and self._sanddust.touches(station.city, hour.start, hour.end)


def _writer(station: Station) -> Writer:
    return Writer(WORKER, partition_of(station.station))


def _windows_above(hour: Statistic) -> list[Key]:
    """The windows that an hour is part of."""
    key = hour.key
    windows = [day_key(key.object, key.start)]
    if has_eight_hours(hour.content.factors):
        windows += [Key(key.object, Window.EIGHT_HOURS, start) for start in eight_hour_starts(key.start)]
    return windows


def _days_needed(objects: _Objects, touched: Touched, hours: Iterable[HourKey]) -> set[ObjectDay]:
    needed = set()
    for key in hours:
        name = station_object(objects.name(key.station_id))
        for start in (key.start - 7 * HOUR, key.start, key.start + 7 * HOUR):
            needed.add(of_day(Key(name, Window.HOUR, start)))
    for window in touched.windows:
        needed.add(of_day(window))
        needed.add(of_day(Key(window.object, Window.HOUR, window.end - HOUR)))
    needed.update(of_day(row.key) for row in touched.ended)
    return needed


def load_readings(cursor: Any, layouts: Layouts, keys: Sequence[HourKey]) -> dict[HourKey, list[Readings]]:
    """The readings in hours, persons' too: averages over an hour at most, no forecasts."""
    found: dict[HourKey, list[Readings]] = defaultdict(list)
    for of_chunk in by_chunk(keys, lambda key: key.start, REPORT_CHUNK_S):
        _load_readings(cursor, layouts, of_chunk, found)
    return found


def _load_readings(
    cursor: Any, layouts: Layouts, keys: Sequence[HourKey], found: dict[HourKey, list[Readings]]
) -> None:
    starts = [key.start for key in keys]
    cursor.execute(
        'select r.station_id, k.start, extract(epoch from r.time)::bigint, r.period, r.layout, r."values", r.flags,'
        " r.mask, r.origin, r.source from unnest(%s::int[], %s::bigint[]) as k(station_id, start)"
        " cross join lateral (select * from report where station_id = k.station_id and time >= to_timestamp(k.start)"
        " and time < to_timestamp(k.start + 3600) and period between 1 and 3600"
        " and issued = '-infinity' and time >= to_timestamp(%s) and time < to_timestamp(%s) offset 0) r",
        ([key.station_id for key in keys], starts, min(starts), max(starts) + HOUR),
    )
    for station, start, time, period, layout, values, flags, mask, origin, source in cursor.fetchall():
        names = layouts.names(cursor, layout)
        found[HourKey(station, start)].append(
            Readings(time, period, names, values, flags or "", mask or "", origin, source == Source.PERSON)
        )

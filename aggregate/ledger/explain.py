"""Why a day of a station's source does not balance: the log is heard again, number by number.

Of each number it is known from the log alone how many readings must stand, as rows or rejected: every value said of a
slot once, for what is said again is a repeat. Numbers of which another count stands are the ones to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import msgspec
from psycopg2.extensions import connection

from aggregate.entries import entries_of
from aggregate.judge import Judge
from aggregate.ledger import log as ledger_log
from aggregate.ledger.balance import Ranges, Uneven, source_name
from aggregate.ledger.books import begin
from aggregate.ledger.chain import Break, Flaw
from aggregate.ledger.check import is_refused, refused_payloads
from aggregate.reading import Judged, RejectReason
from aggregate.revision import said
from core import kafka
from core.clock import date_of
from core.settings import CoreSettings
from ingest.envelope import EntryKind, Source
from ingest.kinds import KindSettings
from ingest.ranges import RangeSet
from ingest.registry import Registry
from standards.factors import load_catalogue

DAYS_EXPLAINED = 20
"""Station-days in one go; each is held in memory reading by reading."""

DayKey = tuple[str, str, str]
"""Station, source and day, as the ledger names them."""

NumberKey = tuple[int, int]
"""Run and seq."""


_START = "%(day)s::date::timestamp at time zone interval '8 hours'"
_END = "(%(day)s::date + 1)::timestamp at time zone interval '8 hours'"
_STANDING = f"""
select run, seq, sum(readings)::bigint from (
    select run, seq, cardinality("values") as readings from report
    where station_id = (select station_id from station where station = %(station)s) and source = %(source)s
        and time >= {_START} and time < {_END}
    union all
    select run, seq, cardinality(factors) from rejected
    where station = %(station)s and source = %(source)s and seq is not null
        and coalesce(time, received) >= {_START} and coalesce(time, received) < {_END}
) as parts group by 1, 2
"""


class Named(msgspec.Struct, frozen=True):
    """Numbers of one run, and by how many readings they are off."""

    run: int
    numbers: Ranges
    readings: int


class Explanation(msgspec.Struct, frozen=True):
    """What the log says of a day that does not balance."""

    station: str
    source: str
    day: str
    difference: int
    log_readings: int
    intake_readings: int
    log_repeats: int
    intake_repeats: int
    lacking: list[Named]
    """Numbers of which readings came in and do not stand."""
    excess: list[Named]
    """Numbers of which more stands than came in."""
    complete: bool
    """Whether Kafka still holds all that `intake` says came in."""
    closed: bool
    """A closed day's readings stand nowhere but in its counts: none can be named."""


@dataclass(slots=True)
class Number:
    """How many readings of a number must stand, at least and at most: a rejected one may be judged again."""

    least: int = 0
    most: int = 0


@dataclass(slots=True)
class Heard:
    """What the log says of one station, source and day."""

    readings: int = 0
    repeats: int = 0
    numbers: dict[NumberKey, Number] = field(default_factory=lambda: defaultdict(Number))
    _said: dict[NumberKey, set[tuple[object, ...]]] = field(default_factory=lambda: defaultdict(set))

    def add(self, report: Judged) -> None:
        """One copy of a report, in Kafka's order."""
        key = (report.number.run, report.number.seq)
        slot, mismatch = report.slot, report.whole == RejectReason.STATION_MISMATCH
        flags = report.flags or "N" * len(report.names)
        values = [
            (slot.time, slot.period, slot.issued, mismatch, name, said(value, flag))
            for name, value, flag in zip(report.names, report.values, flags, strict=True)
        ]
        fresh = sum(value not in self._said[key] for value in values)
        self._said[key].update(values)
        self.readings += len(values)
        self.repeats += len(values) - fresh
        self.numbers[key].least += fresh
        self.numbers[key].most += len(values) if report.entry.retry else fresh


def explain_day(
    day: Uneven, heard: Heard, stood: Mapping[NumberKey, int], *, complete: bool, closed: bool
) -> Explanation:
    """Compare what was heard of a day with the readings that stand of it, by number. Pure."""
    lacking: dict[NumberKey, int] = {}
    excess: dict[NumberKey, int] = {}
    for key in () if closed else sorted({*heard.numbers, *stood}):
        number, stands = heard.numbers.get(key, Number()), stood.get(key, 0)
        if stands < number.least:
            lacking[key] = number.least - stands
        elif stands > number.most and complete:
            excess[key] = stands - number.most
    return Explanation(
        day.station,
        day.source,
        day.day,
        day.counts.difference,
        heard.readings,
        day.counts.readings,
        heard.repeats,
        day.counts.repeats,
        _named(lacking),
        _named(excess),
        complete,
        closed,
    )


def _named(numbers: Mapping[NumberKey, int]) -> list[Named]:
    runs: dict[int, RangeSet] = defaultdict(RangeSet)
    readings: dict[int, int] = defaultdict(int)
    for (run, seq), count in numbers.items():
        runs[run].add(seq)
        readings[run] += count
    return [Named(run, runs[run].encode(), readings[run]) for run in sorted(runs)]


def explain(
    database: connection, settings: CoreSettings, uneven: Sequence[Uneven], broken: Collection[Break] = ()
) -> list[Explanation]:
    """Explain the first `DAYS_EXPLAINED` days; reads only what `intake` says they came in, and the gaps of it."""
    days = uneven[:DAYS_EXPLAINED]
    if not days:
        return []
    cluster = kafka.cluster_id(settings)
    judge = Judge(load_catalogue(), KindSettings.load().rules())
    with database, database.cursor() as cursor:
        begin(cursor)
        judge.use(Registry.load(database))
        spans, elsewhere = _spans(cursor, cluster, days, broken)
        refused = refused_payloads(cursor)
        stood = {_key(day): _standing(cursor, day) for day in days}
        closed = {_key(day) for day in days if _closed(cursor, day)}
    heard: dict[DayKey, Heard] = {_key(day): Heard() for day in days}
    gone = elsewhere | _hear(settings, judge, heard, spans, refused)
    return [
        explain_day(
            day,
            heard[_key(day)],
            stood[_key(day)],
            complete=kafka.partition_of(day.station) not in gone,
            closed=_key(day) in closed,
        )
        for day in days
    ]


def _key(day: Uneven) -> DayKey:
    return (day.station, day.source, day.day)


def _hear(
    settings: CoreSettings,
    judge: Judge,
    heard: Mapping[DayKey, Heard],
    spans: Mapping[int, RangeSet],
    refused: Mapping[str, Collection[bytes]],
) -> set[int]:
    """Hear the spans again; returns the partitions of which Kafka holds some no more."""
    gone: set[int] = set()
    stations = {station for station, _, _ in heard}
    with closing(kafka.consumer(settings, group=None)) as consumer:
        held = ledger_log.held(consumer)
        for partition, ranges in spans.items():
            begins = held[partition][0]
            for first, last in ranges.encode():
                if first < begins:
                    gone.add(partition)
                if last >= begins:
                    records = ledger_log.read(consumer, partition, max(first, begins), last + 1)
                    _add(judge, heard, stations, refused, partition, records)
    return gone


def _add(
    judge: Judge,
    heard: Mapping[DayKey, Heard],
    stations: Collection[str],
    refused: Mapping[str, Collection[bytes]],
    partition: int,
    records: Iterable[Any],
) -> None:
    for record in records:
        located = [
            (position, entry)
            for position, entry in entries_of(partition, [record])
            if entry.station in stations and entry.kind != EntryKind.STATUS and not is_refused(entry, refused)
        ]
        judged, _ = judge.judge(located)
        for report in judged:
            key = (report.entry.station, source_name(report.entry.source), date_of(report.day).isoformat())
            if key in heard:
                heard[key].add(report)


def _spans(
    cursor: Any, cluster: str, days: Sequence[Uneven], broken: Collection[Break]
) -> tuple[dict[int, RangeSet], set[int]]:
    """The offsets that may hold something of the days, by partition, and of which partitions another cluster's do."""
    elsewhere: set[int] = set()
    found: dict[int, RangeSet] = defaultdict(RangeSet)
    cursor.execute(
        "select i.cluster, i.partition, i.from_offset, i.to_offset from intake i where exists ("
        " select from unnest(i.stations, i.sources, i.days) as t(station, source, day)"
        " join unnest(%s::text[], %s::smallint[], %s::date[]) as k(station, source, day) using (station, source, day))",
        ([day.station for day in days], [_source(day) for day in days], [day.day for day in days]),
    )
    for of, partition, first, end in cursor.fetchall():
        if of == cluster:
            found[partition].add_range(first, end - 1)
        else:
            elsewhere.add(partition)
    partitions = {kafka.partition_of(day.station) for day in days}
    for gap in broken:
        if gap.flaw is Flaw.GAP and gap.partition in partitions:
            found[gap.partition].add_range(gap.first, gap.last)
    return found, elsewhere


def _source(day: Uneven) -> int:
    return int(Source[day.source.upper()])


def _standing(cursor: Any, day: Uneven) -> dict[NumberKey, int]:
    """How many readings of each number stand, as rows and rejected."""
    cursor.execute(_STANDING, {"station": day.station, "source": _source(day), "day": day.day})
    return {(run, seq): readings for run, seq, readings in cursor.fetchall()}


def _closed(cursor: Any, day: Uneven) -> bool:
    cursor.execute("select from closed_day where (station, day) = (%s, %s)", (day.station, day.day))
    return bool(cursor.rowcount)

"""The ledger: what came in against what stands, from device numbers, Kafka and the database alone.

The law is state-model, “Ledger”: two balances by station and source, and readings that count twice. Nothing here is
taken from a process's memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from kafka import TopicPartition

from core import kafka, offsets
from core.settings import CoreSettings
from ingest.envelope import EntryKind, Source, decode_batch
from ingest.ranges import RangeSet

WORKER = "worker"
DENSE = (Source.DEVICE, Source.REPLAY)
"""Sources whose numbers have no holes by design; HJ 212 and persons have the second balance alone."""

RunKey = tuple[str, int, int]
"""Station, source, run."""


class RunBalance(msgspec.Struct, frozen=True):
    """First balance: numbers due = received + in flight + missing, of one run of one station's source."""

    run: int
    due: int
    received: int
    in_flight: int
    missing: list[tuple[int, int]]
    """Ranges, both ends in."""

    @property
    def lost(self) -> int:
        """How many numbers are missing."""
        return sum(last - first + 1 for first, last in self.missing)


class Account(msgspec.Struct, frozen=True):
    """Both balances of one station and source."""

    station: str
    source: str
    runs: list[RunBalance]
    reports: int
    """Taken by the worker, repeats among them."""
    unreadable: int
    """Payloads kept without a readable number."""
    readings: int
    """Taken, counted before judging."""
    current: int
    superseded: int
    repeats: int
    rejected: int
    closed: int
    duplicated: int
    """Readings with more than one current value."""

    @property
    def difference(self) -> int:
        """Second balance: readings taken and not accounted for (0 if it balances)."""
        return self.readings - self.current - self.superseded - self.repeats - self.rejected - self.closed

    @property
    def lost(self) -> int:
        """Numbers missing, less the payloads kept without a readable one."""
        return max(0, sum(run.lost for run in self.runs) - self.unreadable)

    @property
    def in_flight(self) -> int:
        """Numbers that Kafka holds and the worker has not taken yet."""
        return sum(run.in_flight for run in self.runs)

    @property
    def balanced(self) -> bool:
        """Whether nothing is missing, doubled or unaccounted for."""
        return not (self.difference or self.lost or self.duplicated)


_RECEIVED = """
with numbers as (
    select s.station, r.source, r.run, int8range(r.seq, r.seq, '[]') as number
        from report r join station s using (station_id)
    union all
    select station, source, run, int8range(seq, seq, '[]') from rejected where seq is not null
    union all
    select station, source, run, unnest(numbers) from closed_numbers
), ranges as (
    select station, source, run, unnest(range_agg(number)) as range from numbers group by station, source, run
)
select station, source, run, lower(range), upper(range) - 1 from ranges
"""

_READINGS = """
select station, source, sum(reports), sum(readings), sum(repeats), sum(current), sum(superseded), sum(rejected),
    sum(closed), sum(unreadable)
from (
    select t.station, t.source, t.reports, t.readings, t.repeats, 0 as current, 0 as superseded, 0 as rejected,
        0 as closed, 0 as unreadable
    from intake i, unnest(i.stations, i.sources, i.reports, i.readings, i.repeats)
        as t(station, source, reports, readings, repeats)
    union all
    select s.station, r.source, 0, 0, 0,
        sum(case when r.mask is null then cardinality(r."values")
            else length(r.mask) - length(replace(r.mask, 'C', '')) end),
        sum(case when r.mask is null then 0 else length(replace(r.mask, 'C', '')) end), 0, 0, 0
    from report r join station s using (station_id)
    where (s.station, day_of(r.time)) not in (select station, day from closed_day) group by 1, 2
    union all
    select station, source, 0, 0, 0, 0, 0, sum(cardinality(factors)), 0, count(*) filter (where seq is null)
    from rejected where (station, day_of(coalesce(time, received))) not in (select station, day from closed_day)
    group by 1, 2
    union all
    select station, source, reports, readings, repeats, 0, 0, 0, current + superseded + rejected, 0 from closed_counts
    union all
    select station, source, 0, 0, 0, 0, 0, 0, 0, 1 from closed_payloads
) as parts
group by station, source
"""

_DUPLICATED = """
with crowded as (
    select station_id, period, time, issued from report group by 1, 2, 3, 4 having count(*) > 1
), current as (
    select c.station_id, c.period, c.time, c.issued, min(r.source) as source, factor
    from crowded c join report r using (station_id, period, time, issued)
    join layout l on l.layout_id = r.layout,
    unnest(l.factors) with ordinality as f(factor, place)
    where r.mask is null or substr(r.mask, place::int, 1) = 'C'
    group by 1, 2, 3, 4, factor having count(*) > 1
)
select s.station, current.source, count(*) from current join station s using (station_id) group by 1, 2
"""


def read_ledger(database: Any, settings: CoreSettings) -> list[Account]:
    """Both balances as they stand now, by station and source; the database and Kafka must answer."""
    with database, database.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        received = _ranges(cursor, _RECEIVED)
        cursor.execute("select station, source, run, seq from told")
        told = {(station, source, run): seq for station, source, run, seq in cursor.fetchall()}
        cursor.execute(_READINGS)
        readings = {(row[0], row[1]): [int(value or 0) for value in row[2:]] for row in cursor.fetchall()}
        cursor.execute(_DUPLICATED)
        duplicated = {(station, source): count for station, source, count in cursor.fetchall()}
        position = offsets.Position(WORKER, kafka.cluster_id(settings), kafka.REPORTS)
        stands = offsets.read(cursor, position, range(kafka.PARTITIONS))
    flying = in_flight(settings, {p: stands[p].offset if p in stands else 0 for p in range(kafka.PARTITIONS)})
    return balance(received, told, flying, readings, duplicated)


def balance(
    received: Mapping[RunKey, RangeSet],
    told: Mapping[RunKey, int],
    flying: Mapping[RunKey, RangeSet],
    readings: Mapping[tuple[str, int], Sequence[int]],
    duplicated: Mapping[tuple[str, int], int],
) -> list[Account]:
    """The accounts from what was counted; pure."""
    runs: dict[tuple[str, int], list[RunBalance]] = defaultdict(list)
    for key in sorted({*received, *told, *flying}):
        station, source, run = key
        if source in DENSE:
            got, coming = received.get(key, RangeSet()), flying.get(key, RangeSet())
            runs[station, source].append(_run_balance(run, got, coming, told.get(key, 0)))
    accounts = []
    for station, source in sorted({*runs, *readings}):
        counts = readings.get((station, source), (0,) * 8)
        reports, taken, repeats, current, superseded, rejected, closed, unreadable = counts
        accounts.append(
            Account(
                station=station,
                source=Source(source).name.lower(),
                runs=runs[station, source],
                reports=reports,
                unreadable=unreadable,
                readings=taken,
                current=current,
                superseded=superseded,
                repeats=repeats,
                rejected=rejected,
                closed=closed,
                duplicated=duplicated.get((station, source), 0),
            )
        )
    return accounts


def _run_balance(run: int, received: RangeSet, flying: RangeSet, told: int) -> RunBalance:
    known = RangeSet(received.encode())
    known.merge(flying)
    spans = known.encode()
    highest = max(told, spans[-1][1] if spans else 0)
    missing, next_due = [], 1
    for first, last in spans:
        if first > next_due:
            missing.append((next_due, first - 1))
        next_due = last + 1
    if next_due <= highest:
        missing.append((next_due, highest))
    return RunBalance(run, highest, len(received), len(known) - len(received), missing)


def _ranges(cursor: Any, query: str) -> dict[RunKey, RangeSet]:
    cursor.execute(query)
    found: dict[RunKey, RangeSet] = defaultdict(RangeSet)
    for station, source, run, first, last in cursor.fetchall():
        found[station, source, run].add_range(first, last)
    return found


def in_flight(settings: CoreSettings, stands: Mapping[int, int]) -> dict[RunKey, RangeSet]:
    """The numbers that Kafka holds after the offsets, by partition, up to the log's end of now."""
    consumer = kafka.consumer(settings, group=None)
    found: dict[RunKey, RangeSet] = defaultdict(RangeSet)
    try:
        partitions = [TopicPartition(kafka.REPORTS, partition) for partition in stands]
        ends = consumer.end_offsets(partitions)
        ahead = [p for p in partitions if stands[p.partition] < ends[p]]
        consumer.assign(ahead)
        for partition in ahead:
            consumer.seek(partition, stands[partition.partition])
        while ahead:
            for records in consumer.poll(timeout_ms=500).values():
                _add_numbers(found, records)
            ahead = [p for p in ahead if consumer.position(p) < ends[p]]
    finally:
        consumer.close()
    return found


def _add_numbers(found: dict[RunKey, RangeSet], records: Iterable[Any]) -> None:
    for record in records:
        try:
            entries = decode_batch(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # no entry of ours: it has no number, and the worker keeps it as malformed
        for entry in entries:
            if entry.kind != EntryKind.STATUS and entry.run is not None and entry.seq is not None:
                found[entry.station, int(entry.source), entry.run].add(entry.seq)

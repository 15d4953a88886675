"""Reports in the database: rows by slot, what was rejected, what came in. SQL and nothing else.

Keys are probed one by one (`lateral … offset 0`): a chunk just made has no statistics yet, and left to itself the
planner takes it for empty, reads it from end to end and compares every row with every key. And they are probed chunk by
chunk, between bounds that the planner sees: a probe over all chunks of some years costs milliseconds.

Delivery guarantee: all of it runs in the worker's transaction, which holds the lock of its partitions' offsets; so
a slot found empty stays empty until the commit, and fresh rows are copied straight in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from aggregate.reading import Number, RejectReason, Slot, Stored
from aggregate.revision import Said, said
from core.clock import DAY, MICROS, date_of
from core.postgres import copy
from ingest.envelope import Source

_NEVER_ISSUED = "-infinity"


REPORT_CHUNK_S = 7 * DAY
STATISTIC_CHUNK_S = 90 * DAY
"""As the migration makes them; another length would only cost time."""

_Item = TypeVar("_Item")


def by_chunk(items: Iterable[_Item], time_of: Callable[[_Item], int], length: int) -> Iterable[list[_Item]]:
    """The items in groups that lie within `length` seconds of each other by `time_of`."""
    groups: dict[int, list[_Item]] = defaultdict(list)
    for item in items:
        groups[time_of(item) // length].append(item)
    return groups.values()


Span = tuple[int, int, int]
"""Partition, first offset, next offset."""


class Intake(NamedTuple):
    """What one transaction took of a station, source and day: counted before judging."""

    reports: int
    readings: int
    repeats: int


@lru_cache(maxsize=65_536)
def timestamp(seconds: int) -> str:
    """UTC seconds as PostgreSQL reads them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ")


def timestamp_of_micros(micros: int) -> str:
    """UTC microseconds as PostgreSQL reads them; by whole numbers, for a double would lose some."""
    return f"{datetime.fromtimestamp(micros // MICROS, UTC):%Y-%m-%d %H:%M:%S}.{micros % MICROS:06d}+00"


def array(values: Iterable[float]) -> str:
    """An array of numbers as a literal; a double's shortest form reads back as the same double."""
    return "{" + ",".join(map(str, values)) + "}"


def text_array(values: Iterable[str]) -> str:
    """An array of texts as a literal."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


class Layouts:
    """Numbered lists of factor codes; forgets what it learnt if the transaction that taught it is lost."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, ...], int] = {}
        self._names: dict[int, tuple[str, ...]] = {}

    def forget(self) -> None:
        """Drop what was learnt."""
        self._ids.clear()
        self._names.clear()

    def ids(self, cursor: Any, wanted: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
        """The numbers of layouts, made where they are new."""
        lacking = set(wanted) - self._ids.keys()
        if lacking:
            self._learn(cursor)
            lacking -= self._ids.keys()
        if lacking:
            # two workers that make several, each in its own order, would wait for each other
            cursor.execute("select pg_advisory_xact_lock('layout'::regclass::oid::bigint)")
            for names in sorted(lacking):
                cursor.execute("insert into layout (factors) values (%s) on conflict do nothing", (list(names),))
            self._learn(cursor)
        return self._ids

    def names(self, cursor: Any, layout: int) -> tuple[str, ...]:
        """The factor codes of a layout."""
        if layout not in self._names:
            self._learn(cursor)
        return self._names[layout]

    def _learn(self, cursor: Any) -> None:
        cursor.execute("select layout_id, factors from layout")
        for number, factors in cursor.fetchall():
            self._ids[tuple(factors)] = number
            self._names[number] = tuple(factors)


def load_slots(cursor: Any, layouts: Layouts, slots: Collection[Slot]) -> dict[Slot, dict[Number, Stored]]:
    """The rows that stand in `slots`, by report number; slots without rows are left out."""
    found: dict[Slot, dict[Number, Stored]] = defaultdict(dict)
    for of_chunk in by_chunk(slots, lambda slot: slot.time, REPORT_CHUNK_S):
        _load_slots(cursor, layouts, of_chunk, found)
    return found


def _load_slots(
    cursor: Any, layouts: Layouts, slots: Collection[Slot], found: dict[Slot, dict[Number, Stored]]
) -> None:
    times = [slot.time for slot in slots]
    cursor.execute(
        "select r.station_id, r.period, extract(epoch from r.time)::bigint, r.source, r.run, r.seq, r.layout,"
        ' r."values", r.flags, r.mask, r.origin, (extract(epoch from r.received) * 1000000)::bigint, r.correlation,'
        " case when isfinite(r.issued) then extract(epoch from r.issued)::bigint end"
        " from unnest(%s::int[], %s::int[], %s::bigint[]) as k(station_id, period, time)"
        " cross join lateral (select * from report where station_id = k.station_id and time = to_timestamp(k.time)"
        " and period = k.period and time between to_timestamp(%s) and to_timestamp(%s) offset 0) r",
        ([s.station_id for s in slots], [s.period for s in slots], times, min(times), max(times)),
    )
    for (
        station,
        period,
        time,
        source,
        run,
        seq,
        layout,
        values,
        flags,
        mask,
        origin,
        received,
        correlation,
        issued,
    ) in cursor.fetchall():
        number = Number(Source(source), run, seq)
        names = layouts.names(cursor, layout)
        found[Slot(station, period, time, issued)][number] = Stored(
            number, names, values, flags or "", mask or "", origin, received, correlation, fresh=False
        )


class RefusedKey(NamedTuple):
    """Whose rejected readings: a payload that names another station is never compared with the station's own."""

    station: str
    number: Number
    time: int
    period: int
    mismatch: bool


Refused = dict[RefusedKey, dict[str, set[Said]]]
"""What was rejected before: factor → what it said."""


def load_refused(cursor: Any, numbers: Collection[tuple[str, Number]]) -> Refused:
    """The rejected readings of numbered reports."""
    found: Refused = {}
    if not numbers:
        return found
    cursor.execute(
        "select r.station, r.source, r.run, r.seq, extract(epoch from r.time)::bigint, r.period, r.reason,"
        ' r.factors, r."values", r.flags'
        " from unnest(%s::text[], %s::smallint[], %s::bigint[], %s::bigint[]) as k(station, source, run, seq)"
        " cross join lateral (select * from rejected where (station, source, run, seq)"
        " = (k.station, k.source, k.run, k.seq) and time is not null offset 0) r",
        (
            [station for station, _ in numbers],
            [int(number.source) for _, number in numbers],
            [number.run for _, number in numbers],
            [number.seq for _, number in numbers],
        ),
    )
    for station, source, run, seq, time, period, reason, factors, values, flags in cursor.fetchall():
        mismatch = reason == RejectReason.STATION_MISMATCH
        of_slot = found.setdefault(RefusedKey(station, Number(Source(source), run, seq), time, period, mismatch), {})
        for name, value, flag in zip(factors, values, flags, strict=True):
            of_slot.setdefault(name, set()).add(said(value, flag))
    return found


REPORT_COLUMNS = (
    'station_id, time, period, source, run, seq, issued, layout, "values", flags, mask, origin, received, correlation'
)
"""In the order of `_report_fields`, and of `aggregate.plain.copy`."""


def load_digests(cursor: Any, wanted: Collection[tuple[str, bytes]]) -> set[tuple[str, bytes]]:
    """Which unparsed payloads (topic station, SHA-256) are kept already, or were until their day was closed."""
    if not wanted:
        return set()
    cursor.execute(
        "select k.station, k.digest from unnest(%s::text[], %s::bytea[]) as k(station, digest)"
        " cross join lateral (select from rejected where (station, digest) = (k.station, k.digest) union all"
        " select from closed_payloads where (station, digest) = (k.station, k.digest) limit 1) r",
        ([station for station, _ in wanted], [digest for _, digest in wanted]),
    )
    return {(station, bytes(digest)) for station, digest in cursor.fetchall()}


def write_reports(cursor: Any, layouts: Layouts, slots: Iterable[tuple[Slot, Sequence[Stored]]]) -> None:
    """Copy fresh rows in, and update those that a later report changed."""
    fresh: list[tuple[Slot, Stored]] = []
    changed: list[tuple[Slot, Stored]] = []
    for slot, rows in slots:
        for row in rows:
            if row.fresh:
                fresh.append((slot, row))
            elif row.changed:
                changed.append((slot, row))
    ids = layouts.ids(cursor, {row.names for _, row in fresh + changed})
    if fresh:
        copy(cursor, "report", REPORT_COLUMNS, (_report_fields(slot, row, ids) for slot, row in fresh))
    if changed:
        # emptied before use: entries that are taken one by one write several times in one transaction
        cursor.execute("create temporary table if not exists report_change (like report) on commit delete rows")
        cursor.execute("delete from report_change")
        copy(cursor, "report_change", REPORT_COLUMNS, (_report_fields(slot, row, ids) for slot, row in changed))
        # all of them stand already: a conflict is looked up by key, where an update's join may be planned otherwise
        cursor.execute(
            "insert into report select * from report_change on conflict (station_id, time, period, source, run, seq,"
            ' issued) do update set layout = excluded.layout, "values" = excluded."values", flags = excluded.flags,'
            " mask = excluded.mask"
        )


def _report_fields(slot: Slot, row: Stored, ids: dict[tuple[str, ...], int]) -> tuple[Any, ...]:
    number = row.number
    return (
        slot.station_id,
        timestamp(slot.time),
        slot.period,
        int(number.source),
        number.run,
        number.seq,
        _NEVER_ISSUED if slot.issued is None else timestamp(slot.issued),
        ids[row.names],
        array(row.values),
        row.flags or None,
        row.mask or None,
        row.origin,
        timestamp_of_micros(row.received),
        row.correlation or None,
    )


def write_told(cursor: Any, told: Mapping[tuple[str, int, int], tuple[int, int]]) -> None:
    """Remember the greatest number that a device says it gave out: (station, source, run) → (seq, UTC seconds)."""
    for (station, source, run), (seq, at) in sorted(told.items()):
        cursor.execute(
            "insert into told as t (station, source, run, seq, told_at) values (%s, %s, %s, %s, to_timestamp(%s))"
            " on conflict (station, source, run) do update set seq = excluded.seq, told_at = excluded.told_at"
            " where t.seq < excluded.seq",
            (station, source, run, seq, at),
        )


def write_intake(
    cursor: Any, taken: Iterable[tuple[Span, Mapping[tuple[str, int, int], Intake]]], taken_at: float
) -> None:
    """What came in, a row a span: by station, source and day (its first second).

    The offsets are of the cluster whose rows `core.offsets.lock` has locked.
    """
    columns = "partition, from_offset, to_offset, taken_at, stations, sources, days, reports, readings, repeats"
    copy(cursor, "intake", columns, (_intake_fields(span, taken_at, counts) for span, counts in taken))


def _intake_fields(span: Span, taken_at: float, counts: Mapping[tuple[str, int, int], Intake]) -> tuple[Any, ...]:
    keys = sorted(counts)
    taken = [counts[key] for key in keys]
    return (
        *span,
        timestamp_of_micros(int(taken_at * MICROS)),
        text_array(station for station, _, _ in keys),
        array(source for _, source, _ in keys),
        text_array(_date_text(day) for _, _, day in keys),
        array(count.reports for count in taken),
        array(count.readings for count in taken),
        array(count.repeats for count in taken),
    )


@lru_cache(maxsize=4096)
def _date_text(day: int) -> str:
    return date_of(day).isoformat()

"""`intake` against Kafka's log: what each span of it says came in, and what the log holds there.

An entry counts as the worker counts it: a status not at all; what is no report as a report without readings; so too
what the database refused. Memory holds one span at a time.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from psycopg2.extensions import connection

from aggregate.entries import Located, entries_of
from aggregate.ledger import log as ledger_log
from aggregate.ledger.balance import source_name
from aggregate.ledger.books import begin
from aggregate.ledger.intake import CountKey, Figures, Span, read_chain, read_spans, stands
from aggregate.reading import RejectReason
from aggregate.take import day_of_receipt
from core import kafka
from core.clock import date_of, day_start
from core.settings import CoreSettings
from ingest.envelope import Entry, EntryKind
from ingest.ranges import RangeSet
from ingest.report import decode_report
from ingest.value import MalformedReport

Progress = Callable[[int, int, int], None]
"""Is told a partition, how many of its records are read, of how many."""

DIFFERENCES_LISTED = 1000


class Brought(NamedTuple):
    """An entry of the log as it counts."""

    offset: int
    key: CountKey
    readings: int


class Difference(msgspec.Struct, frozen=True):
    """What a span of the log holds of a station, source and day, and what `intake` says of it."""

    partition: int
    first: int
    last: int
    """The span's offsets, both ends in."""
    station: str
    source: str
    day: str
    log_reports: int
    log_readings: int
    intake_reports: int
    intake_readings: int


class Checked(msgspec.Struct):
    """What came of comparing."""

    records: int = 0
    entries: int = 0
    """Those that count."""
    readings: int = 0
    differences: list[Difference] = []
    more: int = 0
    """Differences beyond those that are listed."""
    begins: dict[int, int] = {}
    """By partition, the first offset that was compared: what lies before it Kafka holds no more."""

    def add(self, difference: Difference) -> None:
        """List it, if it is one of the first."""
        if len(self.differences) < DIFFERENCES_LISTED:
            self.differences.append(difference)
        else:
            self.more += 1


def compare(
    partition: int, spans: Iterable[Span], entries: Iterable[Brought], start: int, end: int
) -> Iterator[Difference]:
    """Where the log from `start` up to and without `end` and the spans differ, both in order of offsets. Pure.

    What no span tells of is a span of its own, of which `intake` should say that nothing came.
    """
    coming = iter(entries)
    ahead = next(coming, None)
    reached = start
    for span in chain(_joined(spans), [Span(end, end, {})]):
        whole = span.counts if span.first >= start else None
        for first, upto, counts in ((reached, span.first, {}), (span.first, span.end, whole)):
            found: dict[CountKey, Figures] = defaultdict(lambda: (0, 0))
            while ahead is not None and ahead.offset < upto:
                reports, readings = found[ahead.key]
                found[ahead.key] = reports + 1, readings + ahead.readings
                ahead = next(coming, None)
            if counts is not None:
                yield from _differing(partition, first, upto, found, counts)
        reached = max(reached, span.end)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans that share records as one."""
    open_: Span | None = None
    for span in spans:
        if open_ is None or span.first >= open_.end:
            if open_ is not None:
                yield open_
            open_ = span
        else:
            open_ = Span(open_.first, max(open_.end, span.end), _added(open_.counts, span.counts))
    if open_ is not None:
        yield open_


def _added(
    one: Mapping[CountKey, Figures] | None, other: Mapping[CountKey, Figures] | None
) -> Mapping[CountKey, Figures] | None:
    if one is None or other is None:
        return None
    both = dict(one)
    for key, (reports, readings) in other.items():
        before = both.get(key, (0, 0))
        both[key] = before[0] + reports, before[1] + readings
    return both


def _differing(
    partition: int, first: int, end: int, log: Mapping[CountKey, Figures], told: Mapping[CountKey, Figures]
) -> Iterator[Difference]:
    for key in sorted({*log, *told}):
        brought, said = log.get(key, (0, 0)), told.get(key, (0, 0))
        if brought != said:
            station, source, day = key
            yield Difference(partition, first, end - 1, station, source_name(source), day, *brought, *said)


def check_log(database: connection, settings: CoreSettings, tell: Progress) -> Checked:
    """Compare all that Kafka still holds of what the worker has taken; `tell` is told how far it is."""
    cluster = kafka.cluster_id(settings)
    checked = Checked()
    with closing(kafka.consumer(settings, group=None)) as consumer, database, database.cursor() as cursor:
        begin(cursor)
        upto, intake, refused = stands(cursor, cluster), read_chain(cursor, cluster), refused_payloads(cursor)
        for partition, end in sorted(upto.items()):
            # asked when its turn comes: to read the partitions before takes long, and retention goes on
            first, _ = ledger_log.held(consumer, [partition])[partition]
            if first >= end:
                continue
            checked.begins[partition] = first
            folded = (Span(a, b + 1, None) for a, b in intake.folded.get(partition, RangeSet()).encode())
            spans = read_spans(database, cluster, partition, first)
            records = _followed(ledger_log.read(consumer, partition, first, end), checked, tell, partition, end - first)
            entries = _brought(entries_of(partition, records), refused, checked)
            for difference in compare(partition, merge(folded, spans, key=_first), entries, first, end):
                checked.add(difference)
    return checked


def _first(span: Span) -> int:
    return span.first


def _followed(records: Iterable[Any], checked: Checked, tell: Progress, partition: int, of: int) -> Iterator[Any]:
    for number, record in enumerate(records, 1):
        checked.records += 1
        tell(partition, number, of)
        yield record


def refused_payloads(cursor: Any) -> dict[str, set[bytes]]:
    """SHA-256 of payloads that the database would not store, by station: they count without their readings."""
    cursor.execute("select station, digest from rejected where reason = %s", (RejectReason.UNSTORABLE,))
    found: dict[str, set[bytes]] = defaultdict(set)
    for station, digest in cursor.fetchall():
        found[station].add(bytes(digest))
    return found


def is_refused(entry: Entry, refused: Mapping[str, Collection[bytes]]) -> bool:
    """Whether the payload is one of those."""
    return entry.station in refused and hashlib.sha256(entry.body).digest() in refused[entry.station]


def _brought(
    located: Iterable[Located], refused: Mapping[str, Collection[bytes]], checked: Checked
) -> Iterator[Brought]:
    for position, entry in located:
        if entry.kind == EntryKind.STATUS:
            continue
        day, readings = (None, 0) if is_refused(entry, refused) else _parsed(entry)
        checked.entries += 1
        checked.readings += readings
        key = (entry.station, int(entry.source), (day or date_of(day_of_receipt(entry))).isoformat())
        yield Brought(position.offset, key, readings)


def _parsed(entry: Entry) -> tuple[date | None, int]:
    """The day that a report is of, and how many readings it holds; no day if it is none."""
    if entry.kind == EntryKind.OVERSIZE:
        return None, 0
    try:
        report = decode_report(entry.body)
        return date_of(day_start(report.time)), len(report.names)
    except (MalformedReport, ValueError, OverflowError):  # of a day that has no date the database stores nothing
        return None, 0

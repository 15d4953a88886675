"""Kafka's log as the ledger reads it: without a group, between offsets, a record at a time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

from kafka import TopicPartition
from kafka.errors import OffsetOutOfRangeError

from aggregate.entries import entries_of
from aggregate.ledger.balance import RunKey
from core import kafka
from core.errors import UnavailableError
from core.settings import CoreSettings
from ingest.envelope import EntryKind
from ingest.ranges import RangeSet

STALLED_S = 30.0
"""So long Kafka may send nothing of what it said it holds: a broker that starts again is back by then."""


def held(consumer: Any, wanted: Iterable[int] = range(kafka.PARTITIONS)) -> dict[int, tuple[int, int]]:
    """The first offset that Kafka holds and the one after the last, by partition."""
    partitions = [TopicPartition(kafka.REPORTS, partition) for partition in wanted]
    firsts, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    return {p.partition: (firsts[p], ends[p]) for p in partitions}


def read(consumer: Any, partition: int, first: int, end: int) -> Iterator[Any]:
    """The records from `first` up to and without `end`; both must lie within what Kafka holds.

    Raises `UnavailableError` if Kafka sends nothing for `STALLED_S`, or holds the records no more.
    """
    place = TopicPartition(kafka.REPORTS, partition)
    consumer.assign([place])
    consumer.seek(place, first)
    reached, heard = first, time.monotonic()
    while reached < end:
        for record in _poll(consumer, place):
            if record.offset < end:
                yield record
        if consumer.position(place) > reached:
            reached, heard = consumer.position(place), time.monotonic()
        elif time.monotonic() - heard > STALLED_S:
            raise UnavailableError("kafka", f"Kafka sends nothing from offset {reached} on, of {end}",
                                   field=f"{kafka.REPORTS}[{partition}]", hint="run `lantian status`")  # fmt: skip


def _poll(consumer: Any, place: TopicPartition) -> Iterable[Any]:
    try:
        return consumer.poll(timeout_ms=500).get(place, ())  # type: ignore[no-any-return]
    except OffsetOutOfRangeError as error:
        raise UnavailableError(
            "kafka", f"Kafka holds offset {consumer.position(place)} no more: it was deleted, or the log was cut",
            field=f"{place.topic}[{place.partition}]", hint="ask again; `lantian status` tells of a log that was cut",
        ) from error  # fmt: skip


def records_ahead(settings: CoreSettings, stands: Mapping[int, int]) -> int:
    """How many records Kafka holds after the offsets, by partition."""
    with closing(kafka.consumer(settings, group=None)) as consumer:
        return sum(max(0, end - stands[partition]) for partition, (_, end) in held(consumer).items())


def in_flight(settings: CoreSettings, stands: Mapping[int, int], station: str | None = None) -> dict[RunKey, RangeSet]:
    """The numbers that Kafka holds after the offsets, by partition, up to the log's end of now."""
    found: dict[RunKey, RangeSet] = defaultdict(RangeSet)
    with closing(kafka.consumer(settings, group=None)) as consumer:
        for partition, (first, end) in held(consumer).items():
            if station is None or partition == kafka.partition_of(station):
                for record in read(consumer, partition, max(first, stands[partition]), end):
                    _add_numbers(found, partition, record, station)
    return found


def _add_numbers(found: dict[RunKey, RangeSet], partition: int, record: Any, station: str | None) -> None:
    for _, entry in entries_of(partition, [record]):
        if entry.kind == EntryKind.STATUS or station not in {None, entry.station}:
            continue
        if entry.run is not None and entry.seq is not None:
            found[entry.station, int(entry.source), entry.run].add(entry.seq)

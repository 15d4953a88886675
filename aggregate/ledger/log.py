"""Kafka's log as the ledger reads it: without a group, between offsets, a record at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import msgspec
from kafka import TopicPartition

from aggregate.ledger.balance import RunKey
from core import kafka
from core.settings import CoreSettings
from ingest.envelope import EntryKind, decode_batch
from ingest.ranges import RangeSet


def held(consumer: Any) -> dict[int, tuple[int, int]]:
    """The first offset that Kafka holds and the one after the last, by partition."""
    partitions = [TopicPartition(kafka.REPORTS, partition) for partition in range(kafka.PARTITIONS)]
    firsts, ends = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    return {p.partition: (firsts[p], ends[p]) for p in partitions}


def read(consumer: Any, partition: int, first: int, end: int) -> Iterator[Any]:
    """The records from `first` up to and without `end`; both must lie within what Kafka holds."""
    place = TopicPartition(kafka.REPORTS, partition)
    consumer.assign([place])
    consumer.seek(place, first)
    while consumer.position(place) < end:
        for record in consumer.poll(timeout_ms=500).get(place, ()):
            if record.offset < end:
                yield record


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
                    _add_numbers(found, record.value, station)
    return found


def _add_numbers(found: dict[RunKey, RangeSet], value: bytes | None, station: str | None) -> None:
    try:
        entries = decode_batch(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # no entry of ours: it has no number, and the worker keeps it as malformed
    for entry in entries:
        if entry.kind == EntryKind.STATUS or station not in {None, entry.station}:
            continue
        if entry.run is not None and entry.seq is not None:
            found[entry.station, int(entry.source), entry.run].add(entry.seq)

"""From an MQTT message to the entry that stands for it in Kafka."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import msgspec

from core.kafka import MAX_RECORD_BYTES, partition_of
from ingest.acks import payload_hash
from ingest.envelope import Entry, EntryKind, Oversize, Source
from ingest.report import read_number
from ingest.topics import Leaf, parse_topic

MAX_BODY_BYTES = MAX_RECORD_BYTES - 4096
"""A larger payload is passed on as its hash, size and beginning; the station's name counts."""
BEGINNING_BYTES = 1024

_SOURCES = {Leaf.REPORT: Source.DEVICE, Leaf.REPLAY: Source.REPLAY, Leaf.STATUS: Source.DEVICE}


@dataclass(frozen=True, slots=True)
class Publisher:
    """What a topic says of whoever publishes there."""

    station: str
    address: str
    """The topic without its last level."""
    source: Source
    kind: EntryKind
    partition: int
    """Of the reports' log."""
    most_bytes: int
    """Of a payload that is passed on whole."""


@lru_cache(maxsize=131_072)
def publisher_of(text: str) -> Publisher | None:
    """Who publishes on `…/report`, `…/replay` or `…/status`; None for any other topic."""
    topic = parse_topic(text)
    if topic is None or topic.leaf not in _SOURCES:
        return None
    return Publisher(
        topic.station,
        text.rpartition("/")[0],
        _SOURCES[topic.leaf],
        EntryKind.STATUS if topic.leaf is Leaf.STATUS else EntryKind.REPORT,
        partition_of(topic.station),
        MAX_BODY_BYTES - len(topic.station.encode()),
    )


def make_entry(publisher: Publisher, payload: bytes, received: int, correlation: str) -> Entry:
    """The entry of a payload; `received` in microseconds of data time."""
    kind = publisher.kind
    run, seq = read_number(payload) or (None, None)
    if len(payload) > publisher.most_bytes:
        if kind is EntryKind.REPORT:
            # a status stays one, which tells nothing: as a payload kept, it would excuse a report that never came
            kind = EntryKind.OVERSIZE
        payload = msgspec.json.encode(Oversize(payload_hash(payload), len(payload), payload[:BEGINNING_BYTES]))
    return Entry(received, kind, publisher.source, publisher.station, payload, run, seq, correlation)

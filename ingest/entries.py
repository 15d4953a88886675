"""From an MQTT message to the entry that stands for it in Kafka."""

from __future__ import annotations

import msgspec

from core.kafka import MAX_RECORD_BYTES
from ingest.acks import payload_hash
from ingest.envelope import Entry, EntryKind, Oversize, Source
from ingest.report import read_number
from ingest.topics import Leaf, Topic

MAX_BODY_BYTES = MAX_RECORD_BYTES - 4096
"""A larger payload is passed on as its hash, size and beginning."""
BEGINNING_BYTES = 1024

_SOURCES = {Leaf.REPORT: Source.DEVICE, Leaf.REPLAY: Source.REPLAY, Leaf.STATUS: Source.DEVICE}


def make_entry(topic: Topic, payload: bytes, received: int, correlation: str) -> Entry:
    """The entry of a payload on `…/report`, `…/replay` or `…/status`; `received` in microseconds of data time."""
    source = _SOURCES[topic.leaf]
    kind = EntryKind.STATUS if topic.leaf is Leaf.STATUS else EntryKind.REPORT
    run, seq = read_number(payload) or (None, None)
    if len(payload) + len(topic.station.encode()) > MAX_BODY_BYTES:
        if kind is EntryKind.REPORT:
            # a status stays one, which tells nothing: as a payload kept, it would excuse a report that never came
            kind = EntryKind.OVERSIZE
        payload = msgspec.json.encode(Oversize(payload_hash(payload), len(payload), payload[:BEGINNING_BYTES]))
    return Entry(received, kind, source, topic.station, payload, run, seq, correlation)

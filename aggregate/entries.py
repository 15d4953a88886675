"""What a Kafka record holds, as the worker takes it: entries with their places. Pure.

Whoever counts the log again (`aggregate.ledger.check`) must see the same entries as the worker did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from aggregate.reading import Position
from core.clock import MICROS
from ingest.envelope import Entry, EntryKind, Source, decode_batch
from ingest.report import MAX_NUMBER

STATION_LETTERS = 256
"""Of a topic's station: a longer name is none of the registry's (64 at most), and an index of the database, whose
entries are bounded, would refuse it with an error that looks as if the server were away."""

_LAST_RECEIPT = 4_102_444_800 * MICROS
"""The year 2100: a receipt later than that is no receipt."""

Located = tuple[Position, Entry]


def entries_of(partition: int, batch: Iterable[Any]) -> Iterator[Located]:
    """The entries of records, each with its place; a record that is none of ours is one entry without a station."""
    for record in batch:
        try:
            entries = decode_batch(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            entries = None
        if entries is None or not all(map(_storable, entries)):
            # not ours: kept whole, rejected as malformed
            received = min(max(0, record.timestamp * 1000), _LAST_RECEIPT)
            entries = [Entry(received, EntryKind.REPORT, Source.DEVICE, "", record.value or b"")]
        for number, entry in enumerate(entries):
            if len(entry.station) > STATION_LETTERS:
                entry = msgspec.structs.replace(entry, station=entry.station[:STATION_LETTERS])  # noqa: PLW2901
            yield Position(partition, record.offset, number), entry


def _storable(entry: Entry) -> bool:
    """Whether what stands around the payload can be kept: always, if a bridge wrote it."""
    return (
        0 <= entry.received <= _LAST_RECEIPT
        and (entry.run is None or 0 <= entry.run <= MAX_NUMBER)
        and (entry.seq is None or 0 <= entry.seq <= MAX_NUMBER)
        and "\0" not in entry.station
    )

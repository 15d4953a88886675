"""What the bridge writes to Kafka: batches of entries, each a report's own bytes and what is known of its way.

A record costs kafka-python 40–50 µs whatever it holds, so a record is a batch of one partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import msgspec

SCHEMA_VERSION = 1
HEADER_VERSION = "v"
HEADER_COUNT = "n"


class Source(IntEnum):
    """Who speaks. Each source numbers its reports by itself."""

    DEVICE = 0
    HJ212 = 1
    REPLAY = 2
    PERSON = 3


class EntryKind(IntEnum):
    """What the body of an entry is."""

    REPORT = 0
    """The payload as it was published."""
    STATUS = 1
    """A retained `…/status` payload: the last number that a device gave out."""
    OVERSIZE = 2
    """JSON of an `Oversize`, in place of a payload too large for a record."""


class Oversize(msgspec.Struct, frozen=True):
    """What is kept of a payload too large for a record."""

    sha256: str
    size: int
    beginning: bytes


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One payload on its way: `received` in microseconds of data time, `station` as the topic names it.

    `run` and `seq` are None where the payload's number cannot be read. `retry` marks what
    `lantian rejected replay` sends again: such an entry alone is judged a second time.
    """

    received: int
    kind: EntryKind
    source: Source
    station: str
    body: bytes
    run: int | None = None
    seq: int | None = None
    correlation: str = ""
    retry: bool = False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Entry])


def encode_batch(entries: Sequence[Entry]) -> bytes:
    """The value of a Kafka record."""
    return _encoder.encode(entries)


def decode_batch(value: bytes) -> list[Entry]:
    """The entries of a Kafka record; raises `msgspec.DecodeError` if the record is none of ours."""
    try:
        return _decoder.decode(value)
    except RecursionError as error:  # deep in a field that the schema does not know
        raise msgspec.DecodeError(str(error)) from None


def headers(count: int) -> list[tuple[str, bytes]]:
    """Kafka headers of a batch of `count` entries."""
    return [(HEADER_VERSION, str(SCHEMA_VERSION).encode()), (HEADER_COUNT, str(count).encode())]

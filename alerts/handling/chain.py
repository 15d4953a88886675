"""The log of alerts: one list of entries for each city, added to and never changed, each bound to the one before it.

An entry's hash is SHA-256 over the hash before it and the entry's fields (32 zero bytes before the first), and the
chain's head in the database remembers how many there are and the hash of the last. The database computes hashes
(migration 0014); here they are computed a second time, to find what was altered, taken out, or put elsewhere.

What it cannot show: that somebody with the owner's rights wrote the whole chain anew. A head noted down elsewhere does.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

ORIGIN = bytes(32)
"""What stands before the first entry of a city."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Subject(StrEnum):
    """What an entry is about."""

    DATA = "data"
    HANDLING = "handling"
    ORDER = "order"
    ESCALATION = "escalation"
    SILENCE = "silence"
    WARNING = "warning"
    """A city's heavy-pollution warning, its plan, lists and receipts."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as the log keeps it. `who` is None for the engine; `detail` is what was said, as JSON.

    `version`, `state` and `object` are the alert's at the time; from `time_window` to `merged_into` only data's.
    """

    city: str
    at: datetime
    subject: Subject
    happening: str
    alert_id: int | None = None
    version: int | None = None
    state: str | None = None
    object: str | None = None
    time_window: str | None = None
    start: datetime | None = None
    statement_version: int | None = None
    value: float | None = None
    merged_into: int | None = None
    who: str | None = None
    detail: str | None = None


class Chained(msgspec.Struct, frozen=True):
    """An entry with its place in its city's chain, from 1, and its hash."""

    place: int
    hash: bytes
    line: Line


class Head(msgspec.Struct, frozen=True):
    """What the database remembers of a city's chain: how many entries, and the hash of the last."""

    city: str
    length: int
    hash: bytes


class Break(StrEnum):
    """What is wrong at a place of a chain."""

    MISSING = "missing"
    """The entry of that place is not there."""
    ALTERED = "altered"
    """Its hash does not follow from its fields and the entry before it."""
    TAIL_MISSING = "tail-missing"
    """The head knows of more entries."""
    HEAD_DIFFERS = "head-differs"
    """The head does not have the last entry's hash, or knows of fewer entries."""


class Broken(msgspec.Struct, frozen=True):
    """The first place at which a city's chain does not hold; `alert_id` is that of the entry there, if it has one."""

    city: str
    place: int
    what: Break
    alert_id: int | None = None


def hash_of(previous: bytes, place: int, line: Line) -> bytes:
    """The hash of the entry at `place`, after the one whose hash is `previous`."""
    fields = (
        line.city, place, line.alert_id, line.version, _micros(line.at), line.subject.value, line.happening, line.state,
        line.object, line.time_window, None if line.start is None else _micros(line.start), line.statement_version,
        None if line.value is None else struct.pack(">d", line.value).hex(), line.merged_into, line.who, line.detail,
    )  # fmt: skip
    return hashlib.sha256(previous + netstrings(None if field is None else str(field) for field in fields)).digest()


def netstrings(fields: Iterable[str | None]) -> bytes:
    """Fields as bytes that can mean nothing else: each as its length, a colon, itself and a comma; None as `-,`."""
    encoded = (None if field is None else field.encode() for field in fields)
    return b"".join(b"-," if field is None else b"%d:%b," % (len(field), field) for field in encoded)


def verify(head: Head, entries: Iterable[Chained]) -> Broken | None:
    """The first place at which a city's entries, in order of their places, do not hold; None if all do."""
    previous, last = ORIGIN, 0
    for entry in entries:
        if entry.place != last + 1:
            return Broken(head.city, last + 1, Break.MISSING)
        if entry.hash != hash_of(previous, entry.place, entry.line):
            return Broken(head.city, entry.place, Break.ALTERED, entry.line.alert_id)
        previous, last = entry.hash, entry.place
    if last < head.length:
        return Broken(head.city, last + 1, Break.TAIL_MISSING)
    if last > head.length or previous != head.hash:
        return Broken(head.city, last, Break.HEAD_DIFFERS)
    return None


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND

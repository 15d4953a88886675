"""A report on its way to becoming readings: what the judge says of it, and how it stands in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ingest.envelope import Entry, Source


class RejectReason(StrEnum):
    """Why a report or a factor was not taken; the bytes are kept beside it."""

    MALFORMED = "MALFORMED"
    OVERSIZE = "OVERSIZE"
    STATION_MISMATCH = "STATION_MISMATCH"
    """The payload names another station than the topic."""
    UNKNOWN_STATION = "UNKNOWN_STATION"
    """The registry knows no such station at the report's time."""
    FUTURE = "FUTURE"
    """More than five minutes ahead of its receipt."""
    CLOSED = "CLOSED"
    """In a day that has been closed."""
    UNKNOWN_FACTOR = "UNKNOWN_FACTOR"
    FACTOR_TWICE = "FACTOR_TWICE"
    NOT_FINITE = "NOT_FINITE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    """Outside the factor's physical range."""
    UNSTORABLE = "UNSTORABLE"
    """The database refuses it; the detail says why."""
    CONFLICT = "CONFLICT"
    """The same number with another value: the first in Kafka's order stands."""


class Position(NamedTuple):
    """Where an entry stands in Kafka."""

    partition: int
    offset: int
    entry: int


class Slot(NamedTuple):
    """What readings are revisions of: a station's averaging period at a time (UTC seconds)."""

    station_id: int
    period: int
    time: int
    issued: int | None = None


class Number(NamedTuple):
    """A report's own number; with the station it names the report."""

    source: Source
    run: int
    seq: int


@dataclass(slots=True)
class Judged:
    """A parsed report with the judge's verdict on the whole and on each reading.

    `names` are factor codes, or what the report said where there is no such factor; `values` holds NaN where there
    is none; `flags` is one letter a value, empty if all are `N`; `reasons` is None if every reading is accepted.
    """

    position: Position
    entry: Entry
    number: Number
    slot: Slot
    origin: int
    names: tuple[str, ...]
    values: Sequence[float]
    flags: str = ""
    reasons: list[RejectReason | None] | None = None
    whole: RejectReason | None = None
    detail: str = ""
    day: int = 0


@dataclass(slots=True)
class Unparsed:
    """An entry without readings: bytes that are no report."""

    position: Position
    entry: Entry
    whole: RejectReason
    detail: str


@dataclass(slots=True)
class Stored:
    """A report's row. `mask` is one letter a value (`C`, `S`, `P`), empty if all are current."""

    number: Number
    names: tuple[str, ...]
    values: list[float]
    flags: str
    mask: str
    origin: int
    received: int
    correlation: str
    fresh: bool = True
    """Not in the database yet."""
    changed: bool = False
    """In the database, but differs from it."""


class RejectedReading(NamedTuple):
    """One value that was not taken, and why."""

    name: str
    value: float
    flag: str
    reason: RejectReason


@dataclass(slots=True)
class Resolved:
    """What became of one judged report's readings."""

    judged: Judged
    repeats: int = 0
    rejected: list[RejectedReading] = field(default_factory=list)

"""What travels through the model and how time is cut. Time is a whole number of ticks; a slot is two, an hour four."""

from __future__ import annotations

from collections import Counter
from enum import Enum, IntEnum
from typing import NamedTuple

SLOT = 2
"""The reporting period of every station, by the registry."""
HOUR = 4
DAY = 8
GRACE = 1
LATENESS = 4
FUTURE = 1
"""How far ahead of its receipt a report may lie."""
ERA = 8
"""From this report time on the registry has the wider range, and a statistic the later edition."""
MENDED = 6
"""From this receipt time on the registry knows the factor `x`."""

PARTITION = {"A": 0, "B": 0, "F": 1, "U": 1}
"""Of each station that anyone speaks for: two that measure, one that forecasts, one that the registry does not know."""
KNOWN = ("A", "B", "F")


class Source(IntEnum):
    """Who speaks, in the order of rank."""

    REPLAY = 0
    DEVICE = 1
    PERSON = 2


class Body(Enum):
    """What can be made of a payload."""

    READABLE = "readable"
    JUNK = "not even its number can be read"
    OVERSIZE = "too large for a record of Kafka"
    UNSTORABLE = "readable, but the database refuses it"


class Reason(Enum):
    """Why a report or a factor stands among the rejected."""

    MALFORMED = "malformed"
    UNSTORABLE = "unstorable"
    UNKNOWN_STATION = "unknown station"
    NOT_THE_TOPICS = "not the topic's station"
    FUTURE = "future"
    CLOSED = "closed"
    CONFLICT = "conflict"
    TWICE = "twice"
    UNKNOWN_FACTOR = "unknown factor"
    RANGE = "range"


class Value(NamedTuple):
    """A factor's value as reported; None where a flag stands without a value."""

    factor: str
    value: int | None
    flag: str = "N"


class Report(NamedTuple):
    """A payload. Two that differ only in `origin` are the same report."""

    station: str
    time: int
    values: tuple[Value, ...]
    run: int = 0
    seq: int = 0
    period: int | None = None
    issued: int | None = None
    origin: str = "live"
    body: Body = Body.READABLE

    def bytes(self) -> Report:
        """The report but for its origin."""
        return self._replace(origin="")


class Entry(NamedTuple):
    """What the bridge, or the desk of a person, writes to Kafka; `told` is (run, seq) of a `…/status`."""

    station: str
    source: Source
    received: int
    report: Report | None = None
    run: int | None = None
    seq: int | None = None
    told: tuple[int, int] | None = None
    retry: bool = False

    @property
    def values(self) -> tuple[Value, ...]:
        """Its readings; none where it cannot be parsed."""
        return self.report.values if self.report and self.timed else ()

    @property
    def timed(self) -> bool:
        """Whether the report's own time can be read."""
        return self.report is not None and self.report.body in {Body.READABLE, Body.UNSTORABLE}

    @property
    def day(self) -> int:
        """The day of the report's time, of its receipt where it has none."""
        return day_of(self.report.time if self.report and self.timed else self.received)

    @property
    def number(self) -> Number | None:
        """Its number, where it can be read."""
        if self.run is None or self.seq is None:
            return None
        return Number(self.station, self.source, self.run, self.seq)


class Number(NamedTuple):
    """What a sender calls a report."""

    station: str
    source: Source
    run: int
    seq: int


class Slot(NamedTuple):
    """Where a reading lies, but for its factor."""

    station: str
    period: int
    time: int
    issued: int | None


class RowKey(NamedTuple):
    """The key of a report's row."""

    slot: Slot
    source: Source
    run: int
    seq: int

    @property
    def revision(self) -> tuple[int, int, int]:
        """The greater one counts."""
        return (self.source, self.run, self.seq)


def day_of(time: int) -> int:
    """Start of the day."""
    return time - time % DAY


def hour_of(time: int) -> int:
    """Start of the hour."""
    return time - time % HOUR


def named_twice(values: tuple[Value, ...]) -> set[str]:
    """The factors that a report names more than once."""
    return {factor for factor, times in Counter(v.factor for v in values).items() if times > 1}


class Fate(Enum):
    """How a commit ends."""

    DONE = "done"
    LOST_DONE = "done, but the answer is lost"
    LOST_UNDONE = "not done, and the answer is lost"
    DIES_DONE = "done, and the process dies"
    DIES_UNDONE = "the process dies before it"

    @property
    def done(self) -> bool:
        """Whether the database has it."""
        return self in {Fate.DONE, Fate.LOST_DONE, Fate.DIES_DONE}

    @property
    def dies(self) -> bool:
        """Whether the process is gone."""
        return self in {Fate.DIES_DONE, Fate.DIES_UNDONE}

"""What a partition has in the database, and the two balances over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

from .vocabulary import DAY, HOUR, Number, Reason, Report, RowKey, Source, Value, day_of


class Mask(Enum):
    """Whether a value counts."""

    CURRENT = "current"
    BY_PERSON = "superseded by a person alone"
    SUPERSEDED = "superseded"


class Stored(NamedTuple):
    """One value of a row."""

    value: int | None
    flag: str
    mask: Mask


class Row(NamedTuple):
    """A parsed report: its accepted factors and the first copy's origin."""

    cells: Mapping[str, Stored]
    origin: str


class Rejected(NamedTuple):
    """What was not taken, with its reason and bytes; `key` is None where it has no place among the readings."""

    station: str
    source: Source
    number: Number | None
    key: RowKey | None
    day: int
    values: tuple[Value, ...]
    reason: Reason
    payload: Report


class Intake(NamedTuple):
    """Of one station, source and day: what was taken, and how much of it were identical repeats."""

    reports: int = 0
    readings: int = 0
    repeats: int = 0


class Window(Enum):
    """Kinds of window; `RUN` is the running window of two hours and bears the start of its last."""

    HOUR = "hour"
    RUN = "run"
    DAY = "day"

    @property
    def length(self) -> int:
        """Ticks from the start that the window bears to its end."""
        return DAY if self is Window.DAY else HOUR


class Tier(Enum):
    """Whose readings count."""

    RAW = "raw"
    REVIEWED = "reviewed"


class State(Enum):
    """How far a factor of a statistic is."""

    OPEN = "open"
    PROVISIONAL = "provisional"
    FINAL = "final"


class Compared(NamedTuple):
    """What must be alike across runs; `value` is the tuple of what it was made of, in order."""

    value: tuple[object, ...]
    valid_count: int
    reason: str
    edition: str

    @property
    def valid(self) -> bool:
        """Whether the value may be used."""
        return self.reason == "valid"


class Cell(NamedTuple):
    """A factor of a statistic; `compared` is None while it is open."""

    state: State
    compared: Compared | None
    changed: int
    live: bool


class StatKey(NamedTuple):
    """Key of a statistic."""

    station: str
    window: Window
    start: int
    tier: Tier

    @property
    def end(self) -> int:
        """End of its window."""
        return self.start + self.window.length


class Stat(NamedTuple):
    """A row of statistics: all factors of a station's window."""

    cells: Mapping[str, Cell]
    version: int
    revision: int = 0


class Statement(NamedTuple):
    """What the outbox says of a statistic."""

    key: StatKey
    stat: Stat


class Closed(NamedTuple):
    """What is kept of a closed day of a station."""

    numbers: frozenset[Number]
    unreadable: frozenset[Report]
    counts: Mapping[Source, int]
    """Current, superseded, identical repeats and rejected readings together, by source."""

    def plus(self, source: Source, readings: int) -> Closed:
        """With more readings counted."""
        return self._replace(counts={**self.counts, source: self.counts.get(source, 0) + readings})


@dataclass(eq=False)
class Tables:
    """A partition's rows. Values are immutable, so that a transaction is a shallow copy."""

    offset: int = 0
    epoch: int = 0
    rule: int = 1
    rows: dict[RowKey, Row] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    intake: dict[tuple[str, Source, int], Intake] = field(default_factory=dict)
    told: dict[tuple[str, Source, int], int] = field(default_factory=dict)
    stats: dict[StatKey, Stat] = field(default_factory=dict)
    former: dict[tuple[StatKey, int], Stat] = field(default_factory=dict)
    outbox: list[Statement | Rejected] = field(default_factory=list)
    relayed: int = 0
    closed: dict[tuple[str, int], Closed] = field(default_factory=dict)

    def copy(self) -> Tables:
        """What a transaction works on."""
        return replace(
            self,
            rows=dict(self.rows),
            rejected=list(self.rejected),
            intake=dict(self.intake),
            told=dict(self.told),
            stats=dict(self.stats),
            former=dict(self.former),
            outbox=list(self.outbox),
            closed=dict(self.closed),
        )

    def count(self, station: str, source: Source, day: int, more: Intake) -> None:
        """Adds to the intake."""
        have = self.intake.get((station, source, day), Intake())
        self.intake[station, source, day] = Intake(*(a + b for a, b in zip(have, more, strict=True)))

    def is_closed(self, station: str, day: int) -> bool:
        """Whether the station's day is closed."""
        return (station, day) in self.closed


def row_number(key: RowKey) -> Number:
    """The number of the report in the row."""
    return Number(key.slot.station, key.source, key.run, key.seq)


def row_day(key: RowKey) -> int:
    """The day that a row belongs to."""
    return day_of(key.slot.time)


def readings_kept(tables: Tables, station: str, day: int) -> dict[Source, int]:
    """Readings of an open day by source: current, superseded, identical repeats, rejected."""
    counts: dict[Source, int] = {}
    for key, row in tables.rows.items():
        if (key.slot.station, row_day(key)) == (station, day):
            counts[key.source] = counts.get(key.source, 0) + len(row.cells)
    for rejected in tables.rejected:
        if (rejected.station, rejected.day) == (station, day):
            counts[rejected.source] = counts.get(rejected.source, 0) + len(rejected.values)
    for (of, source, on), intake in tables.intake.items():
        if (of, on) == (station, day):
            counts[source] = counts.get(source, 0) + intake.repeats
    return counts

"""What is known of a figure: the rows of its window, what it is made of, and what touches it. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aggregate.cities import Excluded
from aggregate.explanation.question import Question
from aggregate.hours import Readings
from aggregate.reading import Slot, Stored
from aggregate.readings.store import Review
from aggregate.rebuild.change import Figure
from aggregate.statistic import (
    VARIANTS,
    Content,
    Key,
    Statistic,
    holding,
)
from ingest.envelope import Source
from ingest.station import Station


class Member(NamedTuple):
    """A station of a city, and why it does not count, if so."""

    station: Station
    excluded: Excluded | None


class DustPeriod(NamedTuple):
    """A sand-dust period as it was imported; UTC seconds, half-open."""

    id: int
    city: str
    start: int
    end: int
    basis: str
    imported_by: str
    imported_at: int
    withdrawn_by: str | None
    withdrawn_at: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that an account is made of, as of one moment of the database."""

    question: Question
    row: Statistic
    """The row that holds for the question."""
    station: Station | None = None
    """As it was at the window's start, or was last; None for a city."""
    rows: Mapping[Key, Statistic] = field(default_factory=dict)
    """The window's own rows, and those of the windows it is made of, in every variant."""
    readings: tuple[tuple[Slot, Stored], ...] = ()
    """Of a station's hour: every stored report that holds the factor (`taken_together`), in order of time."""
    members: tuple[Member, ...] = ()
    """Of a city: its stations of every kind, by name."""
    dusty: bool = False
    """Of a station's hour: whether a sand-dust period in force touches it."""
    dust: tuple[DustPeriod, ...] = ()
    revisions: tuple[Statistic, ...] = ()
    """What rows of the window said before, once they had been final; without `live` and `due`."""
    reviews: tuple[Review, ...] = ()
    closed: tuple[int, ...] = ()
    """Closed days of the station in the window, each by its first second."""

    def holding(self, key: Key) -> Statistic | None:
        """The row that holds for a key, of those that are known."""
        return holding(key, self.rows.get)

    @property
    def beside(self) -> list[Statistic]:
        """The rows of the window's other variants."""
        rows = (self.rows.get(self.row.key.of(variant)) for variant in VARIANTS if variant != self.row.key.variant)
        return [row for row in rows if row is not None]

    @property
    def without_particulates(self) -> bool:
        """Whether the hour's particulates are left out."""
        return self.dusty and not self.question.variant.sanddust

    @property
    def gone(self) -> bool:
        """Whether the hour's readings went with their closed day."""
        return self.question.of_readings and bool(self.closed) and not self.readings


def figure_of(content: Content, factor: str) -> Figure | None:
    """One factor of a row; None if the row does not have it."""
    if factor not in content.factors:
        return None
    place = content.factors.index(factor)
    return Figure(content.values[place], content.n_valid[place], content.n_expected[place], content.reasons[place],
                  content.edition)  # fmt: skip


def taken(slot: Slot, row: Stored) -> Readings:
    """A stored report as the hour's kernel takes it."""
    person = row.number.source == Source.PERSON
    return Readings(slot.time, slot.period, row.names, row.values, row.flags, row.mask, row.origin, person)

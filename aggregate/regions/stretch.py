"""A period, what of it is evaluated, and the editions that judge it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from aggregate.evaluation.days import edition_runs
from aggregate.evaluation.spans import Span
from aggregate.regions.period import a_year_before, so_far
from standards.editions import Edition, Editions


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period that a person asked for, and the part of it that is evaluated."""

    asked: Span
    span: Span
    edition: Edition
    """Of its last day; limits and index are this one's."""
    editions: tuple[str, ...]
    """Ids of those its days fall under; more than one: mixed (unconfirmed)."""

    @property
    def until(self) -> date | None:
        """The last day there can be values of, where the period is still running."""
        return self.span.last if self.left else None

    @property
    def left(self) -> int:
        """Days of the period that are still to come."""
        return (self.asked.end - self.span.end).days


def stretch_of(asked: Span, today: date, editions: Editions) -> Stretch:
    """What of a period is over when `today` is running; raises `InputError` if nothing is."""
    return _stretch(asked, so_far(asked, today), editions)


def base_of(stretch: Stretch, editions: Editions) -> Stretch:
    """The same days a year before: of a running period no more than are over."""
    return _stretch(a_year_before(stretch.asked), a_year_before(stretch.span), editions)


def _stretch(asked: Span, span: Span, editions: Editions) -> Stretch:
    runs = edition_runs(span.first, (span.end - span.first).days, editions)
    return Stretch(asked, span, editions.at(span.last), tuple(edition.id for _, _, edition in runs))

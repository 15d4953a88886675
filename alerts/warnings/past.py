"""What a scheme would have said of days gone by, each outlook being what then came. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from alerts.warnings.assess import conditions_met
from alerts.warnings.course import Action, Outlook, Proposal, State, advance, issue
from alerts.warnings.days import ONE_DAY, Day, Kind, Origin, by_date, values_of
from alerts.warnings.scheme import Level, Scheme
from core.clock import SHANGHAI

AHEAD = timedelta(days=7)
"""A forecast reaches so far beyond its day."""
BEHIND = timedelta(days=31)
"""So many observed days an outlook holds: more than any condition counts."""
MORNING = time(8, tzinfo=SHANGHAI)
"""When a day's outlook is looked at, and what is proposed is issued at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a warning, on the day it was issued."""

    on: date
    action: Action
    level: Level | None


@dataclass(frozen=True, slots=True)
class PastWarning:
    """A warning from its first day to its end."""

    first_day: date
    end: date | None
    """The day on which it was ended, which counts no more; None if it still stood on the last day."""
    levels: tuple[tuple[date, Level], ...]
    """By day in force, in order."""
    steps: tuple[Step, ...]

    @property
    def highest(self) -> Level:
        """The highest level it had."""
        return max((step.level for step in self.steps if step.level), key=lambda level: level.rank)


@dataclass(frozen=True, slots=True)
class Past:
    """What a scheme says of a series of days."""

    scheme: Scheme
    first: date
    last: date
    warnings: tuple[PastWarning, ...]
    apart: tuple[tuple[Kind, date, date], ...]
    """Episodes of ozone and of sand-dust that meet a condition: kind, first and last day."""


def past(scheme: Scheme, days: Iterable[Day]) -> Past:
    """The warnings of a scheme for observed days, whatever its dates: the outlook of a day is the days that followed.

    Raises `ValueError` for no days, or a date that is told twice.
    """
    known = by_date(days)
    if not known:
        raise ValueError("there are no days")
    first, last = min(known), max(known)
    story = _Story()
    day = first
    while day <= last:
        story.live(scheme, _outlook(known, day), datetime.combine(day, MORNING))
        day += ONE_DAY
    return Past(scheme, first, last, story.told(), tuple(_apart(scheme, list(known.values()))))


def _outlook(known: dict[date, Day], today: date) -> Outlook:
    observed: list[Day] = []
    forecast: list[Day] = []
    day = today - BEHIND
    while day <= today + AHEAD:
        if (own := known.get(day)) is not None:
            (observed if day < today else forecast).append(own)
        day += ONE_DAY
    expected = tuple(replace(own, origin=Origin.FORECAST) for own in forecast)
    return Outlook(tuple(observed), expected, datetime.combine(today, MORNING))


class _Story:
    """Warnings as they come and go; what is proposed is issued at once."""

    def __init__(self) -> None:
        self._state = State()
        self._steps: list[Step] = []
        self._levels: list[tuple[date, Level]] = []
        self._done: list[PastWarning] = []

    def live(self, scheme: Scheme, outlook: Outlook, now: datetime) -> None:
        """A day: an end may be followed by the next start."""
        while True:
            self._state = advance(scheme, self._state, outlook, now).state
            if (proposal := self._state.proposal) is None:
                break
            self._issue(proposal, now)
        warning = self._state.in_force
        if warning is not None and warning.first_day <= now.date():
            self._levels.append((now.date(), warning.level))

    def told(self) -> tuple[PastWarning, ...]:
        """All warnings, that in force included."""
        if self._state.in_force is not None:
            self._close(None)
        return tuple(self._done)

    def _issue(self, proposal: Proposal, now: datetime) -> None:
        self._steps.append(Step(now.date(), proposal.action, proposal.level))
        if proposal.action is Action.END:
            self._close(now.date())
        begin = max(proposal.first_day, now.date()) if proposal.first_day else None
        self._state = issue(self._state, proposal.action, now, proposal.level, begin)

    def _close(self, end: date | None) -> None:
        warning = self._state.in_force
        if warning is not None:
            self._done.append(PastWarning(warning.first_day, end, tuple(self._levels), tuple(self._steps)))
        self._levels, self._steps = [], []


def _apart(scheme: Scheme, days: Sequence[Day]) -> Iterable[tuple[Kind, date, date]]:
    for kind in (Kind.OZONE, Kind.DUST):
        met = [one for one in conditions_met(scheme, values_of(days, kind)) if one.level.is_warning]
        spans: list[tuple[date, date]] = []
        for first, last in sorted((one.days[0], one.days[-1]) for one in met):
            if spans and first <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(spans[-1][1], last)
            else:
                spans.append((first, last))
        yield from ((kind, first, last) for first, last in spans)

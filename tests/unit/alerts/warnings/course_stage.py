"""A city in December 2026 whose warnings follow one outlook after another, as tests of their course tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from episode_days import FIRST, days, forecast

from alerts.warnings.course import ActiveWarning, Advance, Outlook, Proposed, State, advance, issue
from alerts.warnings.scheme import Level, Scheme, load_schemes
from core.clock import SHANGHAI

UNIFIED, Y2024 = load_schemes().get("2018"), load_schemes().get("2024")
CLEAN = (80.0,) * 8
Series = Sequence[float | None]


def at(day: date, hour: int = 8) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


def day(number: int) -> date:
    """Of December 2026."""
    return FIRST + timedelta(days=number - 1)


def told(
    observed: Sequence[float | None], expected: Sequence[float | None], now: datetime, issued: datetime | None = None
) -> Outlook:
    """Observed from the first of December on, expected from today on."""
    return Outlook(days(*observed), forecast(expected, now.date()), issued or now)


class City:
    """A city whose warnings follow one outlook after another."""

    def __init__(self, scheme: Scheme = UNIFIED, state: State | None = None) -> None:
        self.scheme = scheme
        self.state = state or State()

    def hears(
        self, number: int, observed: Sequence[float | None], expected: Sequence[float | None], hour: int = 8
    ) -> list[str]:
        """What comes of the issue at that hour of that day, in words."""
        now = at(day(number), hour)
        found = advance(self.scheme, self.state, told(observed, expected, now), now)
        self.state = found.state
        return words(found)

    def issues(self, number: int, hour: int = 9) -> None:
        """A person issues what is proposed."""
        proposal = self.state.proposal
        assert proposal is not None
        self.state = issue(self.state, proposal.action, at(day(number), hour), proposal.level, proposal.first_day)

    @property
    def level(self) -> Level | None:
        return self.state.in_force.level if self.state.in_force else None


def words(found: Advance) -> list[str]:
    return [
        f"{event.proposal.action} {event.proposal.level or ''}".strip()
        if isinstance(event, Proposed)
        else f"withdrawn {event.proposal.action}: {event.why}"
        for event in found.events
    ]


def warned(level: Level = Level.YELLOW, first: int = 1) -> State:
    return State(ActiveWarning(level, day(first), at(day(first))))

"""What follows of an outlook for the warning in force: proposals to start, upgrade, downgrade or end it. Pure.

The engine proposes, a person issues: `advance` takes an outlook and changes proposals alone, `issue` and `decline`
are a person's. An outlook is the observed days and one issue of the forecast; time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from alerts.warnings.days import Day
from alerts.warnings.expectation import Expectation
from alerts.warnings.scheme import Level, Scheme
from core.clock import SHANGHAI


class Action(StrEnum):
    """What is proposed, and issued."""

    START = "start"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    END = "end"

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"start": "启动", "upgrade": "升级", "downgrade": "降级", "end": "解除"}[self.value]


class Reason(StrEnum):
    """Why something is proposed."""

    CONDITION_EXPECTED = "CONDITION_EXPECTED"
    """An episode that meets the level's condition has begun, or is to begin soon."""
    HIGHER_EXPECTED = "HIGHER_EXPECTED"
    """The episode meets the condition of a higher level."""
    BELOW_AND_STAYS = "BELOW_AND_STAYS"
    """Below the condition, and expected to stay so for as long as the scheme asks (36 h)."""
    FORECAST_REVISED = "FORECAST_REVISED"
    """What the level was issued for is no longer expected."""


class Withdrawal(StrEnum):
    """Why a proposal is withdrawn."""

    NOT_SUPPORTED = "NOT_SUPPORTED"
    """The outlook no longer supports it."""
    REPLACED = "REPLACED"
    """Something else is proposed in its place."""


class Ignored(StrEnum):
    """Why an outlook is not used."""

    OLDER_ISSUE = "OLDER_ISSUE"
    """A later issue of the forecast has been used."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known and expected of a city at one time; several days of one date and origin must not differ."""

    observed: tuple[Day, ...]
    """Days that are over; some weeks back are enough."""
    forecast: tuple[Day, ...]
    """Of one issue; those before the day of issue are left out."""
    issued: datetime
    """When the forecast was issued, with its zone."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person is asked to issue."""

    action: Action
    level: Level | None
    """The level to be in force; None to end."""
    first_day: date | None
    """Of the episode, for a start."""
    reason: Reason
    condition: str
    """The condition of the scheme that is met; empty to end."""
    days: tuple[date, ...]
    """The days that meet it."""
    at: datetime
    issued: datetime
    """Of the forecast that it stands on."""
    declined: datetime | None = None
    """When a person said no: it stays, so that it is not proposed again on that day while nothing changes."""


@dataclass(frozen=True, slots=True)
class ActiveWarning:
    """What a person has issued."""

    level: Level
    first_day: date
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What is in force, apart from what is proposed."""

    in_force: ActiveWarning | None = None
    proposal: Proposal | None = None
    forecast: datetime | None = None
    """The latest issue of the forecast that was used."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A new proposal."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A proposal that no longer stands."""

    proposal: Proposal
    why: Withdrawal


@dataclass(frozen=True, slots=True)
class Advance:
    """What an outlook came to."""

    state: State
    events: tuple[Proposed | Withdrawn, ...] = ()
    ignored: Ignored | None = None


def advance(scheme: Scheme, state: State, outlook: Outlook, now: datetime) -> Advance:
    """The state after an outlook, and what is proposed or withdrawn; `now` and `issued` have zones.

    The same outlook again, or an older issue of the forecast, changes nothing. Raises `ValueError` for an outlook
    that contradicts itself.
    """
    if state.forecast is not None and outlook.issued < state.forecast:
        return Advance(state, ignored=Ignored.OLDER_ISSUE)
    issue_day = outlook.issued.astimezone(SHANGHAI).date()
    days = (*outlook.observed, *(day for day in outlook.forecast if day.date >= issue_day))
    expectation = Expectation.of(scheme, days, now)
    wanted = _wanted(state, expectation, outlook.issued)
    state = replace(state, forecast=outlook.issued)
    standing = state.proposal
    if standing is not None and wanted is not None and _stands(standing, wanted, expectation.today):
        return Advance(state)
    events: list[Proposed | Withdrawn] = []
    if standing is not None:
        events.append(Withdrawn(standing, Withdrawal.REPLACED if wanted else Withdrawal.NOT_SUPPORTED))
    if wanted is not None:
        events.append(Proposed(wanted))
    return Advance(replace(state, proposal=wanted), tuple(events))


def issue(
    state: State, action: Action, at: datetime, level: Level | None = None, first_day: date | None = None
) -> State:
    """The state after a person issued something, be it what is proposed or not; the proposal is done with.

    A start without a first day has that of the proposal if a start is proposed, else the day of `at` in China. Raises
    `ValueError` for what cannot follow on what is in force.
    """
    standing = state.in_force
    if (action is Action.START) == (standing is not None):
        raise ValueError("a warning is in force already" if standing else "no warning is in force")
    if action is Action.END:
        return replace(state, in_force=None, proposal=None)
    if level is None or not level.is_warning:
        raise ValueError("a warning needs a level")
    if standing is None:
        proposed = state.proposal.first_day if state.proposal is not None else None
        begin = first_day or proposed or at.astimezone(SHANGHAI).date()
        return replace(state, in_force=ActiveWarning(level, begin, at), proposal=None)
    if (level.rank - standing.level.rank) * (1 if action is Action.UPGRADE else -1) <= 0:
        raise ValueError(f"{level} is no {action} of {standing.level}")
    return replace(state, in_force=replace(standing, level=level, issued_at=at), proposal=None)


def decline(state: State, at: datetime) -> State:
    """The state after a person said no to the proposal; raises `ValueError` if there is none."""
    if state.proposal is None:
        raise ValueError("nothing is proposed")
    return replace(state, proposal=replace(state.proposal, declined=at))


def _wanted(state: State, seen: Expectation, issued: datetime) -> Proposal | None:
    """What the outlook asks for beside what is in force."""
    if state.in_force is None:
        return _start(seen, issued)
    standing = state.proposal
    since = seen.now
    if standing is not None and standing.action is Action.END and not _was_declined_before(standing, seen.today):
        since = standing.at
    begun = state.in_force.first_day <= seen.today
    if begun and seen.clear(since):
        return _end(Reason.BELOW_AND_STAYS, seen, issued)
    if not begun and seen.nothing_ahead():
        return _end(Reason.FORECAST_REVISED, seen, issued)
    return _change(state.in_force, seen, issued, begun=begun)


def _start(seen: Expectation, issued: datetime) -> Proposal | None:
    found = seen.next_episode()
    if found is None:
        return None
    first_day, met = found
    return Proposal(Action.START, met.level, first_day, Reason.CONDITION_EXPECTED, met.condition, met.days, seen.now,
                    issued)  # fmt: skip


def _end(reason: Reason, seen: Expectation, issued: datetime) -> Proposal:
    return Proposal(Action.END, None, None, reason, "", (), seen.now, issued)


def _change(warning: ActiveWarning, seen: Expectation, issued: datetime, *, begun: bool) -> Proposal | None:
    up = seen.needed(begun=begun)
    if up is not None and up.level.rank > warning.level.rank:
        return Proposal(Action.UPGRADE, up.level, None, Reason.HIGHER_EXPECTED, up.condition, up.days, seen.now, issued)
    down = seen.needed_at_worst(begun=begun)
    if down is None or down.level.rank >= warning.level.rank:
        return None
    reason = Reason.BELOW_AND_STAYS if seen.was_met(warning.level) else Reason.FORECAST_REVISED
    return Proposal(Action.DOWNGRADE, down.level, None, reason, down.condition, down.days, seen.now, issued)


def _stands(standing: Proposal, wanted: Proposal, today: date) -> bool:
    """Whether nothing new is asked for; a person's no holds for its day, and for the reason that was given."""
    if standing.declined is not None and standing.reason is not wanted.reason:
        return False
    return not _was_declined_before(standing, today) and _same(standing, wanted, today)


def _was_declined_before(standing: Proposal, today: date) -> bool:
    return standing.declined is not None and standing.declined.astimezone(SHANGHAI).date() < today


def _same(one: Proposal, other: Proposal, today: date) -> bool:
    """Whether they ask for the same; when an episode that has begun began is no difference."""
    begins = [max(proposal.first_day, today) if proposal.first_day else None for proposal in (one, other)]
    return (one.action, one.level) == (other.action, other.level) and begins[0] == begins[1]

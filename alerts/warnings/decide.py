"""What a person may decide about a city's warning: a pure function of how it stands, what was decided last, the wish.

A person issues what is proposed, or something else that can follow on what is in force; or says no to a proposal.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from alerts.handling.answers import Mark
from alerts.handling.names import NameFault, fault_of, same_person
from alerts.warnings import course
from alerts.warnings.course import Action, ActiveWarning, State
from alerts.warnings.happening import Happening
from alerts.warnings.record import Entry, of_decline, of_issue
from alerts.warnings.scheme import Level
from alerts.warnings.store import Decision
from core.clock import SHANGHAI

FARTHEST = timedelta(days=31)
"""A first day farther from today is a slip of the pen."""


class Refusal(StrEnum):
    """Why not."""

    NO_NAME = "no-name"
    NAME_UNREADABLE = "name-unreadable"
    NO_REASON = "no-reason"
    NOTHING_PROPOSED = "nothing-proposed"
    DECLINED = "declined"
    """Somebody has said no to what is proposed."""
    ANOTHER_WAS_FIRST = "another-was-first"
    IN_FORCE = "in-force"
    NONE_IN_FORCE = "none-in-force"
    NO_LEVEL = "no-level"
    NOT_HIGHER = "not-higher"
    NOT_LOWER = "not-lower"
    NO_FIRST_DAY = "no-first-day"
    """Only a start has one."""
    FAR_DAY = "far-day"


class Wish(msgspec.Struct, frozen=True):
    """What a person asks for, and why; without an action what is proposed."""

    reason: str
    action: Action | None = None
    level: Level | None = None
    first_day: date | None = None


class Taken(msgspec.Struct, frozen=True):
    """It was done: how the warning stands now, and what became of it."""

    state: State
    entry: Entry


class Already(msgspec.Struct, frozen=True):
    """The same person did the same before; nothing changes."""

    decision: Decision


class Refused(msgspec.Struct, frozen=True):
    """It was not done: why, what value stands in the way, and who was there before."""

    reason: Refusal
    value: str = ""
    before: Mark | None = None


Answer = Taken | Already | Refused


def issue(city: str, state: State, last: Decision | None, wish: Wish, who: str, at: datetime) -> Answer:
    """What comes of a wish to issue; `last` is what a person decided last of the city. `at` is data time, aware."""
    if unsigned := _unsigned(who, wish.reason):
        return unsigned
    if wish.action is None and state.proposal is None:
        return _not_proposed(last, Happening.ISSUED, who)
    if wish.action is None and state.proposal is not None and state.proposal.declined:
        return Refused(Refusal.DECLINED, before=_mark(last))
    action, level = _asked(state, wish)
    if action is None:
        return Refused(Refusal.NOTHING_PROPOSED)
    hindered = _hindered(state, action, level, wish.first_day, at)
    if hindered is not None:
        return _repeated(last, action, level, who) or Refused(hindered[0], hindered[1], _mark(last))
    after = course.issue(state, action, at, level, wish.first_day)
    return Taken(after, of_issue(city, state, after, action, who, wish.reason.strip(), at))


def decline(city: str, state: State, last: Decision | None, reason: str, who: str, at: datetime) -> Answer:
    """What comes of a no to what is proposed."""
    if unsigned := _unsigned(who, reason):
        return unsigned
    if state.proposal is None:
        return _not_proposed(last, Happening.DECLINED, who)
    if state.proposal.declined is not None and last is not None:
        return Already(last) if same_person(last.who, who) else _was_first(last)
    after = course.decline(state, at)
    return Taken(after, of_decline(city, state, state.proposal, who, reason.strip(), at))


def _asked(state: State, wish: Wish) -> tuple[Action | None, Level | None]:
    """Action and level, from the proposal where the wish leaves them out and does not ask for something else."""
    proposal = state.proposal
    action = wish.action or (proposal.action if proposal else None)
    proposed = proposal.level if proposal is not None and proposal.action is action else None
    return action, None if action is Action.END else wish.level or proposed


def _hindered(
    state: State, action: Action, level: Level | None, first_day: date | None, at: datetime
) -> tuple[Refusal, str] | None:
    """Why it cannot follow on what is in force, and what stands in the way."""
    if action is Action.START:
        return _no_start(state.in_force, level, first_day, at)
    if state.in_force is None:
        return Refusal.NONE_IN_FORCE, ""
    if first_day is not None:
        return Refusal.NO_FIRST_DAY, f"{first_day}"
    return None if action is Action.END else _no_change(state.in_force.level, action, level)


def _no_start(
    standing: ActiveWarning | None, level: Level | None, first_day: date | None, at: datetime
) -> tuple[Refusal, str] | None:
    if standing is not None:
        return Refusal.IN_FORCE, standing.level
    if first_day is not None and abs(first_day - at.astimezone(SHANGHAI).date()) > FARTHEST:
        return Refusal.FAR_DAY, f"{first_day}"
    return None if level else (Refusal.NO_LEVEL, "")


def _no_change(standing: Level, action: Action, level: Level | None) -> tuple[Refusal, str] | None:
    if level is None:
        return Refusal.NO_LEVEL, ""
    if action is Action.UPGRADE:
        return None if level.rank > standing.rank else (Refusal.NOT_HIGHER, standing)
    return None if level.rank < standing.rank else (Refusal.NOT_LOWER, standing)


def _not_proposed(last: Decision | None, happening: Happening, who: str) -> Already | Refused:
    """Nothing is proposed; it may be that somebody has just decided about it."""
    if last is None or not last.latest:
        return Refused(Refusal.NOTHING_PROPOSED)
    if last.happening is happening and same_person(last.who, who):
        return Already(last)
    return _was_first(last)


def _repeated(last: Decision | None, action: Action, level: Level | None, who: str) -> Already | Refused | None:
    """Of what cannot be done: whether it is for it was done already."""
    if last is None or last.happening is not Happening.ISSUED or last.action is not action:
        return None
    if last.level is not (level or last.level):
        return None
    return Already(last) if same_person(last.who, who) else _was_first(last)


def _was_first(last: Decision) -> Refused:
    return Refused(Refusal.ANOTHER_WAS_FIRST, last.who, _mark(last))


def _mark(last: Decision | None) -> Mark | None:
    return None if last is None else Mark(last.who, last.at)


def _unsigned(who: str, reason: str) -> Refused | None:
    fault = fault_of(who)
    if fault is not None:
        return Refused(Refusal.NO_NAME if fault is NameFault.NO_NAME else Refusal.NAME_UNREADABLE)
    return None if reason.strip() else Refused(Refusal.NO_REASON)

"""What became of a city's warning: proposed and withdrawn by the engine, issued and declined by persons."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from alerts.handling.chain import Line, Subject
from alerts.handling.log import detail_text
from alerts.warnings.course import Action, Proposal, Proposed, Reason, State, Withdrawal, Withdrawn
from alerts.warnings.happening import Happening
from alerts.warnings.scheme import Level


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a city's warning; `who` and `said` (why) are a person's, `why` is a withdrawal's.

    `level` is what is to be in force (None to end), `level_before` what was; `forecast` is the issue it stands on.
    """

    city: str
    at: datetime
    happening: Happening
    action: Action
    level: Level | None
    level_before: Level | None
    first_day: date | None = None
    reason: Reason | None = None
    condition: str = ""
    days: tuple[date, ...] = ()
    forecast: datetime | None = None
    scheme: str | None = None
    why: Withdrawal | None = None
    who: str | None = None
    said: str | None = None
    event_id: int = 0
    """0 until it is stored."""


def of_engine(city: str, before: State, event: Proposed | Withdrawn, scheme: str, at: datetime) -> Entry:
    """What the engine did with a proposal of a city, by a scheme (its id)."""
    withdrawn = isinstance(event, Withdrawn)
    return _of_proposal(
        city,
        before,
        event.proposal,
        at,
        Happening.WITHDRAWN if withdrawn else Happening.PROPOSED,
        scheme=scheme,
        why=event.why if isinstance(event, Withdrawn) else None,
    )


def of_decline(city: str, before: State, proposal: Proposal, who: str, said: str, at: datetime) -> Entry:
    """That a person said no."""
    return _of_proposal(city, before, proposal, at, Happening.DECLINED, who=who, said=said)


def of_issue(city: str, before: State, after: State, action: Action, who: str, said: str, at: datetime) -> Entry:
    """That a person issued something; it stands on the proposal where that asked for the same."""
    level = after.in_force.level if after.in_force else None
    entry = Entry(
        city=city,
        at=at,
        happening=Happening.ISSUED,
        action=action,
        level=level,
        level_before=level_of(before),
        first_day=after.in_force.first_day if after.in_force and action is Action.START else None,
        who=who,
        said=said,
    )
    proposal = before.proposal
    if proposal is None or (proposal.action, proposal.level) != (action, level):
        return entry
    return msgspec.structs.replace(
        entry,
        reason=proposal.reason,
        condition=proposal.condition,
        days=proposal.days,
        forecast=proposal.issued,
    )


def level_of(state: State) -> Level | None:
    """The level in force."""
    return state.in_force.level if state.in_force else None


def line_of(entry: Entry) -> Line:
    """The entry as the log of its city keeps it."""
    detail = {
        name: value
        for name, value in msgspec.to_builtins(entry).items()
        if name not in {"city", "at", "happening", "who"} and value not in (None, "", [])
    }
    return Line(
        city=entry.city,
        at=entry.at,
        subject=Subject.WARNING,
        happening=entry.happening.value,
        who=entry.who,
        detail=detail_text(detail),
    )


def _of_proposal(
    city: str,
    before: State,
    proposal: Proposal,
    at: datetime,
    happening: Happening,
    *,
    scheme: str | None = None,
    why: Withdrawal | None = None,
    who: str | None = None,
    said: str | None = None,
) -> Entry:
    return Entry(
        city=city,
        at=at,
        happening=happening,
        action=proposal.action,
        level=proposal.level,
        level_before=level_of(before),
        first_day=proposal.first_day,
        reason=proposal.reason,
        condition=proposal.condition,
        days=proposal.days,
        forecast=proposal.issued,
        scheme=scheme,
        why=why,
        who=who,
        said=said,
    )

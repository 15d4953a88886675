"""What a person may do to an alert in which stage: a pure function of what was done, the data's state, and the wish.

The stages of handling are apart from the data's state: data clears an alert, persons close it. Law: the handling of an
alert is what its entries in the log amount to (`replay`); every change of it is an entry, and none is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alerts.handling.answers import Already, Entry, Mark, Refusal, Refused, Taken
from alerts.handling.names import fault_of, same_person
from alerts.happening import Happening


class DataState(StrEnum):
    """What the data says of an alert."""

    OPEN = "open"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


class Stage(StrEnum):
    """How far persons have come with an alert."""

    OPEN = "open"
    """Nobody has acknowledged it, or not since data reopened it."""
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    """A unit has it, and answers for it."""
    FED_BACK = "fed-back"
    """The unit says that it is put right; somebody else has to see to that."""
    DOUBTED = "doubted"
    """Somebody says that it is a false alarm; somebody else has to see to that."""
    CLOSED = "closed"
    FALSE_ALARM = "false-alarm"
    """Closed as one."""


class Action(StrEnum):
    """What a person may ask for; the log names what was done by it."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    FEEDBACK = "feedback"
    VERIFY = "verify"
    """Closes it, be it as put right or as a false alarm."""
    FALSE_ALARM = "false-alarm"
    RETURN = "return"
    """Takes the latest of dispatch, feedback and doubt back: to another unit, or to be done again."""
    COMMENT = "comment"


class Handling(msgspec.Struct, frozen=True):
    """What persons have done about an alert and what of it still counts."""

    acknowledged: Mark | None = None
    dispatched: Mark | None = None
    fed_back: Mark | None = None
    doubted: Mark | None = None
    closed: Mark | None = None
    reopened_at: datetime | None = None
    """When data last reopened it, if it did after it was closed."""

    @property
    def stage(self) -> Stage:
        """How far they have come."""
        if self.closed:
            return Stage.FALSE_ALARM if self.doubted else Stage.CLOSED
        if self.doubted:
            return Stage.DOUBTED
        if not self.acknowledged:
            return Stage.OPEN
        if self.fed_back:
            return Stage.FED_BACK
        return Stage.DISPATCHED if self.dispatched else Stage.ACKNOWLEDGED


class Situation(msgspec.Struct, frozen=True):
    """What is known of the alert beside what persons did about it."""

    data: DataState
    order_stands: bool = False
    """Whether a stop-work order waits for somebody, or is in force."""


class Request(msgspec.Struct, frozen=True):
    """What a person asks for; `text` is a reason, an answer or a comment, `reference` where more is to be found.

    `deadline` is a time, or how long from when it is done.
    """

    action: Action
    text: str = ""
    unit: str = ""
    deadline: datetime | timedelta | None = None
    reference: str = ""

    def until(self, at: datetime) -> datetime | None:
        """The deadline of what is done at that time."""
        return at + self.deadline if isinstance(self.deadline, timedelta) else self.deadline


Answer = Taken[Handling] | Already | Refused


def take(handling: Handling, situation: Situation, request: Request, who: str, at: datetime) -> Answer:
    """What comes of a request; `at` is data time, aware."""
    fault = fault_of(who)
    if fault is not None:
        return Refused(Refusal(fault.value), who)
    hindered = _hindered(handling, situation, request, who, at)
    if hindered is not None:
        return hindered
    entry = Entry(request.action.value, at, who, _detail(request, at))
    return Taken(after(handling, entry), entry)


def after(handling: Handling, entry: Entry) -> Handling:
    """How an alert stands after an entry of its log; what persons closed, only a person opens again."""
    change = msgspec.structs.replace
    if handling.closed:
        return _after_close(handling, entry)
    if entry.happened == Happening.REOPENED and handling != Handling():
        # what was said of it no longer holds; the unit keeps what it was given
        return change(handling, acknowledged=None, fed_back=None, doubted=None, reopened_at=entry.at)
    if entry.happened == Action.RETURN:
        return change(handling, **{_LATEST[handling.stage]: None})
    if entry.happened == Action.VERIFY:
        return change(handling, closed=_mark(entry), reopened_at=None)
    if entry.happened in _MARKS:
        return change(handling, **{_MARKS[entry.happened]: _mark(entry)})
    return handling


def _after_close(handling: Handling, entry: Entry) -> Handling:
    """Data only says that somebody has to look again; who acknowledges that begins the case anew."""
    if entry.happened == Happening.REOPENED:
        return msgspec.structs.replace(handling, reopened_at=entry.at)
    if entry.happened == Action.ACKNOWLEDGE and handling.reopened_at:
        return Handling(acknowledged=_mark(entry), reopened_at=handling.reopened_at)
    return handling


def replay(entries: Iterable[Entry]) -> Handling:
    """The handling that the entries of an alert, in their order, amount to."""
    handling = Handling()
    for entry in entries:
        handling = after(handling, entry)
    return handling


_MARKS: Mapping[str, str] = {
    Action.ACKNOWLEDGE: "acknowledged",
    Action.DISPATCH: "dispatched",
    Action.FEEDBACK: "fed_back",
    Action.FALSE_ALARM: "doubted",
    Action.VERIFY: "closed",
}
_LATEST = {Stage.DOUBTED: "doubted", Stage.FED_BACK: "fed_back", Stage.DISPATCHED: "dispatched"}
_NEEDS_TEXT = {Action.FEEDBACK, Action.FALSE_ALARM, Action.RETURN, Action.COMMENT}
_REFERS = {Action.FEEDBACK, Action.FALSE_ALARM}
_NEEDS_STAGE = {
    Action.DISPATCH: {Stage.ACKNOWLEDGED},
    Action.FEEDBACK: {Stage.DISPATCHED},
    Action.VERIFY: {Stage.FED_BACK, Stage.DOUBTED},
}


def _hindered(
    handling: Handling, situation: Situation, request: Request, who: str, at: datetime
) -> Already | Refused | None:
    action = request.action
    if action in _NEEDS_TEXT and not request.text.strip():
        return Refused(Refusal.NO_TEXT)
    if action is Action.COMMENT:
        return None
    if action is Action.ACKNOWLEDGE and handling.closed and handling.reopened_at and situation.data is DataState.OPEN:
        return None
    mark = getattr(handling, _MARKS[action]) if action in _MARKS else None
    if mark is not None:
        return _repeated(mark, request, who)
    return _out_of_turn(handling, situation, action) or _unfit(handling, situation, request, who, at)


def _out_of_turn(handling: Handling, situation: Situation, action: Action) -> Refused | None:
    """What the stage does not allow, whoever asks."""
    stage = handling.stage
    if situation.data is DataState.WITHDRAWN:
        return Refused(Refusal.WITHDRAWN)
    if handling.closed:
        return Refused(Refusal.CLOSED, stage, handling.closed)
    if action is Action.RETURN and stage not in _LATEST:
        return Refused(Refusal.NOTHING_TO_RETURN, stage)
    if action in _NEEDS_STAGE and stage not in _NEEDS_STAGE[action]:
        return Refused(Refusal.TOO_EARLY, stage, _latest(handling))
    return None


def _unfit(handling: Handling, situation: Situation, request: Request, who: str, at: datetime) -> Refused | None:
    if request.action is Action.DISPATCH:
        return _undispatchable(request, at)
    return _unverifiable(handling, situation, who) if request.action is Action.VERIFY else None


def _repeated(mark: Mark, request: Request, who: str) -> Already | Refused:
    action = request.action
    if not same_person(mark.who, who):
        return Refused(Refusal.ANOTHER_WAS_FIRST, mark.who, mark)
    elsewhere = action in _REFERS and request.reference.strip() not in {"", mark.reference}
    other_words = elsewhere or request.text.strip() not in {"", mark.text}
    until = request.until(mark.at)
    otherwise_dispatched = request.unit.strip() not in {"", mark.unit} or until not in {None, mark.deadline}
    if other_words or (action is Action.DISPATCH and otherwise_dispatched):
        return Refused(Refusal.SAID_OTHERWISE, mark.unit or mark.text, mark)
    return Already(mark)


def _undispatchable(request: Request, at: datetime) -> Refused | None:
    if not request.unit.strip():
        return Refused(Refusal.NO_UNIT)
    until = request.until(at)
    if until is not None and until <= at:
        return Refused(Refusal.DEADLINE_PAST, until.isoformat())
    return None


def _unverifiable(handling: Handling, situation: Situation, who: str) -> Refused | None:
    """Nobody closes alone, nor what still exceeds, nor while an order stands; a false alarm may still exceed."""
    involved = [handling.doubted] if handling.doubted else [handling.fed_back, handling.dispatched]
    for mark in involved:
        if mark is not None and same_person(mark.who, who):
            return Refused(Refusal.SAME_PERSON, who, mark)
    if not handling.doubted and situation.data is DataState.OPEN:
        return Refused(Refusal.STILL_EXCEEDS, situation.data)
    if situation.order_stands:
        return Refused(Refusal.ORDER_STANDS)
    return None


def _latest(handling: Handling) -> Mark | None:
    marks = [handling.acknowledged, handling.dispatched, handling.fed_back, handling.doubted]
    return max((mark for mark in marks if mark), key=lambda mark: mark.at, default=None)


def _detail(request: Request, at: datetime) -> dict[str, str]:
    """What was said, as the log keeps it; what was left out is not in it."""
    said = {"text": request.text.strip(), "reference": request.reference.strip()}
    if request.action is Action.DISPATCH:
        until = request.until(at)
        said |= {"unit": request.unit.strip(), "deadline": until.isoformat() if until else ""}
    return {name: value for name, value in said.items() if value}


def _mark(entry: Entry) -> Mark:
    deadline = entry.detail.get("deadline")
    return Mark(
        entry.who,
        entry.at,
        entry.detail.get("text", ""),
        entry.detail.get("unit", ""),
        datetime.fromisoformat(deadline) if deadline else None,
        entry.detail.get("reference", "") if entry.happened in _REFERS else "",
    )

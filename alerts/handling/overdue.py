"""Which steps of handling are overdue, since when, and which of those in charge is told next: pure functions.

A step is due so long after it began to wait; when it is overdue, the nearest leader is told, and whenever as much time
again has gone by, the next above, until nobody is above.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alerts.handling.answers import Entry
from alerts.handling.grid import Leader
from alerts.handling.machine import DataState, Handling, Stage, after
from alerts.happening import Happening
from alerts.rules.deadlines import Deadlines


class Step(StrEnum):
    """What somebody has to do next."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    FEEDBACK = "feedback"
    VERIFY = "verify"
    """Also what is said to be a false alarm."""
    RECHECK = "recheck"
    """It was closed, and data has opened it again."""


BEGINNINGS = 2
"""A step that is taken back has its time anew, but once: nobody puts it off for ever by taking back again and again."""

_STEPS: Mapping[Stage, Step] = {
    Stage.OPEN: Step.ACKNOWLEDGE,
    Stage.ACKNOWLEDGED: Step.DISPATCH,
    Stage.DISPATCHED: Step.FEEDBACK,
    Stage.FED_BACK: Step.VERIFY,
    Stage.DOUBTED: Step.VERIFY,
}


class Due(msgspec.Struct, frozen=True):
    """A step that waits: since when, when it is overdue, and how long the next above gives it."""

    step: Step
    since: datetime
    at: datetime
    interval: timedelta


class Escalation(msgspec.Struct, frozen=True):
    """An overdue step and who is told of it; `rung` from 1, `leader` None where the grid names nobody."""

    step: Step
    since: datetime
    rung: int
    due_at: datetime
    leader: Leader | None


def waiting_since(entries: Iterable[Entry], told_at: datetime) -> datetime:
    """Since when an alert waits at its stage: since it came there, or came there again, but not a third time.

    `entries`: what persons did, and that data reopened it, in order. Data's reopening lets all begin anew, except of
    what nobody has handled: that has waited since `told_at`, when the engine opened it (data time).
    """
    handling, begun = Handling(), {Stage.OPEN: [told_at]}
    for entry in entries:
        before, handling = handling, after(handling, entry)
        if entry.happened == Happening.REOPENED and handling != before:
            begun = {handling.stage: [entry.at]}
        elif handling.stage is not before.stage:
            begun.setdefault(handling.stage, []).append(entry.at)
    return begun[handling.stage][:BEGINNINGS][-1]


def due(handling: Handling, data: DataState, deadlines: Deadlines, since: datetime) -> Due | None:
    """The step that waits, if it has a deadline; `since`: when it began to (`waiting_since`)."""
    if data is DataState.WITHDRAWN:
        return None
    if handling.closed:
        again = handling.reopened_at if data is DataState.OPEN else None
        return _due(Step.RECHECK, again, deadlines.acknowledge) if again else None
    step = _STEPS[handling.stage]
    promised = handling.dispatched.deadline if step is Step.FEEDBACK and handling.dispatched else None
    if promised is not None and promised > since:
        return Due(step, since, promised, promised - since)
    return _due(step, since, _given(step, deadlines))


def overdue(waiting: Due | None, leaders: Sequence[Leader], now: datetime) -> list[Escalation]:
    """Every rung that the step has come to by `now`: those above only after those below had their time."""
    if waiting is None or now < waiting.at:
        return []
    rungs = min(int((now - waiting.at) / waiting.interval) + 1, max(1, len(leaders)))
    return [
        Escalation(
            waiting.step,
            waiting.since,
            rung,
            waiting.at + (rung - 1) * waiting.interval,
            leaders[rung - 1] if leaders else None,
        )
        for rung in range(1, rungs + 1)
    ]


def _given(step: Step, deadlines: Deadlines) -> int | None:
    """The seconds that the rule gives a step."""
    given: int | None = getattr(deadlines, step.value)
    return given


def _due(step: Step, since: datetime, seconds: int | None) -> Due | None:
    if seconds is None:
        return None
    interval = timedelta(seconds=seconds)
    return Due(step, since, since + interval, interval)

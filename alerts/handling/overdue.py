"""Which steps of handling are overdue, since when, and which of those in charge is told next: a pure function.

A step is due so long after the one before it; when it is overdue, the nearest leader is told, and whenever as much time
again has gone by, the next above, until nobody is above.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alerts.handling.grid import Leader
from alerts.handling.machine import DataState, Handling, Stage
from alerts.rules.deadlines import Deadlines


class Step(StrEnum):
    """What somebody has to do next."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    FEEDBACK = "feedback"
    VERIFY = "verify"
    """Also what is said to be a false alarm."""
    RECHECK = "recheck"
    """It was closed as put right, and data has opened it again."""


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


def due(handling: Handling, data: DataState, deadlines: Deadlines, told_at: datetime) -> Due | None:
    """The step that waits, if it has a deadline; `told_at` is when the engine opened the alert (data time)."""
    if data is DataState.WITHDRAWN:
        return None
    if handling.stage is Stage.CLOSED and handling.reopened_at and data is DataState.OPEN:
        return _due(Step.RECHECK, handling.reopened_at, deadlines.acknowledge)
    waits = _waits(handling, deadlines, told_at)
    if waits is None:
        return None
    step, since, seconds = waits
    promised = handling.dispatched.deadline if step is Step.FEEDBACK and handling.dispatched else None
    if promised is not None and promised > since:
        return Due(step, since, promised, promised - since)
    return _due(step, since, seconds)


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


def _waits(handling: Handling, deadlines: Deadlines, told_at: datetime) -> tuple[Step, datetime, int | None] | None:
    """The step that waits, since when, and the seconds that the rule gives it."""
    acknowledged, dispatched = handling.acknowledged, handling.dispatched
    said = handling.doubted or handling.fed_back
    match handling.stage:
        case Stage.OPEN:
            return Step.ACKNOWLEDGE, handling.reopened_at or told_at, deadlines.acknowledge
        case Stage.ACKNOWLEDGED if acknowledged:
            return Step.DISPATCH, acknowledged.at, deadlines.dispatch
        case Stage.DISPATCHED if dispatched:
            # acknowledged anew after data reopened it: the unit's time runs from then on
            since = max(dispatched.at, acknowledged.at) if acknowledged else dispatched.at
            return Step.FEEDBACK, since, deadlines.feedback
        case Stage.FED_BACK | Stage.DOUBTED if said:
            return Step.VERIFY, said.at, deadlines.verify
    return None


def _due(step: Step, since: datetime, seconds: int | None) -> Due | None:
    if seconds is None:
        return None
    interval = timedelta(seconds=seconds)
    return Due(step, since, since + interval, interval)

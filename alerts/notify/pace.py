"""When a message is tried again, and when it is not. Pure functions; all times are data time."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alerts.notify.message import Failure, Outcome

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=10)
PATIENCE = timedelta(hours=1)
"""No receiver is waited for longer, whatever it asks."""
REFUSALS = 3
"""Who refuses a message so often does not want it."""
MINUTE = timedelta(minutes=1)


class Fate(StrEnum):
    """How a message stands."""

    TO_SEND = "to-send"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


class Stand(msgspec.Struct, frozen=True):
    """A message after a try, and its target: `failures` in a row that would have met any message."""

    fate: Fate
    again: datetime | None
    """When it is tried again."""
    failures: int
    paused: datetime | None
    """Until when the target is sent nothing."""


def after(outcome: Outcome, *, tries: int, failures: int, now: datetime) -> Stand:
    """How things stand after the try number `tries` (from 1) of a message to a target.

    Who is away, busy or silent is left in peace, all messages wait; who refuses one message is sent the others.
    """
    if outcome.failure is None:
        return Stand(Fate.DELIVERED, None, 0, None)
    if outcome.failure is Failure.REFUSED:
        if tries >= REFUSALS:
            return Stand(Fate.GIVEN_UP, None, 0, None)
        return Stand(Fate.TO_SEND, now + _doubled(tries), 0, None)
    asked = timedelta(seconds=max(0.0, outcome.patience_s or 0.0))
    until = now + max(_doubled(failures + 1), min(asked, PATIENCE))
    return Stand(Fate.TO_SEND, until, failures + 1, until)


def _doubled(number: int) -> timedelta:
    return min(FIRST * (1 << min(number - 1, 20)), LONGEST)

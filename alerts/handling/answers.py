"""What comes of a person's request, about an alert or its order: done, done already, or not; and what the log says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

_Stands = TypeVar("_Stands")


class Mark(msgspec.Struct, frozen=True):
    """Who did something, when, and what was said about it.

    A dispatch has a unit, and a time by which it answers; a feedback or doubt, where more is to be found.
    """

    who: str
    at: datetime
    text: str = ""
    unit: str = ""
    deadline: datetime | None = None
    reference: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One line of the log about an alert: what happened (by a person, the data or the engine), by whom, when."""

    happened: str
    at: datetime
    who: str = ""
    detail: Mapping[str, str] = msgspec.field(default_factory=dict)


class Refusal(StrEnum):
    """Why not."""

    NO_NAME = "no-name"
    NAME_UNREADABLE = "name-unreadable"
    NO_TEXT = "no-text"
    NO_UNIT = "no-unit"
    DEADLINE_PAST = "deadline-past"
    ANOTHER_WAS_FIRST = "another-was-first"
    SAID_OTHERWISE = "said-otherwise"
    """The same person did it already, in other words."""
    TOO_EARLY = "too-early"
    SAME_PERSON = "same-person"
    STILL_EXCEEDS = "still-exceeds"
    ORDER_STANDS = "order-stands"
    NOTHING_TO_RETURN = "nothing-to-return"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    NO_ORDER = "no-order"
    OUT_OF_TURN = "out-of-turn"
    """Of an order: it is not its turn, or it is over."""


class Taken(msgspec.Struct, Generic[_Stands], frozen=True):
    """It was done: how what it was about stands now, and what the log says of it."""

    now: _Stands
    entry: Entry


class Already(msgspec.Struct, frozen=True):
    """The same person did the same before; nothing changes."""

    mark: Mark


class Refused(msgspec.Struct, frozen=True):
    """It was not done: why, what value stands in the way, and who was there before."""

    reason: Refusal
    value: str = ""
    before: Mark | None = None

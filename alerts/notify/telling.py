"""What there is to tell: an entry of the alerts' log (alerts.handling.log) that concerns people, in words. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from alerts.severity import Severity


class About(StrEnum):
    """What a telling is about; routes choose by it."""

    ALERT = "alert"
    ORDER = "order"
    OVERDUE = "overdue"
    DISPATCH = "dispatch"
    """An alert that a person handed to a unit."""
    WARNING = "warning"
    """A city's heavy-pollution warning."""
    HANDOVER = "handover"
    """What the next shift finds."""


class Words(msgspec.Struct, frozen=True):
    """What people read of it, Chinese and English; each of one line."""

    title_zh: str
    title_en: str
    line_zh: str
    line_en: str
    todo_zh: str = ""
    todo_en: str = ""
    basis: str = ""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told, to whom it may concern."""

    key: str
    """Names it for ever: nobody is told the same key twice."""
    thread: str
    """What it goes on with: an alert, a city's warning. A later telling of a thread makes an earlier one old."""
    bundle: str
    """What is told in one message with it: one city and rule, many stations."""
    about: About
    happening: str
    news: bool
    """Whether it is told to all whom it concerns; else only to those who were told of its thread before."""
    over: bool = False
    """Whether its thread is over with it."""
    undone: bool = False
    """Whether its thread should never have been told: whoever has not heard of it need not."""
    severity: Severity
    urgency: Severity
    """How grave it is to be told at once; that something is over may wait."""
    at: datetime
    """Data time of its entry in the log."""
    place: int = 0
    """Of the entry in its city's log: what came first, of one thread."""
    city: str
    region: str = ""
    """GB/T 2260 code of its station or city, as far as that is known."""
    kind: str = ""
    """Of station, or `city`."""
    station: str | None = None
    rule_id: str | None = None
    time_window: str = ""
    alert_id: int | None = None
    targets: tuple[str, ...] = ()
    """Ids of targets to be told whatever the routes say."""
    words: Words
    details: dict[str, Any] = {}
    """For machines, beside the rest."""

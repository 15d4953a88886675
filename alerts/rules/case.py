"""A case beside a rule: what is said of one object, and what must come of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from aggregate.statistic import State
from alerts.happening import Happening
from alerts.severity import Severity

START = datetime.fromisoformat("2026-03-02T08:00:00+08:00")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(_Model):
    """One statement of a case, and what it must do.

    `at` counts windows from the case's start; without `value` the window is not valid. `other` is what the value stands
    against, where the rule compares; without it there is none. `version` counts up by itself. `expect` lists what
    happens to alerts, in order.
    """

    at: int
    value: float | None = None
    other: float | None = None
    state: State = State.PROVISIONAL
    live: bool = True
    version: int | None = Field(default=None, ge=1)
    expect: tuple[Happening, ...] = ()


class Case(_Model):
    """A story of statements about one object, and what is left of it.

    `open` and `pages` tell of the alerts not withdrawn at its end: how many are open, whether any may page.
    """

    name: str = Field(min_length=1)
    start: datetime = START
    steps: tuple[Said, ...] = Field(min_length=1)
    open: int = Field(ge=0)
    pages: bool
    severity: Severity | None = None
    """Of one that is open."""


class Look(_Model):
    """One look at a device in a case: what the rule's condition came to, and what that does.

    Without `value` nothing is known; `watched = false` is a device that is out of service, or an hour that is over.
    """

    value: float | None = None
    watched: bool = True
    expect: tuple[Happening, ...] = ()

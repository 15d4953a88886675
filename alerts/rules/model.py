"""What a rule is: the statistic it watches, its condition, its texts and legal basis, and the cases that prove it."""

from __future__ import annotations

import string
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from aggregate.statistic import State, Window

PLACEHOLDERS = frozenset({"object", "value", "peak", "threshold", "unit", "hour", "camera", "hours"})
"""What a text may name in braces; `alerts.texts` fills them in."""


class Severity(StrEnum):
    """How grave an alert is, least first."""

    INFO = "info"
    WARNING = "warning"
    SEVERE = "severe"
    CRITICAL = "critical"

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"info": "提示", "warning": "警告", "severe": "严重", "critical": "紧急"}[self.value]


class Comparison(StrEnum):
    """How a value meets a threshold."""

    REACHES = "reaches"
    """达到: at or above."""
    EXCEEDS = "exceeds"
    """大于: above."""

    @property
    def sign(self) -> str:
        """As operators read it."""
        return {"reaches": "≥", "exceeds": ">"}[self.value]


class Happening(StrEnum):
    """What a judgement did to an alert."""

    OPENED = "opened"
    EXTENDED = "extended"
    """A further window belongs to it."""
    CORRECTED = "corrected"
    """A window that it stands on changed."""
    CLEARED = "cleared"
    """A valid later window ended it."""
    REOPENED = "reopened"
    """The window that had ended it no longer does."""
    WITHDRAWN = "withdrawn"
    """A correction left none of the windows that caused it."""
    MERGED = "merged"
    """What lay between it and a later alert no longer separates them: the later one goes on."""
    SPLIT = "split"
    """The earlier part of an alert that a late or corrected window divided; the later part keeps the alert."""


def _template(text: str) -> str:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"is not a text with placeholders: {error}") from error
    if unknown := sorted(names - PLACEHOLDERS):
        raise ValueError(f"names {', '.join(unknown)}; a text may name {', '.join(sorted(PLACEHOLDERS))}")
    return text


Template = Annotated[str, Field(min_length=1), AfterValidator(_template)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Model):
    """One text in both languages; operators read `zh` first."""

    zh: Template
    en: Template


class Step(_Model):
    """One statement of a case, and what it must do.

    `at` counts windows from the case's start; a step without `value` is an invalid window. `version` counts up by
    itself. `expect` lists what happens to alerts, in order.
    """

    at: int
    value: float | None = None
    state: State = State.PROVISIONAL
    live: bool = True
    version: int | None = Field(default=None, ge=1)
    expect: tuple[Happening, ...] = ()


class Case(_Model):
    """A story of statements about one object, and what is left of it.

    `open` and `pages` tell of the alerts not withdrawn at its end: how many are open, whether any may page.
    """

    name: str = Field(min_length=1)
    start: datetime = Field(default=datetime.fromisoformat("2026-03-02T08:00:00+08:00"))
    steps: tuple[Step, ...] = Field(min_length=1)
    open: int = Field(ge=0)
    pages: bool


class Rule(_Model):
    """A condition on one factor of one kind of statistic.

    An alert opens with a valid window whose value meets `comparison` with `threshold`, lasts while valid windows meet
    it with `clear` (default: the threshold), and clears with the first that does not. A window that is not valid, or
    missing, neither opens nor clears: silence is for a rule of its own.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    severity: Severity
    kind: str = Field(min_length=1)
    window: Window
    factor: str = Field(min_length=1)
    comparison: Comparison
    threshold: float = Field(allow_inf_nan=False)
    clear: float | None = Field(default=None, allow_inf_nan=False)
    unit: str
    judges_open: bool = False
    """Whether windows that still expect values are judged too (an early notice)."""
    legal_basis: str = Field(min_length=1)
    title: Text
    detail: Text
    todo: Text
    """What the operator has to do."""
    cases: tuple[Case, ...] = Field(min_length=1)

    @property
    def clear_value(self) -> float:
        """What a value must still meet for the alert to last."""
        return self.threshold if self.clear is None else self.clear

    @field_validator("cases")
    @classmethod
    def _names_differ(cls, cases: tuple[Case, ...]) -> tuple[Case, ...]:
        names = [case.name for case in cases]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two cases have the name {twice[0]!r}; give each its own")
        return cases

    @model_validator(mode="after")
    def _clears_below(self) -> Self:
        if self.clear_value > self.threshold:
            raise ValueError("clear must not be above threshold; lower it, or leave it out")
        return self


class Pack(_Model):
    """A file of rules."""

    rule: tuple[Rule, ...] = Field(min_length=1)

"""A severity, and what a value must meet for it."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from alerts.rules.text import FileModel
from alerts.severity import Severity


class Comparison(StrEnum):
    """How a value meets a threshold; its name is the field of a level that gives the threshold."""

    REACHES = "reaches"
    """达到: at or above."""
    EXCEEDS = "exceeds"
    """大于: above."""
    AT_MOST = "at_most"
    """不高于: at or below."""
    BELOW = "below"
    """低于: below."""

    @property
    def sign(self) -> str:
        """As operators read it."""
        return {"reaches": "≥", "exceeds": ">", "at_most": "≤", "below": "<"}[self.value]

    @property
    def falling(self) -> bool:
        """Whether less is worse."""
        return self in {Comparison.AT_MOST, Comparison.BELOW}

    def met(self, value: float, limit: float) -> bool:
        """Whether `value` stands so to `limit`."""
        if self is Comparison.REACHES:
            return value >= limit
        if self is Comparison.EXCEEDS:
            return value > limit
        return value <= limit if self is Comparison.AT_MOST else value < limit


class Level(FileModel):
    """A severity, and what a value must meet for it: one of `reaches`, `exceeds`, `at_most`, `below`."""

    severity: Severity
    reaches: float | None = Field(default=None, allow_inf_nan=False)
    exceeds: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    clear: float | None = Field(default=None, allow_inf_nan=False)
    """What a value must still meet, by the same comparison, for the level to last."""

    @cached_property
    def comparison(self) -> Comparison:
        """Which of the four is given."""
        return next(one for one in Comparison if getattr(self, one.value) is not None)

    @cached_property
    def threshold(self) -> float:
        """What opens it."""
        found: float = getattr(self, self.comparison.value)
        return found

    @cached_property
    def clear_value(self) -> float:
        """What a value must still meet for it to last."""
        return self.threshold if self.clear is None else self.clear

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        if sum(getattr(self, one.value) is not None for one in Comparison) != 1:
            raise ValueError("needs one of reaches, exceeds, at_most and below")
        if self.clear is not None and not self.comparison.met(self.threshold, self.clear):
            raise ValueError("clear must be easier to meet than the threshold; change it, or leave it out")
        return self

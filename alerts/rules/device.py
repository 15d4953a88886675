"""Rules that hang on the clock and on no statistic: about devices, and about the hour that is running."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.rules.case import Look
from alerts.rules.model import RuleBase
from alerts.rules.watch import known_factor, known_kinds


class Condition(StrEnum):
    """What of a device is looked at: in minutes, from `projected` on in the factor's unit."""

    SILENT = "silent"
    """How long its next live report is overdue: since the last one and its reporting period."""
    CLOCK = "clock"
    """How far the end of its last live period was from its receipt, either way: its clock is wrong, or its way long."""
    AHEAD = "ahead"
    """How far ahead of its receipt a report was stamped that was rejected for it within the last hour."""
    PROJECTED = "projected"
    """The mean of the running hour, if its rest is as the last five minutes were."""
    READING = "reading"
    """What all its readings of the last minutes exceed, or where less is worse fall below."""
    JUMP = "jump"
    """How much its last reading is above the first of the last minutes."""


OF_FACTOR = frozenset({Condition.PROJECTED, Condition.READING, Condition.JUMP})


class DeviceCase(BaseModel):
    """A story of looks at one device, and whether an alert is open at its end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    steps: tuple[Look, ...] = Field(min_length=1)
    open: bool


class DeviceRule(RuleBase):
    """A condition on a device, judged by the clock about once a minute, as far as the worker has read.

    The alert opens when a level is met; its severity is that of the gravest level whose clear value is still met; it
    clears when none is, when the device goes out of service, and of `projected` when the hour is over: then its own
    mean is judged. A device that was never heard live is not judged.
    """

    kinds: tuple[str, ...] = Field(min_length=1)
    condition: Condition
    factor: str | None = None
    """Of `projected`, `reading` and `jump`."""
    minutes: int = Field(default=5, ge=1, le=60)
    """Of `reading` and `jump`: so many, up to the last reading."""
    after: int = Field(default=15, ge=5, le=59)
    """Of `projected`: so many minutes of the hour must have values before anything is said."""
    cases: tuple[DeviceCase, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_a_factor(self) -> Self:
        if (self.condition in OF_FACTOR) != (self.factor is not None):
            raise ValueError("factor belongs to conditions projected, reading and jump, and to no other")
        known_kinds(self.kinds)
        if self.scope and self.scope.in_time:
            raise ValueError("a device is looked at whatever is in force; let scope name no warnings and no order")
        if self.factor is not None:
            known_factor(self.factor)
        return self

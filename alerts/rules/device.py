"""Rules about devices: what hangs on the clock and on no statistic."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from alerts.rules.case import Look
from alerts.rules.model import RuleBase


class Condition(StrEnum):
    """What of a device is looked at, in minutes."""

    SILENT = "silent"
    """How long its next live report is overdue: since the last one and its reporting period."""
    CLOCK = "clock"
    """How far the end of its last live period was from its receipt, either way: its clock is wrong, or its way long."""
    AHEAD = "ahead"
    """How far ahead of its receipt a report was stamped that was rejected for it within the last hour."""


class DeviceCase(BaseModel):
    """A story of looks at one device, and whether an alert is open at its end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    steps: tuple[Look, ...] = Field(min_length=1)
    open: bool


class DeviceRule(RuleBase):
    """A condition on a device, judged by the clock about once a minute, as far as the worker has read.

    The alert opens when a level is met; its severity is that of the gravest level whose clear value is still met; it
    clears when none is, or when the device goes out of service. A device that was never heard live is not judged.
    """

    kinds: tuple[str, ...] = Field(min_length=1)
    condition: Condition
    cases: tuple[DeviceCase, ...] = Field(min_length=1)

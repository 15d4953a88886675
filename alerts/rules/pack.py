"""A file of rules."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from alerts.rules.device import DeviceRule
from alerts.rules.model import Rule


class Pack(BaseModel):
    """What a file holds: rules of statistics, rules of devices, or both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: tuple[Rule, ...] = ()
    device: tuple[DeviceRule, ...] = ()

    @model_validator(mode="after")
    def _holds_some(self) -> Self:
        if not self.rule and not self.device:
            raise ValueError("holds neither [[rule]] nor [[device]]")
        return self

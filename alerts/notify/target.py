"""Targets: where messages can go, as `[[target]]` of the notifications' file says. Secrets stand elsewhere."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from alerts.severity import Severity
from core.clock import SHANGHAI

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""Of targets, duties and secrets."""


class Quiet(BaseModel):
    """Hours of the day, in China's time, in which only what is grave is sent; the rest waits until they are over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begins: time
    ends: time
    """Before `begins` if they go past midnight."""
    unless: Severity = Severity.CRITICAL
    """What is at least so grave is sent all the same."""

    @model_validator(mode="after")
    def _last(self) -> Self:
        if self.begins == self.ends:
            raise ValueError("quiet hours that begin as they end are none or all; correct one of them")
        if self.begins.tzinfo is not None or self.ends.tzinfo is not None:
            raise ValueError("quiet hours are China's time; write them as 22:00:00, without an offset")
        return self

    def over_at(self, moment: datetime) -> datetime | None:
        """When the quiet hours are over in which `moment` (aware) lies; None if it lies in none."""
        local = moment.astimezone(SHANGHAI)
        clock, wait = local.time(), timedelta(0)
        if self.begins < self.ends:
            within = self.begins <= clock < self.ends
        else:
            within = clock >= self.begins or clock < self.ends
            wait = timedelta(days=1) if clock >= self.begins else wait
        return datetime.combine(local.date() + wait, self.ends, SHANGHAI) if within else None


class _Target(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    together: ClassVar[bool] = True
    """Whether several tellings may make one message, as people want it."""

    id: Id
    per_minute: int = Field(default=20, ge=1, le=6000)
    """So many messages at most; what comes meanwhile is told in the next (WeCom, DingTalk: 20 a minute a robot)."""
    quiet: Quiet | None = None


class AppriseTarget(_Target):
    """Whatever Apprise knows: WeCom, DingTalk, Feishu, mail and a hundred more.

    Its URL holds tokens and passwords, so it is the secret of the name `url_secret` (core.secrets).
    """

    via: Literal["apprise"]
    url_secret: Id


class WebhookTarget(_Target):
    """A webhook of one's own, signed as Standard Webhooks 1.0 says with the secret of the name `signing_secret`."""

    via: Literal["webhook"]
    url: HttpUrl
    signing_secret: Id


class MqttTarget(_Target):
    """The platform's own broker, for site boards and sirens; `lantian/v1/alerts/{region}/{severity}`."""

    together: ClassVar[bool] = False

    via: Literal["mqtt"]
    per_minute: int = Field(default=6000, ge=1, le=6000)


Target = Annotated[AppriseTarget | WebhookTarget | MqttTarget, Field(discriminator="via")]

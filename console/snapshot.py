"""What the console shows, as it was read at one time: a frozen value that pages and JSON are made of.

Times are aware datetimes in UTC and data time; `age_s` and the like are seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from alerts.handling.machine import Stage
from alerts.handling.order import OrderStage
from alerts.severity import Severity
from core.clock import Clock

APART = timedelta(minutes=10)
"""Real time that the data's clock may be from the console's: what came is read and noted once a minute."""


class OpenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that data holds open and no person has closed."""

    alert_id: int
    severity: Severity
    opened_at: datetime
    """Data time at which it was opened."""
    city: str
    station: str | None
    """None for one of a city."""
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    detail_zh: str
    detail_en: str
    todo_zh: str
    todo_en: str
    value: float
    threshold: float
    unit: str
    legal_basis: str
    camera: str
    """As the register has it; empty if none is registered."""
    stage: Stage
    order: OrderStage | None
    """Of its latest stop-work order."""
    history: bool
    """Of data replayed or come late: nobody is paged for it."""


class CityAir(msgspec.Struct, frozen=True, kw_only=True):
    """The latest hour of a city that has an AQI."""

    city: str
    start: datetime
    end: datetime
    aqi: int
    level: int | None
    """1 … 6 (HJ 633); None if it is not known."""
    primary: tuple[str, ...]
    """Of `pm25`, `pm10`, `so2`, `no2`, `co`, `o3`; empty where the AQI is 50 or less."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the database found."""

    alerts: tuple[OpenAlert, ...]
    """The gravest first, of the same severity the latest; at most as many as the settings say."""
    counts: dict[Severity, int]
    """Of all open alerts."""
    answered_for: int
    """Alerts that data has cleared and persons have still to close; history is not counted."""
    cities: tuple[CityAir, ...]
    now: datetime
    """Of the console's clock, when it looked."""
    data_now: datetime | None
    """Up to which time what came has been read; None before anything came."""


def clocks_apart_s(read: Read | None, clock: Clock) -> float | None:
    """How far the data's clock is from the console's, in seconds of data time; None if it is less than `APART`.

    Where `clock` runs faster than life, the pipeline takes no less real time to read what came.
    """
    if read is None or read.data_now is None:
        return None
    apart = abs((read.now - read.data_now).total_seconds())
    return apart if clock.wall_seconds(apart) > APART.total_seconds() else None


class Server(msgspec.Struct, frozen=True):
    """A server of the stack."""

    name: str
    answers: bool


class Process(msgspec.Struct, frozen=True):
    """A process that told its port."""

    name: str
    answers: bool
    lacks: tuple[str, ...]
    """What it waits for."""

    @property
    def ready(self) -> bool:
        """Whether it works."""
        return self.answers and not self.lacks


class Consumer(msgspec.Struct, frozen=True):
    """A reader of Kafka's log."""

    name: str
    topic: str
    behind: int | None
    """Records; None if Kafka did not say."""
    still_s: float
    """Since it last took something of what it is behind in."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The pipeline as `lantian status` sees it; None where it could not be asked."""

    servers: tuple[Server, ...]
    processes: tuple[Process, ...]
    consumers: tuple[Consumer, ...]
    outbox: int | None
    """Messages that wait to be told to Kafka."""
    overdue: int | None
    """Windows that the clock should have changed more than a minute ago."""
    newest_report_s: float | None
    """Data time since the newest report began its period."""
    ledger_holds: bool | None
    """What the last check of the ledger said."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page stands on: the last answer of each, and what is away now."""

    read: Read | None = None
    """None until the database has answered once: nothing is known, which is not the same as no alerts."""
    read_at: float = 0.0
    """Machine's monotonic seconds of that answer's begin."""
    away: str = ""
    """Why the database did not answer the last time; empty if it did."""
    health: Health | None = None
    health_at: float = 0.0
    """Machine's monotonic seconds of the last look's begin."""
    health_away: str = ""
    """Why the last look found nothing; empty if it did."""

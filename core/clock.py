"""One clock for all processes: data time, which a demonstration or a drill may run faster or elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeVar

from core.errors import SettingsError
from core.settings import CoreSettings

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had no summer time since 1991; the monitored period begins later."""

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_Seconds = TypeVar("_Seconds", int, "npt.NDArray[np.int64]")

MICROS = 1_000_000
HOUR = 3600
DAY = 86400
SHANGHAI_OFFSET = 8 * HOUR


def day_start(seconds: _Seconds) -> _Seconds:
    """Start (UTC seconds) of the Asia/Shanghai day that holds the instant `seconds`; of each, if there are many."""
    return (seconds + SHANGHAI_OFFSET) // DAY * DAY - SHANGHAI_OFFSET


def on_grid(time: _Seconds, period: _Seconds) -> _Seconds:
    """`time` down to the grid of `period` seconds, at least one, which begins at each of Asia/Shanghai's midnights.

    A period of days begins at the midnight of its first day: a month's sample (P31D) has no grid of its own.
    """
    midnight = day_start(time)
    return midnight + (time - midnight) // period * period


def date_of(day: int) -> date:
    """The date of a day's first second."""
    return datetime.fromtimestamp(day, SHANGHAI).date()


def midnight(day: date) -> int:
    """A date's first second (UTC seconds)."""
    return int(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp())


def months_after(first: date, months: int) -> date:
    """The first of the month that comes so many months after that of `first`."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def parse_time(text: str, *, field: str) -> datetime:
    """ISO 8601 to an aware datetime; without an offset the time is Asia/Shanghai's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            "time",
            "is not an ISO 8601 time",
            field=field,
            value=text,
            hint="write it as 2026-03-01T08:00:00+08:00",
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


@dataclass(frozen=True, slots=True)
class Clock:
    """Data time as a linear function of the machine's time; stands still at `epoch` until `started`.

    `epoch` and `started` are Unix seconds; `Clock()` is the machine's clock.
    """

    epoch: float = 0.0
    started: float = 0.0
    speed: float = 1.0

    def now(self) -> float:
        """Unix seconds of data time."""
        return self.at(time.time())

    def at(self, wall: float) -> float:
        """Data time at the machine's time `wall`, both Unix seconds."""
        return self.epoch + max(0.0, wall - self.started) * self.speed

    def micros(self) -> int:
        """Unix microseconds of data time."""
        return int(self.now() * MICROS)

    def datetime(self) -> datetime:
        """Data time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def wall_seconds(self, data_seconds: float) -> float:
        """How long a span of data time lasts on the machine's clock."""
        return data_seconds / self.speed


def clock_of(settings: CoreSettings) -> Clock:
    """The clock that the settings name."""
    if not settings.clock_epoch:
        return Clock()
    epoch = parse_time(settings.clock_epoch, field="clock_epoch").timestamp()
    if not settings.clock_started:
        raise SettingsError(
            "clock",
            "is needed beside clock_epoch",
            field="clock_started",
            hint="set LANTIAN_CLOCK_STARTED to the machine's time at which clock_epoch held",
        )
    started = parse_time(settings.clock_started, field="clock_started").timestamp()
    return Clock(epoch, started, settings.clock_speed)

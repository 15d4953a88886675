"""Events that lift the readings: `dust@20:30+45m:STATION`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from core.clock import SHANGHAI
from core.errors import InputError
from ingest.simulation.courses import Floats

_EVENT = re.compile(r"dust@(?:(\d{4}-\d\d-\d\d)T)?(\d\d):(\d\d)\+(\d{1,4})m:([A-Za-z0-9_.\-]{1,64})", re.ASCII)

PEAK = 800.0
"""µg/m³ by which PM10 of the site rises: half an hour of it lifts the hourly mean past 250."""
RAMP = 300.0
"""Seconds in which it rises, and falls again."""


@dataclass(frozen=True, slots=True)
class DustEvent:
    """Earthwork without cover at `station` in `[start, end)` (UTC seconds); the wind carries dust to air stations."""

    start: int
    end: int
    station: str

    def rise(self, times: Floats) -> Floats:
        """By how much PM10 of the site rises at `times` (UTC seconds), µg/m³."""
        inside = np.minimum(times - self.start, self.end - times) / RAMP
        return PEAK * np.clip(inside, 0.0, 1.0)


def parse_event(text: str, day: datetime) -> DustEvent:
    """An event as written on the command line; a time without a date is that of `day`. Raises `InputError`."""
    found = _EVENT.fullmatch(text)
    if not found:
        raise InputError(
            "event", "is not an event", field="--event", value=text, hint="write it as dust@20:30+45m:STATION"
        )
    date, hour, minute, length, station = found.groups()
    try:
        base = datetime.fromisoformat(date) if date else day.astimezone(SHANGHAI)
        moment = base.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0, tzinfo=SHANGHAI)
    except ValueError as error:
        raise InputError("event", str(error), field="--event", value=text, hint="hours are 00 … 23") from error
    start = int(moment.timestamp())
    return DustEvent(start, start + int(timedelta(minutes=int(length)).total_seconds()), station)

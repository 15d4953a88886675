"""Days of a story, written as a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from alerts.warnings.days import Day, Origin

FIRST = date(2026, 12, 1)
SAND, OZONE = "sand", "ozone"


def days(
    *values: float | tuple[float, str] | None, first: date = FIRST, origin: Origin = Origin.OBSERVED
) -> tuple[Day, ...]:
    """A day a value from `first` on; None for one that is not known, a pair for one of sand-dust or ozone."""
    return tuple(_day(first + timedelta(days=place), value, origin) for place, value in enumerate(values))


def forecast(values: Sequence[float | None], first: date) -> tuple[Day, ...]:
    """The same of a forecast."""
    return days(*values, first=first, origin=Origin.FORECAST)


def _day(day: date, value: float | tuple[float, str] | None, origin: Origin) -> Day:
    aqi, kind = value if isinstance(value, tuple) else (value, "")
    primary = frozenset({"o3"} if kind == OZONE else {"pm25"}) if aqi is not None and aqi > 50 else frozenset()
    return Day(day, aqi, origin, primary, dust=kind == SAND)

"""Days of a city: an AQI observed or forecast, and which kind of episode it belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

OZONE = "o3"
ONE_DAY = timedelta(days=1)
WORST = 500.0
"""The highest AQI: what an unknown day may have been at most."""


class Origin(StrEnum):
    """Where a day's AQI comes from."""

    OBSERVED = "observed"
    FORECAST = "forecast"


class Kind(StrEnum):
    """Of an episode: each kind is handled apart, and only particulates have warnings."""

    PARTICULATE = "particulate"
    """All that is neither of the others."""
    OZONE = "ozone"
    DUST = "dust"

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"particulate": "颗粒物", "ozone": "臭氧", "dust": "沙尘"}[self.value]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a city, 0:00 to 24:00 in China."""

    date: date
    aqi: float | None
    """None where it is not known."""
    origin: Origin = Origin.OBSERVED
    primary: frozenset[str] = frozenset()
    """Primary pollutants, of `pm25, pm10, so2, no2, co, o3`."""
    dust: bool = False
    """A sand-dust period touches it."""

    def __post_init__(self) -> None:
        """Raises `ValueError` for what is no AQI: NaN would be neither above nor below anything."""
        if self.aqi is not None and not 0 <= self.aqi < math.inf:
            raise ValueError(f"{self.date} has no AQI of 0 or more: {self.aqi}")

    @property
    def kind(self) -> Kind:
        """The kind of episode it belongs to, if it belongs to one."""
        if self.dust:
            return Kind.DUST
        return Kind.OZONE if self.primary == {OZONE} else Kind.PARTICULATE


Values = Mapping[date, float | None]
"""AQI by day in order of dates; None for days that are not known."""


def by_date(days: Iterable[Day]) -> dict[date, Day]:
    """One day a date, in order of dates, the observed before the forecast; one that is known before one that is not.

    Raises `ValueError` where two of one origin say different things of a date.
    """
    found: dict[date, Day] = {}
    for day in sorted(days, key=lambda day: (day.date, day.aqi is None, day.origin is Origin.FORECAST)):
        known = found.setdefault(day.date, day)
        if known.origin is day.origin and known.aqi is not None and day.aqi is not None and known != day:
            raise ValueError(f"two {day.origin} days of {day.date} differ: {known.aqi:g} and {day.aqi:g}")
    return found


def values_of(days: Iterable[Day], kind: Kind) -> dict[date, float | None]:
    """The days' AQI as those of a kind's episodes see it: 0 on a day that belongs to another kind.

    Whole from the first date to the last: dates without a day are not known.
    """
    known = by_date(days)
    if not known:
        return {}
    values: dict[date, float | None] = {}
    day, last = next(iter(known)), max(known)
    while day <= last:
        own = known.get(day)
        is_other = own is not None and own.aqi is not None and own.kind is not kind
        values[day] = None if own is None else 0.0 if is_other else own.aqi
        day += ONE_DAY
    return values


def at_worst(values: Values) -> dict[date, float | None]:
    """The same with the highest AQI on days that are not known."""
    return {day: WORST if value is None else value for day, value in values.items()}

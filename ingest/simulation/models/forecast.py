"""City forecasts: each day at 17:00 the next seven days, the less certain the farther ahead."""

from __future__ import annotations

import numpy as np

from core.clock import DAY, HOUR, day_start
from ingest.simulation.ambient import concentrations
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, gaussians, key_of, name_numbers
from standards.aqi import aqi
from standards.editions import HOURLY_FACTORS, edition_at

ISSUED_HOUR = 17
"""Hour of the Shanghai day at which forecasts are issued."""
DAYS = 7
"""How many days ahead a forecast looks, beginning with the next."""

_RING_KM = 8.0
_NEAREST_ERROR, _ERROR_A_DAY = 0.10, 0.05
"""Standard deviation of the logarithm of what is forecast: for tomorrow, and what each further day adds."""
_FOLLOWS_AIR_MASS = np.array([1.0, 1.0, 0.7, 0.7, 0.9, -0.3])
"""How far a factor's error follows that of how well the air will be mixed, in the order of `HOURLY_FACTORS`."""
_DECIMALS = (0, 0, 0, 0, 1, 0)
"""Places of a forecast value, in the order of `HOURLY_FACTORS`."""
_OWN_ERROR = 0.3
"""The rest, as a share of the same standard deviation."""


def issued_between(start: int, end: int) -> list[int]:
    """UTC seconds in `(start, end]` at which forecasts are issued."""
    first = day_start(start) + ISSUED_HOUR * HOUR
    return [moment for moment in range(first, end + 1, DAY) if moment > start]


def forecasts(world: World, monitor: Monitor, issued: int) -> list[tuple[int, dict[str, float]]]:
    """What a city's forecast issued at `issued` (UTC seconds) says: (start of the day, value by code) of each day.

    Concentrations are daily means, O3 the day's greatest 8-hour mean; AQI by the edition of the day.
    """
    first = day_start(issued) + DAY
    said = []
    for lead, truth in enumerate(_days(world, monitor, first)):
        day = first + lead * DAY
        spread = _NEAREST_ERROR + _ERROR_A_DAY * lead
        number = name_numbers([monitor.station])[0]
        shared = gaussians(key_of(world.seed, "forecast"), issued, number, lead)
        own = gaussians(key_of(world.seed, "forecast", "own"), issued, number, lead, np.arange(6))
        values = truth * np.exp(spread * (_FOLLOWS_AIR_MASS * shared + _OWN_ERROR * own))
        rounded = [round(value, places) for value, places in zip(values.tolist(), _DECIMALS, strict=True)]
        said.append((day, {"AQI": _daily_aqi(rounded, day)} | dict(zip(HOURLY_FACTORS, rounded, strict=True))))
    return said


def _days(world: World, monitor: Monitor, first: int) -> Floats:
    """[DAYS, 6]: what the city's days will be, of five places in it."""
    hours = first + np.arange(DAYS * 24, dtype=np.int64) * HOUR + HOUR // 2
    air = concentrations(world, hours, _city(monitor)).mean(axis=1).reshape(DAYS, 24, 6)
    days: Floats = air.mean(axis=1)
    ozone = np.lib.stride_tricks.sliding_window_view(air[:, :, 5], 8, axis=1).mean(axis=2)
    days[:, 5] = ozone.max(axis=1)
    return days


def _city(monitor: Monitor) -> Places:
    names = [f"{monitor.station} {side}" for side in ("middle", "east", "west", "north", "south")]
    x = monitor.x + _RING_KM * np.array([0.0, 1.0, -1.0, 0.0, 0.0])
    y = monitor.y + _RING_KM * np.array([0.0, 0.0, 0.0, 1.0, -1.0])
    return Places(name_numbers(names), x, y)


def _daily_aqi(values: list[float], day: int) -> float:
    edition = edition_at(day)
    said = dict(zip(HOURLY_FACTORS, values, strict=True))
    row = [np.nan if average == "max_1h" else said[factor] for factor, average in edition.daily_columns]
    planned = sum(1 << column for column, value in enumerate(row) if not np.isnan(value))
    return float(aqi(np.array([row]), edition.daily, planned=planned).aqi[0])

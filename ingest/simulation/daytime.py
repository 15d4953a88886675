"""Hour, week and season at a UTC second, in Asia/Shanghai's time, and the curves that days are made of."""

from __future__ import annotations

import numpy as np

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.simulation.noise import Floats, Ints

YEAR_DAYS = 365.2425


def hour_of_day(times: Ints) -> Floats:
    """0 … 24."""
    hours: Floats = (times + SHANGHAI_OFFSET) % DAY / HOUR
    return hours


def weekday(times: Ints) -> Ints:
    """0 Monday … 6 Sunday."""
    days: Ints = ((times + SHANGHAI_OFFSET) // DAY + 3) % 7
    return days


def season(times: Ints, peak_day: float) -> Floats:
    """A year's wave, 1 at `peak_day` (day of the year) and -1 half a year later."""
    days = (times + SHANGHAI_OFFSET) / DAY
    wave: Floats = np.cos((days - peak_day) * (2.0 * np.pi / YEAR_DAYS))
    return wave


def hump(hours: Floats, peak: Floats | float, width: float) -> Floats:
    """A bell of height 1 at the hour `peak`, of standard deviation `width` hours."""
    away = (hours - peak + 12.0) % 24.0 - 12.0
    bell: Floats = np.exp(-0.5 * (away / width) ** 2)
    return bell


def between(hours: Floats, first: Floats | float, last: Floats | float, edge: float) -> Floats:
    """0 … 1: near 1 from the hour `first` to `last`, with edges about `edge` hours long."""
    opened: Floats = 1.0 / (1.0 + np.exp(-4.0 * (hours - first) / edge))
    closed: Floats = 1.0 / (1.0 + np.exp(-4.0 * (last - hours) / edge))
    return opened * closed

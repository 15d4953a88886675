"""Days and periods of air in plain Python, from the regulations' own words, slot by slot."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from standards.aqi import aqi
from standards.editions import HOURLY_FACTORS, Edition

Floats = npt.NDArray[np.float64]
NAN = math.nan


class Day(NamedTuple):
    """A day of one station."""

    values: list[float]
    n_valid: list[int]
    o3_1h_max: float
    aqi: float
    level: int
    primary: int
    valid: bool


def mean(slots: Sequence[float], least: int) -> tuple[float, int]:
    """Sum in slot order over count, NaN with fewer than `least`; and the count."""
    present = [value for value in slots if not math.isnan(value)]
    total = 0.0
    for value in present:
        total += value
    return (total / len(present) if len(present) >= max(least, 1) else NAN), len(present)


def running(series: Sequence[float], slots: int, least: int) -> list[float]:
    """Means of each hour and those before it."""
    return [mean(series[max(0, end - slots) : end], least)[0] for end in range(1, len(series) + 1)]


def day(hours: Floats, edition: Edition) -> Day:
    """A day of hours [6, 24] by GB 3095, HJ 663 and HJ 633."""
    rule = edition.validity
    means = [mean(factor.tolist(), rule.day_hours) for factor in hours[:5]]
    ozone = hours[5].tolist()
    windows = [mean(ozone[end - 8 : end], rule.eight_hours)[0] for end in range(8, 25)]
    there = [window for window in windows if not math.isnan(window)]
    largest = max(there, default=NAN)
    enough = len(there) >= rule.day_windows or largest > rule.windows_excused_above
    known = [value for value in ozone if not math.isnan(value)]
    max_1h = max(known) if len(known) >= rule.day_hours else NAN
    values = [value for value, _ in means] + [largest if enough else NAN]
    by_name = {(factor, "day"): value for factor, value in zip(HOURLY_FACTORS, values, strict=True)}
    by_name |= {("a05024", "max_8h"): values[5], ("a05024", "max_1h"): max_1h}
    found = aqi([[by_name[column] for column in edition.daily_columns]], edition.daily)
    level = edition.level(found.aqi[0])
    primary = 0
    for bit, (factor, _) in enumerate(edition.daily_columns):
        if found.primary[0] >> bit & 1:
            primary |= 1 << HOURLY_FACTORS.index(factor)
    return Day(
        values,
        [count for _, count in means] + [len(there)],
        max_1h,
        float(found.aqi[0]),
        level.number if level else 0,
        primary,
        level is not None and any(not math.isnan(value) for value in values),
    )


def percentile(values: Sequence[float], p: Fraction) -> float:
    """HJ 663: k = 1 + (n − 1)·p, linear between the neighbours in ascending order."""
    if not values:
        return NAN
    ascending = sorted(values)
    k = 1 + (len(ascending) - 1) * p
    s = math.floor(k)
    below, above = ascending[s - 1], ascending[min(s, len(ascending) - 1)]
    return below + (above - below) * float(k - s)


def enough_days(valid: set[date], first: date, end: date, edition: Edition) -> bool:
    """Whether a pollutant's valid days suffice for a period: every month of it, and every whole year."""
    rule = edition.validity
    months: dict[tuple[int, int], list[date]] = {}
    for number in range((end - first).days):
        day = first + timedelta(days=number)
        months.setdefault((day.year, day.month), []).append(day)
    for (year, month), days in months.items():
        whole = rule.february_days if month == 2 else rule.month_days
        if len(valid.intersection(days)) < math.ceil(Fraction(whole * len(days), monthrange(year, month)[1])):
            return False
    for year in {year for year, _ in months}:
        if first <= date(year, 1, 1) and date(year, 12, 31) < end:
            days = [day for (of, _), in_month in months.items() if of == year for day in in_month]
            if len(valid.intersection(days)) < rule.year_days:
                return False
    return True

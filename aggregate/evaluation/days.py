"""Days from hours: daily means, the daily maximum 8-hour mean of O3, AQI, level and primary pollutants.

Objects are rows here: stations, or cities whose hours have been made. Each day is judged by the edition of its date.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.rolling import eight_hour_means
from aggregate.windows import DAY_HOURS, EIGHT
from core.clock import DAY, midnight
from standards.aqi import IndexTable, aqi_columns, iaqi_column
from standards.editions import HOURLY_FACTORS, Edition, Editions
from standards.rounding import to_nano

Floats = npt.NDArray[np.float64]

FACTORS = len(HOURLY_FACTORS)
OZONE = HOURLY_FACTORS.index("a05024")
_MAX_1H = FACTORS
"""The place of the daily maximum 1-hour mean of O3 behind the six daily values."""
_ANY_DAYS = 1 << 40
"""More than there are: a loop with a bound cannot overflow, and so compilers make vector instructions of it."""


class DayColumns(NamedTuple):
    """What `evaluate_days` gives for o objects and d days; columns of pollutants are `HOURLY_FACTORS`."""

    first: date
    values: Floats
    """float64[o, 6, d]: daily means, of O3 the daily maximum 8-hour mean; NaN where not valid. µg/m³, CO mg/m³."""
    n_valid: npt.NDArray[np.int32]
    """int32[o, 6, d]: valid hours, of O3 valid 8-hour means among the 17 that end at 08:00 … 24:00."""
    o3_1h_max: Floats
    """float64[o, d]: the largest hourly O3, NaN with fewer hours than a daily mean needs (unconfirmed, M)."""
    aqi: Floats
    """float64[o, d], NaN for none."""
    level: npt.NDArray[np.uint8]
    """uint8[o, d], 1 … 6, 0 without AQI."""
    primary: npt.NDArray[np.uint8]
    """uint8[o, d], bit c set: column c is a primary pollutant."""
    valid: npt.NDArray[np.bool_]
    """bool[o, d]: there is an AQI, and a valid daily value other than the 1-hour maximum of O3."""


class DayRule(NamedTuple):
    """What an edition says of days, as compiled code takes it."""

    day_hours: int
    eight_hours: int
    day_windows: int
    excused_above: int
    """Billionths of µg/m³."""
    table: IndexTable
    sources: npt.NDArray[np.int64]
    """int64[m]: for each column of `table` the place of its daily value, `_MAX_1H` for the 1-hour maximum of O3."""
    pollutants: npt.NDArray[np.uint8]
    """uint8[2^m]: bits of the pollutants by bits of the columns of `table`."""
    up_to: Floats
    """float64[5]: bounds between the levels of the AQI."""

    @classmethod
    def of(cls, edition: Edition) -> DayRule:
        """The rule of an edition."""
        rule = edition.validity
        factors = [HOURLY_FACTORS.index(factor) for factor, _ in edition.daily_columns]
        return cls(
            rule.day_hours,
            rule.eight_hours,
            rule.day_windows,
            to_nano(rule.windows_excused_above),
            edition.daily,
            np.array([_MAX_1H if average == "max_1h" else place
                      for place, (_, average) in zip(factors, edition.daily_columns, strict=True)]),
            np.array([sum({1 << place for column, place in enumerate(factors) if bits >> column & 1})
                      for bits in range(1 << len(factors))], dtype=np.uint8),
            level_bounds(edition),
        )  # fmt: skip


def level_bounds(edition: Edition) -> Floats:
    """Bounds float64[levels - 1] between the levels of the AQI."""
    return np.array([level.up_to for level in edition.levels[:-1]])


def edition_runs(first: date, number: int, editions: Editions) -> Iterator[tuple[int, int, Edition]]:
    """Days `start` … `end` (exclusive) of `number` days from `first` on that one edition judges, in order."""
    seconds = midnight(first) + DAY * np.arange(number, dtype=np.int64)
    numbers = editions.numbers_at(seconds)
    for start, end in pairwise([*np.flatnonzero(np.diff(numbers, prepend=-1)).tolist(), number]):
        yield start, end, editions.all[numbers[start]]


@njit(nogil=True, cache=True, error_model="numpy")
def _means(hours: Floats, least: int, value: Floats, n_valid: npt.NDArray[np.int32]) -> None:
    for day in range(min(value.size, _ANY_DAYS)):
        total, count = 0.0, 0
        for hour in range(DAY_HOURS):
            known = hours[day * DAY_HOURS + hour]
            total += 0.0 if np.isnan(known) else known
            count += not np.isnan(known)
        n_valid[day] = count
        value[day] = total / count if count >= least else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def _ozone(hours: Floats, rule: DayRule, value: Floats, n_valid: npt.NDArray[np.int32], max_1h: Floats) -> None:
    running = np.empty(hours.size)
    eight_hour_means(hours, rule.eight_hours, running)
    for day in range(min(value.size, _ANY_DAYS)):
        largest, count = -np.inf, 0
        for hour in range(DAY_HOURS):
            known = hours[day * DAY_HOURS + hour]
            largest = known if known > largest else largest
            count += not np.isnan(known)
        max_1h[day] = largest if count >= rule.day_hours else np.nan
    for day in range(min(value.size, _ANY_DAYS)):
        largest, count = -np.inf, 0
        for hour in range(EIGHT - 1, DAY_HOURS):
            mean = running[day * DAY_HOURS + hour]
            largest = mean if mean > largest else largest
            count += not np.isnan(mean)
        value[day], n_valid[day] = largest, count
    for day in range(value.size):
        count = n_valid[day]
        enough = count >= rule.day_windows or (count > 0 and to_nano(value[day]) > rule.excused_above)
        value[day] = value[day] if enough else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def fill_levels(aqi: Floats, up_to: Floats, level: npt.NDArray[np.uint8]) -> None:
    for i in range(aqi.size):
        level[i] = aqi[i] == aqi[i]
    for bound in up_to:
        for i in range(aqi.size):
            level[i] += aqi[i] > bound


@njit(nogil=True, cache=True, error_model="numpy")
def _classify(
    columns: npt.NDArray[np.uint8],
    pollutants: npt.NDArray[np.uint8],
    values: Floats,
    level: npt.NDArray[np.uint8],
    primary: npt.NDArray[np.uint8],
    valid: npt.NDArray[np.bool_],
) -> None:
    """Primary pollutants of columns of the table, and whether there is a day."""
    for i in range(columns.size):
        primary[i] = pollutants[columns[i]]
        valid[i] = False
    for factor in range(FACTORS):
        for i in range(columns.size):
            valid[i] |= values[factor, i] == values[factor, i]
    for i in range(columns.size):
        valid[i] &= level[i] > 0


@njit(nogil=True, cache=True, error_model="numpy")
def _evaluate(
    hours: Floats,
    first: int,
    end: int,
    rule: DayRule,
    values: Floats,
    n_valid: npt.NDArray[np.int32],
    o3_1h_max: Floats,
    aqi: Floats,
    level: npt.NDArray[np.uint8],
    primary: npt.NDArray[np.uint8],
    valid: npt.NDArray[np.bool_],
) -> None:
    """Days `first` … `end` of all objects: hours are read once, what comes of an object's stays in the cache."""
    indices = np.empty((rule.sources.size, end - first))
    columns, reason = np.empty(end - first, dtype=np.uint8), np.empty(end - first, dtype=np.int8)
    for row in range(hours.shape[0]):
        for factor in range(FACTORS):
            own = hours[row, factor, first * DAY_HOURS : end * DAY_HOURS]
            value, number = values[row, factor, first:end], n_valid[row, factor, first:end]
            if factor == OZONE:
                _ozone(own, rule, value, number, o3_1h_max[row, first:end])
            else:
                _means(own, rule.day_hours, value, number)
        for column, source in enumerate(rule.sources):
            known = o3_1h_max[row, first:end] if source == _MAX_1H else values[row, source, first:end]
            iaqi_column(known, column, rule.table, indices[column])
        aqi_columns(indices, rule.table, (1 << rule.sources.size) - 1, aqi[row, first:end], columns, reason)
        fill_levels(aqi[row, first:end], rule.up_to, level[row, first:end])
        _classify(columns, rule.pollutants, values[row, :, first:end], level[row, first:end], primary[row, first:end],
                  valid[row, first:end])  # fmt: skip


def evaluate_days(hours: npt.ArrayLike, first: date, editions: Editions) -> DayColumns:
    """Days of hourly means float64[o, 6, 24 · d] from the Asia/Shanghai midnight of `first` on, NaN for gaps.

    Valid with 20 hours; O3 with 14 of the 17 8-hour means, of 6 hours each, that end at 08:00 … 24:00, or where their
    largest is above 160 µg/m³ (HJ 663; the numbers are the edition's). Each day by the edition of its date in
    `editions`. µg/m³, CO mg/m³. Raises `ValueError` if the hours are not whole days of six factors.
    """
    array = np.ascontiguousarray(hours, dtype=np.float64)
    if array.ndim != 3 or array.shape[1] != FACTORS or array.shape[2] % DAY_HOURS:
        raise ValueError(f"hours must be [objects, {FACTORS}, 24 · days] (got {array.shape})")
    o, d = array.shape[0], array.shape[2] // DAY_HOURS
    days = DayColumns(
        first=first,
        values=np.empty((o, FACTORS, d)),
        n_valid=np.empty((o, FACTORS, d), dtype=np.int32),
        o3_1h_max=np.empty((o, d)),
        aqi=np.empty((o, d)),
        level=np.empty((o, d), dtype=np.uint8),
        primary=np.empty((o, d), dtype=np.uint8),
        valid=np.empty((o, d), dtype=np.bool_),
    )
    for start, end, edition in edition_runs(first, d, editions):
        _evaluate(array, start, end, DayRule.of(edition), *days[1:])
    return days

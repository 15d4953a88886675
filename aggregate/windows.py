"""Window kernels: means, running means, daily maximum, city means, over whole columns of windows at once.

In come values by slot, NaN where there is no valid value; out come value, count and reason. A value is NaN exactly
where its reason is not VALID; counts are always given. Sums run in slot order, each window anew, so that a result
does not depend, to the last bit, on when or in what company its values came. Thresholds come from the edition.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.wind import wind_means
from aggregate.statistic import Reason
from standards.rounding import to_nano

Floats = npt.NDArray[np.float64]

EIGHT = 8
DAY_HOURS = 24
DAY_WINDOWS = DAY_HOURS - EIGHT + 1
"""8-hour windows that end at 08:00 … 24:00 of a day, all of them within the day."""


_VALID = int(Reason.VALID)
_NO_VALUES = int(Reason.NO_VALUES)
_TOO_FEW_WINDOWS = int(Reason.TOO_FEW_WINDOWS)


class Columns(NamedTuple):
    """Parallel arrays, an element a window."""

    value: Floats
    """float64[n], NaN where not valid."""
    n_valid: npt.NDArray[np.int32]
    """int32[n], how many of the window's slots held a valid value."""
    reason: npt.NDArray[np.int8]
    """int8[n], `Reason`."""


class DaySeries(NamedTuple):
    """Daily statistics of one factor, an element a day."""

    mean: Columns
    eight_hours: Columns
    """The running means by the hour they end with, [24 · days]; the first seven have no eight hours behind them."""
    max_8h: Columns


@njit(nogil=True, cache=True)
def _means(
    windows: Floats,
    least: int,
    too_few: int,
    value: Floats,
    n_valid: npt.NDArray[np.int32],
    reason: npt.NDArray[np.int8],
) -> None:
    for row in range(windows.shape[0]):
        total, count = 0.0, 0
        for slot in range(windows.shape[1]):
            if not np.isnan(windows[row, slot]):
                total += windows[row, slot]
                count += 1
        n_valid[row] = count
        value[row] = np.nan
        if count == 0:
            reason[row] = _NO_VALUES
        elif count < least:
            reason[row] = too_few
        else:
            reason[row] = _VALID
            value[row] = total / count


@njit(nogil=True, cache=True)
def _daily_max(
    windows: Floats,
    least: int,
    limit: float,
    value: Floats,
    n_valid: npt.NDArray[np.int32],
    reason: npt.NDArray[np.int8],
) -> None:
    above = to_nano(limit)
    for row in range(windows.shape[0]):
        largest, count = -np.inf, 0
        for slot in range(windows.shape[1]):
            if not np.isnan(windows[row, slot]):
                largest = max(largest, windows[row, slot])
                count += 1
        n_valid[row] = count
        value[row] = np.nan
        if count == 0:
            reason[row] = _NO_VALUES
        elif count < least and to_nano(largest) <= above:
            reason[row] = _TOO_FEW_WINDOWS
        else:
            reason[row] = _VALID
            value[row] = largest


def _columns(windows: npt.ArrayLike, slots: int | None) -> tuple[Floats, Columns]:
    array = np.ascontiguousarray(windows, dtype=np.float64)
    if array.ndim != 2 or (slots is not None and array.shape[1] != slots):
        raise ValueError(f"windows must be [n, {slots or 'slots'}] (got {array.shape})")
    n = array.shape[0]
    return array, Columns(np.empty(n), np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int8))


def _rows(windows: npt.ArrayLike, slots: int | None, least: int, too_few: Reason) -> Columns:
    array, out = _columns(windows, slots)
    _means(array, least, int(too_few), *out)
    return out


def hour_means(values: npt.ArrayLike, period_seconds: int, minimum_seconds: int) -> Columns:
    """Means of hours [n, slots] of readings that each stand for `period_seconds`.

    Valid with readings for at least `minimum_seconds` (2700: 45 min, GB 3095 table 4); a logger's own hour value is one
    slot of 3600 s.
    """
    if period_seconds <= 0:
        raise ValueError(f"period_seconds must be positive (got {period_seconds})")
    return _rows(values, None, -(-minimum_seconds // period_seconds), Reason.TOO_FEW_MINUTES)


def mean_directions(directions: npt.ArrayLike, speeds: npt.ArrayLike | None, plain: Columns) -> Columns:
    """Means of wind directions [n, slots] as vectors; `plain` are their plain means, whose validity holds.

    Weighed by `speeds` [n, slots] where every slot with a direction has one, else all alike. One direction stays as
    it is, to the last bit.
    """
    of = np.asarray(directions, dtype=np.float64)
    weights = np.ones(of.shape) if speeds is None else np.array(speeds, dtype=np.float64)
    weights[(np.isnan(weights) & ~np.isnan(of)).any(axis=1)] = 1.0
    mean = np.where(plain.n_valid == 1, plain.value, wind_means(weights, of, 1).direction)
    value = np.where(plain.reason == _VALID, mean, np.nan)
    reason = np.where((plain.reason == _VALID) & np.isnan(value), Reason.NO_DIRECTION, plain.reason)
    return Columns(value, plain.n_valid, reason.astype(np.int8))


def rolling_eight_hours(hours: npt.ArrayLike, minimum_hours: int) -> Columns:
    """Means of windows [n, 8] of hourly means; valid with `minimum_hours` (6, GB 3095 table 4)."""
    return _rows(hours, EIGHT, minimum_hours, Reason.TOO_FEW_HOURS)


def day_means(hours: npt.ArrayLike, minimum_hours: int) -> Columns:
    """Means of days [n, 24] of hourly means; valid with `minimum_hours` (20, GB 3095 table 4)."""
    return _rows(hours, DAY_HOURS, minimum_hours, Reason.TOO_FEW_HOURS)


def daily_max_8h(windows: npt.ArrayLike, minimum_windows: int, limit: float) -> Columns:
    """Largest 8-hour mean of days [n, 17], of the windows that end at 08:00 … 24:00.

    Valid with `minimum_windows` (14) valid means, or where the largest is above `limit` (160 µg/m³; HJ 663).
    """
    array, out = _columns(windows, DAY_WINDOWS)
    _daily_max(array, minimum_windows, limit, *out)
    return out


def city_means(stations: npt.ArrayLike, minimum_share: float) -> Columns:
    """City means [n] of the stations' values [n, stations], columns in a fixed order, control points left out before.

    Valid with at least `minimum_share` of the stations; a city without stations has no values.
    """
    array = np.asarray(stations, dtype=np.float64)
    expected = array.shape[1] if array.ndim == 2 else 0
    least = int(np.ceil(np.round(minimum_share * expected, 9)))
    return _rows(array, None, least, Reason.TOO_FEW_STATIONS)


def eight_hour_windows(hours: npt.ArrayLike) -> Floats:
    """The windows [n, 8] of a series [n] of hourly means, row i ending with hour i; NaN before the series' start."""
    series = np.asarray(hours, dtype=np.float64)
    if series.size == 0:
        return np.empty((0, EIGHT))
    led = np.concatenate([np.full(EIGHT - 1, np.nan), series])
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(led, EIGHT))


def day_series(
    hours: npt.ArrayLike,
    *,
    minimum_day_hours: int,
    minimum_eight_hours: int,
    minimum_windows: int,
    limit: float,
) -> DaySeries:
    """Daily mean, running 8-hour means and daily maximum 8-hour mean of a whole series.

    `hours` [24 · days] are hourly means from an Asia/Shanghai midnight on, by the start of the hour. Raises
    `ValueError` if they are not whole days.
    """
    series = np.asarray(hours, dtype=np.float64)
    if series.ndim != 1 or series.size % DAY_HOURS:
        raise ValueError(f"hours must be whole days of 24 (got {series.shape})")
    eight = rolling_eight_hours(eight_hour_windows(series), minimum_eight_hours)
    of_day = eight.value.reshape(-1, DAY_HOURS)[:, EIGHT - 1 :]
    return DaySeries(
        mean=day_means(series.reshape(-1, DAY_HOURS), minimum_day_hours),
        eight_hours=eight,
        max_8h=daily_max_8h(of_day, minimum_windows, limit),
    )


def warm_up() -> None:
    """Compile, or load from the cache, every kernel: before the first batch, not within it."""
    mean_directions(np.zeros((1, 60)), None, hour_means(np.zeros((1, 60)), 60, 2700))
    daily_max_8h(np.zeros((1, DAY_WINDOWS)), 14, 160.0)

"""Running means of hourly series, each by its last hour and across midnights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.windows import DAY_HOURS, EIGHT

Floats = npt.NDArray[np.float64]


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _running(series: Floats, slots: int, least: int, mean: Floats) -> None:
    """Loops without branches, so that compilers make vector instructions of them; `slots` is a constant where inlined.

    What is missing adds 0.0, which changes no sum.
    """
    zero = np.zeros(series.size + slots - 1)
    there, count = np.zeros(series.size + slots - 1, dtype=np.uint8), np.empty(series.size, dtype=np.uint8)
    for i in range(series.size):
        present = series[i] == series[i]
        zero[slots - 1 + i] = series[i] if present else 0.0
        there[slots - 1 + i] = present
    for i in range(series.size):
        number = np.uint8(0)
        for slot in range(slots):
            number += there[i + slot]
        count[i] = number
    for i in range(series.size):
        total = 0.0
        for slot in range(slots):
            total += zero[i + slot]
        mean[i] = total / count[i] if count[i] >= least else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def eight_hour_means(series: Floats, least: int, mean: Floats) -> None:
    """Means float64[n] of each hour of a series float64[n] and the seven before, for compiled code."""
    _running(series, EIGHT, least, mean)


@njit(nogil=True, cache=True, error_model="numpy")
def day_long_means(series: Floats, least: int, mean: Floats) -> None:
    """Means float64[n] of each hour of a series float64[n] and the 23 before, for compiled code."""
    _running(series, DAY_HOURS, least, mean)


def running_8h(hours: npt.ArrayLike, least: int) -> Floats:
    """Running 8-hour means of series float64[…, h], by their last hour; NaN with fewer than `least` valid hours.

    HJ 663 asks for 6 of the 8. Before the eighth hour the windows hold what there is.
    """
    return _each(hours, least, EIGHT)


def running_24h(hours: npt.ArrayLike, least: int) -> Floats:
    """Running 24-hour means of series float64[…, h], by their last hour; NaN with fewer than `least` valid hours."""
    return _each(hours, least, DAY_HOURS)


def _each(hours: npt.ArrayLike, least: int, slots: int) -> Floats:
    if not 1 <= least <= slots:
        raise ValueError(f"least must be 1 … {slots} (got {least})")
    series = np.ascontiguousarray(hours, dtype=np.float64)
    means = np.empty_like(series)
    kernel = eight_hour_means if slots == EIGHT else day_long_means
    for place in np.ndindex(series.shape[:-1]):
        kernel(series[place], least, means[place])
    return means

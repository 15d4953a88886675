"""Exact percentiles by HJ 663: of the ascending values x(1) … x(n) the one at k = 1 + (n − 1)·p, linear in between."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

SHARE_UNIT = 1_000_000
"""Parts in which p is taken, so that k is that of the decimal number: (361 − 1)·0.95 is 342, not a hair less."""

_FEW = 8
"""Of so many values left the search ends, and they are sorted."""


def share_of(p: float) -> int:
    """p (0 … 1) in millionths; raises `ValueError` for another number."""
    if not 0 <= p <= 1:
        raise ValueError(f"p must be 0 … 1 (got {p})")
    return round(p * SHARE_UNIT)


@njit(nogil=True, cache=True, error_model="numpy")
def _four_largest(values: Floats) -> tuple[float, tuple[float, float, float, float]]:
    """The sum and the four largest of the values, the largest first: each sinks to its place, without a branch."""
    total, one, two, three, four = 0.0, -np.inf, -np.inf, -np.inf, -np.inf
    for i in range(values.size):
        value = values[i]
        total += value
        one, value = (value, one) if value > one else (one, value)
        two, value = (value, two) if value > two else (two, value)
        three, value = (value, three) if value > three else (three, value)
        four = value if value > four else four
    return total, (one, two, three, four)


@njit(nogil=True, cache=True, error_model="numpy")
def _number_from(values: Floats, bound: float) -> int:
    """How many values are `bound` or more."""
    number = 0
    for i in range(values.size):
        number += values[i] >= bound
    return number


@njit(nogil=True, cache=True, error_model="numpy")
def _sort(values: Floats, number: int) -> None:
    """The first `number` values into ascending order, for few values."""
    for i in range(1, number):
        value, place = values[i], i
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@njit(nogil=True, cache=True, error_model="numpy")
def _search(values: Floats, kept: int, scratch: Floats) -> tuple[float, float, float]:
    """The sum of the values, the `kept`-th largest and the one above it.

    It is sought between bounds that are halved, by counting, which vector instructions do fastest.
    """
    total, low, high = 0.0, np.inf, -np.inf
    for i in range(values.size):
        total += values[i]
        low = values[i] if values[i] < low else low
        high = values[i] if values[i] > high else high
    number, above, bound = values.size, 0, np.inf
    while number - above > _FEW:
        middle = low + (min(bound, high) - low) * 0.5
        if not low < middle < bound:
            break  # what is left is all alike, but for two neighbours among doubles
        counted = _number_from(values, middle)
        if counted >= kept:
            low, number = middle, counted
        else:
            bound, above = middle, counted
    held = 0
    for i in range(values.size):
        scratch[held] = values[i]
        held += (values[i] >= low) & (values[i] < bound)
    _sort(scratch, held)
    place = held - (kept - above)
    lower = upper = scratch[place]
    if place + 1 < held:
        upper = scratch[place + 1]
    elif kept > 1:
        upper = high
        for i in range(values.size):
            upper = values[i] if bound <= values[i] < upper else upper
    return total, lower, upper


@njit(nogil=True, cache=True, error_model="numpy")
def mean_and_percentile(values: Floats, share: int, scratch: Floats) -> tuple[float, float]:
    """Mean, and percentile at `share` millionths, for compiled code; NaN of no values.

    None of them is NaN; `scratch` has room for all, and one more.
    """
    if values.size == 0:
        return np.nan, np.nan
    position = (values.size - 1) * share
    below, rest = position // SHARE_UNIT, position % SHARE_UNIT
    kept = values.size - below
    if kept <= 4:
        total, largest = _four_largest(values)
        lower, upper = largest[kept - 1], largest[max(kept - 2, 0)]
    else:
        total, lower, upper = _search(values, kept, scratch)
    return total / values.size, lower + (upper - lower) * (rest / SHARE_UNIT)


@njit(nogil=True, cache=True, error_model="numpy")
def _rows(values: Floats, share: int, out: Floats) -> None:
    present, scratch = np.empty(values.shape[1]), np.empty(values.shape[1] + 1)
    for row in range(values.shape[0]):
        n = 0
        for i in range(values.shape[1]):
            if not np.isnan(values[row, i]):
                present[n] = values[row, i]
                n += 1
        out[row] = mean_and_percentile(present[:n], share, scratch)[1]


def percentiles(values: npt.ArrayLike, p: float) -> Floats:
    """The percentile p (0 … 1) of each row of float64[n, m], NaN left out; NaN where a row has no value."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(f"values must be [n, m] (got {array.shape})")
    out = np.empty(array.shape[0])
    _rows(array, share_of(p), out)
    return out

"""Exact percentiles by HJ 663: of the ascending values x(1) … x(n) the one at k = 1 + (n − 1)·p, linear in between."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

SHARE_UNIT = 1_000_000
"""Parts in which p is taken, so that k is that of the decimal number: (361 − 1)·0.95 is 342, not a hair less."""

_FEW = 10
"""Up to so many of the largest values are kept in order while passing over all; beyond, buckets are faster."""
_BUCKETS = 128


def share_of(p: float) -> int:
    """p (0 … 1) in millionths; raises `ValueError` for another number."""
    if not 0 <= p <= 1:
        raise ValueError(f"p must be 0 … 1 (got {p})")
    return round(p * SHARE_UNIT)


@njit(nogil=True, cache=True, error_model="numpy")
def _of_largest(values: Floats, first: int, end: int, below: int, scratch: Floats) -> tuple[float, float]:
    """The values at `below` (from 0, ascending) and after it; each is let down to its place, without a branch."""
    kept = end - first - below
    for place in range(kept):
        scratch[place] = -np.inf
    for i in range(first, end):
        value = values[i]
        for place in range(kept):
            held = scratch[place]
            scratch[place] = held if held > value else value
            value = value if held > value else held
    return scratch[kept - 1], scratch[max(kept - 2, 0)]


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
def _of_buckets(values: Floats, first: int, end: int, below: int, scratch: Floats) -> tuple[float, float]:
    """The values at `below` (from 0, ascending) and after it, by the bucket of equal width that holds it.

    What the bucket holds goes into buckets again, until few are left.
    """
    number, after = end - first, np.inf
    for i in range(number):
        scratch[i] = values[first + i]
    counts = np.zeros(_BUCKETS + 1, dtype=np.int64)
    while number > _FEW:
        low, high = np.inf, -np.inf
        for i in range(number):
            low = scratch[i] if scratch[i] < low else low
            high = scratch[i] if scratch[i] > high else high
        scale = _BUCKETS / (high - low)
        if not 0.0 < scale < np.inf:
            break  # all alike
        for bucket in range(_BUCKETS + 1):
            counts[bucket] = 0
        for i in range(number):
            counts[int((scratch[i] - low) * scale)] += 1
        own = 0
        while counts[own] <= below:
            below -= counts[own]
            own += 1
        held = 0
        for i in range(number):
            value = scratch[i]
            bucket = int((value - low) * scale)
            after = value if bucket > own and value < after else after
            scratch[held] = value
            held += bucket == own
        number = held
    _sort(scratch, number)
    lower = scratch[below]
    upper = scratch[below + 1] if below + 1 < number else after
    return lower, upper if upper < np.inf else lower


@njit(nogil=True, cache=True, error_model="numpy")
def percentile(values: Floats, first: int, end: int, share: int, scratch: Floats) -> float:
    """The percentile at `share` millionths of the values `first` … `end` (exclusive), for compiled code; NaN of none.

    None of them is NaN; `scratch` has room for all, and one more.
    """
    if first == end:
        return np.nan
    position = (end - first - 1) * share
    below, rest = position // SHARE_UNIT, position % SHARE_UNIT
    if end - first - below <= _FEW:
        lower, upper = _of_largest(values, first, end, below, scratch)
    else:
        lower, upper = _of_buckets(values, first, end, below, scratch)
    return float(lower + (upper - lower) * (rest / SHARE_UNIT))


@njit(nogil=True, cache=True, error_model="numpy")
def _rows(values: Floats, share: int, out: Floats) -> None:
    present, scratch = np.empty(values.shape[1]), np.empty(values.shape[1] + 1)
    for row in range(values.shape[0]):
        n = 0
        for i in range(values.shape[1]):
            if not np.isnan(values[row, i]):
                present[n] = values[row, i]
                n += 1
        out[row] = percentile(present, 0, n, share, scratch)


def percentiles(values: npt.ArrayLike, p: float) -> Floats:
    """The percentile p (0 … 1) of each row of float64[n, m], NaN left out; NaN where a row has no value."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(f"values must be [n, m] (got {array.shape})")
    out = np.empty(array.shape[0])
    _rows(array, share_of(p), out)
    return out

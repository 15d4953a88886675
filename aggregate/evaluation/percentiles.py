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
    scratch[:kept] = -np.inf
    for i in range(first, end):
        value = values[i]
        for place in range(kept):
            held = scratch[place]
            scratch[place] = held if held > value else value
            value = value if held > value else held
    return scratch[kept - 1], scratch[max(kept - 2, 0)]


@njit(nogil=True, cache=True, error_model="numpy")
def _insertion_sorted(values: Floats) -> Floats:
    """The same array in ascending order; for few values."""
    for i in range(1, values.size):
        value, place = values[i], i
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
    return values


@njit(nogil=True, cache=True, error_model="numpy")
def _of_buckets(values: Floats, first: int, end: int, below: int, scratch: Floats) -> tuple[float, float]:
    """The values at `below` (from 0, ascending) and after it, by buckets of equal width: one of them is sorted."""
    low, high = np.inf, -np.inf
    for i in range(first, end):
        low = values[i] if values[i] < low else low
        high = values[i] if values[i] > high else high
    scale = _BUCKETS / (high - low)
    if not 0.0 < scale < np.inf:
        ascending = np.sort(values[first:end])
        return ascending[below], ascending[min(below + 1, end - first - 1)]
    counts = np.zeros(_BUCKETS + 1, dtype=np.int64)
    for i in range(first, end):
        counts[int((values[i] - low) * scale)] += 1
    bucket, before = 0, 0
    while before + counts[bucket] <= below:
        before += counts[bucket]
        bucket += 1
    held, next_bucket = 0, np.inf
    for i in range(first, end):
        place = int((values[i] - low) * scale)
        scratch[held] = values[i]
        held += place == bucket
        next_bucket = values[i] if place > bucket and values[i] < next_bucket else next_bucket
    within = np.sort(scratch[:held]) if held > _BUCKETS else _insertion_sorted(scratch[:held])
    lower = within[below - before]
    if below - before + 1 < held:
        return lower, within[below - before + 1]
    return lower, next_bucket if below + 1 < end - first else lower


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

"""Exact percentiles by HJ 663: of the ascending values x(1) … x(n) the one at k = 1 + (n − 1)·p, linear in between."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

SHARE_UNIT = 1_000_000
"""Parts in which p is taken, so that k is that of the decimal number: (361 − 1)·0.95 is 342, not a hair less."""

FEW = 128
"""Up to so many of the largest values are kept in order while passing over all; beyond, sorting is faster."""


def share_of(p: float) -> int:
    """p (0 … 1) in millionths; raises `ValueError` for another number."""
    if not 0 <= p <= 1:
        raise ValueError(f"p must be 0 … 1 (got {p})")
    return round(p * SHARE_UNIT)


@njit(nogil=True, cache=True, error_model="numpy")
def _keep_largest(values: Floats, first: int, end: int, kept: int, largest: Floats) -> None:
    """The `kept` largest of the values `first` … `end` (exclusive), ascending; there are at least so many."""
    for i in range(first, first + kept):
        place = i - first
        while place > 0 and largest[place - 1] > values[i]:
            largest[place] = largest[place - 1]
            place -= 1
        largest[place] = values[i]
    for i in range(first + kept, end):
        if values[i] > largest[0]:
            place = 1
            while place < kept and largest[place] < values[i]:
                largest[place - 1] = largest[place]
                place += 1
            largest[place - 1] = values[i]


@njit(nogil=True, cache=True, error_model="numpy")
def percentile(values: Floats, first: int, end: int, share: int, scratch: Floats) -> float:
    """The percentile at `share` millionths of the values `first` … `end` (exclusive), for compiled code; NaN of none.

    None of them is NaN; `scratch` has room for `FEW` values.
    """
    if first == end:
        return np.nan
    position = (end - first - 1) * share
    below, rest = position // SHARE_UNIT, position % SHARE_UNIT
    kept = end - first - below
    if kept <= FEW:
        _keep_largest(values, first, end, kept, scratch)
        lower, upper = scratch[0], scratch[min(1, kept - 1)]
    else:
        ascending = np.sort(values[first:end])
        lower, upper = ascending[below], ascending[min(below + 1, end - first - 1)]
    return float(lower + (upper - lower) * (rest / SHARE_UNIT))


@njit(nogil=True, cache=True, error_model="numpy")
def _rows(values: Floats, share: int, out: Floats) -> None:
    present, scratch = np.empty(values.shape[1]), np.empty(FEW)
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

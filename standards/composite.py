"""Composite index (综合指数) of periods and the rank by it; which edition's method applies is in the rule passed in.

All is computed in whole numbers, so that a tie is one: CO 0.9 over 4 is 0.225 and rounds to 0.22, and the sum of
rounded indices is the sum of the printed ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from standards.rounding import round_decimal, to_nano

Floats = npt.NDArray[np.float64]

WEIGHT_UNIT = 1000
"""Weights are taken in thousandths; with the bounds that `edition_file` sets no sum reaches 2⁶³."""

_POWERS = np.array([10**n for n in range(4)], dtype=np.int64)


class CompositeRule(NamedTuple):
    """An edition's method. Columns everywhere: PM2.5, PM10, SO2, NO2, CO, O3; CO in mg/m³, the others in µg/m³.

    A tuple of arrays, because compiled code takes it as it is.
    """

    limits: Floats
    """float64[6], over which the concentrations stand."""
    weights: Floats
    """float64[6], of the single indices in the sum."""
    decimals: npt.NDArray[np.int64]
    """int64[6], places to which concentrations are rounded before (GB/T 8170)."""
    single_decimals: int
    """Places to which each single index is rounded (half to even) before they are added."""
    total_decimals: int
    """Places to which the sum is rounded (half to even)."""


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """What `composite` gives for n rows."""

    single: Floats
    """float64[n, 6], the rounded single indices C / S; NaN where the concentration is missing."""
    index: Floats
    """float64[n], NaN if one of the six is missing."""
    largest: npt.NDArray[np.uint8]
    """uint8[n], bit c set: column c has the largest single index, weights left aside; 0 if there is none."""


@njit(nogil=True, cache=True)
def _half_even(numerator: int, denominator: int) -> int:
    quotient = numerator // denominator
    twice_rest = 2 * (numerator - quotient * denominator)
    if twice_rest > denominator or (twice_rest == denominator and quotient % 2 == 1):
        quotient += 1
    return quotient


@njit(nogil=True, cache=True)
def composite_row(concentrations: Floats, rule: CompositeRule, single: Floats) -> tuple[float, int]:
    """Index and bits of the largest single index of one row float64[6]; the single indices go into `single`."""
    places = _POWERS[rule.single_decimals]
    total, most, largest, missing = 0, -1, 0, False
    for column in range(concentrations.size):
        concentration = concentrations[column]
        if np.isnan(concentration) or concentration < 0.0:
            single[column], missing = np.nan, True
            continue
        rounded = to_nano(round_decimal(concentration, rule.decimals[column]))
        index = _half_even(rounded * places, to_nano(rule.limits[column]))
        single[column] = index / places
        total += index * int(np.rint(rule.weights[column] * WEIGHT_UNIT))
        if index > most:
            most, largest = index, 0
        if index == most:
            largest |= 1 << column
    if missing:
        return np.nan, largest
    kept = _half_even(total, places * WEIGHT_UNIT // _POWERS[rule.total_decimals])
    return kept / _POWERS[rule.total_decimals], largest


@njit(nogil=True, cache=True)
def _composite_rows(
    concentrations: Floats, rule: CompositeRule, single: Floats, index: Floats, largest: npt.NDArray[np.uint8]
) -> None:
    for row in range(concentrations.shape[0]):
        index[row], largest[row] = composite_row(concentrations[row], rule, single[row])


def composite(concentrations: npt.ArrayLike, rule: CompositeRule) -> Composite:
    """Composite index of concentrations float64[n, 6]: means of the first four, percentiles of CO and O3.

    NaN or a negative number is missing. A concentration above 1e6 counts as 1e6. Raises `ValueError` for another
    number of columns.
    """
    array = np.ascontiguousarray(concentrations, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != rule.limits.size:
        raise ValueError(f"concentrations must be [n, {rule.limits.size}] (got {array.shape})")
    n = array.shape[0]
    found = Composite(np.empty_like(array), np.empty(n), np.empty(n, dtype=np.uint8))
    _composite_rows(array, rule, found.single, found.index, found.largest)
    return found


def dense_rank(index: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Ranks int64[n] of indices float64[n], the least first; 0 for NaN.

    Equal indices share a rank, and the next one follows without a gap, as Heyuan printed it in January 2023 (C).
    """
    array = np.asarray(index, dtype=np.float64)
    ranks = np.zeros(array.shape, dtype=np.int64)
    there = ~np.isnan(array)
    ranks[there] = np.unique(array[there], return_inverse=True)[1] + 1
    return ranks

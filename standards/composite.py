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

from standards.rounding import nano_column, to_nano

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

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


@njit(nogil=True, cache=True, error_model="numpy")
def _single_column(concentrations: Floats, column: int, rule: CompositeRule, index: Integers) -> None:
    """Rounded single indices int64[n], in units of their last place; 0 for what is missing.

    The quotient is taken in doubles, which divide faster, and put right by its rest in whole numbers.
    """
    places, limit = _POWERS[rule.single_decimals], to_nano(rule.limits[column])
    nano_column(concentrations, rule.decimals[column], index)
    for i in range(index.size):
        numerator = index[i] * places
        quotient = np.int64(float(numerator) / float(limit))
        rest = numerator - quotient * limit
        quotient += np.int64(rest >= limit) - np.int64(rest < 0)
        twice_rest = 2 * (numerator - quotient * limit)
        index[i] = quotient + ((twice_rest > limit) | ((twice_rest == limit) & (quotient % 2 == 1)))


@njit(nogil=True, cache=True, error_model="numpy")
def _composite_columns(
    concentrations: Floats, rule: CompositeRule, single: Floats, index: Floats, largest: npt.NDArray[np.uint8]
) -> None:
    """Concentrations [6, n] into `single` [6, n], `index` and `largest` [n]."""
    n = index.size
    own, most = np.empty(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    total, missing = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    places = _POWERS[rule.single_decimals]
    for column in range(rule.limits.size):
        _single_column(concentrations[column], column, rule, own)
        weight, bit = np.int64(np.rint(rule.weights[column] * WEIGHT_UNIT)), np.uint8(1 << column)
        for i in range(n):
            there = concentrations[column, i] >= 0.0
            single[column, i] = own[i] / places if there else np.nan
            missing[i] |= not there
            total[i] += own[i] * weight
            before = largest[i] if own[i] == most[i] else np.uint8(0)
            largest[i] = before | bit if there and own[i] >= most[i] else largest[i]
            most[i] = max(most[i], own[i]) if there else most[i]
    unit = places * WEIGHT_UNIT // _POWERS[rule.total_decimals]
    for i in range(n):
        kept = _half_even(total[i], unit)
        index[i] = np.nan if missing[i] else kept / _POWERS[rule.total_decimals]


def composite(concentrations: npt.ArrayLike, rule: CompositeRule) -> Composite:
    """Composite index of concentrations float64[n, 6]: means of the first four, percentiles of CO and O3.

    NaN or a negative number is missing. A concentration above 1e6 counts as 1e6. Raises `ValueError` for another
    number of columns.
    """
    array = np.asarray(concentrations, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != rule.limits.size:
        raise ValueError(f"concentrations must be [n, {rule.limits.size}] (got {array.shape})")
    columns, n = np.ascontiguousarray(array.T), array.shape[0]
    single, index, largest = np.empty_like(columns), np.empty(n), np.zeros(n, dtype=np.uint8)
    _composite_columns(columns, rule, single, index, largest)
    return Composite(np.ascontiguousarray(single.T), index, largest)


def dense_rank(index: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Ranks int64[n] of indices float64[n], the least first; 0 for NaN.

    Equal indices share a rank, and the next one follows without a gap, as Heyuan printed it in January 2023 (C).
    """
    array = np.asarray(index, dtype=np.float64)
    ranks = np.zeros(array.shape, dtype=np.int64)
    there = ~np.isnan(array)
    ranks[there] = np.unique(array[there], return_inverse=True)[1] + 1
    return ranks

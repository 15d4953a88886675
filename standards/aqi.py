"""IAQI and AQI by HJ 633 for many rows at once; which edition's rules apply is in the table that is passed in.

All is computed in whole billionths of the unit: CO 2.2 mg/m³ is exactly 55, where binary arithmetic gives
55.00000000000001 and, rounded up, 56.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from standards.nano import NANO, NANO_LARGEST
from standards.rounding import nano_column

Floats = npt.NDArray[np.float64]

UNDEFINED = -1
"""In `IndexTable.breaks`: this column has no such breakpoint. In `decimals`: not rounded."""

PRIMARY_ABOVE = 50.0
"""HJ 633: a primary pollutant is named where the AQI is above 50."""


class AqiReason(IntEnum):
    """Why a row has no AQI; the numbers are those of the statistics' reasons."""

    VALID = 0
    NO_VALUES = 1
    POLLUTANT_MISSING = 6


_VALID = int(AqiReason.VALID)
_NO_VALUES = int(AqiReason.NO_VALUES)
_POLLUTANT_MISSING = int(AqiReason.POLLUTANT_MISSING)


class IndexTable(NamedTuple):
    """The IAQI table of an edition for one kind of report; `m` columns of pollutants, `k` breakpoints.

    A tuple of arrays, because compiled code takes it as it is.
    """

    breaks: npt.NDArray[np.int64]
    """int64[m, k], billionths of the column's unit, ascending; `UNDEFINED` at the end where a column stops early."""
    steps: tuple[int, ...]
    """[k], the IAQI of each breakpoint."""
    decimals: npt.NDArray[np.int64]
    """int64[m], places to which a concentration is rounded before (HJ 633-2026 §4.2.2), `UNDEFINED` for not at all."""
    above_top: Floats
    """float64[m], the IAQI above the column's last breakpoint, NaN where the edition gives none."""
    minimum: float
    """The least AQI: 0 (2012), 1 (2026)."""
    exceedance_above: float
    """A pollutant exceeds where its IAQI is above this; infinite where the edition names none (2026)."""
    incomplete_above: float
    """With a pollutant missing the AQI is published only if above this; negative: always (2012)."""


class Indices(NamedTuple):
    """What `aqi` gives for n rows and m columns."""

    iaqi: Floats
    """float64[n, m], NaN where there is none."""
    aqi: Floats
    """float64[n], NaN where `reason` is not VALID."""
    primary: npt.NDArray[np.uint8]
    """uint8[n], bit c set: column c is a primary pollutant; 0 at AQI ≤ 50 or none."""
    reason: npt.NDArray[np.int8]
    """int8[n], `AqiReason`."""


@njit(nogil=True, cache=True, error_model="numpy")
def iaqi_column(concentrations: Floats, column: int, table: IndexTable, iaqi: Floats) -> None:
    """IAQI float64[n] of concentrations float64[n] of one column of `table`, for compiled code; NaN for none.

    The quotient is taken in doubles, which divide faster, and put right by its rest in whole numbers.
    """
    exact = np.empty(concentrations.size, dtype=np.int64)
    nano_column(concentrations, table.decimals[column], exact)
    segments = len(table.steps) - 1  # of a tuple, so that the loop over them is unrolled
    below = np.full(segments, NANO_LARGEST * NANO, dtype=np.int64)
    width, rise, index = np.ones((3, segments), dtype=np.int64)
    top = 0
    for segment in range(segments):
        index[segment] = table.steps[segment]
        if table.breaks[column, segment + 1] >= 0:
            below[segment], top = table.breaks[column, segment], table.breaks[column, segment + 1]
            width[segment] = top - below[segment]
            rise[segment] = table.steps[segment + 1] - table.steps[segment]
    above_top = table.above_top[column]
    for i in range(exact.size):
        begin, length, climb, found = below[0], width[0], rise[0], index[0]
        for segment in range(1, segments):
            beyond = exact[i] > below[segment]
            begin = below[segment] if beyond else begin
            length = width[segment] if beyond else length
            climb = rise[segment] if beyond else climb
            found = index[segment] if beyond else found
        climbed = climb * (exact[i] - begin)
        quotient = np.int64(float(climbed) / float(length))
        rest = climbed - quotient * length
        value = float(found + quotient + (rest > 0) + (rest > length))
        value = above_top if exact[i] > top else value
        iaqi[i] = value if concentrations[i] >= 0.0 else np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def aqi_columns(
    iaqi: Floats,
    table: IndexTable,
    planned: int,
    aqi: Floats,
    primary: npt.NDArray[np.uint8],
    reason: npt.NDArray[np.int8],
) -> None:
    """AQI float64[n], primary pollutants and reasons (as in `Indices`) of IAQI float64[m, n], for compiled code."""
    missing = np.zeros(aqi.size, dtype=np.uint8)
    aqi[:] = -1.0
    primary[:] = 0
    for column in range(iaqi.shape[0]):
        of_plan = np.uint8(planned >> column & 1)
        for i in range(aqi.size):
            index = iaqi[column, i]
            aqi[i] = index if index > aqi[i] else aqi[i]
            missing[i] |= of_plan if np.isnan(index) else np.uint8(0)
    for column in range(iaqi.shape[0]):
        bit = np.uint8(1 << column)
        for i in range(aqi.size):
            primary[i] |= bit if iaqi[column, i] == aqi[i] else np.uint8(0)
    for i in range(aqi.size):
        largest = aqi[i]
        incomplete = (missing[i] != 0) & (largest <= table.incomplete_above)
        why = np.int8(_POLLUTANT_MISSING) if incomplete else np.int8(_VALID)
        reason[i] = np.int8(_NO_VALUES) if largest < 0.0 else why
        primary[i] = np.uint8(0) if (reason[i] != _VALID) | (largest <= PRIMARY_ABOVE) else primary[i]
        published = largest if largest > table.minimum else table.minimum
        aqi[i] = published if reason[i] == _VALID else np.nan


def iaqi(concentrations: npt.ArrayLike, table: IndexTable) -> Floats:
    """IAQI float64[n, m] of concentrations float64[n, m] in the columns of `table`; NaN in (or negative), NaN out.

    Rounded up to whole numbers (HJ 633 §6.2 of 2012, §4.2.6 of 2026).
    """
    return np.ascontiguousarray(_by_column(concentrations, table).T)


def _by_column(concentrations: npt.ArrayLike, table: IndexTable) -> Floats:
    array = np.asarray(concentrations, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != table.breaks.shape[0]:
        raise ValueError(f"concentrations must be [n, {table.breaks.shape[0]}] (got {array.shape})")
    columns = np.ascontiguousarray(array.T)
    out = np.empty_like(columns)
    for column, values in enumerate(columns):
        iaqi_column(values, column, table, out[column])
    return out


def aqi(concentrations: npt.ArrayLike, table: IndexTable, *, planned: int | None = None) -> Indices:
    """IAQI, AQI and primary pollutants of concentrations float64[n, m], NaN for missing, in the columns of `table`.

    With the hourly table of an edition the columns are the 1-h means of PM2.5, PM10, SO2, NO2, CO, O3; µg/m³, CO mg/m³.
    Ties are judged on the rounded-up IAQI, and all who tie are primary. `planned` has the bits of the columns that
    the station monitors (all, if not given): only these can be missing (HJ 633-2026).
    """
    columns = _by_column(concentrations, table)
    m, n = columns.shape
    out = np.empty(n), np.empty(n, dtype=np.uint8), np.empty(n, dtype=np.int8)
    aqi_columns(columns, table, (1 << m) - 1 if planned is None else planned, *out)
    return Indices(np.ascontiguousarray(columns.T), *out)


def exceedance(indices: npt.ArrayLike, table: IndexTable) -> npt.NDArray[np.uint8]:
    """Exceedance pollutants (超标污染物) uint8[n] of IAQI float64[n, m]: bit c set where that of column c is above 100.

    All 0 under HJ 633-2026, which does not name them any more; a pollutant without IAQI is none.
    """
    array = np.asarray(indices, dtype=np.float64)
    bits = np.left_shift(1, np.arange(array.shape[1]))
    return ((array > table.exceedance_above) @ bits).astype(np.uint8)


def warm_up(table: IndexTable) -> None:
    """Compile, or load from the cache, the kernels: before the first batch, not within it."""
    aqi(np.zeros((1, table.breaks.shape[0])), table)

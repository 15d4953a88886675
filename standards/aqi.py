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

from standards.rounding import round_decimal, to_nano

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
    steps: npt.NDArray[np.int64]
    """int64[k], the IAQI of each breakpoint."""
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


@njit(nogil=True, cache=True)
def _iaqi(concentration: float, column: int, table: IndexTable) -> float:
    if np.isnan(concentration) or concentration < 0.0:
        return np.nan
    if table.decimals[column] >= 0:
        concentration = round_decimal(concentration, table.decimals[column])
    exact = to_nano(concentration)
    breaks = table.breaks[column]
    for upper in range(1, breaks.size):
        if breaks[upper] < 0:
            break
        if exact <= breaks[upper]:
            below = breaks[upper - 1]
            rise = (table.steps[upper] - table.steps[upper - 1]) * (exact - below)
            return float(table.steps[upper - 1] - (-rise // (breaks[upper] - below)))
    return float(table.above_top[column])


@njit(nogil=True, cache=True)
def _iaqi_rows(concentrations: Floats, table: IndexTable, iaqi: Floats) -> None:
    for row in range(concentrations.shape[0]):
        for column in range(concentrations.shape[1]):
            iaqi[row, column] = _iaqi(concentrations[row, column], column, table)


@njit(nogil=True, cache=True)
def _aqi_row(iaqi: Floats, table: IndexTable, planned: int) -> tuple[float, int, int]:
    largest, primary, missing = -1.0, 0, 0
    for column in range(iaqi.size):
        if np.isnan(iaqi[column]):
            missing |= 1 << column
        elif iaqi[column] > largest:
            largest, primary = iaqi[column], 1 << column
        elif iaqi[column] == largest:
            primary |= 1 << column
    if largest < 0.0:
        return np.nan, 0, _NO_VALUES
    if missing & planned and largest <= table.incomplete_above:
        return np.nan, 0, _POLLUTANT_MISSING
    return max(largest, table.minimum), primary if largest > PRIMARY_ABOVE else 0, _VALID


@njit(nogil=True, cache=True)
def _aqi_rows(
    iaqi: Floats,
    table: IndexTable,
    planned: int,
    out: tuple[Floats, npt.NDArray[np.uint8], npt.NDArray[np.int8]],
) -> None:
    for row in range(iaqi.shape[0]):
        out[0][row], out[1][row], out[2][row] = _aqi_row(iaqi[row], table, planned)


def iaqi(concentrations: npt.ArrayLike, table: IndexTable) -> Floats:
    """IAQI float64[n, m] of concentrations float64[n, m] in the columns of `table`; NaN in (or negative), NaN out.

    Rounded up to whole numbers (HJ 633 §6.2 of 2012, §4.2.6 of 2026).
    """
    array = np.ascontiguousarray(concentrations, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != table.breaks.shape[0]:
        raise ValueError(f"concentrations must be [n, {table.breaks.shape[0]}] (got {array.shape})")
    out = np.empty_like(array)
    _iaqi_rows(array, table, out)
    return out


def aqi(concentrations: npt.ArrayLike, table: IndexTable, *, planned: int | None = None) -> Indices:
    """IAQI, AQI and primary pollutants of concentrations float64[n, m], NaN for missing, in the columns of `table`.

    With the hourly table of an edition the columns are the 1-h means of PM2.5, PM10, SO2, NO2, CO, O3; µg/m³, CO mg/m³.
    Ties are judged on the rounded-up IAQI, and all who tie are primary. `planned` has the bits of the columns that
    the station monitors (all, if not given): only these can be missing (HJ 633-2026).
    """
    indices = iaqi(concentrations, table)
    n, m = indices.shape
    out = np.empty(n), np.empty(n, dtype=np.uint8), np.empty(n, dtype=np.int8)
    _aqi_rows(indices, table, (1 << m) - 1 if planned is None else planned, out)
    return Indices(indices, *out)


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

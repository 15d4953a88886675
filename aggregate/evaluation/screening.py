"""What concentrations can be: wrong units are refused or told, impossible values told and left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.columns import NAMES, Columns, Floats, Table
from aggregate.evaluation.notes import InputWarning
from core.errors import InputError
from standards.editions import HOURLY_FACTORS
from standards.factors import load_catalogue

CO = "CO"
CO_MEDIAN_ABOVE = 150.0
"""mg/m³; no month of any station comes near it, and cleanest air has more µg/m³."""
ALL_BELOW = 1.0
"""µg/m³; particulates, SO2, NO2 and O3 of a day are not all below it, but all are in mg/m³."""
ENOUGH_HOURS = 24


@njit(nogil=True, cache=True)
def _scan(
    values: Floats,
    station: npt.NDArray[np.int32],
    above: float,
    known: npt.NDArray[np.int64],
    high: npt.NDArray[np.int64],
    largest: Floats,
) -> None:
    """By station: how many values there are, how many above `above`, and the largest."""
    for i in range(values.size):
        if not np.isnan(values[i]):
            place = station[i]
            known[place] += 1
            high[place] += values[i] > above
            largest[place] = max(largest[place], values[i])


@njit(nogil=True, cache=True)
def _leave_out(values: Floats, least: float, most: float) -> tuple[int, int, float]:
    """Make what lies outside the range missing: how many, the first row and its value."""
    count, first, value = 0, -1, np.nan
    for i in range(values.size):
        if values[i] < least or values[i] > most:
            count += 1
            if count == 1:
                first, value = i, values[i]
            values[i] = np.nan
    return count, first, value


def screen(table: Table, columns: Columns) -> Iterator[InputWarning]:
    """Check every column and make impossible values missing. Raises `InputError` for CO in µg/m³."""
    for name, code, values in zip(NAMES, HOURLY_FACTORS, columns.values, strict=True):
        if name not in table.data.column_names:
            continue
        factor = load_catalogue().by_code[code]
        yield from _units(table.name, name, values, columns)
        count, first, value = _leave_out(values, factor.minimum, factor.maximum)
        if count:
            unit = "mg/m³" if name == CO else "µg/m³"
            yield InputWarning(
                table.name,
                f"is outside {factor.minimum:g} … {factor.maximum:g} {unit}",
                "treated as missing",
                count=count,
                row=table.row(first),
                column=name,
                value=f"{value:g}",
            )


def _units(source: str, name: str, values: Floats, columns: Columns) -> Iterator[InputWarning]:
    number = len(columns.names)
    known, high = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    largest = np.full(number, -np.inf)
    _scan(values, columns.station, CO_MEDIAN_ABOVE, known, high, largest)
    if name == CO:
        if (2 * high > known).any():
            station = columns.names[int(np.argmax(2 * high > known))]
            raise InputError(
                "unit",
                f"the median at station {station} is above {CO_MEDIAN_ABOVE:g} mg/m³: looks like µg/m³",
                field=f"{source}, {name}",
                hint="divide by 1000",
            )
        return
    low = (known >= ENOUGH_HOURS) & (largest < ALL_BELOW)
    if low.any():
        yield InputWarning(
            source,
            f"all values at station {columns.names[int(np.argmax(low))]} are below 1 µg/m³: looks like mg/m³",
            "if so, multiply by 1000",
            count=int(np.count_nonzero(low)),
            column=name,
        )

"""What concentrations can be: wrong units are refused or told, impossible values told and left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.columns import NAMES, Columns, Floats, Table
from aggregate.evaluation.notes import InputWarning
from core.errors import InputError
from standards.editions import HOURLY_FACTORS
from standards.factors import load_catalogue

Integers = npt.NDArray[np.int64]

CO = "CO"
CO_MEDIAN_ABOVE = 150.0
"""mg/m³; no month of any station comes near it, and cleanest air has more µg/m³."""
ALL_BELOW = 1.0
"""µg/m³; particulates, SO2, NO2 and O3 of a day are not all below it, but all are in mg/m³."""
ENOUGH_HOURS = 24


class _Counts(NamedTuple):
    """Values by station, int64[s] each."""

    known: Integers
    high: Integers
    """Above `CO_MEDIAN_ABOVE`."""
    from_one: Integers
    """Not below `ALL_BELOW`."""
    outside: Integers
    """Of the range of what can be."""


@njit(nogil=True, cache=True)
def _scan(values: Floats, station: npt.NDArray[np.int32], least: float, most: float, counts: _Counts) -> None:
    """Count by station; in most files its rows follow one another, and are counted before they are added."""
    known, high, from_one, outside = 0, 0, 0, 0
    for i in range(values.size):
        known += not np.isnan(values[i])
        high += values[i] > CO_MEDIAN_ABOVE
        from_one += values[i] >= ALL_BELOW
        outside += (values[i] < least) | (values[i] > most)
        if i + 1 == values.size or station[i + 1] != station[i]:
            counts.known[station[i]] += known
            counts.high[station[i]] += high
            counts.from_one[station[i]] += from_one
            counts.outside[station[i]] += outside
            known, high, from_one, outside = 0, 0, 0, 0


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
        counts = _Counts(*np.zeros((4, len(columns.names)), dtype=np.int64))
        _scan(values, columns.station, factor.minimum, factor.maximum, counts)
        yield from _units(table.name, name, counts, columns.names)
        if counts.outside.any():
            count, first, value = _leave_out(values, factor.minimum, factor.maximum)
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


def _units(source: str, name: str, counts: _Counts, stations: Sequence[str]) -> Iterator[InputWarning]:
    if name == CO:
        high = 2 * counts.high > counts.known
        if high.any():
            raise InputError(
                "unit",
                f"the median at station {stations[int(np.argmax(high))]} is above {CO_MEDIAN_ABOVE:g} mg/m³:"
                " looks like µg/m³",
                field=f"{source}, {name}",
                hint="divide by 1000",
            )
        return
    low = (counts.known >= ENOUGH_HOURS) & (counts.from_one == 0)
    if low.any():
        yield InputWarning(
            source,
            f"all values at station {stations[int(np.argmax(low))]} are below 1 µg/m³: looks like mg/m³",
            "if so, multiply by 1000",
            count=int(np.count_nonzero(low)),
            column=name,
        )

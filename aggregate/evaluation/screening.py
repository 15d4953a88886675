"""What concentrations can be: wrong units are refused or told, impossible values told and left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.columns import NAMES, Columns, Floats, Table
from aggregate.evaluation.notes import InputWarning
from aggregate.windows import DAY_HOURS
from core.errors import InputError
from standards.describe import unit_text
from standards.editions import HOURLY_FACTORS
from standards.factors import Factor, load_catalogue

Integers = npt.NDArray[np.int32]

CO = "CO"
CO_ABOVE = 60.0
"""mg/m³; where HJ 633 ends its table of 24-hour means. The national network's highest hour has 45, while the cleanest
air has more µg/m³."""
ALL_BELOW = 1.0
"""µg/m³; particulates, SO2, NO2 and O3 of a day are not all below it, but all are in mg/m³."""
ENOUGH_HOURS = 24


class _Months(NamedTuple):
    """The rows by calendar month and station, so that a unit that changes within a file is found."""

    cell: Integers
    """int32[n], station · months + month."""
    starts: npt.NDArray[np.int64]
    """int64[r + 1], where rows of one cell begin to follow one another, and n."""
    first: np.datetime64
    """The first month."""
    shape: tuple[int, int]
    """Stations and months."""

    def where(self, cells: npt.NDArray[np.bool_], stations: list[str]) -> tuple[str, npt.NDArray[np.bool_]]:
        """The first cell that is set, for people, and its rows."""
        cell = int(np.argmax(cells))
        station, month = divmod(cell, self.shape[1])
        return f"at station {stations[station]} in {self.first + month}", self.cell == cell


class _Counts(NamedTuple):
    """Values by cell, int32[s · m] each."""

    known: Integers
    high: Integers
    """Above `CO_ABOVE`, and finite."""
    from_one: Integers
    """Not below `ALL_BELOW`."""
    outside: Integers
    """Of the range of what can be."""


@njit(nogil=True, cache=True)
def _cells(station: Integers, hour: npt.NDArray[np.int64], first: int, month: Integers, months: int) -> Integers:
    """The cell of each row; `month` is that of each day from `first` on."""
    cell = np.empty_like(station)
    for i in range(station.size):
        cell[i] = station[i] * months + month[hour[i] // DAY_HOURS - first]
    return cell


def _months(columns: Columns) -> _Months:
    first, last = int(columns.hour.min()) // DAY_HOURS, int(columns.hour.max()) // DAY_HOURS
    month = np.arange(first, last + 1).astype("datetime64[D]").astype("datetime64[M]")
    number = (month - month[0]).astype(np.int32)
    months = int(number[-1]) + 1
    cell = _cells(columns.station, columns.hour, first, number, months)
    starts = np.concatenate([[0], np.flatnonzero(cell[1:] != cell[:-1]) + 1, [cell.size]])
    return _Months(cell, starts, month[0], (len(columns.names), months))


@njit(nogil=True, cache=True)
def _scan(
    values: Floats, cell: Integers, starts: npt.NDArray[np.int64], least: float, most: float, counts: _Counts
) -> None:
    """Count by cell: rows of one that follow one another without a branch, so that it takes vector instructions."""
    for run in range(starts.size - 1):
        own, place = values[starts[run] : starts[run + 1]], cell[starts[run]]
        known, high, from_one, outside = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
        for i in range(own.size):
            known += np.int64(own[i] == own[i])
            high += np.int64(own[i] > CO_ABOVE) - np.int64(own[i] == np.inf)
            from_one += np.int64(own[i] >= ALL_BELOW)
            outside += np.int64(own[i] < least) + np.int64(own[i] > most)
        counts.known[place] += known
        counts.high[place] += high
        counts.from_one[place] += from_one
        counts.outside[place] += outside


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
    months = _months(columns)
    for name, code, values in zip(NAMES, HOURLY_FACTORS, columns.values, strict=True):
        if name not in table.data.column_names:
            continue
        factor = load_catalogue().by_code[code]
        counts = _Counts(*np.zeros((4, months.shape[0] * months.shape[1]), dtype=np.int32))
        _scan(values, months.cell, months.starts, factor.minimum, factor.maximum, counts)
        if name == CO:
            _refuse_micrograms(table, columns, months, counts, values)
        if counts.outside.any():
            yield _outside(table, name, factor, values, high=name == CO and bool(counts.high.any()))
        if name == CO:
            yield from _high(table, columns, values, counts)
        else:
            yield from _low(table, columns, months, counts, name)


def _refuse_micrograms(table: Table, columns: Columns, months: _Months, counts: _Counts, values: Floats) -> None:
    cells = 2 * counts.high > counts.known
    if cells.any():
        where, rows = months.where(cells, columns.names)
        row = table.row(int(np.argmax(rows & (values > CO_ABOVE))))
        raise InputError(
            "unit",
            f"the median {where} is above {CO_ABOVE:g} mg/m³: looks like µg/m³",
            field=f"{table.name} row {row}, {CO}",
            hint="divide by 1000",
        )


def outside(factor: Factor) -> str:
    """What is said of a concentration that cannot be."""
    return f"is outside {factor.minimum:g} … {factor.maximum:g} {unit_text(factor.unit)}"


def _outside(table: Table, name: str, factor: Factor, values: Floats, *, high: bool) -> InputWarning:
    count, first, value = _leave_out(values, factor.minimum, factor.maximum)
    return InputWarning(
        table.name,
        outside(factor),
        f"treated as missing{'; if it is µg/m³, divide by 1000' if high else ''}",
        count=count,
        row=table.row(first),
        column=name,
        value=f"{value:g}",
    )


def _high(table: Table, columns: Columns, values: Floats, counts: _Counts) -> Iterator[InputWarning]:
    rows = np.flatnonzero(values > CO_ABOVE) if counts.high.any() else np.empty(0, dtype=np.int64)
    if rows.size:
        first = int(rows[0])
        yield InputWarning(
            table.name,
            f"is above {CO_ABOVE:g} mg/m³ at station {columns.names[columns.station[first]]}: looks like µg/m³",
            "taken as it is; if it is µg/m³, divide by 1000",
            count=rows.size,
            row=table.row(first),
            column=CO,
            value=f"{values[first]:g}",
        )


def _low(table: Table, columns: Columns, months: _Months, counts: _Counts, name: str) -> Iterator[InputWarning]:
    cells = (counts.known >= ENOUGH_HOURS) & (counts.from_one == 0)
    if cells.any():
        where, rows = months.where(cells, columns.names)
        yield InputWarning(
            table.name,
            f"all values {where} are below 1 µg/m³: looks like mg/m³",
            "if so, multiply by 1000",
            count=int(np.count_nonzero(cells)),
            row=table.row(int(np.argmax(rows))),
            column=name,
        )

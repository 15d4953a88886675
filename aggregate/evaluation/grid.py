"""Rows of hours in any order onto grids of whole days, a block of stations at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.days import FACTORS
from aggregate.windows import DAY_HOURS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BLOCK_CELLS = 1 << 19
"""Hours of stations on one grid, unless one station alone has more: 24 MiB of values."""

_EPOCH = date(1970, 1, 1)


class Rows(NamedTuple):
    """The rows of all inputs as n-long columns."""

    stations: Sequence[str]
    """Names, ascending."""
    station: npt.NDArray[np.int32]
    """int32[n], places in `stations`."""
    hour: Integers
    """int64[n], whole hours since 1970-01-01 00:00 in China."""
    values: tuple[Floats, ...]
    """Six float64[n] in the order of `HOURLY_FACTORS`, NaN for missing."""


class Block(NamedTuple):
    """Stations beside one another, from the first to the last of their days."""

    stations: Sequence[str]
    first: date
    hours: Floats
    """float64[b, 6, h]"""
    given: npt.NDArray[np.bool_]
    """bool[b, h]: the input has a row for it."""


class RepeatedRowsError(Exception):
    """Two rows of one station and hour that differ, by their numbers from 0."""

    def __init__(self, first: int, second: int) -> None:
        self.first = first
        self.second = second
        super().__init__(f"rows {first} and {second}")


@njit(nogil=True, cache=True)
def _extents(station: npt.NDArray[np.int32], hour: Integers, first: Integers, last: Integers, end: Integers) -> bool:
    """First and last hour by station, the end of its rows once they are in order, and whether they are."""
    ordered = True
    for i in range(station.size):
        place = station[i]
        ordered &= i == 0 or place >= station[i - 1]
        first[place] = min(first[place], hour[i])
        last[place] = max(last[place], hour[i])
        end[place] += 1
    for place in range(1, end.size):
        end[place] += end[place - 1]
    return ordered


@njit(nogil=True, cache=True)
def _order(station: npt.NDArray[np.int32], end: Integers, order: Integers) -> None:
    """Numbers of rows by station, those of one as they stand."""
    free = end.copy()
    for i in range(station.size - 1, -1, -1):
        free[station[i]] -= 1
        order[free[station[i]]] = i


@njit(nogil=True, cache=True)
def _hours_in_a_row(station: npt.NDArray[np.int32], hour: Integers, row: int, end: int) -> int:
    """How many rows from `row` on are a station's next hours."""
    after = row + 1
    while after < end and station[after] == station[row] and hour[after] == hour[after - 1] + 1:
        after += 1
    return after - row


@njit(nogil=True, cache=True)
def _scatter(
    order: Integers,
    start: int,
    end: int,
    base: int,
    origin: int,
    station: npt.NDArray[np.int32],
    hour: Integers,
    values: tuple[Floats, ...],
    hours: Floats,
    given: npt.NDArray[np.bool_],
) -> tuple[int, int, int]:
    """The rows at `start` … `end` of the order onto the grid, whose hours without a row stay as they are.

    How many say again what another says, the first of them, and the first that says something else; -1 for none.
    """
    repeats, first, number = 0, -1, start
    while number < end:
        row = order[number] if order.size else number
        place, slot = station[row] - base, hour[row] - origin
        length = 1 if order.size else _hours_in_a_row(station, hour, row, end)
        if given[place, slot : slot + length].any():
            length = 1
        if given[place, slot]:
            repeats += 1
            first = row if repeats == 1 else first
            for factor in range(FACTORS):
                known, value = hours[place, factor, slot], values[factor][row]
                if known != value and not (np.isnan(known) and np.isnan(value)):
                    return repeats, first, row
        given[place, slot : slot + length] = True
        for factor in range(FACTORS):
            hours[place, factor, slot : slot + length] = values[factor][row : row + length]
        number += length
    return repeats, first, -1


@njit(nogil=True, cache=True)
def _fill_gaps(hours: Floats, given: npt.NDArray[np.bool_]) -> None:
    for place in range(given.shape[0]):
        for slot in np.flatnonzero(~given[place]):
            hours[place, :, slot] = np.nan


class Grid:
    """The rows by station: where each begins and ends, in time and in number."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        number = len(rows.stations)
        self._first = np.full(number, np.iinfo(np.int64).max)
        self._last = np.full(number, np.iinfo(np.int64).min)
        self._end = np.zeros(number, dtype=np.int64)
        in_order = _extents(rows.station, rows.hour, self._first, self._last, self._end)
        self._order = np.empty(0 if in_order else rows.station.size, dtype=np.int64)
        if not in_order:
            _order(rows.station, self._end, self._order)
        self.repeats = 0
        """How many rows say again what another says, in the blocks made so far."""
        self.repeat: int | None = None
        """The first of them."""

    def blocks(self) -> Iterator[Block]:
        """All stations in order. Raises `RepeatedRowsError` for two rows of one hour that differ."""
        first, end = self._first // DAY_HOURS, self._last // DAY_HOURS + 1
        start = 0
        while start < first.size:
            stop, low, high = start + 1, first[start], end[start]
            while stop < first.size:
                lower, higher = min(low, first[stop]), max(high, end[stop])
                if (stop + 1 - start) * (higher - lower) * DAY_HOURS > BLOCK_CELLS:
                    break
                stop, low, high = stop + 1, lower, higher
            yield self._block(start, stop, int(low), int(high))
            start = stop

    def _block(self, start: int, stop: int, low: int, high: int) -> Block:
        station, hour, values = self.rows[1:]
        given = np.zeros((stop - start, (high - low) * DAY_HOURS), dtype=np.bool_)
        hours = np.empty((stop - start, FACTORS, given.shape[1]))
        begin = int(self._end[start - 1]) if start else 0
        repeats, repeat, differing = _scatter(
            self._order, begin, int(self._end[stop - 1]), start, low * DAY_HOURS, station, hour, values, hours, given
        )
        if differing >= 0:
            same = (station == station[differing]) & (hour == hour[differing])
            raise RepeatedRowsError(int(np.flatnonzero(same)[0]), differing)
        _fill_gaps(hours, given)
        if repeats:
            self.repeats += repeats
            self.repeat = repeat if self.repeat is None else min(self.repeat, repeat)
        return Block(self.rows.stations[start:stop], _EPOCH + timedelta(days=low), hours, given)

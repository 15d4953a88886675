"""Hours from readings: what a station's readings of an hour come to, factor by factor, and its hourly AQI. Pure.

Readings lie in slots by time, so neither the order of arrival nor repeats can change a sum (design, principle 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.revision import BY_PERSON, CURRENT
from aggregate.statistic import AQI, IAQI_PREFIX, Computed, Content, Reason
from aggregate.windows import hour_means
from core.clock import HOUR
from ingest.value import Flag
from standards.aqi import aqi
from standards.editions import HOURLY_FACTORS, Edition

LIVE = 0
"""The origin `live` as stored."""


class Readings(NamedTuple):
    """A report's readings in an hour, of devices alone; flags and mask empty if all are N and current."""

    time: int
    period: int
    names: tuple[str, ...]
    values: Sequence[float]
    flags: str
    mask: str
    origin: int


class Cell(NamedTuple):
    """One factor of an hour."""

    value: float | None
    n_valid: int
    n_expected: int
    reason: int
    live: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class HourInput:
    """An hour to compute: its start, its readings, whether the station has an AQI, and until when it may be open."""

    start: int
    readings: Sequence[Readings]
    has_aqi: bool
    open_until: int
    """End of the hour and grace if that is still to come, else 0."""


@dataclass(slots=True)
class _Block:
    """Hours of one edition, period and list of factors, side by side: [hour, slot, factor]."""

    hours: list[int]
    tables: list[npt.NDArray[np.float64]]
    received: list[npt.NDArray[np.bool_]]
    live: list[npt.NDArray[np.bool_]]


def compute_hours(inputs: Sequence[HourInput], editions: Sequence[Edition]) -> list[Computed]:
    """What each hour comes to; `editions` is parallel to `inputs`."""
    blocks: dict[tuple[int, int, tuple[str, ...]], _Block] = defaultdict(lambda: _Block([], [], [], []))
    by_id = {id(edition): edition for edition in editions}
    for number, (hour, edition) in enumerate(zip(inputs, editions, strict=True)):
        for period, rows in _by_period(hour.readings).items():
            names = _union(rows)
            block = blocks[id(edition), period, names]
            _fill(block, hour.start, period, names, rows)
            block.hours.append(number)
    cells: list[dict[str, Cell]] = [{} for _ in inputs]
    for (edition_id, period, names), block in sorted(blocks.items(), key=lambda item: item[0][1]):
        _reduce(cells, block, period, names, by_id[edition_id].validity.hour_seconds)
    indices = _indices(inputs, editions, cells)
    return [
        _computed(hour, edition, of_hour, indices.get(number))
        for number, (hour, edition, of_hour) in enumerate(zip(inputs, editions, cells, strict=True))
    ]


def _by_period(readings: Iterable[Readings]) -> Mapping[int, list[Readings]]:
    found: dict[int, list[Readings]] = defaultdict(list)
    for row in readings:
        found[row.period].append(row)
    return found


def _union(rows: Sequence[Readings]) -> tuple[str, ...]:
    first = rows[0].names
    if all(row.names is first or row.names == first for row in rows):
        return first
    return tuple(sorted({name for row in rows for name in row.names}))


def _fill(block: _Block, start: int, period: int, names: tuple[str, ...], rows: Sequence[Readings]) -> None:
    slots = -(-HOUR // period)
    table = np.full((slots, len(names)), np.nan)
    received = np.zeros((slots, len(names)), dtype=np.bool_)
    live = np.zeros(len(names), dtype=np.bool_)
    for row in rows:
        slot = (row.time - start) // period
        if row.names == names and not row.flags and not row.mask:
            table[slot] = row.values
            received[slot] = True
            if row.origin == LIVE:
                live[:] = True
            continue
        for place, name in enumerate(row.names):
            if row.mask and row.mask[place] not in {CURRENT, BY_PERSON}:
                continue
            column = names.index(name)
            received[slot, column] = True
            if not row.flags or row.flags[place] == Flag.NORMAL:
                table[slot, column] = row.values[place]
                live[column] |= row.origin == LIVE
            else:
                table[slot, column] = np.nan
    block.tables.append(table)
    block.received.append(received)
    block.live.append(live)


def _reduce(
    cells: list[dict[str, Cell]], block: _Block, period: int, names: tuple[str, ...], minimum_seconds: int
) -> None:
    tables = np.stack(block.tables)
    hours, slots, factors = tables.shape
    means = hour_means(tables.transpose(0, 2, 1).reshape(hours * factors, slots), period, minimum_seconds)
    received = np.stack(block.received)
    complete, some = np.all(received, axis=1), np.any(received, axis=1)
    value = means.value.reshape(hours, factors).tolist()
    n_valid = means.n_valid.reshape(hours, factors).tolist()
    reason = means.reason.reshape(hours, factors).tolist()
    for row, number in enumerate(block.hours):
        of_hour = cells[number]
        for place, name in enumerate(names):
            if not some[row, place]:
                continue
            why = reason[row][place]
            cell = Cell(
                value[row][place] if why == Reason.VALID else None,
                n_valid[row][place],
                slots,
                why,
                bool(block.live[row][place]),
                bool(complete[row, place]),
            )
            of_hour[name] = _preferred(of_hour.get(name), cell)


def _preferred(shorter: Cell | None, longer: Cell) -> Cell:
    """Of two averaging periods of one factor. A logger's own valid hour value goes first (design, principle 2)."""
    if shorter is None:
        return longer
    if longer.n_expected == 1 and longer.reason == Reason.VALID:
        chosen = longer
    else:
        covered = longer.n_valid * shorter.n_expected > shorter.n_valid * longer.n_expected
        chosen = longer if covered and shorter.reason != Reason.VALID else shorter
    # a logger's hour value that does not count leaves the hour waiting for its minutes
    return chosen._replace(complete=shorter.complete or (longer.complete and chosen is longer))


def _indices(
    inputs: Sequence[HourInput], editions: Sequence[Edition], cells: Sequence[Mapping[str, Cell]]
) -> dict[int, dict[str, Cell]]:
    """The hourly AQI and IAQI of those that have one, by place in `inputs` (HJ 633: from the six 1-h means)."""
    groups: dict[str, list[int]] = defaultdict(list)
    by_id = {}
    for number, (hour, edition) in enumerate(zip(inputs, editions, strict=True)):
        if hour.has_aqi and any(factor in cells[number] for factor in HOURLY_FACTORS):
            groups[edition.id].append(number)
            by_id[edition.id] = edition
    found = {}
    for name, numbers in groups.items():
        table = np.array([[_number(cells[number].get(factor)) for factor in HOURLY_FACTORS] for number in numbers])
        for number, of_hour in zip(numbers, index_cells(table, by_id[name]), strict=True):
            having = [cells[number][factor] for factor in HOURLY_FACTORS if factor in cells[number]]
            live = any(cell.live for cell in having)
            complete = all(cell.complete for cell in having)
            found[number] = {factor: cell._replace(live=live, complete=complete) for factor, cell in of_hour.items()}
    return found


def index_cells(table: npt.NDArray[np.float64], edition: Edition) -> list[dict[str, Cell]]:
    """AQI and IAQI of rows of the six 1-h means [n, 6] in the order of `HOURLY_FACTORS`, NaN for missing."""
    result = aqi(table, edition.hourly)
    rows = []
    for place in range(table.shape[0]):
        valid = int(np.count_nonzero(~np.isnan(table[place])))
        of_row = {
            IAQI_PREFIX + factor: Cell(float(value), 1, 1, Reason.VALID, False, True)
            for factor, value in zip(HOURLY_FACTORS, result.iaqi[place], strict=True)
            if not np.isnan(value)
        }
        reason = int(result.reason[place])
        value = float(result.aqi[place]) if reason == Reason.VALID else None
        of_row[AQI] = Cell(value, valid, len(HOURLY_FACTORS), reason, False, True)
        rows.append(of_row)
    return rows


def _number(cell: Cell | None) -> float:
    return np.nan if cell is None or cell.value is None else cell.value


def _computed(
    hour: HourInput, edition: Edition, cells: Mapping[str, Cell], indices: Mapping[str, Cell] | None
) -> Computed:
    everything = {**cells, **(indices or {})}
    return assemble(
        everything, edition.id, {name: 0 if cell.complete else hour.open_until for name, cell in everything.items()}
    )


def assemble(cells: Mapping[str, Cell], edition: str, open_until: Mapping[str, int]) -> Computed:
    """A window's row from its cells; a factor that is open has no value yet."""
    names = tuple(sorted(cells))
    until = tuple([open_until[name] for name in names])
    shown = [cells[name] for name in names]
    if any(until):
        shown = [
            cell._replace(value=None, n_valid=0, reason=Reason.NO_VALUES) if wait else cell
            for cell, wait in zip(shown, until, strict=True)
        ]
    if not shown:
        return Computed(Content((), (), (), (), (), edition), (), ())
    values, n_valid, n_expected, reasons, live, _ = zip(*shown, strict=True)
    return Computed(Content(names, values, n_valid, n_expected, reasons, edition), live, until)

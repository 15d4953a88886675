"""Hours from readings: what a station's readings of an hour come to, factor by factor, and its hourly AQI. Pure.

Readings lie in slots by time, so neither the order of arrival nor repeats can change a sum (design, principle 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.cells import Cell, assemble, hour_indices, once_for_all_alike
from aggregate.revision import BY_PERSON, CURRENT
from aggregate.statistic import DEVICES, WIND_DIRECTION, WIND_SPEED, Computed, Reason, Tier, Variant
from aggregate.windows import Columns, hour_means, mean_directions
from core.clock import HOUR
from ingest.value import Flag
from standards.editions import Edition

LIVE = 0
"""The origin `live` as stored."""
PARTICULATES = ("a34004", "a34002")
"""What sand-dust is taken out of: PM2.5 and PM10 alone (环办监测〔2016〕120号)."""
_COUNTS = {Tier.RAW: frozenset({CURRENT, BY_PERSON}), Tier.REVIEWED: frozenset({CURRENT})}
"""The masks of what counts; persons' readings are left out of the devices' hour before."""


class HourKey(NamedTuple):
    """An hour of a station, by the database's number; `start` in UTC seconds."""

    station_id: int
    start: int


class Readings(NamedTuple):
    """A report's readings in an hour; flags and mask empty if all are N and current."""

    time: int
    period: int
    names: tuple[str, ...]
    values: Sequence[float]
    flags: str
    mask: str
    origin: int
    person: bool = False
    """Whether a person says so."""


class Summed(NamedTuple):
    """All readings of an hour, of devices alone, current and flagged N: added in order of time, as `hour_means` does.

    Every report had every factor.
    """

    period: int
    names: tuple[str, ...]
    total: npt.NDArray[np.float64]
    """float64[factors]."""
    reports: int
    live: bool
    wind: npt.NDArray[np.float64]
    """float64[slots, 2], direction and speed by slot, NaN where there is none; [0, 2] without a direction."""


@dataclass(frozen=True, slots=True)
class HourInput:
    """An hour to compute: its start, its readings, whether the station has an AQI, and until when it may be open."""

    start: int
    readings: Sequence[Readings] | Summed
    """Those of persons too."""
    has_aqi: bool
    open_until: int
    """End of the hour and grace if that is still to come, else 0."""
    variant: Variant = DEVICES
    dusty: bool = False
    """Whether it lies in sand-dust: then its particulates are left out of a variant without."""


@dataclass(slots=True)
class _Block:
    """Hours of one edition, period and list of factors, side by side: [hour, slot, factor]."""

    hours: list[int]
    tables: list[npt.NDArray[np.float64]]
    received: list[npt.NDArray[np.bool_]]
    live: list[npt.NDArray[np.bool_]]


def compute_hours(inputs: Sequence[HourInput], editions: Sequence[Edition]) -> list[Computed]:
    """What each hour comes to; `editions` is parallel to `inputs`.

    Young hours that are alike come to the same: one of them is computed for all.
    """
    items = list(zip(inputs, editions, strict=True))
    return once_for_all_alike(items, lambda item: _young(*item), _compute)


def _young(hour: HourInput, edition: Edition) -> Hashable:
    """On what an hour depends that is open and has too few readings for any value; None if it is none."""
    of = hour.readings
    if not hour.open_until or not isinstance(of, Summed) or of.reports * of.period >= edition.validity.hour_seconds:
        return None
    return (hour.start, hour.has_aqi, hour.open_until, hour.variant, hour.dusty, of.period, of.names, of.live)


def _compute(items: Sequence[tuple[HourInput, Edition]]) -> list[Computed]:
    inputs, editions = [hour for hour, _ in items], [edition for _, edition in items]
    blocks: dict[tuple[int, int, tuple[str, ...]], _Block] = defaultdict(lambda: _Block([], [], [], []))
    summed: dict[tuple[int, int, tuple[str, ...]], list[tuple[int, Summed]]] = defaultdict(list)
    by_id = {id(edition): edition for edition in editions}
    for number, (hour, edition) in enumerate(zip(inputs, editions, strict=True)):
        if isinstance(hour.readings, Summed):
            summed[id(edition), hour.readings.period, hour.readings.names].append((number, hour.readings))
            continue
        for period, rows in _by_period(hour.readings, hour.variant.tier).items():
            names = _union(rows)
            block = blocks[id(edition), period, names]
            _fill(block, hour.start, period, names, rows, _COUNTS[hour.variant.tier])
            block.hours.append(number)
    cells: list[dict[str, Cell]] = [{} for _ in inputs]
    for (edition_id, period, names), block in sorted(blocks.items(), key=lambda item: item[0][1]):
        _reduce(cells, block, period, names, by_id[edition_id].validity.hour_seconds)
    for (edition_id, _, _), alike in summed.items():
        numbers, hours = zip(*alike, strict=True)
        _divide(cells, numbers, hours, by_id[edition_id])
    for hour, of_hour in zip(inputs, cells, strict=True):
        if hour.dusty and not hour.variant.sanddust:
            _leave_out(of_hour)
    having = [of_hour if hour.has_aqi else {} for hour, of_hour in zip(inputs, cells, strict=True)]
    return [
        _computed(hour, edition, of_hour | indices)
        for hour, edition, of_hour, indices in zip(inputs, editions, cells, hour_indices(having, editions), strict=True)
    ]


def lacking(readings: Sequence[Readings]) -> int:
    """How many more reports an hour needs at least until a factor of it is complete."""
    times: dict[int, set[int]] = defaultdict(set)
    for row in readings:
        times[row.period].add(row.time)
    return min(-(-HOUR // period) - len(of) for period, of in times.items())


def _by_period(readings: Sequence[Readings], tier: Tier) -> Mapping[int, list[Readings]]:
    found: dict[int, list[Readings]] = defaultdict(list)
    for row in readings:
        if not row.person or tier is Tier.REVIEWED:
            found[row.period].append(row)
    return found


def _leave_out(of_hour: dict[str, Cell]) -> None:
    for name in PARTICULATES:
        if name in of_hour:
            of_hour[name] = of_hour[name]._replace(value=None, n_valid=0, reason=Reason.SANDDUST)


def _union(rows: Sequence[Readings]) -> tuple[str, ...]:
    first = rows[0].names
    if all(row.names is first or row.names == first for row in rows):
        return first
    return tuple(sorted({name for row in rows for name in row.names}))


def _fill(
    block: _Block,
    start: int,
    period: int,
    names: tuple[str, ...],
    rows: Sequence[Readings],
    counts: Container[str],
) -> None:
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
            if row.mask and row.mask[place] not in counts:
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
    if WIND_DIRECTION in names:
        speeds = tables[:, :, names.index(WIND_SPEED)] if WIND_SPEED in names else None
        _turn(means, names, tables[:, :, names.index(WIND_DIRECTION)], speeds)
    _put(cells, block.hours, names, slots, means, np.stack(block.live), complete, some)


def _divide(cells: list[dict[str, Cell]], numbers: Sequence[int], hours: Sequence[Summed], edition: Edition) -> None:
    """Hours of one period and list of factors."""
    period, names = hours[0].period, hours[0].names
    slots = -(-HOUR // period)
    shape = (len(hours), len(names))
    reports = np.array([hour.reports for hour in hours])
    enough = reports * period >= edition.validity.hour_seconds
    value = np.where(enough[:, None], np.stack([hour.total for hour in hours]) / reports[:, None], np.nan)
    reason = np.where(enough, Reason.VALID, Reason.TOO_FEW_MINUTES).astype(np.int8)
    means = Columns(value.ravel(), np.repeat(reports.astype(np.int32), len(names)), np.repeat(reason, len(names)))
    if WIND_DIRECTION in names:
        wind = np.stack([hour.wind for hour in hours])
        _turn(means, names, wind[:, :, 0], wind[:, :, 1] if WIND_SPEED in names else None)
    live = np.broadcast_to(np.array([hour.live for hour in hours])[:, None], shape)
    complete = np.broadcast_to((reports == slots)[:, None], shape)
    _put(cells, numbers, names, slots, means, live, complete, np.ones(shape, dtype=np.bool_))


def _turn(
    means: Columns, names: tuple[str, ...], directions: npt.NDArray[np.float64], speeds: npt.NDArray[np.float64] | None
) -> None:
    """Make the means of wind directions those of vectors."""
    column, factors = names.index(WIND_DIRECTION), len(names)
    plain = Columns(means.value[column::factors], means.n_valid[column::factors], means.reason[column::factors])
    turned = mean_directions(directions, speeds, plain)
    means.value[column::factors], means.reason[column::factors] = turned.value, turned.reason


def _put(
    cells: list[dict[str, Cell]],
    numbers: Sequence[int],
    names: tuple[str, ...],
    slots: int,
    means: Columns,
    live: npt.NDArray[np.bool_],
    complete: npt.NDArray[np.bool_],
    some: npt.NDArray[np.bool_],
) -> None:
    """Give hours their cells; `means` hour after hour, the others [hour, factor]: `some` if anything was received."""
    shape = live.shape
    value, n_valid = means.value.reshape(shape).tolist(), means.n_valid.reshape(shape).tolist()
    reason = means.reason.reshape(shape).tolist()
    columns: list[Any] = [value, n_valid, reason, live.tolist(), complete.tolist(), some.tolist()]
    for number, *of_columns in zip(numbers, *columns, strict=True):
        of_hour = cells[number]
        for name, mean, count, why, alive, whole, there in zip(names, *of_columns, strict=True):
            if there:
                cell = Cell(mean if why == Reason.VALID else None, count, slots, why, alive, whole)
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


def _computed(hour: HourInput, edition: Edition, cells: Mapping[str, Cell]) -> Computed:
    return assemble(cells, edition.id, {name: 0 if cell.complete else hour.open_until for name, cell in cells.items()})

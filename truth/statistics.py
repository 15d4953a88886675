"""Statistics the slow way: one window at a time in plain Python, from the current readings, by the rules' own words.

Nothing here shares code with what it is compared with, save what docs/decisions/0005-truth-is-a-room.md names.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from aggregate.statistic import Reason
from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from standards import editions
from standards.aqi import IndexTable, aqi
from standards.editions import HOURLY_FACTORS, Edition

OZONE = "a05024"
EIGHT_HOUR_MAXIMUM = "a05024_8h_max"
HOURLY_MAXIMUM = "a05024_1h_max"
WIND_SPEED, WIND_DIRECTION = "a01007", "a01008"
DAILY = {"day": "", "max_8h": "_8h_max", "max_1h": "_1h_max"}
"""What a daily statistic's name adds to its factor's, by the average that an edition's table names."""


class Reading(NamedTuple):
    """One current reading of a device; `value` NaN where only a flag stands."""

    time: int
    period: int
    factor: str
    value: float
    flag: str


class Cell(NamedTuple):
    """What is compared of one factor of a window."""

    value: float | None
    n_valid: int
    n_expected: int
    reason: int


Cells = dict[str, Cell]
"""A window's factors."""

Windows = dict[tuple[str, int], Cells]
"""By kind of window and start."""


@lru_cache(maxsize=4096)
def edition_at(start: int) -> Edition:
    """The edition that judges a window, by its start."""
    return editions.edition_at(start)


def mean(values: Iterable[float | None], expected: int, least: int, too_few: Reason) -> Cell:
    """The mean of what is there, summed in order of time."""
    present = [value for value in values if value is not None]
    if not present:
        return Cell(None, 0, expected, Reason.NO_VALUES)
    if len(present) < least:
        return Cell(None, len(present), expected, too_few)
    total = 0.0
    for value in present:
        total += value
    return Cell(total / len(present), len(present), expected, Reason.VALID)


def for_dust(cell: Cell, name: str, parts: Iterable[Cells]) -> Cell:
    """What a window says of a factor: without a value, while dust took it from one of its parts, dust is why."""
    took = any(name in part and part[name].reason == Reason.SANDDUST for part in parts)
    return cell._replace(reason=Reason.SANDDUST) if took and cell.value is None else cell


def hour_cells(start: int, readings: Iterable[Reading], *, has_aqi: bool, without_dust: bool = False) -> Cells:
    """An hour of one station; empty if it has no reading. 45 min make a factor valid (GB 3095 table 4).

    `without_dust`: the hour lies in sand-dust, and its particulates are left out (环办监测〔2016〕120号).
    """
    slots: defaultdict[str, defaultdict[int, dict[int, float | None]]] = defaultdict(lambda: defaultdict(dict))
    end = start + HOUR
    for time, period, factor, value, flag in readings:
        if start <= time < end and period <= HOUR:
            slots[factor][period][time] = value if flag == "N" and not math.isnan(value) else None
    least = edition_at(start).validity.hour_seconds
    cells = {}
    for factor, periods in slots.items():
        by_period = {
            period: mean(
                (of_period[time] for time in sorted(of_period)),
                math.ceil(HOUR / period),
                math.ceil(least / period),
                Reason.TOO_FEW_MINUTES,
            )
            for period, of_period in periods.items()
        }
        if factor == WIND_DIRECTION:
            speeds: Mapping[int, Mapping[int, float | None]] = slots.get(WIND_SPEED, {})
            by_period = {
                period: turned(cell, periods[period], speeds.get(period, {})) for period, cell in by_period.items()
            }
        cells[factor] = _of_periods(by_period)
        if without_dust and factor in {"a34004", "a34002"}:
            cells[factor] = Cell(None, 0, cells[factor].n_expected, Reason.SANDDUST)
    if has_aqi:
        cells |= index_cells(start, cells)
    return cells


def turned(cell: Cell, directions: Mapping[int, float | None], speeds: Mapping[int, float | None]) -> Cell:
    """The mean of wind directions as vectors: weighed by the speeds where each has one, else alike; both by time."""
    if cell.reason != Reason.VALID or cell.n_valid == 1:
        return cell
    present = {time: value for time, value in sorted(directions.items()) if value is not None}
    weights = {time: speeds.get(time) for time in present}
    speed = {time: 1.0 if None in weights.values() or weight is None else weight for time, weight in weights.items()}
    for of in (speed, dict.fromkeys(present, 1.0)):  # in a calm all count alike
        east = north = 0.0
        for time, direction in present.items():
            east += of[time] * math.sin(math.radians(direction))
            north += of[time] * math.cos(math.radians(direction))
        if math.hypot(east, north) / len(present) >= 1e-9:
            degrees = math.degrees(math.atan2(east, north)) % 360.0
            return cell._replace(value=degrees if degrees < 360.0 else 0.0)
    return cell._replace(value=None, reason=Reason.NO_DIRECTION)


def _of_periods(by_period: Mapping[int, Cell]) -> Cell:
    """The logger's own valid hour value; else the shortest valid period; else the one that covers most."""
    if HOUR in by_period and by_period[HOUR].reason == Reason.VALID:
        return by_period[HOUR]
    ascending = [by_period[period] for period in sorted(by_period)]
    valid = [cell for cell in ascending if cell.reason == Reason.VALID]
    return valid[0] if valid else max(ascending, key=lambda cell: cell.n_valid / cell.n_expected)


def index_cells(start: int, cells: Mapping[str, Cell]) -> Cells:
    """AQI and IAQI of the six 1-h means."""
    return _indices(cells, HOURLY_FACTORS, edition_at(start).hourly)


def day_index_cells(start: int, cells: Mapping[str, Cell]) -> Cells:
    """AQI and IAQI of a day."""
    return _indices(cells, daily_names(start), edition_at(start).daily)


def daily_names(start: int) -> list[str]:
    """The statistics of a day that have an IAQI."""
    return [factor + DAILY[average] for factor, average in edition_at(start).daily_columns]


def _indices(cells: Mapping[str, Cell], names: Sequence[str], table: IndexTable) -> Cells:
    if not any(name in cells for name in names):
        return {}
    values = [cells[name].value if name in cells else None for name in names]
    result = aqi([[math.nan if value is None else value for value in values]], table)
    found = {
        f"IAQI_{name}": Cell(float(index), 1, 1, Reason.VALID)
        for name, index in zip(names, result.iaqi[0], strict=True)
        if not np.isnan(index)
    }
    # by the gases alone a day of dust would be a good one: the bulletin of 2017 deducts it (docs/standards.md)
    took = any(cells[name].reason == Reason.SANDDUST for name in names if name in cells)
    reason = Reason.SANDDUST if took else int(result.reason[0])
    value = float(result.aqi[0]) if reason == Reason.VALID else None
    present = sum(value is not None for value in values)
    return found | {"AQI": Cell(value, present, len(names), reason)}


def eight_hour_cells(start: int, hours: Mapping[int, Cells]) -> Cells:
    """The mean O3 of eight hours; empty if none of them has O3."""
    of_hours = [hours.get(start + place * HOUR, {}).get(OZONE) for place in range(8)]
    if not any(of_hours):
        return {}
    least = edition_at(start).validity.eight_hours
    return {OZONE: mean((cell.value if cell else None for cell in of_hours), 8, least, Reason.TOO_FEW_HOURS)}


def day_cells(start: int, hours: Mapping[int, Cells], *, has_aqi: bool) -> Cells:
    """Daily means, the largest O3 hour and the largest of the 8-hour means that end at 08:00 … 24:00, and the AQI."""
    rule = edition_at(start).validity
    of_day = [hours.get(start + place * HOUR, {}) for place in range(24)]
    names = {name for cells in of_day for name in cells if name != "AQI" and not name.startswith("IAQI_")}
    found = {
        name: mean(
            (cells[name].value if name in cells else None for cells in of_day),
            24,
            rule.day_hours,
            Reason.TOO_FEW_HOURS,
        )
        for name in names
    }
    found = {name: for_dust(cell, name, of_day) for name, cell in found.items()}
    if WIND_DIRECTION in names:
        of_wind = [
            {place: cells[name].value for place, cells in enumerate(of_day) if name in cells}
            for name in (WIND_DIRECTION, WIND_SPEED)
        ]
        found[WIND_DIRECTION] = turned(found[WIND_DIRECTION], *of_wind)
    if OZONE in names:
        windows = [eight_hour_cells(start + place * HOUR, hours).get(OZONE) for place in range(17)]
        values = [cell.value for cell in windows if cell is not None and cell.value is not None]
        found[EIGHT_HOUR_MAXIMUM] = _largest(values, edition_at(start))
        of_hours = (cells[OZONE].value for cells in of_day if OZONE in cells)
        hourly = [value for value in of_hours if value is not None]
        largest = max(hourly, default=None) if found[OZONE].reason == Reason.VALID else None
        found[HOURLY_MAXIMUM] = Cell(largest, len(hourly), 24, found[OZONE].reason)
    return found | day_index_cells(start, found) if has_aqi else found


def _largest(values: list[float], edition: Edition) -> Cell:
    if not values:
        return Cell(None, 0, 17, Reason.NO_VALUES)
    if len(values) < edition.validity.day_windows and max(values) <= edition.validity.windows_excused_above:
        return Cell(None, len(values), 17, Reason.TOO_FEW_WINDOWS)
    return Cell(max(values), len(values), 17, Reason.VALID)


def city_cells(start: int, members: Sequence[Cells]) -> Cells:
    """An hour of a city: the mean of its stations' means (HJ 663), and the AQI of these means.

    `members` are the hours, in order of the stations' names, of all that count; empty where a station said nothing.
    """
    cells = _means_of_stations(start, members, HOURLY_FACTORS)
    return cells | index_cells(start, cells)


def city_day_cells(start: int, members: Sequence[Cells]) -> Cells:
    """A day of a city: as its hour, from its stations' days."""
    cells = _means_of_stations(start, members, daily_names(start))
    return cells | day_index_cells(start, cells)


def _means_of_stations(start: int, members: Sequence[Cells], names: Sequence[str]) -> Cells:
    share = edition_at(start).city.minimum_share
    least = math.ceil(round(share * len(members), 9))
    return {
        name: for_dust(
            mean(
                (cells[name].value if name in cells else None for cells in members),
                len(members),
                least,
                Reason.TOO_FEW_STATIONS,
            ),
            name,
            members,
        )
        for name in names
        if any(name in cells for cells in members)
    }


def all_windows(readings: Iterable[Reading], *, has_aqi: bool, dusty: Container[int] = ()) -> Windows:
    """Every hour, 8-hour window and day of one station, the particulates of the hours in `dusty` left out."""
    of_hour: defaultdict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if 0 < reading.period <= HOUR:
            of_hour[reading.time // HOUR * HOUR].append(reading)
    hours = {
        start: hour_cells(start, of_hour[start], has_aqi=has_aqi, without_dust=start in dusty)
        for start in sorted(of_hour)
    }
    found: Windows = {("hour", start): cells for start, cells in hours.items()}
    days = {(start + SHANGHAI_OFFSET) // DAY * DAY - SHANGHAI_OFFSET for start in hours}
    found |= {("day", start): day_cells(start, hours, has_aqi=has_aqi) for start in days}
    eights = {start - place * HOUR for start, cells in hours.items() if OZONE in cells for place in range(8)}
    return found | {("8h", start): eight_hour_cells(start, hours) for start in eights}

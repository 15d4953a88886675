"""Windows of hours: the running 8-hour O3, the daily means and ozone maxima, and the day's AQI. Pure.

Each is a function of the hour statistics below it; an hour that is open, missing or not valid is a gap (NaN).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.cells import Cell, assemble, daily_indicators, day_indices, named_for_sanddust, once_for_all_alike
from aggregate.statistic import (
    AQI,
    IAQI_PREFIX,
    O3,
    O3_1H_MAX,
    O3_8H_MAX,
    WIND_DIRECTION,
    WIND_SPEED,
    Computed,
    Key,
    Reason,
    Statistic,
    Window,
)
from aggregate.windows import (
    DAY_HOURS,
    DAY_WINDOWS,
    EIGHT,
    Columns,
    daily_max_8h,
    day_means,
    eight_hour_windows,
    mean_directions,
    rolling_eight_hours,
)
from core.clock import HOUR, day_start
from standards.editions import Edition

HourOf = Callable[[int], Statistic | None]
"""The hour statistic of one object by its start."""


def eight_hour_starts(hour: int) -> range:
    """Starts of the 8-hour windows that hold the hour beginning at `hour`."""
    return range(hour - (EIGHT - 1) * HOUR, hour + HOUR, HOUR)


def has_eight_hours(names: Sequence[str]) -> bool:
    """Whether an object with these factors has 8-hour windows."""
    return O3 in names


def compute_eight_hours(
    keys: Sequence[Key], hours: Sequence[HourOf], editions: Sequence[Edition], *, now: int, grace: Sequence[int]
) -> list[Computed]:
    """The running 8-hour O3 of each window, nothing where no hour has ozone; the sequences are parallel."""
    table = np.full((len(keys), EIGHT), np.nan)
    live = [False] * len(keys)
    until = [0] * len(keys)
    has_ozone = [False] * len(keys)
    for row, (key, hour_of, wait) in enumerate(zip(keys, hours, grace, strict=True)):
        for place in range(EIGHT):
            start = key.start + place * HOUR
            hour = hour_of(start)
            has_ozone[row] |= hour is not None and O3 in hour.content.factors
            if (value := _value(table[row], place, hour, O3)) is not None:
                live[row] |= value
            if hour is None or not hour.closed(O3):
                until[row] = start + HOUR + wait
        until[row] = until[row] if until[row] > now else 0
    results = _by_edition(
        editions, lambda rows, edition: rolling_eight_hours(table[rows], edition.validity.eight_hours)
    )
    return [
        assemble({O3: _cell(result, EIGHT, is_live)} if has else {}, edition.id, {O3: open_until})
        for has, result, is_live, open_until, edition in zip(has_ozone, results, live, until, editions, strict=True)
    ]


def compute_days(
    keys: Sequence[Key],
    hours: Sequence[HourOf],
    editions: Sequence[Edition],
    *,
    now: int,
    grace: Sequence[int],
    has_aqi: Sequence[bool],
) -> list[Computed]:
    """Daily means of all factors, the ozone maxima, and where it has one the day's AQI; the sequences are parallel.

    Days in which nothing has ended yet and that are alike come to the same: one of them is computed for all.
    """
    days = [
        _Day(key.start, [hour_of(key.start + place * HOUR) for place in range(DAY_HOURS)], edition, wait, has)
        for key, hour_of, edition, wait, has in zip(keys, hours, editions, grace, has_aqi, strict=True)
    ]
    return once_for_all_alike(days, _young, lambda distinct: _compute_days(distinct, now))


class _Day(NamedTuple):
    start: int
    hours: Sequence[Statistic | None]
    edition: Edition
    grace: int
    has_aqi: bool


def _young(day: _Day) -> Hashable:
    """On what a day depends of which every hour is missing or open; None if another is there."""
    hours = [hour for hour in day.hours if hour is not None]
    if not all(hour.waits for hour in hours):
        return None
    return (day.start, day.edition.id, day.grace, day.has_aqi, *{hour.content.factors for hour in hours})


def _compute_days(days: Sequence[_Day], now: int) -> list[Computed]:
    rows: list[tuple[int, str]] = []
    tables: list[npt.NDArray[np.float64]] = []
    live: list[bool] = []
    until: list[int] = []
    for number, day in enumerate(days):
        for name in sorted({name for hour in day.hours if hour for name in hour.content.factors if measured(name)}):
            table = np.full(DAY_HOURS, np.nan)
            of_factor, open_until = False, 0
            for place, hour in enumerate(day.hours):
                of_factor |= bool(_value(table, place, hour, name))
                if hour is None or not hour.closed(name):
                    open_until = day.start + (place + 1) * HOUR + day.grace
            rows.append((number, name))
            tables.append(table)
            live.append(of_factor)
            until.append(open_until if open_until > now else 0)
    cells: list[dict[str, Cell]] = [{} for _ in days]
    waits: list[dict[str, int]] = [{} for _ in days]
    if rows:
        stacked = np.stack(tables)
        of_rows = [days[number].edition for number, _ in rows]
        means = _by_edition(of_rows, lambda at, edition: day_means(stacked[at], edition.validity.day_hours))
        _turn(means, rows, stacked)
        for (number, name), result, is_live, open_until in zip(rows, means, live, until, strict=True):
            cells[number][name] = named_for_sanddust(_cell(result, DAY_HOURS, is_live), name, days[number].hours)
            waits[number][name] = open_until
        _add_maxima(cells, waits, rows, stacked, of_rows)
    editions = [day.edition for day in days]
    indices = day_indices([of_day if day.has_aqi else {} for of_day, day in zip(cells, days, strict=True)], editions)
    return [_day(*of_day) for of_day in zip(cells, indices, waits, editions, strict=True)]


def _turn(
    means: list[tuple[float, int, int]], rows: Sequence[tuple[int, str]], stacked: npt.NDArray[np.float64]
) -> None:
    """Make the means of wind directions those of vectors."""
    places = {row: place for place, row in enumerate(rows)}
    for (number, name), place in places.items():
        if name == WIND_DIRECTION:
            speed = places.get((number, WIND_SPEED))
            plain = Columns(*(np.array([column]) for column in means[place]))
            turned = mean_directions(stacked[[place]], None if speed is None else stacked[[speed]], plain)
            means[place] = (float(turned.value[0]), int(turned.n_valid[0]), int(turned.reason[0]))


def _day(cells: dict[str, Cell], indices: dict[str, Cell], waits: Mapping[str, int], edition: Edition) -> Computed:
    """The AQI waits for the last of what it is made of."""
    longest = max((waits[name] for name in daily_indicators(edition) if name in waits), default=0)
    return assemble(cells | indices, edition.id, {**waits, **dict.fromkeys(indices, longest)})


def _add_maxima(
    cells: list[dict[str, Cell]],
    waits: list[dict[str, int]],
    rows: Sequence[tuple[int, str]],
    stacked: npt.NDArray[np.float64],
    editions: Sequence[Edition],
) -> None:
    """The ozone maxima beside the mean: of the hours, and of the 8-hour windows that end at 08:00 … 24:00 (HJ 663)."""
    places = [place for place, (_, name) in enumerate(rows) if name == O3]

    def maxima(at: npt.NDArray[np.int64], edition: Edition) -> Columns:
        rule = edition.validity
        windows = np.stack([eight_hour_windows(stacked[places[place]])[EIGHT - 1 :] for place in at])
        means = rolling_eight_hours(windows.reshape(-1, EIGHT), rule.eight_hours)
        return daily_max_8h(means.value.reshape(-1, DAY_WINDOWS), rule.day_windows, rule.windows_excused_above)

    for place, result in zip(places, _by_edition([editions[place] for place in places], maxima), strict=True):
        number = rows[place][0]
        mean = cells[number][O3]
        # no text says of how many hours: of those that a daily mean needs
        largest = float(np.fmax.reduce(stacked[place])) if mean.reason == Reason.VALID else np.nan
        cells[number][O3_1H_MAX] = _cell((largest, mean.n_valid, mean.reason), DAY_HOURS, mean.live)
        cells[number][O3_8H_MAX] = _cell(result, DAY_WINDOWS, mean.live)
        waits[number][O3_1H_MAX] = waits[number][O3_8H_MAX] = waits[number][O3]


def day_key(object_: str, seconds: int) -> Key:
    """The day of Asia/Shanghai that holds the instant."""
    return Key(object_, Window.DAY, day_start(seconds))


def measured(name: str) -> bool:
    """Whether a factor of an hour is part of its day: not its indices."""
    return name != AQI and not name.startswith(IAQI_PREFIX)


def _value(table: npt.NDArray[np.float64], place: int, hour: Statistic | None, name: str) -> bool | None:
    """Put an hour's value into its slot; returns whether something live is in it, None without a value."""
    value = hour[name] if hour else None
    if hour is None or value is None:
        return None
    table[place] = value
    return hour.live[hour.content.factors.index(name)]


def _cell(result: tuple[float, int, int], expected: int, live: bool) -> Cell:
    value, n_valid, reason = result
    return Cell(None if np.isnan(value) else value, n_valid, expected, reason, live, True)


def _by_edition(
    editions: Sequence[Edition], kernel: Callable[[npt.NDArray[np.int64], Edition], Columns]
) -> list[tuple[float, int, int]]:
    """Run `kernel` once for each edition on its rows; the results in the order of the rows."""
    groups: dict[str, list[int]] = defaultdict(list)
    by_id = {}
    for row, edition in enumerate(editions):
        groups[edition.id].append(row)
        by_id[edition.id] = edition
    found: list[tuple[float, int, int]] = [(np.nan, 0, 0)] * len(editions)
    for name, rows in groups.items():
        columns = kernel(np.array(rows), by_id[name])
        values = zip(columns.value.tolist(), columns.n_valid.tolist(), columns.reason.tolist(), strict=True)
        for row, result in zip(rows, values, strict=True):
            found[row] = result
    return found

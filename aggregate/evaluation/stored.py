"""Days as they are stored, in columns: what periods are evaluated from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from aggregate.evaluation.days import FACTORS, DayColumns
from aggregate.statistic import AQI, IAQI_PREFIX, O3, O3_1H_MAX, O3_8H_MAX, Statistic
from core.clock import midnight
from standards.aqi import PRIMARY_ABOVE
from standards.editions import HOURLY_FACTORS, Editions

DAILY_NAMES = tuple(O3_8H_MAX if factor == O3 else factor for factor in HOURLY_FACTORS)
"""The daily statistics that periods are evaluated from, in the columns' order."""


def day_columns(objects: Sequence[Mapping[int, Statistic]], first: date, days: int, editions: Editions) -> DayColumns:
    """The days of objects from `first` on; each maps a day's first second to its row, absent where there is none.

    A factor that is open counts as not there.
    """
    shape = (len(objects), days)
    columns = DayColumns(
        first,
        np.full((len(objects), FACTORS, days), np.nan),
        np.zeros((len(objects), FACTORS, days), dtype=np.int32),
        np.full(shape, np.nan),
        np.full(shape, np.nan),
        np.zeros(shape, dtype=np.uint8),
        np.zeros(shape, dtype=np.uint8),
        np.zeros(shape, dtype=np.bool_),
    )
    for day in range(days):
        start = midnight(first + timedelta(days=day))
        edition = editions.at(start)
        for number, rows in enumerate(objects):
            row = rows.get(start)
            if row is None:
                continue
            _fill(columns, number, day, row)
            level = edition.level(columns.aqi[number, day])
            columns.level[number, day] = level.number if level else 0
    np.logical_and(~np.isnan(columns.aqi), ~np.isnan(columns.values).all(axis=1), out=columns.valid)
    return columns


def _fill(columns: DayColumns, number: int, day: int, row: Statistic) -> None:
    cells = {
        name: (value, count)
        for name, value, count in zip(row.content.factors, row.content.values, row.content.n_valid, strict=True)
        if row.closed(name)
    }
    for place, name in enumerate(DAILY_NAMES):
        value, count = cells.get(name, (None, 0))
        columns.values[number, place, day] = np.nan if value is None else value
        columns.n_valid[number, place, day] = count
    largest, aqi = cells.get(O3_1H_MAX, (None, 0))[0], cells.get(AQI, (None, 0))[0]
    columns.o3_1h_max[number, day] = np.nan if largest is None else largest
    if aqi is None:
        return
    columns.aqi[number, day] = aqi
    if aqi > PRIMARY_ABOVE:
        for name, (value, _) in cells.items():
            if name.startswith(IAQI_PREFIX) and value == aqi:
                factor = name.removeprefix(IAQI_PREFIX).partition("_")[0]
                columns.primary[number, day] |= 1 << HOURLY_FACTORS.index(factor)

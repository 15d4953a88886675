"""Days of a city from `daily.csv` of `lantian evaluate air`: of one place as they stand, of several their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aggregate.evaluation.days import FACTORS, OZONE, DayColumns
from aggregate.evaluation.tables import TOKENS, tokens
from aggregate.regions.means import mean_days
from aggregate.sanddust.periods import SandDust
from aggregate.sanddust.table import read_periods
from alerts.warnings.days import Day
from core.clock import DAY, midnight
from core.errors import InputError
from ingest.importers.source import MISSING
from ingest.rows import RowError, csv_rows, decimal, heading, open_text
from standards.editions import Editions

_VALUES = (*TOKENS[:OZONE], "o3_8h_max", "o3_1h_max")
"""The columns of daily values, in the order of `TOKENS`; the largest hour of ozone behind them."""
_MOST_YEARS = 100


class _Row(NamedTuple):
    aqi: float | None
    primary: frozenset[str]
    values: tuple[float | None, ...]
    """As `_VALUES`; empty where the file has no such columns."""


def read_city_days(paths: Sequence[Path], editions: Editions) -> list[Day]:
    """The days of files with `date`, `aqi` and maybe `station` and `primary`, in order; together they are one city's.

    Several stations are one city by the mean of their values, as cities are made (HJ 663), and the AQI of the means;
    their files need the columns of concentrations. Raises `InputError` naming file, row and column.
    """
    stations: dict[str, dict[date, _Row]] = {}
    lacking: str | None = None
    for path in paths:
        with open_text(path) as file:
            rows = csv_rows(path, file)
            names = heading(path, rows, ("date", "aqi"))
            lacking = next((name for name in _VALUES if name not in names), lacking)
            for number, cells in rows:
                _take(stations, dict(zip(names, cells, strict=False)), f"{path} row {number}")
    if not stations:
        raise InputError("rows", "there are no days", field=str(paths[0]), hint="give daily.csv of evaluate air")
    if len(stations) == 1:
        (only,) = stations.values()
        return [Day(day, row.aqi, primary=row.primary) for day, row in sorted(only.items())]
    if lacking:
        raise InputError("heading", f"holds {len(stations)} stations and no column {lacking}", field=str(paths[0]),
                         hint="give daily.csv of evaluate air, or the days of one place")  # fmt: skip
    return _mean([stations[name] for name in sorted(stations)], editions)


def with_dust(days: Sequence[Day], path: Path, city: str, errors: list[RowError]) -> list[Day]:
    """The days with those marked that a sand-dust period of the city touches; a CSV as `lantian sanddust` takes it.

    What is wrong with rows, those of other cities among them, is noted. Raises `InputError` for a file that is none.
    """
    periods = SandDust(period for period, _ in read_periods(path, {city}, errors))
    touched = (periods.touches(city, midnight(day.date), midnight(day.date) + DAY) for day in days)
    return [Day(day.date, day.aqi, day.origin, day.primary, dust) for day, dust in zip(days, touched, strict=True)]


def _take(stations: dict[str, dict[date, _Row]], given: Mapping[str, str], where: str) -> None:
    try:
        day = date.fromisoformat(given["date"])
    except ValueError:
        raise InputError("date", "is no date", field=f"{where}, date", value=given["date"],
                         hint="write it as 2026-12-01") from None  # fmt: skip
    own = stations.setdefault(given.get("station", ""), {})
    if day in own:
        raise InputError("rows", "is told twice", field=where, value=given["date"], hint="leave one of them out")
    primary = frozenset(given.get("primary", "").lower().split(";")) - {""}
    if unknown := primary - set(TOKENS):
        raise InputError("primary", "is no pollutant", field=f"{where}, primary", value=min(unknown),
                         hint=f"take of {', '.join(TOKENS)}, joined by ;")  # fmt: skip
    values = tuple(_number(given.get(name, ""), f"{where}, {name}") for name in _VALUES)
    own[day] = _Row(_number(given.get("aqi", ""), f"{where}, aqi"), primary, values)


def _number(text: str, where: str) -> float | None:
    if text in MISSING:
        return None
    try:
        value = float(decimal(text))
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise InputError("number", "is no number of 0 or more", field=where, value=text, hint="correct it")
    return value


def _mean(stations: Sequence[Mapping[date, _Row]], editions: Editions) -> list[Day]:
    first, last = min(min(own) for own in stations), max(max(own) for own in stations)
    number = (last - first).days + 1
    if number > _MOST_YEARS * 366:
        raise InputError("date", f"days reach from {first} to {last}", hint="correct the years")
    daily = np.full((len(stations), FACTORS + 1, number), np.nan)
    for place, own in enumerate(stations):
        for day, row in own.items():
            daily[place, :, (day - first).days] = [np.nan if value is None else value for value in row.values]
    shape = (len(stations), number)
    members = DayColumns(
        first,
        daily[:, :FACTORS],
        np.zeros((len(stations), FACTORS, number), dtype=np.int32),
        daily[:, FACTORS],
        np.full(shape, np.nan),
        np.zeros(shape, dtype=np.uint8),
        np.zeros(shape, dtype=np.uint8),
        np.zeros(shape, dtype=np.bool_),
    )
    counts = np.ones(shape, dtype=np.bool_)
    city = mean_days(members, counts, np.zeros((len(stations), 2, number), dtype=np.bool_), editions)
    return [
        Day(first + timedelta(days=place), None if np.isnan(aqi) else aqi, primary=_names(bits))
        for place, (aqi, bits) in enumerate(zip(city.aqi[0].tolist(), city.primary[0].tolist(), strict=True))
    ]


def _names(bits: int) -> frozenset[str]:
    return frozenset(tokens(bits).split(";")) - {""}

"""Hours of many stations to measure with: whole numbers as monitors send them, with gaps, outages and exceedances."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.clock import HOUR, midnight
from standards.editions import HOURLY_FACTORS

Floats = npt.NDArray[np.float64]

NAMES = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
"""Columns of the input, in the order of `HOURLY_FACTORS`."""
DAY_HOURS = 24

_LEVELS = (45.0, 80.0, 14.0, 35.0, 0.9, 70.0)
"""Medians of the factors: µg/m³, CO mg/m³."""
_SPREADS = (0.5, 0.5, 0.6, 0.4, 0.4, 0.3)
"""Of the logarithm, from hour to hour."""
_MOST = (1000.0, 2000.0, 2700.0, 1000.0, 70.0, 1300.0)
"""What an instrument tells at most: a little more than the last breakpoints."""
_PLACES = (1.0, 1.0, 1.0, 1.0, 100.0, 1.0)
"""Parts of a unit that an instrument tells."""
_GAPS = 0.01
"""Share of single hours that are missing."""
_OUTAGES_A_MONTH = 1.0
_OUTAGE_HOURS = 40
"""Of all factors at once, at most; and of one factor, as often."""
_EPISODES_A_MONTH = 1.0
_EPISODE_HOURS = 72


class Made(NamedTuple):
    """Hours of o stations, h each, from the midnight of `first` in China."""

    first: date
    names: list[str]
    """o names, ascending."""
    hours: Floats
    """float64[o, 6, h], NaN for missing."""

    @property
    def days(self) -> int:
        """Whole days."""
        return int(self.hours.shape[2]) // DAY_HOURS


def make(stations: int, first: date, days: int, seed: int) -> Made:
    """The same numbers for the same arguments."""
    hours = np.empty((stations, len(HOURLY_FACTORS), days * DAY_HOURS))
    for number, one in enumerate(hours):
        _fill(one, np.random.default_rng((seed, number)))
    return Made(first, [f"S{number:05d}" for number in range(stations)], hours)


def _fill(hours: Floats, draw: np.random.Generator) -> None:
    """One station, [6, h] in place."""
    h = hours.shape[1]
    hour = np.arange(h)
    daytime = -np.cos(2 * np.pi * (hour % DAY_HOURS - 2) / DAY_HOURS)
    season = np.cos(2 * np.pi * hour / (366 * DAY_HOURS))
    dirt = draw.normal(0, 0.4)
    for factor, values in enumerate(hours):
        logarithm = np.multiply(draw.standard_normal(h), _SPREADS[factor])
        if factor == len(_LEVELS) - 1:
            logarithm += 0.5 * daytime - 0.4 * season
        else:
            logarithm += dirt + 0.3 * season - 0.2 * daytime
        for start, end in _runs(draw, h, _EPISODES_A_MONTH, _EPISODE_HOURS):
            logarithm[start:end] += draw.uniform(0.3, 2.0)
        digits = np.rint(np.exp(logarithm) * _LEVELS[factor] * _PLACES[factor])
        values[:] = np.minimum(digits / _PLACES[factor], _MOST[factor])
        values[draw.random(h, dtype=np.float32) < _GAPS] = np.nan
        for start, end in _runs(draw, h, _OUTAGES_A_MONTH, _OUTAGE_HOURS):
            values[start:end] = np.nan
    for start, end in _runs(draw, h, _OUTAGES_A_MONTH, _OUTAGE_HOURS):
        hours[:, start:end] = np.nan


def _runs(draw: np.random.Generator, hours: int, a_month: float, longest: int) -> npt.NDArray[np.int64]:
    """Starts and ends [n, 2] of runs."""
    number = draw.poisson(a_month * hours / (30 * DAY_HOURS))
    starts = draw.integers(0, hours, number)
    return np.stack([starts, starts + draw.integers(1, longest + 1, number)], axis=1)


def long_table(made: Made) -> pa.Table:
    """The rows by station and time: station (dictionary), time (timestamp, China's), six columns with nulls.

    Every hour has its row, so that pandas and Polars need not make up any: their best case.
    """
    o, _, h = made.hours.shape
    times = midnight(made.first) + 8 * HOUR + HOUR * np.arange(h, dtype=np.int64)  # local, without a zone
    places = np.repeat(np.arange(o, dtype=np.int32), h)
    return pa.table(
        {
            "station": pa.DictionaryArray.from_arrays(pa.array(places), pa.array(made.names)),
            "time": pa.array(np.tile(times * 1_000_000, o)).cast(pa.timestamp("us")),
            **{
                name: pa.array(made.hours[:, factor].reshape(-1), from_pandas=True) for factor, name in enumerate(NAMES)
            },
        }
    )

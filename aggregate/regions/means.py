"""Days of several stations as one: the mean of those that count, day by day, and the AQI of the means (HJ 663).

As cities are made (`aggregate.cities.compute_city_day`), of whole columns at once and bit for bit the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import FACTORS, OZONE, DayColumns, edition_runs, level_bounds
from aggregate.hours import PARTICULATES
from aggregate.windows import city_means
from standards.aqi import aqi
from standards.editions import HOURLY_FACTORS, Edition, Editions

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_PARTICULATES = [HOURLY_FACTORS.index(factor) for factor in PARTICULATES]
_MAX_1H = FACTORS
"""The place of the daily maximum 1-hour mean of O3 behind the six daily values."""


def mean_days(members: DayColumns, counts: Bools, left_out: Bools, editions: Editions) -> DayColumns:
    """The days of one place from those of its m stations, of which bool[m, d] count; a row of one object.

    Valid with the edition's share of those that count; `n_valid` is the number of stations. `left_out` bool[m, 2, d]:
    particulates that sand-dust takes from a station; where the place lacks their mean for that, it has no AQI.
    """
    daily = np.concatenate([members.values, members.o3_1h_max[:, None]], axis=1)
    values = np.full((FACTORS + 1, daily.shape[2]), np.nan)
    n_valid = np.zeros(values.shape, dtype=np.int32)
    for days, edition in _alike(counts, members.first, editions):
        own = daily[counts[:, days[0]]][:, :, days]  # [stations, 7, days]
        means = city_means(np.moveaxis(own, 0, -1).reshape(-1, own.shape[0]), edition.city.minimum_share)
        values[:, days] = means.value.reshape(-1, days.size)
        n_valid[:, days] = means.n_valid.reshape(-1, days.size)
        if not any(average == "max_1h" for _, average in edition.daily_columns):
            values[_MAX_1H, days] = np.nan
    found = judged(members.first, values[None, :FACTORS], n_valid[None, :FACTORS], values[None, _MAX_1H], editions)
    lacking = np.isnan(members.values[:, _PARTICULATES]) & left_out & counts[:, None]
    return withheld(found, np.logical_or.reduce(lacking, axis=0, keepdims=True))


def withheld(days: DayColumns, left_out: Bools) -> DayColumns:
    """Days without the AQI of those that lack the mean of a particulate that sand-dust takes, bool[o, 2, d].

    Under every edition (`aggregate.cells.day_indices`).
    """
    no_mean = np.isnan(days.values[:, _PARTICULATES]) & left_out
    return _with_aqi(days, np.logical_not(no_mean.any(axis=1)))


def _alike(counts: Bools, first: date, editions: Editions) -> Iterator[tuple[npt.NDArray[np.int64], Edition]]:
    """Days, by their numbers, on which the same stations count by the same edition; those without any left out."""
    for start, end, edition in edition_runs(first, counts.shape[1], editions):
        patterns, place = np.unique(counts[:, start:end], axis=1, return_inverse=True)
        for number in range(patterns.shape[1]):
            if patterns[:, number].any():
                yield start + np.flatnonzero(place.reshape(-1) == number), edition


def judged(
    first: date, values: Floats, n_valid: npt.NDArray[np.int32], o3_1h_max: Floats, editions: Editions
) -> DayColumns:
    """Days of daily values float64[o, 6, d] and maximum 1-hour O3 float64[o, d], judged by these editions.

    The daily values stand as they are, whatever an edition says of their validity.
    """
    shape = o3_1h_max.shape
    index, primary = np.full(shape, np.nan), np.zeros(shape, dtype=np.uint8)
    daily = np.concatenate([values, o3_1h_max[:, None]], axis=1)
    for start, end, edition in edition_runs(first, shape[1], editions):
        sources = [
            _MAX_1H if average == "max_1h" else HOURLY_FACTORS.index(factor)
            for factor, average in edition.daily_columns
        ]
        own = np.moveaxis(daily[:, sources, start:end], 1, -1).reshape(-1, len(sources))
        found = aqi(own, edition.daily)
        index[:, start:end] = found.aqi.reshape(shape[0], end - start)
        for column, source in enumerate(sources):
            bit = 1 << (OZONE if source == _MAX_1H else source)
            named = (found.primary >> column & 1).astype(np.bool_).reshape(shape[0], end - start)
            primary[:, start:end] |= np.where(named, np.uint8(bit), np.uint8(0))
    valid = ~np.isnan(index) & ~np.isnan(values).all(axis=1)
    return DayColumns(first, values, n_valid, o3_1h_max, index, levels_of(first, index, editions), primary, valid)


def levels_of(first: date, index: Floats, editions: Editions) -> npt.NDArray[np.uint8]:
    """Levels uint8[o, d] of AQI float64[o, d], each day by its edition; 0 where there is none."""
    level = np.zeros(index.shape, dtype=np.uint8)
    for start, end, edition in edition_runs(first, index.shape[1], editions):
        own = index[:, start:end]
        level[:, start:end] = np.where(np.isnan(own), 0, np.searchsorted(level_bounds(edition), own) + 1)
    return level


def masked(days: DayColumns, counts: Bools) -> DayColumns:
    """Days of objects of which bool[o, d] count: the others are days without values."""
    return _with_aqi(
        days._replace(
            values=np.where(counts[:, None], days.values, np.nan),
            n_valid=np.where(counts[:, None], days.n_valid, 0).astype(np.int32),
            o3_1h_max=np.where(counts, days.o3_1h_max, np.nan),
        ),
        counts,
    )


def _with_aqi(days: DayColumns, where: Bools) -> DayColumns:
    """Days of objects of which bool[o, d] keep their AQI and what comes of it."""
    return days._replace(
        aqi=np.where(where, days.aqi, np.nan),
        level=np.where(where, days.level, 0).astype(np.uint8),
        primary=np.where(where, days.primary, 0).astype(np.uint8),
        valid=days.valid & where,
    )


def rows(days: DayColumns, places: npt.NDArray[np.int64] | list[int]) -> DayColumns:
    """The days of some of the objects."""
    return DayColumns._make([days.first, *(column[places] for column in days[1:])])


def stacked(parts: list[DayColumns]) -> DayColumns:
    """The days of objects one below the other; all of the same days."""
    columns = zip(*(part[1:] for part in parts), strict=True)
    return DayColumns._make([parts[0].first, *(np.concatenate(of) for of in columns)])

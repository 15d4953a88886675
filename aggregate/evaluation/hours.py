"""Hours: the running 8-hour mean of O3, and the hourly AQI of the six 1-hour means."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.days import FACTORS, OZONE, edition_runs, fill_levels, level_bounds
from aggregate.evaluation.rolling import eight_hour_means
from aggregate.windows import DAY_HOURS
from standards.aqi import IndexTable, aqi_columns, iaqi_column
from standards.editions import Editions

Floats = npt.NDArray[np.float64]


class HourColumns(NamedTuple):
    """What `evaluate_hours` gives for o objects and h hours; columns of pollutants are `HOURLY_FACTORS`."""

    o3_8h: Floats
    """float64[o, h]: mean of the hour and the seven before, across midnights; NaN with fewer than 6 valid."""
    iaqi: Floats
    """float64[o, 6, h], NaN for none."""
    aqi: Floats
    """float64[o, h], NaN for none."""
    level: npt.NDArray[np.uint8]
    """uint8[o, h], 1 … 6, 0 without AQI."""
    primary: npt.NDArray[np.uint8]
    """uint8[o, h], bit c set: column c is a primary pollutant."""


@njit(nogil=True, cache=True, error_model="numpy")
def _evaluate(
    hours: Floats,
    first: int,
    end: int,
    eight_hours: int,
    table: IndexTable,
    up_to: Floats,
    o3_8h: Floats,
    iaqi: Floats,
    aqi: Floats,
    level: npt.NDArray[np.uint8],
    primary: npt.NDArray[np.uint8],
) -> None:
    """Hours `first` … `end` of all objects. A window that reaches back before `first` is of this edition, too."""
    reason = np.empty(end - first, dtype=np.int8)
    running = np.empty(hours.shape[2])
    for row in range(hours.shape[0]):
        eight_hour_means(hours[row, OZONE], eight_hours, running)
        for hour in range(first, end):
            o3_8h[row, hour] = running[hour]
        for factor in range(FACTORS):
            iaqi_column(hours[row, factor, first:end], factor, table, iaqi[row, factor, first:end])
        aqi_columns(
            iaqi[row, :, first:end], table, (1 << FACTORS) - 1, aqi[row, first:end], primary[row, first:end], reason
        )
        fill_levels(aqi[row, first:end], up_to, level[row, first:end])


def evaluate_hours(hours: npt.ArrayLike, first: date, editions: Editions) -> HourColumns:
    """Hours float64[o, 6, 24 · d] from the Asia/Shanghai midnight of `first` on, by the edition of their date.

    NaN for gaps; µg/m³, CO mg/m³.
    """
    array = np.ascontiguousarray(hours, dtype=np.float64)
    o, _, h = array.shape
    columns = HourColumns(
        o3_8h=np.empty((o, h)),
        iaqi=np.empty((o, FACTORS, h)),
        aqi=np.empty((o, h)),
        level=np.empty((o, h), dtype=np.uint8),
        primary=np.empty((o, h), dtype=np.uint8),
    )
    for start, end, edition in edition_runs(first, h // DAY_HOURS, editions):
        rule = edition.validity.eight_hours
        _evaluate(array, start * DAY_HOURS, end * DAY_HOURS, rule, edition.hourly, level_bounds(edition), *columns)
    return columns

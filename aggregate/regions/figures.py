"""The figures of a period: statistics, days and composite index of objects, and means of several of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import FACTORS, DayColumns
from aggregate.evaluation.periods import LEVELS, evaluate_periods
from aggregate.evaluation.spans import Span
from standards.editions import HOURLY_FACTORS, Edition, Editions
from standards.rounding import round_decimals

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Figures(NamedTuple):
    """Of n objects in one period; columns of pollutants are `HOURLY_FACTORS`. NaN: there is none.

    Of a mean of members all are means of theirs, so that days and their numbers need not be whole.
    """

    mean: Floats
    """float64[n, 6] of the daily values; NaN for CO and O3, of which HJ 663 evaluates none."""
    percentile: Floats
    """float64[n, 6] of the daily values, O3 of the daily maximum 8-hour means."""
    n_days: Floats
    """float64[n, 6], days with a valid daily value."""
    valid: Bools
    """bool[n, 6]: enough of these (GB 3095 table 4), of all members."""
    single: Floats
    """float64[n, 6], single indices."""
    composite: Floats
    """float64[n]; NaN if one of the six is missing."""
    largest: npt.NDArray[np.uint8]
    """uint8[n], bit c set: column c has the largest single index; 0 without a composite index."""
    days_valid: Floats
    """float64[n], days with a valid AQI."""
    days_attained: Floats
    days_heavy: Floats
    days_incomplete: Floats
    """float64[n], days with an AQI above 100 though a pollutant is missing; they count as days of that AQI."""
    days_level: Floats
    """float64[n, 6], in level 1 … 6."""
    members: npt.NDArray[np.int64]
    """int64[n], of how many members with a day it is the mean; 1 where it has days of its own, 0 without any."""


def means_of(edition: Edition) -> Bools:
    """bool[6], of which pollutants the edition evaluates a mean."""
    return np.array([factor in edition.period.means for factor in HOURLY_FACTORS])


def principal(figures: Figures, edition: Edition) -> Floats:
    """The six statistics float64[n, 6] that bulletins print: means, of CO and O3 the percentiles."""
    return np.where(means_of(edition), figures.mean, figures.percentile)


def evaluate(days: DayColumns, span: Span, editions: Editions) -> Figures:
    """The figures of the objects of these days, which reach from the first to the last day of the span."""
    periods = evaluate_periods(days, [span], editions)
    edition = editions.at(span.last)
    exceeding = days.valid & (days.aqi > edition.period.attained_up_to)
    days_valid = periods.days_valid[:, 0].astype(np.float64)
    composite = periods.composite[:, 0]
    return Figures(
        mean=np.where(means_of(edition), periods.mean[:, :, 0], np.nan),
        percentile=periods.percentile[:, :, 0],
        n_days=periods.n_days[:, :, 0].astype(np.float64),
        valid=periods.valid[:, :, 0],
        single=periods.single[:, :, 0],
        composite=composite,
        largest=np.where(np.isnan(composite), 0, periods.largest[:, 0]).astype(np.uint8),
        days_valid=days_valid,
        days_attained=periods.days_attained[:, 0].astype(np.float64),
        days_heavy=periods.days_heavy[:, 0].astype(np.float64),
        days_incomplete=np.count_nonzero(exceeding & np.isnan(days.values).any(axis=1), axis=1).astype(np.float64),
        days_level=periods.days_level[:, :, 0].astype(np.float64),
        members=(periods.n_days[:, :, 0].max(axis=1, initial=0) > 0).astype(np.int64),
    )


def joined(parts: Sequence[Figures]) -> Figures:
    """The figures of objects one below the other; of nobody if there are no parts."""
    if not parts:
        return nothing(0)
    return Figures._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def nothing(objects: int) -> Figures:
    """The figures of objects without any day."""
    of_six, alone = np.full((objects, FACTORS), np.nan), np.full(objects, np.nan)
    none = np.zeros(objects)
    return Figures(
        of_six, of_six, np.zeros((objects, FACTORS)), np.zeros((objects, FACTORS), dtype=np.bool_), of_six, alone,
        np.zeros(objects, dtype=np.uint8), none, none, none, none, np.zeros((objects, LEVELS)),
        np.zeros(objects, dtype=np.int64),
    )  # fmt: skip


def taken(figures: Figures, places: Sequence[int]) -> Figures:
    """The figures of some of the objects."""
    return Figures._make(column[list(places)] for column in figures)


def mean_of(members: Figures, edition: Edition) -> Figures:
    """The mean of the members' figures, as one object: unconfirmed (M), bulletins state “averages of the cities”.

    A figure that some of them lack is the mean of the others'; it is not valid then. The composite index is the mean
    of theirs, which is the weighted sum of the mean single indices.
    """
    there = members.members > 0
    if not there.any():
        return nothing(1)
    own = taken(members, np.flatnonzero(there).tolist())
    places = edition.composite.single_decimals, edition.composite.total_decimals
    single = round_decimals(_mean(own.single), places[0])
    composite = round_decimals(_mean(own.composite), places[1])
    return Figures(
        mean=_mean(own.mean),
        percentile=_mean(own.percentile),
        n_days=_mean(own.n_days),
        valid=np.asarray(members.valid.all(axis=0, keepdims=True)),
        single=single,
        composite=composite,
        largest=np.where(np.isnan(composite), 0, _largest(single)).astype(np.uint8),
        days_valid=_mean(own.days_valid),
        days_attained=_mean(own.days_attained),
        days_heavy=_mean(own.days_heavy),
        days_incomplete=_mean(own.days_incomplete),
        days_level=_mean(own.days_level),
        members=np.array([np.count_nonzero(there)]),
    )


def _mean(column: Floats) -> Floats:
    """Of what is there, summed in order; float64[1, …]."""
    there = ~np.isnan(column)
    total = np.zeros(column.shape[1:])
    for row, known in zip(column, there, strict=True):
        total = total + np.where(known, row, 0.0)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / there.sum(axis=0))[None]


def _largest(single: Floats) -> npt.NDArray[np.uint8]:
    """Bits of the columns that have a row's largest single index."""
    most = np.where(np.isnan(single), -1.0, single).max(axis=1, keepdims=True)
    return np.asarray((single == most) @ (1 << np.arange(FACTORS)), dtype=np.uint8)

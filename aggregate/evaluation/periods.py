"""Periods from days by HJ 663: means, percentiles, days by level, validity, composite index.

Each day counts by its own edition; limits, percentiles and index of a period are those of the edition of its last day.
A period whose days fall under two editions is `mixed`; that rule is unconfirmed (M).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from aggregate.evaluation.days import FACTORS, DayColumns
from aggregate.evaluation.percentiles import mean_and_percentile, share_of
from aggregate.evaluation.spans import Span, calendar_spans, parts
from standards.composite import composite
from standards.editions import HOURLY_FACTORS, Edition, Editions

__all__ = ["PeriodColumns", "Span", "calendar_spans", "evaluate_periods"]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]

LEVELS = 6


class PeriodColumns(NamedTuple):
    """What `evaluate_periods` gives for o objects and p spans; columns of pollutants are `HOURLY_FACTORS`."""

    n_days: Counts
    """int32[o, 6, p], days with a valid daily value."""
    mean: Floats
    """float64[o, 6, p] of the daily values, NaN without any; HJ 663 knows none of CO and O3."""
    percentile: Floats
    """float64[o, 6, p] of the daily values, at the edition's p of each pollutant; NaN without any."""
    valid: npt.NDArray[np.bool_]
    """bool[o, 6, p]: enough valid days, in each month and in each year. All else is given whatever this says."""
    days_valid: Counts
    """int32[o, p], days with a valid AQI."""
    days_attained: Counts
    """int32[o, p], of these with an AQI up to 100."""
    days_heavy: Counts
    """int32[o, p], of these with an AQI above 200."""
    days_level: Counts
    """int32[o, 6, p], of these in level 1 … 6."""
    single: Floats
    """float64[o, 6, p], single indices of the composite index."""
    composite: Floats
    """float64[o, p], NaN if one of the six is missing."""
    largest: npt.NDArray[np.uint8]
    """uint8[o, p], bit c set: column c has the largest single index."""
    days_expected: Counts
    """int32[p], days of the span."""
    mixed: npt.NDArray[np.bool_]
    """bool[p]: the span's days fall under more than one edition."""


class _Spans(NamedTuple):
    """Spans as compiled code takes them; days count from the first of the columns and lie within them."""

    days: npt.NDArray[np.int64]
    """int64[p, 2], first and end."""
    shares: npt.NDArray[np.int64]
    """int64[p, 6], of the percentiles, in millionths."""
    attained_up_to: Floats
    heavy_above: Floats
    parts: npt.NDArray[np.int64]
    """int64[q, 4]: span, first, end, least number of valid days."""


@njit(nogil=True, cache=True, error_model="numpy")
def _concentrations(
    values: Floats,
    factor: int,
    spans: _Spans,
    n_days: Counts,
    mean: Floats,
    upper: Floats,
    valid: npt.NDArray[np.bool_],
) -> None:
    """One pollutant of one object, [d] into [p] each. What is valid is put together once for all spans."""
    before = np.zeros(values.size + 1, dtype=np.int64)
    present, scratch = np.empty(values.size), np.empty(values.size + 1)
    n = 0
    for day in range(values.size):
        present[n] = values[day]
        n += values[day] == values[day]
        before[day + 1] = n
    for span in range(spans.days.shape[0]):
        first, end = before[spans.days[span, 0]], before[spans.days[span, 1]]
        n_days[span] = end - first
        mean[span], upper[span] = mean_and_percentile(present[first:end], spans.shares[span, factor], scratch)
        valid[span] = True
    for part in range(spans.parts.shape[0]):
        span, first, end, least = spans.parts[part]
        valid[span] &= before[end] - before[first] >= least


@njit(nogil=True, cache=True, error_model="numpy")
def _number_in(levels: npt.NDArray[np.uint8], level: int) -> int:
    number = 0
    for own in levels:
        number += own == level
    return number


@njit(nogil=True, cache=True, error_model="numpy")
def _number_up_to(values: Floats, bound: float) -> int:
    number = 0
    for value in values:
        number += value <= bound
    return number


@njit(nogil=True, cache=True, error_model="numpy")
def _days(
    aqi: Floats,
    level: npt.NDArray[np.uint8],
    valid: npt.NDArray[np.bool_],
    spans: _Spans,
    n_valid: Counts,
    attained: Counts,
    heavy: Counts,
    levels: Counts,
) -> None:
    """The AQI of one object, [d] into [p], of `levels` [6, p]; a day that is not valid has none here."""
    known, known_level = np.empty(aqi.size), np.empty(aqi.size, dtype=np.uint8)
    for day in range(aqi.size):
        known[day] = aqi[day] if valid[day] else np.nan
        known_level[day] = level[day] if valid[day] else 0
    for span in range(spans.days.shape[0]):
        first, end = spans.days[span]
        n_valid[span] = 0
        for number in range(levels.shape[0]):
            levels[number, span] = _number_in(known_level[first:end], number + 1)
            n_valid[span] += levels[number, span]
        attained[span] = _number_up_to(known[first:end], spans.attained_up_to[span])
        heavy[span] = n_valid[span] - _number_up_to(known[first:end], spans.heavy_above[span])


@njit(nogil=True, cache=True, error_model="numpy")
def _evaluate(
    values: Floats,
    aqi: Floats,
    level: npt.NDArray[np.uint8],
    valid: npt.NDArray[np.bool_],
    spans: _Spans,
    n_days: Counts,
    mean: Floats,
    upper: Floats,
    enough: npt.NDArray[np.bool_],
    days_valid: Counts,
    attained: Counts,
    heavy: Counts,
    levels: Counts,
) -> None:
    for row in range(values.shape[0]):
        for factor in range(FACTORS):
            _concentrations(
                values[row, factor],
                factor,
                spans,
                n_days[row, factor],
                mean[row, factor],
                upper[row, factor],
                enough[row, factor],
            )
        _days(aqi[row], level[row], valid[row], spans, days_valid[row], attained[row], heavy[row], levels[row])


def _spans(days: DayColumns, spans: Sequence[Span], judges: Sequence[Edition]) -> _Spans:
    def place(day: date) -> int:
        return min(max((day - days.first).days, 0), int(days.aqi.shape[1]))

    return _Spans(
        np.array([(place(span.first), place(span.end)) for span in spans], dtype=np.int64).reshape(-1, 2),
        np.array(
            [[share_of(edition.period.percents[factor]) for factor in HOURLY_FACTORS] for edition in judges],
            dtype=np.int64,
        ).reshape(-1, FACTORS),
        np.array([edition.period.attained_up_to for edition in judges]),
        np.array([edition.period.heavy_above for edition in judges]),
        np.array(
            [
                (number, place(part.first), place(part.end), part.least)
                for number, (span, edition) in enumerate(zip(spans, judges, strict=True))
                for part in parts(span, edition.validity)
            ],
            dtype=np.int64,
        ).reshape(-1, 4),
    )


def evaluate_periods(days: DayColumns, spans: Sequence[Span], editions: Editions) -> PeriodColumns:
    """Spans of the days of `evaluate_days`; `editions` as there. Days outside the columns are days without values.

    Means and percentiles are those of the valid days there are, whatever `valid` says. Raises `ValueError` for a span
    without days.
    """
    if empty := next((span for span in spans if span.first >= span.end), None):
        raise ValueError(f"a span must have days (got {empty.label}: {empty.first} … {empty.end})")
    judges = [editions.at(span.last) for span in spans]
    o, p = days.aqi.shape[0], len(spans)
    n_days, days_level = (np.empty((o, rows, p), dtype=np.int32) for rows in (FACTORS, LEVELS))
    days_valid, attained, heavy = (np.empty((o, p), dtype=np.int32) for _ in range(3))
    mean, upper = np.empty((o, FACTORS, p)), np.empty((o, FACTORS, p))
    valid = np.empty((o, FACTORS, p), dtype=np.bool_)
    _evaluate(
        days.values, days.aqi, days.level, days.valid, _spans(days, spans, judges),
        n_days, mean, upper, valid, days_valid, attained, heavy, days_level,
    )  # fmt: skip
    single, index, largest = _composite(mean, upper, judges)
    return PeriodColumns(
        n_days=n_days,
        mean=mean,
        percentile=upper,
        valid=valid,
        days_valid=days_valid,
        days_attained=attained,
        days_heavy=heavy,
        days_level=days_level,
        single=single,
        composite=index,
        largest=largest,
        days_expected=np.array([(span.end - span.first).days for span in spans], dtype=np.int32),
        mixed=np.array([editions.at(span.first) is not judge for span, judge in zip(spans, judges, strict=True)], bool),
    )


def _composite(mean: Floats, upper: Floats, judges: Sequence[Edition]) -> tuple[Floats, Floats, npt.NDArray[np.uint8]]:
    """Single indices [o, 6, p], index and largest [o, p], each span by its edition's method."""
    o, _, p = mean.shape
    single, index, largest = np.empty((o, FACTORS, p)), np.empty((o, p)), np.empty((o, p), dtype=np.uint8)
    for edition in {id(edition): edition for edition in judges}.values():
        own = [number for number, judge in enumerate(judges) if judge is edition]
        by_mean = np.array([factor in edition.period.means for factor in HOURLY_FACTORS])
        counted = np.where(by_mean[:, None], mean[:, :, own], upper[:, :, own])
        found = composite(counted.transpose(0, 2, 1).reshape(-1, FACTORS), edition.composite)
        single[:, :, own] = found.single.reshape(o, len(own), FACTORS).transpose(0, 2, 1)
        index[:, own], largest[:, own] = found.index.reshape(o, len(own)), found.largest.reshape(o, len(own))
    return single, index, largest

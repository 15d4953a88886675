"""Figures as tables, a row a station's hour, day or period; the columns are those of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aggregate.evaluation.days import OZONE, DayColumns, edition_runs
from aggregate.evaluation.grid import Block
from aggregate.evaluation.hours import HourColumns
from aggregate.evaluation.periods import LEVELS, PeriodColumns, Span
from aggregate.windows import DAY_HOURS
from core.clock import HOUR, midnight
from standards.editions import HOURLY_FACTORS, Edition, Editions
from standards.rounding import round_decimals

Floats = npt.NDArray[np.float64]

TOKENS = ("pm25", "pm10", "so2", "no2", "co", "o3")
"""Names of the pollutants in the order of `HOURLY_FACTORS`."""
PERCENTILES = ("pm25_p95", "pm10_p95", "so2_p98", "no2_p98", "co_p95", "o3_8h_p90")
MEANS = ("pm25_mean", "pm10_mean", "so2_mean", "no2_mean")
CHINA = "Asia/Shanghai"


def tokens(bits: int) -> str:
    """The pollutants of these columns, joined by `;`."""
    return ";".join(token for column, token in enumerate(TOKENS) if bits >> column & 1)


_JOINED = pa.array([tokens(bits) for bits in range(1 << len(TOKENS))])


class Tables(NamedTuple):
    """What comes of a block of stations, rows by station and time."""

    hourly: pa.Table
    daily: pa.Table
    period: pa.Table


class _Rows:
    """The cells of a grid bool[b, n] that become rows; what is made of arrays [b, n] has a value for each."""

    def __init__(self, given: npt.NDArray[np.bool_]) -> None:
        self._given = None if given.all() else given
        self.station, self.column = np.nonzero(given)

    def of(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return array.reshape(-1) if self._given is None else array[self._given]

    def stations(self, names: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(self.station.astype(np.int32), pa.array(names, pa.string()))

    def numbers(self, array: Floats) -> pa.Array:
        return pa.array(self.of(array), from_pandas=True)

    def whole(self, array: Floats) -> pa.Array:
        """Whole numbers that are NaN where there is none."""
        numbers = self.of(array)
        missing = np.isnan(numbers)
        return pa.array(np.where(missing, 0, numbers).astype(np.int16), mask=missing)

    def levels(self, array: npt.NDArray[np.uint8]) -> pa.Array:
        levels = self.of(array).astype(np.int8)
        return pa.array(levels, mask=levels == 0)

    def tokens(self, array: npt.NDArray[np.uint8]) -> pa.Array:
        bits = self.of(array).astype(np.int8)
        return pa.DictionaryArray.from_arrays(pa.array(bits, mask=bits == 0), _JOINED)


def hourly_table(block: Block, hours: HourColumns, rounded: Editions | None) -> pa.Table:
    """The hours that the input has; with `rounded` concentrations to the places of these editions."""
    concentrations, o3_8h = block.hours, hours.o3_8h
    if rounded:
        concentrations, o3_8h = concentrations.copy(), o3_8h.copy()
        for start, end, edition in edition_runs(block.first, o3_8h.shape[1] // DAY_HOURS, rounded):
            own = slice(start * DAY_HOURS, end * DAY_HOURS)
            _round(concentrations[:, :, own], edition)
            _round_ozone(o3_8h[:, own], edition)
    rows = _Rows(block.given)
    times = midnight(block.first) + HOUR * rows.column
    return pa.table(
        {
            "station": rows.stations(block.stations),
            "time": pa.array(times, pa.int64()).cast(pa.timestamp("s", CHINA)),
            **{token: rows.numbers(concentrations[:, c]) for c, token in enumerate(TOKENS)},
            "o3_8h": rows.numbers(o3_8h),
            **{f"iaqi_{token}": rows.whole(hours.iaqi[:, c]) for c, token in enumerate(TOKENS)},
            "aqi": rows.whole(hours.aqi),
            "level": rows.levels(hours.level),
            "primary": rows.tokens(hours.primary),
        }
    )


def daily_table(block: Block, days: DayColumns, rounded: Editions | None) -> pa.Table:
    """The days of which the input has an hour."""
    values, o3_1h_max = days.values, days.o3_1h_max
    if rounded:
        values, o3_1h_max = values.copy(), o3_1h_max.copy()
        for start, end, edition in edition_runs(days.first, o3_1h_max.shape[1], rounded):
            _round(values[:, :, start:end], edition)
            _round_ozone(o3_1h_max[:, start:end], edition)
    rows = _Rows(_given_days(block))
    dates = np.datetime64(days.first, "D") + rows.column
    means: dict[str, pa.Array] = {}
    for c, token in enumerate(TOKENS[:OZONE]):
        means[token] = rows.numbers(values[:, c])
        means[f"{token}_n"] = pa.array(rows.of(days.n_valid[:, c]))
    return pa.table(
        {
            "station": rows.stations(block.stations),
            "date": pa.array(dates),
            **means,
            "o3_1h_max": rows.numbers(o3_1h_max),
            "o3_8h_max": rows.numbers(values[:, OZONE]),
            "o3_8h_n": pa.array(rows.of(days.n_valid[:, OZONE])),
            "aqi": rows.whole(days.aqi),
            "level": rows.levels(days.level),
            "primary": rows.tokens(days.primary),
            "valid": pa.array(rows.of(days.valid)),
        }
    )


def period_table(
    block: Block, spans: Sequence[Span], periods: PeriodColumns, editions: Editions, *, rounded: bool
) -> pa.Table:
    """The periods of which the input has an hour."""
    mean, upper = periods.mean, periods.percentile
    if rounded:
        mean, upper = mean.copy(), upper.copy()
        for number, span in enumerate(spans):
            _round(mean[:, :, number], editions.at(span.last))
            _round(upper[:, :, number], editions.at(span.last))
    rows = _Rows(given_spans(block, spans))
    single = pa.array([span.label for span in spans], pa.string())
    complete = ~np.isnan(periods.composite)
    return pa.table(
        {
            "station": rows.stations(block.stations),
            "period": pa.DictionaryArray.from_arrays(rows.column.astype(np.int32), single),
            "start": pa.array([span.first for span in spans]).take(pa.array(rows.column)),
            "end": pa.array([span.end for span in spans]).take(pa.array(rows.column)),
            **{name: rows.numbers(mean[:, c]) for c, name in enumerate(MEANS)},
            **{name: rows.numbers(upper[:, c]) for c, name in enumerate(PERCENTILES)},
            "composite_index": rows.numbers(periods.composite),
            # Without one of the six the largest is not known.
            "largest_index": rows.tokens(np.where(complete, periods.largest, 0)),
            "days_valid": pa.array(rows.of(periods.days_valid)),
            "days_attained": pa.array(rows.of(periods.days_attained)),
            "days_heavy": pa.array(rows.of(periods.days_heavy)),
            **{f"days_level{level + 1}": pa.array(rows.of(periods.days_level[:, level])) for level in range(LEVELS)},
            "valid": pa.array(rows.of(np.all(periods.valid, axis=1))),
        }
    )


def whole_columns(editions: Iterable[Edition]) -> frozenset[str]:
    """The columns of concentrations that all these editions round to whole numbers."""
    places = {TOKENS[c]: {edition.decimals[f] for edition in editions} for c, f in enumerate(HOURLY_FACTORS)}
    names = (*TOKENS, "o3_8h", "o3_1h_max", "o3_8h_max", *MEANS, *PERCENTILES)
    return frozenset(name for name in names if places[name.partition("_")[0]] == {0})


def given_spans(block: Block, spans: Sequence[Span]) -> npt.NDArray[np.bool_]:
    """Whether the input has an hour of a span, bool[b, p]; the spans lie within or around the block's days."""
    days = _given_days(block)
    end = block.first + timedelta(days=days.shape[1])
    given = np.zeros((days.shape[0], len(spans)), dtype=np.bool_)
    for number, span in enumerate(spans):
        start, stop = (max(span.first, block.first) - block.first).days, (min(span.end, end) - block.first).days
        given[:, number] = np.any(days[:, start:stop], axis=1)
    return given


def _given_days(block: Block) -> npt.NDArray[np.bool_]:
    return np.asarray(np.any(block.given.reshape(block.given.shape[0], -1, DAY_HOURS), axis=2))


def _round(concentrations: Floats, edition: Edition) -> None:
    """Concentrations [b, 6, …] to the edition's places, in place."""
    for c, factor in enumerate(HOURLY_FACTORS):
        concentrations[:, c] = round_decimals(concentrations[:, c], edition.decimals[factor])


def _round_ozone(concentrations: Floats, edition: Edition) -> None:
    concentrations[:] = round_decimals(concentrations, edition.decimals[HOURLY_FACTORS[OZONE]])

"""The evaluation as one writes it with Polars: lazy queries over whole columns, on all cores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add, or_
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa

from bench.kernels.make import DAY_HOURS, NAMES
from bench.kernels.rules import (
    DAILY,
    DAY,
    HOURLY,
    JOINED,
    LEVELS,
    MEANS,
    PARTS,
    PRIMARY_ABOVE,
    TOKENS,
    Index,
    Method,
    Rules,
)

EIGHT = 8


class Frames(NamedTuple):
    """Rows by station and time."""

    daily: pl.DataFrame
    period: pl.DataFrame


def load(table: pa.Table) -> pl.DataFrame:
    """The rows as a DataFrame: null for missing, station an enumeration, whose numbers ascend with the names."""
    return _with_enum(pl.DataFrame(table))


def _with_enum(rows: pl.DataFrame) -> pl.DataFrame:
    names = rows["station"].unique().cast(pl.String).sort()
    return rows.with_columns(pl.col("station").cast(pl.Enum(names)))


def evaluate(rows: pl.DataFrame, method: Method) -> Frames:
    """Days and periods of rows that stand by station and time and lack no hour."""
    daily = _daily(rows.lazy(), method).collect()  # both queries at once would make the days three times
    return Frames(daily, _periods(daily.lazy(), method).collect())


def _daily(rows: pl.LazyFrame, method: Method) -> pl.LazyFrame:
    # The rows stand by station and day: one number names both, and ascends.
    day = pl.col("station").to_physical().cast(pl.Int64) * 100_000 + pl.col("time").dt.epoch("d")
    # A window that ends at 08:00 … 24:00 lies within its day, and so within its station.
    whole = pl.int_range(pl.len()) % DAY_HOURS >= EIGHT - 1
    running = pl.col("O3").rolling_mean(EIGHT, min_samples=method.eight_hours)
    means = [
        figure
        for name, token in zip(NAMES[:-1], TOKENS[:-1], strict=True)
        for figure in (pl.col(name).mean().alias(token), pl.col(name).count().alias(f"{token}_n"))
    ]
    enough = (pl.col("o3_8h_n") >= method.day_windows) | (pl.col("o3_8h_max") > method.excused_above)
    days = (
        rows.with_columns(day.set_sorted().alias("day"), pl.when(whole).then(running).alias("running"))
        .group_by("day", maintain_order=True)
        .agg(
            pl.col("station").first(),
            pl.col("time").first().dt.date().alias("date"),
            *means,
            pl.col("O3").max().alias("o3_1h_max"),
            pl.col("O3").count().alias("o3_n"),
            pl.col("running").max().alias("o3_8h_max"),
            pl.col("running").count().alias("o3_8h_n"),
        )
        .with_columns(
            *(pl.when(pl.col(f"{token}_n") >= method.day_hours).then(token).alias(token) for token in TOKENS[:-1]),
            pl.when(pl.col("o3_n") >= method.day_hours).then("o3_1h_max").alias("o3_1h_max"),
            pl.when(enough).then("o3_8h_max").alias("o3_8h_max"),
        )
        .drop("day", "o3_n")
    )
    valid = pl.col("aqi").is_not_null() & pl.any_horizontal(pl.col(DAILY).is_not_null())
    return judged(days, "date", [rules.daily for rules in method.rules], method.rules).with_columns(valid=valid)


def half_even(value: pl.Expr, decimals: int) -> pl.Expr:
    """GB/T 8170: half to even of the decimal number that a double stands for."""
    scale = 10.0**decimals
    # Polars divides by a constant through its reciprocal: what comes out is a bit beside the decimal number.
    return ((value * scale).round(6).round(0, mode="half_to_even") / scale).round(decimals)


def iaqi(index: Index) -> pl.Expr:
    """Rounded up, but for the noise of doubles; null for none."""
    value = pl.col(index.source) if index.decimals is None else half_even(pl.col(index.source), index.decimals)
    above = float("nan") if index.above is None else index.above

    def interpolated(values: pl.Series) -> pl.Series:
        return pl.Series(np.interp(values.to_numpy(), index.breaks, index.steps, right=above))

    return value.map_batches(interpolated, pl.Float64, is_elementwise=True).round(9).ceil().fill_nan(None)


def judged(table: pl.LazyFrame, date: str, columns: Sequence[Sequence[Index]], rules: Sequence[Rules]) -> pl.LazyFrame:
    """With IAQI, AQI, level and bits of primary pollutants, each row by the edition of its date.

    `columns` are those of each edition, the IAQI the last column's of each pollutant.
    """
    every = [(number, index) for number, of_edition in enumerate(columns) for index in of_edition]
    names = [[f"_{number}_{index.source}" for index in of_edition] for number, of_edition in enumerate(columns)]
    table = table.with_columns(iaqi(index).alias(f"_{number}_{index.source}") for number, index in every)
    aqi, bits = [], []
    for edition, own, of_edition in zip(rules, names, columns, strict=True):
        found = pl.max_horizontal(own)
        if edition.incomplete_above is not None:
            complete = pl.all_horizontal(pl.col(own).is_not_null())
            found = pl.when(complete | (found > edition.incomplete_above)).then(found)
        aqi.append(found)
        primary = (
            pl.when(pl.col(name) == pl.col("aqi")).then(1 << TOKENS.index(index.token)).otherwise(0)
            for name, index in zip(own, of_edition, strict=True)
        )
        bits.append(pl.when(pl.col("aqi") > PRIMARY_ABOVE).then(reduce(or_, primary)).otherwise(0).cast(pl.UInt8))
    last = [{index.token: name for name, index in zip(own, of_edition, strict=True)}
            for own, of_edition in zip(names, columns, strict=True)]  # fmt: skip
    least = by_date(date, rules, [pl.lit(edition.minimum) for edition in rules])
    level = reduce(add, ((pl.col("aqi") > bound).cast(pl.UInt8) for bound in rules[0].bounds)) + 1
    return (
        table.with_columns(by_date(date, rules, aqi).alias("aqi"))
        .with_columns(
            by_date(date, rules, bits).alias("primary"),
            level.fill_null(0).cast(pl.UInt8).alias("level"),
            *(by_date(date, rules, [pl.col(own[token]) for own in last]).alias(f"iaqi_{token}") for token in TOKENS),
        )
        .with_columns(pl.when(pl.col("aqi") < least).then(least).otherwise("aqi").alias("aqi"))
        .drop(cs.starts_with("_"))
    )


def by_date(date: str, rules: Sequence[Rules], each: Iterable[pl.Expr]) -> pl.Expr:
    """What the edition of the date says."""
    *earlier, (_, chosen) = zip(rules, each, strict=True)
    for edition, one in reversed(earlier):
        chosen = pl.when(pl.col(date) < edition.end).then(one).otherwise(chosen)
    return chosen


def _periods(daily: pl.LazyFrame, method: Method) -> pl.LazyFrame:
    valid, aqi = pl.col("valid"), pl.col("aqi")
    days = daily.select(
        "station",
        pl.col("date").dt.truncate("1mo").alias("start"),
        *DAILY,
        valid.alias("days_valid"),
        (valid & (aqi <= method.attained_up_to)).alias("days_attained"),
        (valid & (aqi > method.heavy_above)).alias("days_heavy"),
        *((valid & (pl.col("level") == number)).alias(f"days_level{number}") for number in range(1, LEVELS + 1)),
    )
    figures = [
        *(pl.col(token).mean().alias(f"{token}_mean") for token in MEANS),
        *(
            pl.col(column).quantile(method.percents[token], "linear").alias(name)
            for column, (token, name) in zip(DAILY, method.percentiles.items(), strict=True)
        ),
        pl.col("^days_.*$").sum(),
        pl.col(DAILY).count().name.prefix("n_"),
    ]
    february = pl.col("start").dt.month() == 2
    least = pl.when(february).then(method.february_days).otherwise(method.month_days)
    months = days.group_by("station", "start").agg(figures).with_columns(
        valid=pl.all_horizontal(cs.starts_with("n_") >= least)
    )  # fmt: skip
    parts = []
    for length in PARTS.values():
        start = pl.col("start").dt.truncate(f"{length}mo")
        part = months
        if length > 1:
            enough = months.group_by("station", start).agg(pl.col("valid").sum() == length)
            part = days.group_by("station", start).agg(figures).join(enough, on=["station", "start"])
        if length == PARTS["year"]:
            part = part.with_columns(pl.col("valid") & pl.all_horizontal(cs.starts_with("n_") >= method.year_days))
        parts.append(part.with_columns(end=pl.col("start").dt.offset_by(f"{length}mo"), period=_label(length)))
    period = pl.concat(parts).drop(cs.starts_with("n_"))
    return _with_composite(period, method).sort("station", "start", "end")


def _label(length: int) -> pl.Expr:
    year = pl.col("start").dt.strftime("%Y")
    if length == PARTS["year"]:
        return year
    if length == PARTS["quarter"]:
        return pl.format("{}-Q{}", year, pl.col("start").dt.quarter())
    return pl.col("start").dt.strftime("%Y-%m")


def _with_composite(period: pl.LazyFrame, method: Method) -> pl.LazyFrame:
    totals, bits = [], []
    for rules in method.rules:
        singles = []
        for token, name in method.counted.items():
            rounded = half_even(pl.col(name), rules.decimals[token])
            singles.append(half_even(rounded / rules.limits[token], rules.single_decimals))
        weighted = (single * rules.weights[token] for single, token in zip(singles, TOKENS, strict=True))
        totals.append(half_even(reduce(add, weighted), rules.total_decimals))
        most = pl.max_horizontal(singles)
        bits.append(reduce(or_, (pl.when(single == most).then(1 << place).otherwise(0)
                                 for place, single in enumerate(singles))).cast(pl.UInt8))  # fmt: skip
    return (
        period.with_columns((pl.col("end") - pl.duration(days=1)).alias("_last"))
        .with_columns(
            by_date("_last", method.rules, totals).alias("composite_index"),
            by_date("_last", method.rules, bits).alias("largest_index"),
        )
        .with_columns(
            pl.when(pl.col("composite_index").is_null()).then(0).otherwise("largest_index").alias("largest_index")
        )
        .drop("_last")
    )


def on_file(source: Path, folder: Path, method: Method) -> None:
    """Read a CSV or Parquet file of hours, write hourly.csv, daily.csv and period.csv."""
    if source.suffix == ".csv":
        numbers = dict.fromkeys(NAMES, pl.Float64())
        rows = pl.read_csv(source, schema_overrides={"station": pl.String(), "time": pl.String(), **numbers})
        rows = rows.with_columns(pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S"))
    else:
        rows = pl.read_parquet(source)
    rows = _with_enum(rows)
    daily, period = evaluate(rows, method)
    hourly = _hourly(rows.lazy(), method).collect()
    folder.mkdir()
    for name, table, columns in (("hourly", hourly, HOURLY), ("daily", daily, DAY), ("period", period, method.period)):
        table.select(_written(column) for column in columns).write_csv(
            folder / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%S+08:00"
        )


def _hourly(rows: pl.LazyFrame, method: Method) -> pl.LazyFrame:
    running = pl.col("O3").rolling_mean(EIGHT, min_samples=method.eight_hours).over("station")
    hours = rows.with_columns(date=pl.col("time").dt.date(), o3_8h=running)
    judged_hours = judged(hours, "date", [rules.hourly for rules in method.rules], method.rules)
    return judged_hours.rename(dict(zip(NAMES, TOKENS, strict=True)))


def _written(column: str) -> pl.Expr:
    if column in {"primary", "largest_index"}:
        return pl.col(column).replace_strict(
            range(len(JOINED)), [text or None for text in JOINED], return_dtype=pl.String
        )
    if column == "level":
        return pl.when(pl.col(column) > 0).then(column).alias(column)
    if column == "aqi" or column.startswith("iaqi_"):
        return pl.col(column).cast(pl.Int16)
    return pl.col(column)

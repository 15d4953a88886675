"""The evaluation as one writes it with pandas: whole columns and integer keys, no Python for each group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
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

Floats = npt.NDArray[np.float64]
Dates = npt.NDArray[np.datetime64]

EIGHT = 8


class Frames(NamedTuple):
    """Rows by station and time."""

    daily: Any
    period: Any


def load(table: pa.Table) -> Any:
    """The rows as a DataFrame: station a category, NaN for missing."""
    return table.to_pandas()


def evaluate(rows: Any, method: Method) -> Frames:
    """Days and periods of rows that stand by station and time and lack no hour."""
    daily = _daily(rows, method)
    return Frames(daily, _periods(daily, method))


def _daily(rows: Any, method: Method) -> Any:
    station, date = rows["station"].cat.codes.to_numpy().astype(np.int32), _dates(rows["time"])
    number = (date - date[0]).astype(np.int32)
    day = station * (number.max() + 1) + number
    by_day = rows.groupby(day, sort=False)
    means, counts = by_day[list(NAMES)].mean(), by_day[list(NAMES)].count()
    # A window that ends at 08:00 … 24:00 lies within its day, and so within its station.
    running = rows["O3"].rolling(EIGHT, min_periods=method.eight_hours).mean()
    windows = running.where(np.arange(len(rows)) % DAY_HOURS >= EIGHT - 1).groupby(day, sort=False)
    daily = pd.DataFrame({"station": rows["station"].array[::DAY_HOURS], "date": date[::DAY_HOURS]})
    for name, token in zip(NAMES[:-1], TOKENS[:-1], strict=True):
        daily[token] = means[name].where(counts[name] >= method.day_hours).to_numpy()
        daily[f"{token}_n"] = counts[name].to_numpy()
    largest, there = windows.max(), windows.count()
    enough = (there >= method.day_windows) | (largest > method.excused_above)
    daily["o3_1h_max"] = by_day["O3"].max().where(counts["O3"] >= method.day_hours).to_numpy()
    daily["o3_8h_max"], daily["o3_8h_n"] = largest.where(enough).to_numpy(), there.to_numpy()
    judge(daily, _dates(daily["date"]), [rules.daily for rules in method.rules], method.rules)
    daily["valid"] = daily["aqi"].notna() & daily[list(DAILY)].notna().any(axis=1)
    return daily


def _dates(times: Any) -> Dates:
    return np.asarray(times.to_numpy().astype("datetime64[D]"))


def half_even(values: Floats, decimals: int) -> Floats:
    """GB/T 8170: half to even of the decimal number that a double stands for."""
    scale = 10.0**decimals
    return np.asarray(np.rint(np.round(values * scale, 6)) / scale)


def iaqi(values: Floats, index: Index) -> Floats:
    """Rounded up, but for the noise of doubles; NaN for none."""
    rounded = values if index.decimals is None else half_even(values, index.decimals)
    above = np.nan if index.above is None else index.above
    return np.asarray(np.ceil(np.round(np.interp(rounded, index.breaks, index.steps, right=above), 9)))


def judge(table: Any, date: Dates, columns: Sequence[Sequence[Index]], rules: Sequence[Rules]) -> list[Floats]:
    """Add AQI, level and bits of primary pollutants, each row by the edition of its date; gives the IAQI.

    `columns` are those of each edition, the IAQI the last column's of each pollutant.
    """
    aqi, level = np.full(len(table), np.nan), np.zeros(len(table), dtype=np.uint8)
    primary, given = np.zeros(len(table), dtype=np.uint8), [np.full(len(table), np.nan) for _ in TOKENS]
    for edition, of_edition in zip(rules, columns, strict=True):
        own: Any = (date >= np.datetime64(edition.first)) & (date < np.datetime64(edition.end))
        if own.all():
            own = slice(None)
        indices = [iaqi(table[index.source].to_numpy()[own], index) for index in of_edition]
        found = np.fmax.reduce(indices)
        if edition.incomplete_above is not None:
            found[np.isnan(np.maximum.reduce(indices)) & (found <= edition.incomplete_above)] = np.nan
        bits = np.zeros(found.size, dtype=np.uint8)
        for one, index in zip(indices, of_edition, strict=True):
            place = TOKENS.index(index.token)
            bits |= ((one == found) & (found > PRIMARY_ABOVE)).astype(np.uint8) << place
            given[place][own] = one
        found = np.maximum(found, edition.minimum)
        aqi[own], primary[own] = found, bits
        level[own] = np.where(np.isnan(found), 0, np.searchsorted(edition.bounds, found) + 1)
    table["aqi"], table["level"], table["primary"] = aqi, level, primary
    return given


def _periods(daily: Any, method: Method) -> Any:
    valid, aqi, level = daily["valid"], daily["aqi"], daily["level"]
    days = daily[list(DAILY)].copy()
    days["days_valid"] = valid
    days["days_attained"] = valid & (aqi <= method.attained_up_to)
    days["days_heavy"] = valid & (aqi > method.heavy_above)
    for number in range(1, LEVELS + 1):
        days[f"days_level{number}"] = valid & (level == number)
    month = _dates(daily["date"]).astype("datetime64[M]").astype(np.int64)
    parts = [_part(daily["station"], days, month // length * length, method) for length in PARTS.values()]
    months = parts[0]
    least = np.where(months["start"] % 12 == 1, method.february_days, method.month_days)
    enough = (months[[f"n_{name}" for name in DAILY]].to_numpy() >= least[:, None]).all(axis=1)
    for part, length in zip(parts, PARTS.values(), strict=True):
        begun = months["start"] // length * length
        part["valid"] = pd.Series(enough).groupby([months["station"], begun], observed=True).sum().to_numpy() == length
        part["end"] = part["start"] + length
        part["period"] = _labels(part["start"].to_numpy(), length)
    days_of_year = parts[-1][[f"n_{name}" for name in DAILY]].to_numpy()
    parts[-1]["valid"] &= (days_of_year >= method.year_days).all(axis=1)
    period = pd.concat(parts).sort_values(["station", "start", "end"], ignore_index=True)
    for name in ("start", "end"):
        period[name] = period[name].to_numpy().astype("datetime64[M]").astype("datetime64[s]")
    _composite(period, method)
    return period.drop(columns=[f"n_{name}" for name in DAILY])


def _part(station: Any, days: Any, start: npt.NDArray[np.int64], method: Method) -> Any:
    """All periods of one length that begin with the months `start` since 1970-01."""
    by = days.groupby([station, pd.Series(start, name="start")], observed=True)
    part = by[list(DAILY[: len(MEANS)])].mean().add_suffix("_mean")
    names = method.percentiles
    for share in dict.fromkeys(method.percents.values()):
        own = {column: names[token] for column, token in zip(DAILY, TOKENS, strict=True)
               if method.percents[token] == share}  # fmt: skip
        part[list(own.values())] = by[list(own)].quantile(share)
    counted = [name for name in days if name.startswith("days_")]
    part[counted] = by[counted].sum()
    part[[f"n_{name}" for name in DAILY]] = by[list(DAILY)].count()
    return part.reset_index()


def _labels(start: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.str_]:
    month = np.datetime_as_string(start.astype("datetime64[M]"))
    if length == PARTS["month"]:
        return month
    year = np.datetime_as_string(start.astype("datetime64[M]"), unit="Y", casting="unsafe")
    if length == PARTS["year"]:
        return year
    return np.char.add(np.char.add(year, "-Q"), (start % 12 // 3 + 1).astype(np.str_))


def _composite(period: Any, method: Method) -> None:
    index, largest = np.full(len(period), np.nan), np.zeros(len(period), dtype=np.uint8)
    last = _dates(period["end"]) - 1
    for rules in method.rules:
        own = (last >= np.datetime64(rules.first)) & (last < np.datetime64(rules.end))
        singles = []
        for token, name in method.counted.items():
            rounded = half_even(period[name].to_numpy()[own], rules.decimals[token])
            singles.append(half_even(rounded / rules.limits[token], rules.single_decimals))
        weighted = [single * rules.weights[token] for single, token in zip(singles, TOKENS, strict=True)]
        index[own] = half_even(np.add.reduce(weighted), rules.total_decimals)
        most = np.maximum.reduce(singles)
        for place, single in enumerate(singles):
            largest[own] |= (single == most).astype(np.uint8) << place
    period["composite_index"], period["largest_index"] = index, largest


def on_file(source: Path, folder: Path, method: Method) -> None:
    """Read a CSV or Parquet file of hours, write hourly.csv, daily.csv and period.csv."""
    if source.suffix == ".csv":
        kinds = {"station": "category", **dict.fromkeys(NAMES, "float64")}
        rows = pd.read_csv(source, engine="pyarrow", dtype=kinds, parse_dates=["time"])
    else:
        rows = pd.read_parquet(source)
    daily, period = evaluate(rows, method)
    folder.mkdir()
    _write(folder / "hourly.csv", _hourly(rows, method), HOURLY)
    _write(folder / "daily.csv", daily, DAY)
    _write(folder / "period.csv", period, method.period)


def _hourly(rows: Any, method: Method) -> Any:
    hours = rows.copy(deep=False)
    running = rows.groupby("station", observed=True, sort=False)["O3"].rolling(EIGHT, min_periods=method.eight_hours)
    hours["o3_8h"] = running.mean().to_numpy()
    indices = judge(hours, _dates(rows["time"]), [rules.hourly for rules in method.rules], method.rules)
    for token, index in zip(TOKENS, indices, strict=True):
        hours[f"iaqi_{token}"] = index
    places, times = pd.factorize(rows["time"])
    texts = np.char.add(np.datetime_as_string(times.to_numpy(), unit="s"), "+08:00")
    hours["time"] = pd.Categorical.from_codes(places, texts)
    return hours.rename(columns=dict(zip(NAMES, TOKENS, strict=True)))


def _write(path: Path, table: Any, columns: Sequence[str]) -> None:
    shown = table[list(columns)].copy(deep=False)
    for name in shown:
        if name in {"primary", "largest_index"}:
            shown[name] = pd.Categorical.from_codes(shown[name].to_numpy(), [text or "-" for text in JOINED])
            shown[name] = shown[name].cat.remove_categories("-")
        elif name == "level":
            shown[name] = shown[name].astype("Int8").mask(shown[name] == 0)
        elif name == "aqi" or name.startswith("iaqi_"):
            shown[name] = shown[name].astype("Int16")
        elif name == "valid":
            shown[name] = shown[name].map({True: "true", False: "false"})
    shown.to_csv(path, index=False)

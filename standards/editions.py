"""Editions: bundles of standards that hold from a date on, read from `standards/editions/*.toml`.

A new edition is a new file. Which one judges a value is decided by the value's own date in China.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from standards.aqi import UNDEFINED, IndexTable
from standards.composite import CompositeRule
from standards.edition_file import (
    FOLDER,
    HOURLY_FACTORS,
    AqiPart,
    CityPart,
    ColumnPart,
    CompositePart,
    EditionFile,
    IndicesPart,
    LevelPart,
    LimitPart,
    PeriodPart,
    SharesPart,
    ValidityPart,
    named,
    read_files,
)
from standards.nano import NANO
from standards.rounding import round_decimals

__all__ = ["HOURLY_FACTORS", "Edition", "Editions", "edition_at", "load_editions"]

_CHINA = timezone(timedelta(hours=8))
_EARLIEST = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Validity:
    """How much must be there for a mean to be valid (GB 3095 table 4, HJ 663)."""

    hour_seconds: int
    eight_hours: int
    day_hours: int
    day_windows: int
    windows_excused_above: float
    """µg/m³: with fewer windows than `day_windows` the daily maximum stands if it is above this."""
    year_days: int
    month_days: int
    february_days: int

    @classmethod
    def of(cls, part: ValidityPart) -> Validity:
        """The bare values of the file's part."""
        return cls(**{name: getattr(part, name).value for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class CityRule:
    """A city's concentration is the mean of its stations'; its AQI comes from that."""

    minimum_share: float
    control_points: bool
    """Whether control points (对照点) count."""

    @classmethod
    def of(cls, part: CityPart) -> CityRule:
        """The bare values of the file's part."""
        return cls(part.minimum_share.value, part.control_points.value)


@dataclass(frozen=True, slots=True)
class PeriodRule:
    """How a period is evaluated from its days (HJ 663)."""

    percents: dict[str, float]
    """Percentile 0 … 1 of the daily values, by factor: of O3 the daily maximum 8-hour means, else the daily means."""
    means: tuple[str, ...]
    """Factors whose mean counts beside the percentile."""
    attained_up_to: float
    """A day attains with an AQI up to this."""
    heavy_above: float
    """A day of heavy pollution has an AQI above this."""
    multiple_decimals: int
    """Places of the exceedance multiple (C - S) / S, GB/T 8170."""

    @classmethod
    def of(cls, part: PeriodPart) -> PeriodRule:
        """The bare values of the file's part."""
        return cls(
            {factor: part.percents.values[factor] / 100 for factor in HOURLY_FACTORS},
            tuple(part.means.value),
            part.attained_up_to.value,
            part.heavy_above.value,
            part.multiple_decimals.value,
        )


@dataclass(frozen=True, slots=True)
class SharesRule:
    """How shares of days and rates of change, in percent, are rounded when shown."""

    decimals: int
    half_up: bool
    """As bulletins print them; else half to even."""

    @classmethod
    def of(cls, part: SharesPart) -> SharesRule:
        """The bare values of the file's part."""
        return cls(part.decimals.value, part.rounding.value == "half_up")

    def rounded(self, percents: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Percents of any shape as they are shown; NaN stays."""
        return round_decimals(percents, self.decimals, half_up=self.half_up)


@dataclass(frozen=True, slots=True)
class Edition:
    """One bundle of standards; `source` keeps the file's content with its citations and confidence marks."""

    id: str
    name_zh: str
    name_en: str
    effective: date
    start: int
    """UTC seconds from which on it serves."""
    hourly: IndexTable
    """Columns: `HOURLY_FACTORS`."""
    daily: IndexTable
    daily_columns: tuple[tuple[str, str], ...]
    """(factor, average) of the columns of `daily`; average `day`, `max_8h` or `max_1h`."""
    levels: tuple[LevelPart, ...]
    limits: dict[tuple[str, str], LimitPart]
    """By (factor, average)."""
    validity: Validity
    city: CityRule
    period: PeriodRule
    composite: CompositeRule
    shares: SharesRule
    decimals: dict[str, int]
    """Places of statistics when shown, by factor."""
    source: EditionFile

    def level(self, aqi: float) -> LevelPart | None:
        """The level of an AQI; None for NaN."""
        if np.isnan(aqi):
            return None
        return self.levels[bisect_left([level.up_to for level in self.levels[:-1]], aqi)]


@dataclass(frozen=True, slots=True)
class Editions:
    """All editions, by date."""

    all: tuple[Edition, ...]

    def by_id(self, name: str) -> Edition:
        """The edition of this id; `StandardsError` names those there are."""
        return named(self.all, name)

    def at(self, when: date | int) -> Edition:
        """The edition that judges a value of this day in China, aware time, or Unix second (of the window's start)."""
        return self.all[int(self.numbers_at(np.array([_seconds(when)]))[0])]

    def numbers_at(self, seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Index into `all` of the edition at each of many Unix seconds; dates before the first take the first."""
        starts = np.array([edition.start for edition in self.all[1:]], dtype=np.int64)
        return np.searchsorted(starts, seconds, side="right").astype(np.int64)


def _seconds(when: date | int) -> int:
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise ValueError(f"the time must have an offset (got {when.isoformat()})")
        return int(when.astimezone(UTC).timestamp() // 1)
    if isinstance(when, date):
        return int(datetime.combine(when, time(), _CHINA).timestamp())
    return when


def _index_table(part: IndicesPart, columns: list[ColumnPart], rules: AqiPart) -> IndexTable:
    breaks = np.full((len(columns), len(part.index)), UNDEFINED, dtype=np.int64)
    for row, column in zip(breaks, columns, strict=True):
        row[: len(column.breaks)] = np.rint(np.array(column.breaks) * NANO)
    tops = [part.beyond_table.value if column.above_top is None else column.above_top.value for column in columns]
    places = part.rounding.values if part.rounding else {}
    return IndexTable(
        breaks=breaks,
        steps=tuple(part.index),
        decimals=np.array([places.get(column.factor, UNDEFINED) for column in columns], dtype=np.int64),
        above_top=np.array([np.nan if top == "none" else top for top in tops], dtype=np.float64),
        minimum=rules.minimum.value,
        exceedance_above=rules.exceedance_above.value if rules.exceedance_above else np.inf,
        incomplete_above=rules.incomplete_above.value if rules.incomplete_above else -1.0,
    )


def _composite_rule(part: CompositePart) -> CompositeRule:
    return CompositeRule(
        limits=np.array([part.limits.values[factor] for factor in HOURLY_FACTORS]),
        weights=np.array([part.weights.values[factor] for factor in HOURLY_FACTORS]),
        decimals=np.array([part.decimals.values[factor] for factor in HOURLY_FACTORS], dtype=np.int64),
        single_decimals=part.single_decimals.value,
        total_decimals=part.total_decimals.value,
    )


def _edition(file: EditionFile) -> Edition:
    return Edition(
        id=file.id,
        name_zh=file.name_zh,
        name_en=file.name_en,
        effective=file.effective,
        start=_EARLIEST if file.serves_earlier else _seconds(file.effective),
        hourly=_index_table(file.indices, file.indices.hourly, file.aqi),
        daily=_index_table(file.indices, file.indices.daily, file.aqi),
        daily_columns=tuple((column.factor, column.average) for column in file.indices.daily),
        levels=tuple(file.levels.values),
        limits={(limit.factor, limit.average): limit for limit in file.limits.values},
        validity=Validity.of(file.validity),
        city=CityRule.of(file.city),
        period=PeriodRule.of(file.period),
        composite=_composite_rule(file.composite),
        shares=SharesRule.of(file.shares),
        decimals=dict(file.decimals.values),
        source=file,
    )


@cache
def load_editions(folder: Path = FOLDER) -> Editions:
    """All editions of a folder, checked; read once a process. Raises `StandardsError` naming file and entry."""
    return Editions(tuple(_edition(file) for file in read_files(folder)))


def edition_at(when: date | int) -> Edition:
    """The edition that judges a value of this day in China, aware time, or Unix second (of its window's start)."""
    return load_editions().at(when)

"""An edition's figures as plain numbers: what one writes into a script for pandas or Polars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from bench.kernels.make import NAMES
from standards.edition_file import ColumnPart, EditionFile
from standards.editions import HOURLY_FACTORS, load_editions

T = TypeVar("T")

TOKENS = ("pm25", "pm10", "so2", "no2", "co", "o3")
MEANS = TOKENS[:4]
"""Whose mean counts in the composite index; of the others the percentile does."""
DAILY = (*TOKENS[:5], "o3_8h_max")
"""Columns of daily values, in the order of `TOKENS`."""
HOURLY = ("station", "time", *TOKENS, "o3_8h", *(f"iaqi_{token}" for token in TOKENS), "aqi", "level", "primary")
"""Columns of hourly.csv."""
DAY = (
    *("station", "date", *(name for token in TOKENS[:5] for name in (token, f"{token}_n"))),
    *("o3_1h_max", "o3_8h_max", "o3_8h_n", "aqi", "level", "primary", "valid"),
)
"""Columns of daily.csv."""
PRIMARY_ABOVE = 50
LEVELS = 6
JOINED = [";".join(token for place, token in enumerate(TOKENS) if bits >> place & 1) for bits in range(64)]
"""Pollutants as files name them, by bits."""
PARTS = {"month": 1, "quarter": 3, "year": 12}
"""Calendar periods, in months."""


class Index(NamedTuple):
    """How the IAQI of a column is read off."""

    source: str
    """The column of concentrations."""
    token: str
    breaks: list[float]
    steps: list[float]
    above: float | None
    """The IAQI above the last breakpoint, None for none."""
    decimals: int | None
    """Places to which the concentration is rounded before."""


class Rules(NamedTuple):
    """What one edition says."""

    first: date
    end: date
    """The days that it judges, `end` exclusive."""
    daily: list[Index]
    hourly: list[Index]
    minimum: float
    """The least AQI."""
    incomplete_above: float | None
    """With a pollutant missing there is only an AQI above this; None: any."""
    bounds: list[float]
    """Between the levels."""
    limits: dict[str, float]
    weights: dict[str, float]
    decimals: dict[str, int]
    """Of concentrations in the composite index."""
    single_decimals: int
    total_decimals: int


class Method(NamedTuple):
    """What the editions have in common, and each one's own."""

    day_hours: int
    eight_hours: int
    day_windows: int
    excused_above: float
    month_days: int
    february_days: int
    year_days: int
    percents: dict[str, float]
    """By token, 0 … 1."""
    attained_up_to: float
    heavy_above: float
    rules: list[Rules]

    @property
    def percentiles(self) -> dict[str, str]:
        """Names of the columns of percentiles, by token."""
        return {
            token: f"{token.replace('o3', 'o3_8h')}_p{round(share * 100)}" for token, share in self.percents.items()
        }

    @property
    def period(self) -> tuple[str, ...]:
        """Columns of period.csv."""
        return (
            *("station", "period", "start", "end", *(f"{token}_mean" for token in MEANS), *self.percentiles.values()),
            *("composite_index", "largest_index", "days_valid", "days_attained", "days_heavy"),
            *(*(f"days_level{level}" for level in range(1, LEVELS + 1)), "valid"),
        )

    @property
    def counted(self) -> dict[str, str]:
        """Names of the columns that the composite index is made of, by token."""
        return {token: f"{token}_mean" if token in MEANS else name for token, name in self.percentiles.items()}


def method(first: date, days: int) -> Method:
    """The figures for `days` days from `first` on. Raises `ValueError` where editions differ in what is common here."""
    last = first + timedelta(days=days - 1)
    editions = load_editions().all
    ends = [*(edition.effective for edition in editions[1:]), date.max]
    begins = [date.min, *ends]
    # A period is judged by the edition of its last day, and the last year ends with December.
    served = [
        (edition, begin, end)
        for edition, begin, end in zip(editions, begins, ends, strict=False)
        if begin <= date(last.year, 12, 31) and end > first
    ]
    validity, period = served[0][0].validity, served[0][0].period
    if any((edition.validity, edition.period.percents) != (validity, period.percents) for edition, _, _ in served):
        raise ValueError(f"not all editions from {first} to {last} count days alike")
    return Method(
        validity.day_hours,
        validity.eight_hours,
        validity.day_windows,
        validity.windows_excused_above,
        validity.month_days,
        validity.february_days,
        validity.year_days,
        _by_token(period.percents),
        period.attained_up_to,
        period.heavy_above,
        [_rules(edition.source, begin, end) for edition, begin, end in served],
    )


def _rules(file: EditionFile, first: date, end: date) -> Rules:
    return Rules(
        first,
        end,
        _indices(file, file.indices.daily),
        _indices(file, file.indices.hourly),
        file.aqi.minimum.value,
        file.aqi.incomplete_above.value if file.aqi.incomplete_above else None,
        [level.up_to for level in file.levels.values[:-1]],
        _by_token(file.composite.limits.values),
        _by_token(file.composite.weights.values),
        _by_token(file.composite.decimals.values),
        file.composite.single_decimals.value,
        file.composite.total_decimals.value,
    )


def _by_token(values: dict[str, T]) -> dict[str, T]:
    return {token: values[factor] for token, factor in zip(TOKENS, HOURLY_FACTORS, strict=True)}


def _indices(file: EditionFile, columns: Sequence[ColumnPart]) -> list[Index]:
    places = file.indices.rounding.values if file.indices.rounding else {}
    found = []
    for column in columns:
        number = HOURLY_FACTORS.index(column.factor)
        sources = {"hour": NAMES[number], "day": TOKENS[number], "max_8h": "o3_8h_max", "max_1h": "o3_1h_max"}
        above = file.indices.beyond_table.value if column.above_top is None else column.above_top.value
        found.append(
            Index(
                sources[column.average],
                TOKENS[number],
                column.breaks,
                [float(step) for step in file.indices.index[: len(column.breaks)]],
                None if above == "none" else float(above),
                places.get(column.factor),
            )
        )
    return found

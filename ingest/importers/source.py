"""What an importer yields, and how it reads a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from ingest.rows import RowError, decimal

OnError = Callable[[RowError], None]
StationOf = Callable[[str], str]
"""The registry's id of a station named as the file names it."""

MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "-", "--", "—"})
"""How files say that there is no value."""

AIR_FACTORS = {"PM2.5": "a34004", "PM10": "a34002", "SO2": "a21026", "NO2": "a21004", "CO": "a21005", "O3": "a05024"}


class SourceRow(msgspec.Struct, frozen=True, gc=False):
    """One report's worth of a file: `time` in UTC seconds, start of the period of `period` seconds (0: an instant).

    `names` and `values` are parallel and hold what has a value; both are empty where a row says that nothing was
    measured. `row` counts from 1 in the file.
    """

    row: int
    station: str
    time: int
    period: int
    names: tuple[str, ...]
    values: tuple[float, ...]


@lru_cache(maxsize=65536)
def number(text: str, divisor: int = 1) -> float | None:
    """A cell's number over `divisor`, None where there is none; raises `ValueError` if it is no finite number.

    Divided as decimals, so that 429 µg/m³ is the very number that 0.429 mg/m³ is written as.
    """
    if text in MISSING:
        return None
    try:
        value = float(decimal(text) / divisor)
    except ArithmeticError:
        raise ValueError("is no number") from None
    if not math.isfinite(value):
        raise ValueError("is no finite number")
    return value


def source_row(
    row: int, station: str, time: int, period: int, names: Sequence[str], values: Sequence[float | None]
) -> SourceRow:
    """A row of the values that there are."""
    if None not in values:
        return SourceRow(row, station, time, period, tuple(names), tuple(values))  # type: ignore[arg-type]
    given = [(name, value) for name, value in zip(names, values, strict=True) if value is not None]
    return SourceRow(row, station, time, period, tuple(n for n, _ in given), tuple(v for _, v in given))

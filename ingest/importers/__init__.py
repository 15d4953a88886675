"""Measurements from files, one module a layout.

In comes a file; out come its rows in the file's order, a few in memory at a time. A row that cannot be read is told to
the caller and does not stop the others; a file that is none of the layouts raises `InputError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from core.clock import HOUR
from core.errors import InputError
from ingest.importers import beijing, cnemc, plain
from ingest.importers.source import OnError, SourceRow, StationOf
from ingest.rows import csv_rows, heading, open_text

__all__ = ["Layout", "SourceRow", "detect_layout", "read_source"]


class Layout(StrEnum):
    """Layouts of files that can be read."""

    BEIJING = "beijing"
    """UCI Beijing Multi-Site Air-Quality, CSV or parquet."""
    CNEMC = "cnemc"
    """National network by hour, `date,hour,type,1001A,…`."""
    PLAIN = "plain"
    """`station,time[,period]` and a column a factor."""


def read_source(
    path: Path,
    *,
    on_error: OnError,
    layout: Layout | None = None,
    station_of: StationOf = str,
    period: int = HOUR,
) -> Iterator[SourceRow]:
    """The rows of a file whose layout is given or seen from its heading.

    `station_of` turns the file's name of a station into the registry's id; `period` (seconds) is that of plain rows
    that name none.
    """
    match layout or detect_layout(path):
        case Layout.BEIJING if path.suffix == ".parquet":
            return beijing.read_parquet(path, station_of, on_error)
        case Layout.BEIJING:
            return beijing.read_csv(path, station_of, on_error)
        case Layout.CNEMC:
            return cnemc.read_csv(path, station_of, on_error)
        case Layout.PLAIN:
            return plain.read_csv(path, period, station_of, on_error)


def detect_layout(path: Path) -> Layout:
    """The layout by the file's name and heading; raises `InputError` if it is none of them."""
    if path.suffix == ".parquet":
        return Layout.BEIJING
    with open_text(path) as file:
        names = heading(path, csv_rows(path, file))
    if set(beijing.TIME_COLUMNS) <= set(names):
        return Layout.BEIJING
    if tuple(names[: len(cnemc.KEY_COLUMNS)]) == cnemc.KEY_COLUMNS:
        return Layout.CNEMC
    if set(plain.REQUIRED) <= set(names):
        return Layout.PLAIN
    raise InputError(
        "layout",
        "its heading is of no layout that is known",
        field=str(path),
        value=",".join(names[:6]),
        hint="begin it with station,time and a column a factor",
    )

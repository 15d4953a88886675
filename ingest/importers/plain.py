"""Plain CSV: `station, time[, period]` and a column a factor, in the catalogue's units.

`time` is the start of the period in ISO 8601, without an offset Asia/Shanghai's; `period` a duration such as `PT1H`.
Columns are factor codes or common names: what is none is for the worker to reject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from core.clock import parse_time
from core.errors import InputError, LantianError
from ingest.importers.source import OnError, SourceRow, StationOf, number, source_row
from ingest.period import parse_period
from ingest.rows import RowError, csv_rows, heading, open_text

REQUIRED = ("station", "time")
_OWN = (*REQUIRED, "period")


def read_csv(path: Path, period: int, station_of: StationOf, on_error: OnError) -> Iterator[SourceRow]:
    """The rows in the file's order; `period` (seconds) is that of rows without one. Raises `InputError`."""
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows)
        for name in REQUIRED:
            if name not in names:
                raise InputError(
                    "heading", f"the column {name} is missing", field=str(path), hint="choose another layout"
                )
        factors = [name for name in names if name and name not in _OWN]
        for row, cells in rows:
            if len(cells) > len(names):
                on_error(
                    RowError(path.name, row, "row", ",".join(cells), "has more cells than the heading", "quote commas")
                )
                continue
            given = dict.fromkeys(names, "") | dict(zip(names, cells, strict=False))
            yield from _row(path.name, row, given, factors, period, station_of, on_error)


def _row(
    file: str,
    row: int,
    cells: Mapping[str, str],
    factors: list[str],
    period: int,
    station_of: StationOf,
    on_error: OnError,
) -> Iterator[SourceRow]:
    if not cells["station"]:
        on_error(RowError(file, row, "station", "", "is empty", "name the station"))
        return
    column = "time"
    try:
        time = int(parse_time(cells[column], field=column).timestamp() // 1)
        column = "period"
        seconds = parse_period(cells[column]) if cells.get(column) else period
        values = []
        for column in factors:
            values.append(number(cells[column]))
    except LantianError as error:
        on_error(RowError(file, row, column, cells[column], error.message, error.hint or "correct the cell"))
    except ValueError as error:
        on_error(RowError(file, row, column, cells[column], str(error), "correct the cell"))
    else:
        yield source_row(row, station_of(cells["station"]), time, seconds, factors, values)

"""The UCI layout “Beijing Multi-Site Air-Quality Data”: a row a station and hour, CSV or parquet.

`year, month, day, hour` is the beginning of the hour in Asia/Shanghai; all concentrations are in µg/m³, CO too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.clock import HOUR, SHANGHAI
from core.errors import InputError
from ingest.importers.source import AIR_FACTORS, OnError, SourceRow, StationOf, number, source_row
from ingest.rows import RowError, csv_rows, heading, open_text

TIME_COLUMNS = ("year", "month", "day", "hour")
COLUMNS = (*TIME_COLUMNS, *AIR_FACTORS, "station")
_MICROGRAMS = {"CO": 1000}
"""What divides a column's µg/m³ to give the catalogue's unit; 1 where it is not named."""
_BATCH_ROWS = 8192

_CODES = tuple(AIR_FACTORS.values())

Cells = Mapping[str, str]


def read_csv(path: Path, station_of: StationOf, on_error: OnError) -> Iterator[SourceRow]:
    """The rows of a CSV in its order; raises `InputError` if columns are missing."""
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows)
        _check(path, names)
        places = {name: names.index(name) for name in COLUMNS}
        for row, cells in rows:
            if len(cells) != len(names):
                on_error(
                    RowError(path.name, row, "row", ",".join(cells), "is not as long as the heading", "complete it")
                )
                continue
            yield from _row(
                path.name, row, {name: cells[place] for name, place in places.items()}, station_of, on_error
            )


def read_parquet(path: Path, station_of: StationOf, on_error: OnError) -> Iterator[SourceRow]:
    """The rows of a parquet file in its order, some thousand in memory; raises `InputError`."""
    try:
        with pq.ParquetFile(path) as file:
            _check(path, file.schema_arrow.names)
            row = 0
            for batch in file.iter_batches(_BATCH_ROWS, columns=list(COLUMNS)):
                labels = zip(*(batch.column(name).to_pylist() for name in TIME_COLUMNS), strict=True)
                stations = map(station_of, batch.column("station").to_pylist())

                def cell_error(place: int, name: str, value: str, before: int = row) -> None:
                    message = "is no finite number"
                    on_error(RowError(path.name, before + place + 1, name, value, message, "correct the cell"))

                values = zip(*(_column(batch, name, cell_error) for name in AIR_FACTORS), strict=True)
                for label, station, measured in zip(labels, stations, values, strict=True):
                    row += 1
                    try:
                        time = _hour(*label)
                    except (TypeError, ValueError) as error:
                        on_error(
                            RowError(path.name, row, "year", "-".join(map(str, label)), str(error), "correct the row")
                        )
                        continue
                    yield source_row(row, station, time, HOUR, _CODES, measured)
    except (OSError, pa.ArrowException) as error:
        raise InputError("file", f"is no parquet file: {error}", field=str(path), hint="check the path") from error


def _column(batch: pa.RecordBatch, name: str, cell_error: Callable[[int, str, str], None]) -> list[float | None]:
    """A column's values in the catalogue's unit, None where there is none."""
    divisor = _MICROGRAMS.get(name, 1)
    values: list[float | None] = []
    for place, value in enumerate(batch.column(name).cast(pa.float64()).to_pylist()):
        if value is None or math.isnan(value):
            values.append(None)
        elif math.isinf(value):
            values.append(None)
            cell_error(place, name, str(value))
        else:
            values.append(value if divisor == 1 else number(str(value), divisor))
    return values


def _check(path: Path, names: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise InputError(
            "heading", f"the column {missing[0]} is missing", field=str(path), hint="choose another layout"
        )


@lru_cache(maxsize=64)
def _day(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=SHANGHAI).timestamp())


def _hour(year: int, month: int, day: int, hour: int) -> int:
    """UTC seconds of the beginning of an hour; raises `ValueError` if there is none such."""
    if not 0 <= hour < 24:
        raise ValueError("hour must be in 0..23")
    return _day(year, month, day) + hour * HOUR


def _row(file: str, row: int, cells: Cells, station_of: StationOf, on_error: OnError) -> Iterator[SourceRow]:
    column = "year"
    try:
        time = _hour(*(int(cells[name]) for name in TIME_COLUMNS))
        values = []
        for column in AIR_FACTORS:
            values.append(number(cells[column], _MICROGRAMS.get(column, 1)))
    except ValueError as error:
        value = "-".join(cells[name] for name in TIME_COLUMNS) if column == "year" else cells[column]
        on_error(RowError(file, row, column, value, str(error), "correct the cell"))
        return
    yield source_row(row, station_of(cells["station"]), time, HOUR, _CODES, values)

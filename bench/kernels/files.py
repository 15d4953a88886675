"""From a file of hours to hourly.csv, daily.csv and period.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from bench.kernels.compare import Verdict, compare, together

NAMES = ("hourly", "daily", "period")


def write_inputs(table: pa.Table, folder: Path) -> list[Path]:
    """The rows as Parquet and as CSV with times as `2024-01-01T00:00:00`."""
    parquet, csv = folder / "hours.parquet", folder / "hours.csv"
    pq.write_table(table, parquet)
    texts = np.datetime_as_string(table["time"].to_numpy().astype("datetime64[s]"))
    as_text = table.set_column(1, "time", pa.array(texts))
    pacsv.write_csv(as_text, csv, pacsv.WriteOptions(quoting_style="none"))
    return [parquet, csv]


def compare_folders(name: str, ours: Path, theirs: Path) -> Verdict:
    """Compare what was written, cell by cell."""
    return together([compare(f"{name} {file}.csv", _read(ours, file), _read(theirs, file)) for file in NAMES])


def _read(folder: Path, file: str) -> pa.Table:
    options = pacsv.ConvertOptions(
        column_types={"primary": pa.string(), "largest_index": pa.string()}, strings_can_be_null=True
    )
    return pacsv.read_csv(folder / f"{file}.csv", convert_options=options)

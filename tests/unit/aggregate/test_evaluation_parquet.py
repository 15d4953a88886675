"""Parquet and tables in memory: the same errors as a CSV gives, and the numbers that were meant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aggregate import evaluate_air
from aggregate.evaluation.reading import read_file
from core.errors import InputError

GOOD = {"station": ["A"], "time": ["2015-02-05T00"], "O3": [1.0]}


def without(name: str) -> dict[str, Any]:
    return {known: values for known, values in GOOD.items() if known != name}


def error_of(tmp_path: Path, columns: pa.Table | Mapping[str, Any]) -> str:
    """The one line that a Parquet file of these columns gives, which a table of them gives too."""
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    file = tmp_path / "hours.parquet"
    pq.write_table(table, file)
    with pytest.raises(InputError) as of_table:
        evaluate_air(table)
    with pytest.raises(InputError) as of_file:
        evaluate_air(read_file(file).data)
    told = str(of_file.value).removeprefix(str(file)).removeprefix("data")
    assert told == str(of_table.value).removeprefix("data")
    assert "\n" not in told
    return told


@pytest.mark.parametrize("name", ["station", "time"])
def test_a_column_that_lacks_is_named(tmp_path: Path, name: str) -> None:
    assert error_of(tmp_path, without(name)).startswith(f": the column {name} is missing; name the columns ")


@pytest.mark.parametrize("name", ["station", "time", "O3", "wind"])
def test_a_column_that_stands_twice_is_named(tmp_path: Path, name: str) -> None:
    table = pa.table({**GOOD, "wind": [1.0]})
    twice = table.append_column(name, table[name])
    assert error_of(tmp_path, twice) == f": a column is named twice (got '{name}'); remove or rename one of them"


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("station", [{"a": 1}], ", station: holds no names (struct<a: int64>); give them as text"),
        ("time", [{"a": 1}], ", time: holds no times (struct<a: int64>); write 2026-03-01T08:00:00"),
        ("O3", [{"a": 1}], ", O3: holds no numbers (struct<a: int64>); give concentrations"),
    ],
)
def test_a_column_of_another_kind_is_named(tmp_path: Path, name: str, values: list[Any], expected: str) -> None:
    assert error_of(tmp_path, {**GOOD, name: values}).startswith(expected)


@pytest.mark.parametrize("station", [[7], pa.array(["A"]).dictionary_encode(), pa.array(["A"], pa.large_string())])
def test_stations_are_numbers_texts_or_categories(tmp_path: Path, station: Any) -> None:
    file = tmp_path / "hours.parquet"
    pq.write_table(pa.table({**GOOD, "station": station}), file)
    assert len(evaluate_air(read_file(file).data).hourly) == 1

"""Parquet and tables in memory: the same errors as a CSV gives, and the numbers that were meant."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aggregate import evaluate_air
from aggregate.evaluation.columns import Table, read_columns
from aggregate.evaluation.narrow import widened
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
        ("O3", [True], ", O3: holds no numbers (bool); give concentrations"),
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


def table_of(concentrations: pa.Array) -> Table:
    texts = pa.array(["2015-02-05T00"] * len(concentrations))
    return Table("data", pa.table({"station": texts, "time": texts, "CO": concentrations}), lambda row: row + 1)


def tenths() -> npt.NDArray[np.float64]:
    """0.1 … 999.9, each the double that is written so."""
    return np.array([float(f"{tenth // 10}.{tenth % 10}") for tenth in range(1, 10_000)])


def test_numbers_of_32_bits_are_the_decimals_that_were_written() -> None:
    np.testing.assert_array_equal(widened(tenths().astype(np.float32)), tenths())
    hundredths = np.array([float(f"{number / 100:.2f}") for number in range(10_000)])
    np.testing.assert_array_equal(widened(hundredths.astype(np.float32)), hundredths)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_numbers_of_fewer_bits_are_the_shortest_decimals_that_give_them(kind: type[np.float16 | np.float32]) -> None:
    drawn: npt.NDArray[Any] = np.random.default_rng(1).gamma(2, 30, 2000).astype(kind)
    np.testing.assert_array_equal(widened(drawn), [float(str(number)) for number in drawn])


def test_fixed_point_numbers_are_the_decimals_that_they_are() -> None:
    stored = pa.array([Decimal(tenth) / 10 for tenth in range(1, 10_000)], pa.decimal128(5, 1))
    (values,) = (column for column in read_columns(table_of(stored)).values if not np.isnan(column).all())
    np.testing.assert_array_equal(values, tenths())


def test_what_is_no_number_or_too_small_for_places_stays() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, 1e-20], dtype=np.float32)
    np.testing.assert_array_equal(widened(odd), odd.astype(np.float64))


@pytest.mark.parametrize(
    "values",
    [
        np.array([2.2, np.nan], dtype=np.float16),
        np.array([2.2, np.nan], dtype=np.float32),
        [2.2, None],
        [Decimal("2.2"), None],
        pa.array([2.2, None], pa.float32()),
        pa.array([2.2, None]).dictionary_encode(),
    ],
)
def test_2_2_is_2_2_however_it_is_stored(values: Any) -> None:
    found = evaluate_air({"station": ["A", "A"], "time": ["2015-02-05T00", "2015-02-05T01"], "CO": values})
    assert found.hourly["co"].to_pylist() == [2.2, None]


def test_a_day_of_2_2_milligrams_in_32_bits_has_an_index_of_55() -> None:
    times = [f"2015-02-05T{hour:02}" for hour in range(24)]
    found = evaluate_air({"station": ["A"] * 24, "time": times, "CO": np.full(24, 2.2, dtype=np.float32)})
    assert found.daily["aqi"].to_pylist() == [55]


def test_a_whole_number_beyond_all_doubles_is_outside_the_range() -> None:
    found = evaluate_air({**GOOD, "O3": [2**62 + 1]})
    assert [warning.message for warning in found.notes.warnings] == ["is outside 0 … 5000 µg/m³"]


def test_a_column_of_nulls_has_no_values() -> None:
    assert evaluate_air({**GOOD, "CO": pa.nulls(1)}).hourly["co"].to_pylist() == [None]

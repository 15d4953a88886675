"""Text of CSV: the same to the letter as Arrow writes it, whatever the numbers."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.evaluation import csv_text
from aggregate.evaluation.csv_text import heading, text_of

NAN = float("nan")


def written(table: pa.Table) -> str:
    with ThreadPoolExecutor(2) as pool:
        return (heading(table) + b"".join(text_of(table, pool))).decode()


def by_arrow(table: pa.Table) -> str:
    stream = io.BytesIO()
    pacsv.write_csv(table, stream, pacsv.WriteOptions(quoting_style="none", quoting_header="none"))
    return stream.getvalue().decode()


concentrations = st.one_of(
    st.none(),
    st.sampled_from([0.0, 1e-7, 1e-6, 0.1 + 0.2, 999999.5, 1e9, 1e22, 5e-324]),
    st.integers(0, 2000).map(float),
    st.integers(0, 10**6).map(lambda n: n / 1000),
    st.tuples(st.integers(0, 50_000), st.integers(1, 24)).map(lambda pair: pair[0] / pair[1]),
    st.floats(0, 1e7),
)


@given(st.lists(st.tuples(concentrations, concentrations, st.none() | st.integers(0, 500)), max_size=60))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_numbers_are_written_as_arrow_writes_them(rows: list[tuple[float | None, float | None, int | None]]) -> None:
    first, second, whole = ([row[place] for row in rows] for place in range(3))
    table = pa.table(
        {
            "a": pa.array(first, pa.float64(), from_pandas=True),
            "aqi": pa.array(whole, pa.int16()),
            "b": pa.array(second, pa.float64(), from_pandas=True),
        }
    )
    assert written(table) == by_arrow(table)


def test_parts_follow_one_another_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).integers(0, 700, (2, 1000)) / 7
    table = pa.table({"n": pa.array(np.arange(1000)), "a": values[0], "b": values[1]})
    whole = written(table)
    monkeypatch.setattr(csv_text, "_ROWS_AT_ONCE", 64)
    assert written(table) == whole == by_arrow(table)


def test_texts_dates_and_truth_have_their_forms() -> None:
    table = pa.table(
        {
            "station": pa.array(['1081A, "尖草坪"', "B\nC", None, "尖草坪"]).dictionary_encode(),
            "time": pa.array([0, 3600, 7200, 3600]).cast(pa.timestamp("s", "Asia/Shanghai")),
            "date": pa.array([date(2016, 2, 28), date(2016, 2, 29), date(2016, 3, 1), date(2016, 2, 29)]),
            "valid": pa.array([True, False, True, False]),
        }
    )
    assert written(table) == (
        "station,time,date,valid\n"
        '"1081A, ""尖草坪""",1970-01-01T08:00:00+08:00,2016-02-28,true\n'
        '"B\nC",1970-01-01T09:00:00+08:00,2016-02-29,false\n'
        ",1970-01-01T10:00:00+08:00,2016-03-01,true\n"
        "尖草坪,1970-01-01T09:00:00+08:00,2016-02-29,false\n"
    )


def test_a_slice_of_a_table_is_written_as_the_slice() -> None:
    table = pa.table({"station": pa.array(["A", "B", "C"]).dictionary_encode(), "a": [1.5, 1 / 3, None]})
    assert written(table.slice(1)) == "station,a\nB,0.3333333333333333\nC,\n"


def test_no_rows_are_no_text() -> None:
    assert written(pa.table({"a": pa.array([], pa.float64())})) == "a\n"

"""Rows of composite indices that are not as they should be, from files and from Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aggregate import composite_index, evaluate_air
from aggregate.evaluation.index import index_of_file
from core.errors import InputError

HEAD = "name,so2,no2,pm10,pm25,co,o3"
ROW = {"name": "A", "so2": 6, "no2": 15, "pm10": 32, "pm25": 22, "co": 0.8, "o3": 107}


def refused(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> str:
    """The error of a file, without its name."""
    file = tmp_path / "index.csv"
    file.write_text("".join(f"{line}\n" for line in (HEAD, *lines)), encoding=encoding)
    with pytest.raises(InputError) as told:
        index_of_file(file, "2012")
    return str(told.value).replace(str(file), "index.csv")


def test_a_row_without_a_name_is_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, "A,1,2,3,4,0.5,9", ",1,2,3,4,0.5,9")
    assert told == "index.csv row 3, name: is empty; name what the row is of"


def test_two_rows_of_one_name_are_refused_with_both(tmp_path: Path) -> None:
    told = refused(tmp_path, "A,1,2,3,4,0.5,9", "B,1,2,3,4,0.5,9", "A ,1,2,3,4,0.5,8")
    assert told == "index.csv row 4, name: is the name of index.csv row 2 already (got 'A'); give each row its own"


def test_a_quote_that_is_not_closed_is_told_with_the_row_where_it_opens(tmp_path: Path) -> None:
    told = refused(tmp_path, "A,1,2,3,4,0.5,9", '"B,1,2,3,4,0.5,9', "C,1,2,3,4,0.5,8")
    assert told == "index.csv row 3: is not as long as the heading; complete it"


def test_a_file_in_another_encoding_is_told_plainly(tmp_path: Path) -> None:
    told = refused(tmp_path, "东源,1,2,3,4,0.5,9", encoding="gbk")
    assert told == "index.csv: is no UTF-8 near row 1; save it as CSV UTF-8"


def test_carbon_monoxide_above_60_is_in_micrograms(tmp_path: Path) -> None:
    assert refused(tmp_path, "A,1,2,3,4,61,9") == (
        "index.csv row 2, co: is above 60 mg/m³: looks like µg/m³ (got 61.0); divide by 1000"
    )


def test_one_mapping_is_one_row() -> None:
    assert composite_index(ROW, "2012") == composite_index([ROW], "2012")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ROW, {**ROW, "so2": 7}], "row 2, name: is the name of row 1 already (got 'A')"),
        ([{**ROW, "name": None}], "row 1, name: is empty"),
        ([{**ROW, "name": float("nan")}], "row 1, name: is empty"),
        ([{**ROW, "PM2.5": 44}], "row 1: pm25 is named twice; name the columns "),
        ([[1, 2]], "row 1: is no mapping (got [1, 2]); name the columns "),
        ("index.csv", "row 1: is no mapping (got 'i'); name the columns "),
        (None, "NoneType: is no table: "),
        ({"name": ["A", "B"], "so2": [1]}, "dict: is no table: "),
    ],
)
def test_what_are_no_rows_is_an_error_of_one_line(rows: Any, expected: str) -> None:
    with pytest.raises(InputError) as told:
        composite_index(rows, "2012")
    assert str(told.value).startswith(expected)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("data", [None, "hours.csv", [1, 2], 5, {"station": 1}, {"station": ["A"], "O3": [1, 2]}])
def test_hours_that_are_no_table_are_an_error_of_one_line(data: Any) -> None:
    with pytest.raises(
        InputError, match=r": is no table: .*; give a DataFrame, a pyarrow\.Table or a mapping of columns"
    ):
        evaluate_air(data)


@pytest.mark.parametrize("given", [lambda row: pd.DataFrame([row]), lambda row: [row]], ids=["frame", "mapping"])
def test_numbers_of_32_bits_are_the_decimals_that_they_stand_for(given: Callable[[dict[str, Any]], Any]) -> None:
    expected = composite_index({**ROW, "co": 2.35}, "2012")
    assert expected[0].single["co"] == 0.6
    assert composite_index(given({**ROW, "co": np.float32(2.35)}), "2012") == expected

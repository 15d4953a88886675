"""Corrections as people write them: each row is read by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from reports import HOUR, MIDNIGHT, MINUTE, PM10

from aggregate.readings.file import Correction, Wrong, read_corrections
from core.errors import InputError

HEADING = "station,time,period,factor,value,flag"


def read(folder: Path, *rows: str, heading: str = HEADING) -> tuple[list[Correction], list[str]]:
    """The corrections of a file, and what is wrong with its other rows."""
    file = folder / "corrections.csv"
    file.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8-sig")
    wrong = Wrong(file.name, [])
    return list(read_corrections(file, wrong)), [str(error) for error in wrong.errors]


def test_a_row_names_a_reading_and_what_it_is_to_say(tmp_path: Path) -> None:
    found, wrong = read(tmp_path, "s1,2026-03-10T00:05:00+08:00,PT1M,PM10,80.25,M")
    assert (found, wrong) == ([Correction(2, "s1", MIDNIGHT + 5 * MINUTE, MINUTE, PM10, 80.25, "M")], [])


def test_no_offset_is_shanghai_no_period_an_hour_and_no_flag_is_normal(tmp_path: Path) -> None:
    expected = [Correction(2, "s1", MIDNIGHT, HOUR, PM10, 80.0, "N")]
    assert read(tmp_path, f"s1,2026-03-10 00:00,,{PM10},80,") == (expected, [])
    short = "station,time,period,factor,value"
    assert read(tmp_path, f"s1,2026-03-10 00:00,PT1H,{PM10},80", heading=short) == (expected, [])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",2026-03-10,PT1M,PM10,80,", "corrections.csv row 2, station: is empty (got ''); fill it in"),
        ("s1,2026-03-10,PT1M,PM10,,", "corrections.csv row 2, value: is empty"),
        ("s1,soon,PT1M,PM10,80,", "corrections.csv row 2, time: is not an ISO 8601 time (got 'soon'); write it as"),
        ("s1,2026-03-10,P1M,PM10,80,", "corrections.csv row 2, period: is not a duration"),
        ("s1,2026-03-10,PT1M,PM100,80,", "corrections.csv row 2, factor: is no factor of the catalogue (got 'PM100')"),
        ("s1,2026-03-10,PT1M,PM10,eighty,", "corrections.csv row 2, value: is no number (got 'eighty')"),
        ("s1,2026-03-10,PT1M,PM10,1e999,", "corrections.csv row 2, value: is no finite number (got '1e999')"),
        ("s1,2026-03-10,PT1M,PM10,NA,", "corrections.csv row 2, value: is no value (got 'NA'); to flag readings"),
        ("s1,2026-03-10,PT1M,PM10,80,X", "corrections.csv row 2, flag: is no flag (got 'X'); one of N 正常"),
        ("s1,2026-03-10,PT1M,PM10,80,N,more", "corrections.csv row 2, row: has more cells than the heading"),
    ],
)
def test_a_bad_row_is_one_line_and_stops_no_other(tmp_path: Path, row: str, says: str) -> None:
    found, [wrong] = read(tmp_path, row, "s1,2026-03-10,PT1M,PM10,80,")
    assert [each.row for each in found] == [3]
    assert wrong.startswith(says)


def test_a_file_without_one_of_the_columns_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the column value is missing"):
        read(tmp_path, heading="station,time,period,factor")

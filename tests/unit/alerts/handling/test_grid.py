"""The grid: whom to tell of a station, the nearest first; and what is wrong with its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.handling import grid
from core.errors import InputError

HEADING = "town,leader,contact,stations,regions\n"
JINCHENG = HEADING + (
    "晋城市,市长办,0356-1,,1405\n"
    "北石店镇,赵镇长,13900000001,site-1;site-2,\n"
    "城区,钱区长,13900000002,,140502\n"
    "西上庄,孙主任,13900000003,,140502003；140502004\n"
)


def load(tmp_path: Path, text: str) -> grid.Grid:
    path = tmp_path / "grid.csv"
    path.write_text(text, encoding="utf-8")
    return grid.load(path)


@pytest.mark.parametrize(
    ("station", "region", "towns"),
    [
        ("site-1", "140502", ["北石店镇", "城区", "晋城市"]),
        ("site-9", "140502004", ["西上庄", "城区", "晋城市"]),
        ("site-9", "140521", ["晋城市"]),
        ("site-9", "1101", []),
        ("site-2", None, ["北石店镇"]),
        (None, None, []),
    ],
)
def test_the_nearest_is_told_first_and_then_those_above(
    tmp_path: Path, station: str | None, region: str | None, towns: list[str]
) -> None:
    assert [leader.town for leader in load(tmp_path, JINCHENG).chain(station, region)] == towns


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("某镇,,139,site-1,", "grid.csv row 2, leader: is empty (got ''); name it"),
        ("某镇,李,139,,", "grid.csv row 2, stations: is empty, and so is regions"),
        ("某镇,李,139,,晋城", "grid.csv row 2, regions: is no region code (got '晋城'); write digits, as 140502"),
        ("某镇,李,139,a,,x", "grid.csv row 2, row: has more cells than the heading"),
        ("某镇,李,139,a,\n某镇,王,138,b,", "grid.csv row 3, town: is named twice (got '某镇'); it stands in row 2 too"),
    ],
)
def test_a_faulty_row_is_named_with_file_row_field_and_remedy(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, HEADING + row + "\n")
    assert says in str(caught.value)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the column contact is missing"):
        load(tmp_path, "town,leader,stations,regions\n")


def test_many_faulty_rows_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="; and 2 more"):
        load(tmp_path, HEADING + "某镇,,139,site-1,\n" * 5)


def test_without_a_file_the_grid_names_nobody() -> None:
    assert grid.load(None).chain("site-1", "140502") == ()

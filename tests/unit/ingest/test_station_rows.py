"""Stations CSV: what a row may say, and how a bad one is told."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest

from core.errors import InputError
from ingest.kinds import Kind
from ingest.rows import RowError
from ingest.station import Limit
from ingest.station_import import read_stations
from ingest.station_row import StationRow

REGISTRIES = Path(__file__).resolve().parents[3] / "ingest" / "registries"
HEADING = "station,name_zh,kind,region,city,reporting_period"


def read(tmp_path: Path, rows: str, extra: str = "") -> tuple[list[StationRow], list[RowError]]:
    file = tmp_path / "stations.csv"
    file.write_text(f"{HEADING}{extra}\n{rows}\n", encoding="utf-8")
    good, errors = read_stations(file)
    return [row for _, row in good], errors


def one(tmp_path: Path, column: str, cell: str) -> StationRow:
    rows, errors = read(tmp_path, f'S1,站,air,140502,晋城市,PT1H,"{cell}"', f",{column}")
    assert errors == []
    return rows[0]


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("beijing.csv", {Kind.AIR: 6}),
        ("jincheng.csv", {Kind.AIR: 6, Kind.DUST: 12, Kind.WATER: 9, Kind.CEMS: 6}),
    ],
)
def test_the_registries_that_come_along_are_good(file: str, kinds: dict[Kind, int]) -> None:
    rows, errors = read_stations(REGISTRIES / file)
    found = [row.kind for _, row in rows]
    assert errors == []
    assert {kind: found.count(kind) for kind in found} == kinds


def test_a_row_without_the_optional_columns_has_their_defaults(tmp_path: Path) -> None:
    (row,), errors = read(tmp_path, "S1,站,air,140502,晋城市,PT1H")
    assert errors == []
    assert (row.reporting_period, row.acks, row.active, row.control_point, row.valid_ranges) == (
        3600,
        "station",
        True,
        False,
        {},
    )


def test_ranges_name_factors_by_code_or_common_name(tmp_path: Path) -> None:
    row = one(tmp_path, "valid_ranges", "PM10 0..2000; a21026 ..500; pH 0..")
    assert row.valid_ranges == {"a34002": (0, 2000), "a21026": (-math.inf, 500), "w01001": (0, math.inf)}


def test_limits_are_bounds_or_a_class(tmp_path: Path) -> None:
    row = one(tmp_path, "limits", "SO2 35; pH 6..9; CODMn class III; TP Ⅲ类")
    assert row.limits == {
        "a21026": Limit(maximum=35),
        "w01001": Limit(6, 9),
        "w01019": Limit(water_class=3),
        "w21011": Limit(water_class=3),
    }


@pytest.mark.parametrize(("cell", "water_class"), [("I", 1), ("iv", 4), ("Ⅴ类", 5), ("3", 3)])
def test_a_target_class_is_read_as_people_write_it(tmp_path: Path, cell: str, water_class: int) -> None:
    assert one(tmp_path, "target_class", cell).target_class == water_class


def test_tags_are_a_set_in_order_whatever_separates_them(tmp_path: Path) -> None:
    assert one(tmp_path, "tags", "高架源；秋冬季重点; 高架源;").tags == ("秋冬季重点", "高架源")


def test_yes_and_no_are_read_in_chinese_too(tmp_path: Path) -> None:
    assert one(tmp_path, "control_point", "是").control_point


def test_a_time_without_offset_is_shanghai_s(tmp_path: Path) -> None:
    valid_from = one(tmp_path, "valid_from", "2026-03-01").valid_from
    assert valid_from is not None
    assert valid_from.isoformat() == "2026-03-01T00:00:00+08:00"


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("longitude", "181"),
        ("longitude", "112.8"),
        ("control_level", "state"),
        ("valid_ranges", "XYZ 0..1"),
        ("valid_ranges", "PM10 0-1"),
        ("valid_ranges", "PM10 9..1"),
        ("valid_ranges", "PM10 0..1; a34002 0..2"),
        ("limits", "SO2"),
        ("limits", "TP class VI"),
        ("target_class", "VI"),
        ("acks", "somebody"),
        ("valid_from", "soon"),
        ("mn", "晋城"),
    ],
)
def test_a_bad_cell_is_told_with_its_place_and_does_not_stop_the_others(tmp_path: Path, column: str, cell: str) -> None:
    rows = f'S1,站,air,140502,晋城市,PT1H,"{cell}"\nS2,站,air,140502,晋城市,PT1H,'
    good, errors = read(tmp_path, rows, f",{column}")
    assert [row.station for row in good] == ["S2"]
    (error,) = errors
    assert (error.file, error.row) == ("stations.csv", 2)
    assert error.field in {column, "row"}
    assert error.hint in str(error)


@pytest.mark.parametrize("station", ["a/b", "bridge", "notifier", "platform-x", "board-x", "站"])
def test_a_name_that_is_an_account_of_lantian_s_or_no_level_is_refused(tmp_path: Path, station: str) -> None:
    good, (error,) = read(tmp_path, f"{station},站,air,140502,晋城市,PT1H")
    assert good == []
    assert (error.field, error.value) == ("station", station)


def test_every_bad_cell_of_a_row_is_told(tmp_path: Path) -> None:
    _, errors = read(tmp_path, "S1,,gas,140502,晋城市,hourly")
    assert sorted(error.field for error in errors) == ["kind", "name_zh", "reporting_period"]


@pytest.mark.parametrize("heading", ["station,kind", HEADING + ",colour", HEADING + ",station", ""])
def test_a_heading_that_cannot_be_used_is_told_for_the_file(tmp_path: Path, heading: str) -> None:
    file = tmp_path / "stations.csv"
    file.write_text(heading + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="column"):
        read_stations(file)


def test_a_file_in_another_encoding_is_told_with_the_remedy(tmp_path: Path) -> None:
    file = tmp_path / "stations.csv"
    file.write_bytes(f"{HEADING}\nS1,站,air,140502,晋城市,PT1H\n".encode("gb18030"))
    with pytest.raises(InputError, match="CSV UTF-8"):
        read_stations(file)


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="check the path"):
        read_stations(Path("nowhere.csv"))


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "stations.csv.gz"
    file.write_bytes(gzip.compress(f"\ufeff{HEADING}\nS1,站,air,140502,晋城市,PT1H\n".encode()))
    assert len(read_stations(file)[0]) == 1

"""Measurements from files."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InputError
from ingest.importers import Layout, SourceRow, detect_layout, read_source
from ingest.importers.source import number
from ingest.rows import RowError

BEIJING_HEADING = "No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,station"


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text + "+08:00").timestamp())


def read(tmp_path: Path, content: str, name: str = "data.csv") -> tuple[list[SourceRow], list[RowError]]:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    errors: list[RowError] = []
    return list(read_source(file, on_error=errors.append)), errors


def test_a_beijing_row_begins_with_its_hour_and_has_co_in_milligrams(tmp_path: Path) -> None:
    rows, errors = read(tmp_path, f"{BEIJING_HEADING}\n1,2013,3,1,0,4,5.5,NA,7,429,77,-0.7,Dongsi\n")
    assert errors == []
    names = ("a34004", "a34002", "a21004", "a21005", "a05024")
    assert rows == [SourceRow(2, "Dongsi", seconds("2013-03-01T00:00"), 3600, names, (4.0, 5.5, 7.0, 0.429, 77.0))]


def test_co_is_divided_as_a_decimal() -> None:
    for micrograms in range(1, 20_000):
        assert number(str(micrograms), 1000) == float(f"{micrograms // 1000}.{micrograms % 1000:03}")
    assert number("0.1", 1000) == 0.0001


@pytest.mark.parametrize("text", ["5_0", "５０", "٥٠", "1e", "five", "0x10"])
def test_a_number_is_written_in_the_digits_of_ascii_alone(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number(text)


@pytest.mark.parametrize(("text", "value"), [("50", 50.0), ("+.5", 0.5), ("-1.50", -1.5), ("1e-3", 0.001), ("—", None)])
def test_a_number_may_have_a_sign_and_an_exponent(text: str, value: float | None) -> None:
    assert number(text) == value


def test_an_hour_in_which_nothing_was_measured_is_a_row_without_values(tmp_path: Path) -> None:
    rows, errors = read(tmp_path, f"{BEIJING_HEADING}\n1,2013,3,1,0,NA,NA,NA,NA,NA,NA,NA,Dongsi\n")
    assert errors == []
    assert rows[0].names == ()


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ("2013,2,30,0,4,4,4,4,4,4,1,D", "year", "2013-2-30-0"),
        ("2013,3,1,24,4,4,4,4,4,4,1,D", "year", "2013-3-1-24"),
        ("2013,3,1,0,4,x,4,4,4,4,1,D", "PM10", "x"),
        ("2013,3,1,0,4,4,4,4,inf,4,1,D", "CO", "inf"),
        ("2013,3,1,0,4,4,4,4,1e999999999,4,1,D", "CO", "1e999999999"),
        ("2013,3,1", "row", "1,2013,3,1"),
    ],
)
def test_a_bad_beijing_row_is_told_and_the_next_is_read(tmp_path: Path, cells: str, field: str, value: str) -> None:
    rows, (error,) = read(tmp_path, f"{BEIJING_HEADING}\n1,{cells}\n2,2013,3,1,1,4,4,4,4,4,4,1,D\n")
    assert [row.row for row in rows] == [3]
    assert (error.file, error.row, error.field, error.value) == ("data.csv", 2, field, value)


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    columns = {
        "year": [2013, 2013], "month": [3, 13], "day": [1, 1], "hour": [0, 0], "PM2.5": [4.0, 1.0],
        "PM10": [None, 1.0], "SO2": [float("nan"), 1.0], "NO2": [7.0, 1.0], "CO": [429.0, 1.0],
        "O3": [float("inf"), 1.0], "station": ["Dongsi", "Dongsi"],
    }  # fmt: skip
    file = tmp_path / "data.parquet"
    pq.write_table(pa.table(columns), file)
    errors: list[RowError] = []
    rows = list(read_source(file, on_error=errors.append))
    expected = (("a34004", "a21004", "a21005"), (4.0, 7.0, 0.429))
    assert [(row.row, row.names, row.values) for row in rows] == [(1, *expected)]
    assert [(error.row, error.field) for error in errors] == [(1, "O3"), (2, "year")]


def test_the_published_beijing_hours_are_all_read(data_dir: Path) -> None:
    errors: list[RowError] = []
    stations: Counter[str] = Counter()
    values = 0
    for row in read_source(data_dir / "air" / "beijing_2013_2017.parquet", on_error=errors.append):
        stations[row.station] += 1
        values += len(row.values)
    assert errors == []
    assert set(stations.values()) == {35064}
    assert (len(stations), values) == (6, 1_224_923)


CNEMC_HEADING = "date,hour,type,1001A,1002A,1003A"


def test_a_network_s_hour_is_labelled_by_its_end(tmp_path: Path) -> None:
    content = f"{CNEMC_HEADING}\n20200301,0,PM10,11,,13\n20200301,1,PM10,21,,\n20200301,24,PM10,31,,\n"
    rows, errors = read(tmp_path, content)
    assert errors == []
    assert [(row.station, row.time, row.values) for row in rows] == [
        ("1001A", seconds("2020-02-29T23:00"), (11.0,)),
        ("1003A", seconds("2020-02-29T23:00"), (13.0,)),
        ("1001A", seconds("2020-03-01T00:00"), (21.0,)),
        ("1001A", seconds("2020-03-01T23:00"), (31.0,)),
    ]


def test_a_network_s_factors_of_an_hour_are_one_report_and_published_means_are_left(tmp_path: Path) -> None:
    lines = ["AQI,50,,", "PM2.5,1,,", "PM2.5_24h,2,,", "CO,0.4,,", "O3,60,,", "O3_8h,61,,"]
    rows, errors = read(tmp_path, "\n".join([CNEMC_HEADING, *(f"20200301,5,{line}" for line in lines)]))
    assert errors == []
    assert [(row.names, row.values) for row in rows] == [(("a34004", "a21005", "a05024"), (1.0, 0.4, 60.0))]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("20200341,1,PM10,1,,", "date"),
        ("20200301,25,PM10,1,,", "hour"),
        ("20200301,1,PM10,x,,", "PM10"),
        ("20200301,1,PM10,1,2,3,4", "row"),
    ],
)
def test_a_bad_cell_of_the_network_is_told_and_the_next_hour_is_read(tmp_path: Path, line: str, field: str) -> None:
    rows, (error,) = read(tmp_path, f"{CNEMC_HEADING}\n{line}\n20200301,2,PM10,9,,\n")
    assert [row.values for row in rows] == [(9.0,)]
    assert (error.row, error.field) == (2, field)


def test_a_type_that_is_given_twice_for_an_hour_counts_once(tmp_path: Path) -> None:
    rows, (error,) = read(tmp_path, f"{CNEMC_HEADING}\n20200301,1,PM10,1,,\n20200301,1,PM10,2,,\n")
    assert [row.values for row in rows] == [(1.0,)]
    assert (error.row, error.field) == (3, "type")


def test_plain_rows_have_their_own_period_or_the_file_s(tmp_path: Path) -> None:
    content = "station,time,period,PM10,CO\nS1,2026-03-01T08:00:00Z,PT1M,1,\nS2,2026-03-01T08:00,,2,0.3\n"
    rows, errors = read(tmp_path, content)
    assert errors == []
    assert rows == [
        SourceRow(2, "S1", seconds("2026-03-01T16:00"), 60, ("PM10",), (1.0,)),
        SourceRow(3, "S2", seconds("2026-03-01T08:00"), 3600, ("PM10", "CO"), (2.0, 0.3)),
    ]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (",2026-03-01,PT1H,1", "station"),
        ("S1,yesterday,PT1H,1", "time"),
        ("S1,2026-03-01,hourly,1", "period"),
        ("S1,2026-03-01,PT1H,one", "PM10"),
        ("S1,2026-03-01,PT1H,1,2", "row"),
    ],
)
def test_a_bad_plain_row_is_told_and_the_next_is_read(tmp_path: Path, line: str, field: str) -> None:
    rows, (error,) = read(tmp_path, f"station,time,period,PM10\n{line}\nS1,2026-03-01,PT1H,1\n")
    assert [row.row for row in rows] == [3]
    assert (error.row, error.field) == (2, field)


def test_stations_are_named_as_the_registry_does(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(f"{CNEMC_HEADING}\n20200301,1,PM10,1,,\n", encoding="utf-8")
    errors: list[RowError] = []
    rows = read_source(file, on_error=errors.append, station_of=lambda name: "CN-" + name)
    assert [row.station for row in rows] == ["CN-1001A"]


@pytest.mark.parametrize(
    ("heading", "layout"),
    [(BEIJING_HEADING, Layout.BEIJING), (CNEMC_HEADING, Layout.CNEMC), ("time,PM10,station", Layout.PLAIN)],
)
def test_the_layout_is_seen_from_the_heading(tmp_path: Path, heading: str, layout: Layout) -> None:
    file = tmp_path / "data.csv"
    file.write_text(heading + "\n", encoding="utf-8")
    assert detect_layout(file) is layout


def test_a_file_of_no_known_layout_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="station,time"):
        read(tmp_path, "a,b\n1,2\n")


def test_a_parquet_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no parquet file"):
        read(tmp_path, "nothing", "data.parquet")

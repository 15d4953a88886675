"""`lantian evaluate` from files to files: columns, formats, rows; and composite indices."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from aggregate import composite_index, evaluate_air
from aggregate.evaluation.commands import app
from aggregate.evaluation.grid import BLOCK_CELLS, Grid, Rows
from core.errors import InputError

RUNNER = CliRunner()
HOURLY = (
    "station,time,pm25,pm10,so2,no2,co,o3,o3_8h,iaqi_pm25,iaqi_pm10,iaqi_so2,iaqi_no2,iaqi_co,iaqi_o3,aqi,level,primary"
)
DAILY = (
    "station,date,pm25,pm25_n,pm10,pm10_n,so2,so2_n,no2,no2_n,co,co_n,o3_1h_max,o3_8h_max,o3_8h_n,"
    "aqi,level,primary,valid"
)
PERIOD = (
    "station,period,start,end,pm25_mean,pm10_mean,so2_mean,no2_mean,pm25_p95,pm10_p95,so2_p98,no2_p98,co_p95,o3_8h_p90,"
    "composite_index,largest_index,days_valid,days_attained,days_heavy,days_level1,days_level2,days_level3,days_level4,"
    "days_level5,days_level6,valid"
)


def evaluate(out: Path, *arguments: str | Path) -> str:
    """What the command says on stdout."""
    done = RUNNER.invoke(app, ["evaluate", "air", *map(str, arguments), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return done.stdout


def lines(folder: Path, kind: str) -> list[str]:
    return (folder / f"{kind}.csv").read_text(encoding="utf-8").splitlines()


def two_days(path: Path, station: str = "A") -> Path:
    """Hours of the last day of 2015 and the first of 2016; PM2.5 and PM10 tie, ozone rises through the second."""
    start = datetime(2015, 12, 31)  # noqa: DTZ001 (UTC+8, as such files are)
    hours = [f"{(start + timedelta(hours=hour)).isoformat()},49,86,3.5,21,2.25,{hour}" for hour in range(48)]
    hours[30] = hours[30].rsplit(",", 1)[0] + ","
    path.write_text("station,time,PM2.5,PM10,SO2,NO2,CO,O3\n" + "".join(f"{station},{hour}\n" for hour in hours))
    return path


def test_the_three_files_hold_the_columns_rows_and_formats_of_the_specification(tmp_path: Path) -> None:
    said = evaluate(tmp_path / "out", two_days(tmp_path / "hours.csv"))
    assert said == f"hourly.csv 48 rows, daily.csv 2 rows, period.csv 6 rows in {tmp_path / 'out'}\n"
    hourly = lines(tmp_path / "out", "hourly")
    assert hourly[0] == HOURLY
    assert hourly[1] == "A,2015-12-31T00:00:00+08:00,49.0,86.0,3.5,21.0,2.25,0.0,,68,68,2,11,23,0,68,2,pm25;pm10"
    assert hourly[31] == "A,2016-01-01T06:00:00+08:00,49.0,86.0,3.5,21.0,2.25,,26.0,68,68,2,11,23,,68,2,pm25;pm10"
    assert lines(tmp_path / "out", "daily") == [
        DAILY,
        "A,2015-12-31,49.0,24,86.0,24,3.5,24,21.0,24,2.25,24,23.0,19.5,17,68,2,pm25;pm10,true",
        "A,2016-01-01,49.0,24,86.0,24,3.5,24,21.0,24,2.25,24,47.0,43.5,17,68,2,pm25;pm10,true",
    ]
    # 49/35 + 86/70 + 4/60 (half to even) + 21/40 + 2.2/4 + 20/160 or 44/160 (of 19.5 and 43.5)
    december, january = "1.4,1.23,0.07,0.52,0.55,0.12", "1.4,1.23,0.07,0.52,0.55,0.28"
    indices = [f"{sum(map(float, text.split(','))):.2f}" for text in (december, january)]
    figures = "49.0,86.0,3.5,21.0,49.0,86.0,3.5,21.0,2.25"
    days = "1,1,0,0,1,0,0,0,0,false"
    assert lines(tmp_path / "out", "period") == [
        PERIOD,
        f"A,2015,2015-01-01,2016-01-01,{figures},19.5,{indices[0]},pm25,{days}",
        f"A,2015-Q4,2015-10-01,2016-01-01,{figures},19.5,{indices[0]},pm25,{days}",
        f"A,2015-12,2015-12-01,2016-01-01,{figures},19.5,{indices[0]},pm25,{days}",
        f"A,2016-01,2016-01-01,2016-02-01,{figures},43.5,{indices[1]},pm25,{days}",
        f"A,2016-Q1,2016-01-01,2016-04-01,{figures},43.5,{indices[1]},pm25,{days}",
        f"A,2016,2016-01-01,2017-01-01,{figures},43.5,{indices[1]},pm25,{days}",
    ]


def test_rounded_concentrations_have_the_editions_places_and_indices_stay(tmp_path: Path) -> None:
    file = two_days(tmp_path / "hours.csv")
    evaluate(tmp_path / "out", file, "--rounded")
    evaluate(tmp_path / "whole", file)
    assert lines(tmp_path / "out", "hourly")[1] == (
        "A,2015-12-31T00:00:00+08:00,49,86,4,21,2.2,0,,68,68,2,11,23,0,68,2,pm25;pm10"
    )
    assert lines(tmp_path / "out", "daily")[2] == (
        "A,2016-01-01,49,24,86,24,4,24,21,24,2.2,24,47,44,17,68,2,pm25;pm10,true"
    )
    rounded, whole = (lines(tmp_path / name, "period")[4].split(",") for name in ("out", "whole"))
    assert rounded[4:14] == ["49", "86", "4", "21", "49", "86", "4", "21", "2.2", "44"]
    assert rounded[14:] == whole[14:]


def test_the_edition_of_the_command_line_judges_all_dates(tmp_path: Path) -> None:
    evaluate(tmp_path / "out", two_days(tmp_path / "hours.csv"), "--edition", "2026")
    assert lines(tmp_path / "out", "hourly")[1].endswith(",78,76,2,11,22,0,78,2,pm25")
    notes = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert notes["editions"] == [{"id": "2026", "first": "2015-12-31", "end": "2016-01-02"}]


def test_the_notes_tell_inputs_editions_mixed_periods_and_warnings(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text("station,time,O3,wind\nA,2026-02-28T23:00,10,1\nA,2026-03-01T00:00,x,1\n", encoding="utf-8")
    evaluate(tmp_path / "out", file)
    notes = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert notes["lantian"]
    assert (notes["edition"], notes["rounded"]) == ("auto", False)
    (source,) = notes["inputs"]
    assert (source["name"], source["rows"], len(source["sha256"])) == (str(file), 2, 64)
    assert notes["editions"] == [
        {"id": "2012", "first": "2026-02-28", "end": "2026-03-01"},
        {"id": "2026", "first": "2026-03-01", "end": "2026-03-02"},
    ]
    assert notes["mixed_periods"] == [
        {"label": "2026", "editions": ["2012", "2026"]},
        {"label": "2026-Q1", "editions": ["2012", "2026"]},
    ]
    assert [(warning["column"], warning["count"], warning["row"]) for warning in notes["warnings"]] == [
        ("wind", 1, None), ("O3", 1, 3),
    ]  # fmt: skip


def test_only_hours_days_and_periods_of_the_input_become_rows(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_text(
        "station,time,O3\nB,2016-03-05T01:00,\nB,2016-01-05T03:00,9\nA,2016-02-01T00:00,8\n", encoding="utf-8"
    )
    evaluate(tmp_path / "out", file)
    assert [line.split(",")[:2] for line in lines(tmp_path / "out", "hourly")[1:]] == [
        ["A", "2016-02-01T00:00:00+08:00"],
        ["B", "2016-01-05T03:00:00+08:00"],
        ["B", "2016-03-05T01:00:00+08:00"],
    ]
    assert [line.split(",")[:2] for line in lines(tmp_path / "out", "daily")[1:]] == [
        ["A", "2016-02-01"], ["B", "2016-01-05"], ["B", "2016-03-05"],
    ]  # fmt: skip
    periods = [line.split(",")[:2] for line in lines(tmp_path / "out", "period")[1:]]
    assert periods == [["A", "2016-Q1"], ["A", "2016"], ["A", "2016-02"], ["B", "2016-01"], ["B", "2016-Q1"],
                       ["B", "2016"], ["B", "2016-03"]]  # fmt: skip


def test_a_station_may_go_on_in_the_next_file(tmp_path: Path) -> None:
    whole = two_days(tmp_path / "hours.csv")
    head, *hours = whole.read_text(encoding="utf-8").splitlines()
    for number, part in enumerate((hours[30:], hours[:30])):
        (tmp_path / f"{number}.csv").write_text("\n".join([head, *part]) + "\n", encoding="utf-8")
    evaluate(tmp_path / "one", whole)
    evaluate(tmp_path / "two", tmp_path / "0.csv", tmp_path / "1.csv")
    for kind in ("hourly", "daily", "period"):
        assert lines(tmp_path / "one", kind) == lines(tmp_path / "two", kind)


def test_names_stand_in_quotes_only_where_they_must(tmp_path: Path) -> None:
    evaluate(tmp_path / "out", two_days(tmp_path / "hours.csv", '"1081A, 尖草坪"'))
    assert lines(tmp_path / "out", "daily")[1].startswith('"1081A, 尖草坪",2015-12-31,49.0,')
    evaluate(tmp_path / "out", two_days(tmp_path / "hours.csv", "尖草坪"))
    assert lines(tmp_path / "out", "daily")[1].startswith("尖草坪,2015-12-31,49.0,")


def test_nothing_remains_of_files_that_were_not_completed(tmp_path: Path) -> None:
    evaluate(tmp_path / "out", two_days(tmp_path / "hours.csv"))
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    file = tmp_path / "twice.csv"
    file.write_text("station,time,O3\nA,2015-02-05T00,1\nA,2015-02-05T00,2\n", encoding="utf-8")
    assert RUNNER.invoke(app, ["evaluate", "air", str(file), "--out", str(tmp_path / "out")]).exit_code == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_where_the_notes_are_all_files_are_of_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is killed while the files are put in place leaves no notes beside tables of two runs."""
    file = two_days(tmp_path / "hours.csv")
    evaluate(tmp_path / "out", file)
    put: list[str] = []

    def replace(part: Path, target: Path) -> None:
        if len(put) == 2:
            raise KeyboardInterrupt
        put.append(target.name)
        part.rename(target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        RUNNER.invoke(app, ["evaluate", "air", str(file), "--out", str(tmp_path / "out")])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["daily.csv", "hourly.csv", "period.csv"]
    evaluate(tmp_path / "out", file)
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_rows_in_any_order_make_the_same_blocks() -> None:
    rng = np.random.default_rng(1)
    station = np.repeat(np.arange(3, dtype=np.int32), 48)
    hour = np.tile(np.arange(400_000, 400_048), 3)
    values = tuple(rng.random(station.size) for _ in range(6))
    order = rng.permutation(station.size)
    names = ["A", "B", "C"]
    (straight,) = Grid(Rows(names, station, hour, values)).blocks()
    (mixed,) = Grid(Rows(names, station[order], hour[order], tuple(v[order] for v in values))).blocks()
    np.testing.assert_array_equal(straight.hours, mixed.hours)
    np.testing.assert_array_equal(straight.given, mixed.given)


def test_stations_of_far_times_do_not_share_a_grid() -> None:
    later = 24 * 30_000
    assert 2 * later > BLOCK_CELLS
    station, hour = np.array([0, 0, 1, 1], dtype=np.int32), np.array([0, 1, later - 1, later])
    blocks = list(Grid(Rows(["A", "B"], station, hour, (np.ones(4),) * 6)).blocks())
    assert [(block.stations, block.given.shape) for block in blocks] == [(["A"], (1, 24)), (["B"], (1, 48))]


PUBLISHED = [  # name, SO2, NO2, PM10, PM2.5, CO, O3; index, largest, rank (Heyuan, October 2023)
    ("东源", 10, 11, 25, 14, 0.7, 112, 2.09, "o3", 2),
    ("和平", 7, 19, 37, 24, 1.0, 118, 2.81, "o3", 4),
    ("龙川", 6, 8, 29, 16, 0.8, 102, 2.01, "o3", 1),
    ("源城", 6, 15, 32, 22, 0.8, 107, 2.44, "o3", 3),
]


@pytest.fixture
def heyuan(tmp_path: Path) -> Path:
    file = tmp_path / "heyuan.csv"
    rows = "".join(",".join(map(str, row[:7])) + "\n" for row in PUBLISHED)
    file.write_text("name,SO₂,NO2,PM10,PM2.5,co,o3\n" + rows, encoding="utf-8")
    return file


def test_published_indices_come_out_as_json(heyuan: Path) -> None:
    done = RUNNER.invoke(app, ["evaluate", "index", str(heyuan), "--edition", "2012", "--json"])
    found = json.loads(done.stdout)
    assert [list(row) for row in found] == [["name", "index", "single", "largest", "rank"]] * 4
    assert [(row["name"], row["index"], row["largest"], row["rank"]) for row in found] == [
        (row[0], *row[7:]) for row in PUBLISHED
    ]
    assert found[3]["single"] == {"pm25": 0.63, "pm10": 0.46, "so2": 0.1, "no2": 0.38, "co": 0.2, "o3": 0.67}


def test_the_table_names_rank_index_and_largest(heyuan: Path) -> None:
    done = RUNNER.invoke(app, ["evaluate", "index", str(heyuan), "--edition", "2012"])
    assert [line.split()[:4] for line in done.stdout.splitlines()[-4:]] == [
        [str(row[9]), row[0], str(row[7]), row[8]] for row in PUBLISHED
    ]


def test_equal_indices_share_a_rank_and_singles_that_tie_are_both_named() -> None:
    row = {"so2": 6, "no2": 15, "pm10": 70, "pm25": 35, "co": 0.8, "o3": 107}
    found = composite_index([{"name": "A", **row}, {"name": "B", **row}, {"name": "C", **row, "so2": 60}], "2012")
    assert [(entry.rank, entry.largest) for entry in found] == [
        (1, "pm25;pm10"),
        (1, "pm25;pm10"),
        (2, "pm25;pm10;so2"),
    ]


def test_without_one_pollutant_there_are_neither_index_nor_rank() -> None:
    row = {"so2": None, "no2": 15, "pm10": 32, "pm25": 22, "co": 0.8, "o3": 107}
    (found,) = composite_index([{"name": "A", **row}], "2012")
    assert (found.index, found.largest, found.rank, found.single["so2"]) == (None, None, None, None)
    assert found.single["o3"] == 0.67


def test_frames_and_mappings_give_the_same_indices(heyuan: Path) -> None:
    frame = pd.read_csv(heyuan)
    expected = composite_index(frame, "2026")
    for rows in (pl.from_pandas(frame), frame.to_dict("records"), frame.to_dict("list")):
        assert composite_index(rows, "2026") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "{file}: is empty; its first row must name the columns"),
        ("name,so2,no2,pm10,pm25,co\n", "{file}: the column o3 is missing; name the columns name,so2,no2,pm10,"),
        ("name,so2,no2,pm10,pm25,PM2.5,co,o3\n", "{file}: the column pm25 is named twice; "),
        ("name,so2,no2,pm10,pm25,co,o3\n", "{file}: has no rows; give at least one"),
        ("name,so2,no2,pm10,pm25,co,o3\nA,1,2,3,4,0.5\n", "{file} row 2: is not as long as the heading; complete it"),
        (
            "name,so2,no2,pm10,pm25,co,o3\nA,1,2,x,4,1,9\n",
            "{file} row 2, pm10: is no number (got 'x'); correct the cell",
        ),
        ("name,so2,no2,pm10,pm25,co,o3\nA,1,2,3_0,4,1,9\n", "{file} row 2, pm10: is no number (got '3_0'); correct "),
        (
            "name,so2,no2,pm10,pm25,co,o3\nA,1,2,-3,4,1,9\n",
            "{file} row 2, pm10: is outside 0 … 20000 µg/m³ (got -3.0); ",
        ),
        ("name,so2,no2,pm10,pm25,co,o3\nA,1e9,2,3,4,1,9\n", "{file} row 2, so2: is outside 0 … 20000 µg/m³ (got 1"),
        (
            "name,so2,no2,pm10,pm25,co,o3\nA,1,2,3,4,1,5001\n",
            "{file} row 2, o3: is outside 0 … 5000 µg/m³ (got 5001.0); ",
        ),
        ("name,so2,no2,pm10,pm25,co,o3\nA,1,2,3,4,800,9\n", "{file} row 2, co: is above 60 mg/m³: looks like µg/m³ "),
    ],
)
def test_a_bad_file_of_indices_is_an_error_of_one_line(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "index.csv"
    file.write_text(text, encoding="utf-8")
    done = RUNNER.invoke(app, ["evaluate", "index", str(file), "--edition", "2012"])
    assert isinstance(done.exception, InputError)
    assert str(done.exception).startswith(expected.format(file=file))


@pytest.mark.parametrize(
    ("so2", "expected"),
    [
        ("abc", "row 2, so2: is no number (got 'abc'); correct the cell"),
        ("5_0", "row 2, so2: is no number (got '5_0'); correct the cell"),
        ([1], "row 2, so2: is no number (got [1]); correct the cell"),
        pytest.param(10**400, "row 2, so2: is no number (got 1000", id="beyond a double"),
        (float("inf"), "row 2, so2: is outside 0 … 20000 µg/m³ (got inf); correct it"),
    ],
)
def test_a_mapping_with_what_is_no_concentration_is_an_error_of_one_line(so2: object, expected: str) -> None:
    row = {"name": "A", "so2": 10, "no2": 15, "pm10": 32, "pm25": 22, "co": 0.8, "o3": 107}
    with pytest.raises(InputError) as error:
        composite_index([row, {**row, "so2": so2}], "2012")
    assert str(error.value).startswith(expected)


def test_numbers_may_be_texts() -> None:
    row = {"name": "A", "so2": 10, "no2": 15, "pm10": 32, "pm25": 22, "co": 0.8, "o3": 107}
    assert composite_index([{key: f" {value} " for key, value in row.items()} | {"name": "A"}], "2012") == (
        composite_index([row], "2012")
    )


def test_a_column_that_is_not_known_is_told_and_left_aside(tmp_path: Path) -> None:
    file = tmp_path / "index.csv"
    file.write_text("name,so2,no2,pm10,pm25,co,o3,rank\nA,1,2,3,4,0.5,9,1\n", encoding="utf-8")
    done = RUNNER.invoke(app, ["evaluate", "index", str(file), "--edition", "2012"])
    assert done.stderr == f"lantian: warning: {file}, rank: is no column that is known; not used\n"


def test_an_unknown_edition_of_indices_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="take one of 2012, 2026, 2026-final"):
        composite_index([], "auto")


def test_tables_of_blocks_are_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"station": ["A", "B", "A"], "time": ["2015-02-05T00", "2015-02-05T00", "2015-02-06T00"], "O3": [1.0, 2, 3]}
    together = evaluate_air(data)
    monkeypatch.setattr("aggregate.evaluation.grid.BLOCK_CELLS", 24)
    apart = evaluate_air(data)
    assert (apart.hourly, apart.daily, apart.period) == (together.hourly, together.daily, together.period)

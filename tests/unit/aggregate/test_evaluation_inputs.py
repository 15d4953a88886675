"""What `lantian evaluate` says of input that is not as it should be: an error of one line, or a counted warning."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from aggregate import evaluate_air
from aggregate.evaluation.commands import app
from core.errors import InputError

HEAD = "station,time,PM2.5,PM10,SO2,NO2,CO,O3"
RUNNER = CliRunner()

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a CSV of lines and gives its path."""

    def file(*lines: str, name: str = "hours.csv") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return file


def run(out: Path, *paths: Path) -> tuple[Exception | None, list[str]]:
    """What the command ends with, and what it says on stderr."""
    done = RUNNER.invoke(app, ["evaluate", "air", *map(str, paths), "--out", str(out)])
    error = done.exception if isinstance(done.exception, Exception) else None
    if error is None:
        assert done.exit_code == 0, done.output
    return error, done.stderr.splitlines()


def refused(out: Path, *paths: Path) -> str:
    """The one line of the error; nothing is written then."""
    error, said = run(out, *paths)
    assert isinstance(error, InputError), (error, said)
    assert not list(out.glob("*"))
    assert "\n" not in str(error)
    return str(error)


def warned(out: Path, *paths: Path) -> str:
    """The one warning."""
    error, said = run(out, *paths)
    assert error is None
    assert len(said) == 1
    return said[0].removeprefix("lantian: warning: ")


def day(cells: str, *, station: str = "A", hours: int = 24) -> list[str]:
    """Lines of the first hours of a day with the same concentrations."""
    return [f"{station},2015-02-05T{hour:02}:00,{cells}" for hour in range(hours)]


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]


GOOD = "10,20,3,20,0.5,40"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "{file}: is empty; its first row must name the columns"),
        (["time,PM2.5"], "{file}: the column station is missing; name the columns station,time and any of "),
        (["station,PM2.5"], "{file}: the column time is missing; "),
        (["station,time,temperature"], "{file}: has no column of concentrations; name the columns "),
        ([HEAD], "{file}: has no rows; give at least an hour"),
        (["station,time,PM2.5,PM2.5", "A,2015-02-05T00,1,2"], "{file}: a column is named twice (got 'PM2.5'); "),
        ([HEAD, f"A,yesterday,{GOOD}"], "{file} row 2, time: is no ISO 8601 time (got 'yesterday'); write it as "),
        ([HEAD, *day(GOOD, hours=2), f"A,2015-02-05,{GOOD}"], "{file} row 4, time: names a day but no hour (got "),
        (
            [HEAD, f"A,2015-02-05T13:30,{GOOD}"],
            "{file} row 2, time: is no beginning of an hour (got '2015-02-05T13:30')",
        ),
        ([HEAD, f"A,1015-02-05T13:00,{GOOD}"], "{file} row 2, time: is in no year from 1970 to 2199 (got "),
        ([HEAD, f"A,0001-01-01T01:00+14:00,{GOOD}"], "{file} row 2, time: is in no year from 1970 to 2199 (got "),
        ([HEAD, f"A,9999-12-31T23:00-12:00,{GOOD}"], "{file} row 2, time: is in no year from 1970 to 2199 (got "),
        ([HEAD, f"A,,{GOOD}"], "{file} row 2, time: is no ISO 8601 time (got ''); "),
        ([HEAD, *day(GOOD, hours=1), f",2015-02-05T13:00,{GOOD}"], "{file} row 3, station: is empty; name the station"),
        (
            [HEAD, f"A,2015-02-05T13:00+08:00,{GOOD}", f"A,2015-02-05T14:00,{GOOD}"],
            "{file} row 3, time: has no offset, but row 2 has one (got '2015-02-05T14:00'); give all times an offset",
        ),
        (
            [HEAD, *day("10,20,3,20,900,40")],
            "{file} row 2, CO: the median at station A in 2015-02 is above 60 mg/m³: looks like µg/m³; divide by 1000",
        ),
        (
            [HEAD, *day(GOOD, hours=3), "", f"A,2015-02-05T01:00,{GOOD}1"],
            "{file} row 6: says something else than row 3 of the same hour of station A; leave one of them out",
        ),
    ],
)
def test_an_error_names_the_file_the_row_and_the_remedy(
    tmp_path: Path, write: Write, lines: list[str], expected: str
) -> None:
    file = write(*lines)
    assert refused(tmp_path / "out", file).startswith(expected.format(file=file))


def test_an_error_on_the_command_line_is_exit_status_1(tmp_path: Path, write: Write) -> None:
    done = RUNNER.invoke(app, ["evaluate", "air", str(write(HEAD)), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [HEAD + ",PM25,wind", *(f"{line},1,2" for line in day(GOOD)[:3])],
            ["{file}, PM25: is no column that is known; not used; write PM2.5 if it is meant",
             "{file}, wind: is no column that is known; not used"],
        ),
        (
            [HEAD, *day(GOOD, hours=1), "A,2015-02-05T01:00,x,20,3,20,0.5,40", "A,2015-02-05T02:00,y,20,3,20,0.5,40"],
            ["{file} row 3, PM2.5: is no number (got 'x'), 2 in all; treated as missing"],
        ),
        (
            [HEAD, *day(GOOD, hours=1), "A,2015-02-05T01:00,-1,20,3,20,0.5,40", "A,2015-02-05T02:00,1,20,3,99999,1,40"],
            ["{file} row 3, PM2.5: is outside 0 … 10000 µg/m³ (got '-1'); treated as missing",
             "{file} row 4, NO2: is outside 0 … 10000 µg/m³ (got '99999'); treated as missing"],
        ),
        (
            [HEAD, *day("0.035,20,3,20,0.5,40")],
            [
                (
                    "{file} row 2, PM2.5: all values at station A in 2015-02 are below 1 µg/m³: "
                    "looks like mg/m³; if so, multiply by 1000"
                )
            ],
        ),
        (
            [HEAD, *day(GOOD, hours=3), f"A,2015-02-05T01:00,{GOOD}", f"A,2015-02-05T00:00,{GOOD}"],
            ["{file} row 5: says again what another row says, 2 in all; counted once"],
        ),
        (
            [HEAD, *day(GOOD, hours=2), "A,2015-02-05T02:00,10,20", "A,2015-02-05T03:00,1,2,3,4,5,6,7"],
            ["{file} row 4: is not as long as the heading (got 'A,2015-02-05T02:00,10,20'), 2 in all; left out"],
        ),
    ],
)  # fmt: skip
def test_a_warning_names_the_first_row_and_how_many_there_are(
    tmp_path: Path, write: Write, lines: list[str], expected: list[str]
) -> None:
    file = write(*lines)
    error, said = run(tmp_path / "out", file)
    assert error is None
    assert said == [f"lantian: warning: {line.format(file=file)}" for line in expected]


def test_what_is_no_number_leaves_the_other_numbers_as_they_are(tmp_path: Path, write: Write) -> None:
    warned(tmp_path / "out", write(HEAD, "A,2015-02-05T00:00,x, 20 ,NA,—,0.5,40"))
    (hour,) = rows(tmp_path / "out", "hourly.csv")
    assert [hour[name] for name in ("pm25", "pm10", "so2", "no2", "co", "o3")] == ["", "20.0", "", "", "0.5", "40.0"]


def test_repeated_rows_that_differ_are_found_across_files(tmp_path: Path, write: Write) -> None:
    first = write(HEAD, *day(GOOD), name="a.csv")
    second = write(HEAD, "A,2015-02-05T23:00,11,20,3,20,0.5,40", name="b.csv")
    told = refused(tmp_path / "out", first, second)
    assert told.startswith(f"{second} row 2: says something else than {first} row 25 of the same hour of station A; ")


def test_files_with_and_without_offsets_are_no_one_input(tmp_path: Path, write: Write) -> None:
    first = write(HEAD, f"A,2015-02-05T00:00+08:00,{GOOD}", name="a.csv")
    second = write(HEAD, f"A,2015-02-05T01:00,{GOOD}", name="b.csv")
    told = refused(tmp_path / "out", first, second)
    assert told.startswith(f"{second}: its times have no offset, but those of {first} have; ")


def test_different_offsets_are_instants(tmp_path: Path, write: Write) -> None:
    file = write(
        HEAD, f"A,2015-02-05T02:00+08:00,{GOOD}", f"A,2015-02-04T17:00Z,{GOOD}", f"A,2015-02-05T05:30+05:30,{GOOD}"
    )
    assert run(tmp_path / "out", file) == (None, [])
    times = [row["time"] for row in rows(tmp_path / "out", "hourly.csv")]
    assert times == [f"2015-02-05T{hour}:00:00+08:00" for hour in ("01", "02", "08")]


def test_a_file_in_another_encoding_is_told_with_its_row(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    file.write_bytes(f"{HEAD}\nA,2015-02-05T00:00,{GOOD}\n晋城,2015-02-05T00:00,{GOOD}\n".encode("gbk"))
    assert refused(tmp_path / "out", file) == f"{file}: is no UTF-8 in row 3; save it as CSV UTF-8"
    file.write_bytes(f"{HEAD}\n".encode("utf-16"))
    assert refused(tmp_path / "out", file) == f"{file}: is no UTF-8 in row 1; save it as CSV UTF-8"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("hours.xlsx", b"PK", "is neither CSV nor Parquet; name it .csv, .csv.gz or .parquet"),
        ("hours.parquet", b"station,time\n", "is no Parquet file; check the file"),
        ("hours.csv.gz", b"station,time\n", "is not compressed by gzip; name it .csv"),
        ("hours.csv", gzip.compress(b"station,time\n", mtime=0), "is compressed by gzip; name it .csv.gz"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / "out", tmp_path / name).startswith(f"{tmp_path / name}: {expected}")


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / "out", tmp_path / name).startswith(f"{tmp_path / name}: ")


def test_an_unknown_edition_is_refused_with_those_there_are(tmp_path: Path, write: Write) -> None:
    with pytest.raises(InputError, match="take one of auto, 2012, 2026, 2026-final"):
        evaluate_air({"station": ["A"], "time": ["2015-02-05T00"], "O3": [1.0]}, edition="2013")


def test_a_folder_that_holds_an_input_of_the_same_name_is_refused(tmp_path: Path, write: Write) -> None:
    file = write(HEAD, *day(GOOD), name="hourly.csv")
    told = run(tmp_path, file)[0]
    assert str(told) == f"{file}: would overwrite an input; choose another folder"
    assert file.read_text(encoding="utf-8").startswith(HEAD)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, write: Write) -> None:
    file = write(HEAD, *day(GOOD))
    told = run(file / "out", file)[0]
    assert isinstance(told, InputError)
    assert "cannot be written" in str(told)


def frame() -> pd.DataFrame:
    """Two stations in disorder, one with gaps, times without zone."""
    times = [datetime(2015, 2, 5) + timedelta(hours=hour) for hour in (5, 3, 40, 0, 1, 2)]  # noqa: DTZ001
    return pd.DataFrame(
        {
            "station": ["B", "A", "A", "B", "A", "B"],
            "time": times,
            "PM2.5": [10.0, 20.0, None, 40.0, 50.0, 60.0],
            "CO": [0.5, 1, 2.2, None, 3, 4],
            "O3": [1, 2, 3, 4, 5, 6],
        }
    )


def test_frames_tables_and_files_give_the_same(tmp_path: Path) -> None:
    data = frame()
    expected = evaluate_air(data)
    assert expected.hourly["station"].to_pylist() == ["A", "A", "A", "B", "B", "B"]
    text = data.assign(time=[f"{time.isoformat()}+08:00" for time in data["time"]])
    zoned = data.assign(time=data["time"].dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC"))
    for other in (
        pl.from_pandas(data),
        pa.table(data),
        data.set_index("CO", drop=False),
        text,
        zoned,
        pl.from_pandas(zoned),
    ):
        found = evaluate_air(other)
        assert (found.hourly, found.daily, found.period) == (expected.hourly, expected.daily, expected.period)
    data.to_csv(tmp_path / "a.csv", index=False)
    pq.write_table(pa.table(data), tmp_path / "b.parquet")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    written = set()
    for name in ("a.csv", "b.parquet", "c.csv.gz"):
        assert run(tmp_path / name[0], tmp_path / name) == (None, [])
        written.add(tuple((tmp_path / name[0] / f"{kind}.csv").read_bytes() for kind in ("hourly", "daily", "period")))
    assert len(written) == 1


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("station", [1.5], "data, station: holds no names (double)"),
        ("time", [20150205], "data, time: holds no times (int64)"),
        ("time", [datetime(2015, 2, 5, 0, 30)], "data row 1, time: is no beginning of an hour"),  # noqa: DTZ001
        ("time", [None], "data"),
        ("O3", [[1.0]], "data, O3: holds no numbers (list<"),
    ],
)
def test_a_table_whose_columns_are_of_another_kind_is_refused(column: str, values: list[object], expected: str) -> None:
    data: dict[str, object] = {"station": ["A"], "time": ["2015-02-05T00"], "O3": [1.0]}
    with pytest.raises(InputError) as told:
        evaluate_air(pa.table({**data, column: values}))
    assert str(told.value).startswith(expected)


def test_stations_may_be_numbers_and_concentrations_whole() -> None:
    found = evaluate_air({"station": [7], "time": ["2015-02-05T00"], "O3": [161]})
    assert found.hourly.to_pylist()[0] | {"time": None} == dict.fromkeys(found.hourly.column_names) | {
        "station": "7", "o3": 161.0, "iaqi_o3": 52, "aqi": 52, "level": 2, "primary": "o3",
    }  # fmt: skip


def test_categories_that_no_row_has_are_no_stations_and_no_times() -> None:
    data = {
        "station": ["A", "A", "C"],
        "time": ["2015-02-05T00", "2015-02-05T01", "2015-02-05T01"],
        "O3": [1.0, 2.0, 3.0],
    }
    every = pd.DataFrame(data).astype({"station": pd.CategoricalDtype(["C", "B", "A"])})
    every["time"] = pd.Categorical(every["time"], ["no time", "2015-02-05T01", "2015-02-05T00"])
    assert evaluate_air(every).daily == evaluate_air(data).daily

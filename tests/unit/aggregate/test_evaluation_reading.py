"""Files that are not as they should be: nothing is lost in silence; one line says which file, where, and what to do."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aggregate import evaluate_air
from aggregate.evaluation import reading
from aggregate.evaluation.air import Evaluation
from aggregate.evaluation.commands import app
from aggregate.evaluation.reading import read_file
from core.errors import InputError

HEAD = "station,time,PM2.5,PM10,SO2,NO2,CO,O3"
GOOD = "10,20,3,20,0.5,40"


def lines(number: int = 24) -> list[str]:
    return [f"A,2015-02-{5 + hour // 24:02}T{hour % 24:02}:00,{GOOD}" for hour in range(number)]


def file_of(tmp_path: Path, *rows: str, head: str = HEAD, name: str = "hours.csv") -> Path:
    path = tmp_path / name
    path.write_text("".join(f"{row}\n" for row in (head, *rows)), encoding="utf-8")
    return path


def refused(path: Path) -> str:
    """The error of one line, without the file's name."""
    with pytest.raises(InputError) as told:
        Evaluation("auto", rounded=False).take(read_file(path))
    said = str(told.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    return said.removeprefix(str(path))


def warned(path: Path) -> list[str]:
    return [str(warning).removeprefix(str(path)) for warning in read_file(path).warnings]


@pytest.mark.parametrize("number", [24, 480])
@pytest.mark.parametrize("cell", range(8))
def test_a_quote_that_is_not_closed_is_an_error_of_the_row_where_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: int, number: int
) -> None:
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 4096)
    rows = lines(number)
    cells = rows[7].split(",")
    cells[cell] = f'"{cells[cell]}'
    rows[7] = ",".join(cells)
    told = refused(file_of(tmp_path, *rows))
    assert told == " row 9: a quote opens that is not closed; close or remove it"


def test_quotes_that_swallow_the_rows_between_them_are_an_error(tmp_path: Path) -> None:
    rows = lines()
    rows[3] = f'"{rows[3]}'
    rows[9] = f'"{rows[9]}'
    assert refused(file_of(tmp_path, *rows)).startswith(" row 5: a quote opens that is not closed")


def test_a_quote_of_the_heading_that_is_not_closed_is_an_error(tmp_path: Path) -> None:
    told = refused(file_of(tmp_path, *lines(), head=f'"{HEAD}'))
    assert told == " row 1: a quote opens that is not closed; close or remove it"


def test_quotes_that_are_closed_are_none_of_the_text(tmp_path: Path) -> None:
    quoted = ",".join(f'"{cell}"' for cell in lines(1)[0].split(","))
    found = read_file(file_of(tmp_path, quoted, quoted.replace('"A"', '"A ""x"", y"')))
    assert found.data["station"].to_pylist() == ["A", 'A "x", y']


@pytest.mark.parametrize(
    ("rows", "head", "expected"),
    [
        (
            [f"{line}," for line in lines()],
            HEAD,
            ": no row is as long as the heading: it has 8 cells, row 2 has 9; name every column, and give each row ",
        ),
        ([], HEAD.replace(",", ";"), ": separates by semicolons; separate by commas"),
        ([], HEAD.replace(",", "\t"), ": separates by tabs; separate by commas"),
        (
            [],
            HEAD.replace("station", "Station").replace("time", "TIME"),
            ": the column station is missing; write station for 'Station', write time for 'TIME'",
        ),
        ([], "station,time,pm25,so2", ": has no column of concentrations; write PM2.5 for 'pm25', write SO2 for 'so2'"),
        ([], "station,time,wind", ": has no column of concentrations; name the columns station,time and any of "),
    ],
)
def test_a_heading_that_does_not_fit_is_told_with_what_was_found(
    tmp_path: Path, rows: list[str], head: str, expected: str
) -> None:
    assert refused(file_of(tmp_path, *rows, head=head)).startswith(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PM₂.₅", ", PM₂.₅: is no column that is known; not used; write PM2.5 if it is meant"),
        ("pm_25", ", pm_25: is no column that is known; not used; write PM2.5 if it is meant"),
        ("PM2.5(µg/m³)", ", PM2.5(µg/m³): is no column that is known; not used; write PM2.5 if it is meant"),
        ("PM2.5（微克）", ", PM2.5（微克）: is no column that is known; not used; write PM2.5 if it is meant"),
        ("wind", ", wind: is no column that is known; not used"),
        ("", ", column 4: has no name; not used"),
    ],
)
def test_a_column_that_is_not_used_is_named_with_what_may_be_meant(tmp_path: Path, name: str, expected: str) -> None:
    assert warned(file_of(tmp_path, "A,2015-02-05T00:00,1,2", head=f"station,time,O3,{name}")) == [expected]


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    (told,) = warned(file_of(tmp_path, *lines(2), "A," + "x" * 5000))
    assert told == f" row 4: is not as long as the heading (got 'A,{'x' * 57}…); left out"
    assert len(refused(file_of(tmp_path, f"A,{'x' * 5000},{GOOD}"))) < 200


def test_the_24th_hour_hints_at_hours_that_are_named_by_their_end(tmp_path: Path) -> None:
    rows = [*lines(2), f"A,2015-02-05T24:00,{GOOD}"]
    assert refused(file_of(tmp_path, *rows)) == (
        " row 4, time: is no ISO 8601 time (got '2015-02-05T24:00'); give the beginning of the hour;"
        " if hours are named by their end, as CNEMC does, give all one hour earlier"
    )


def test_stations_whose_names_differ_by_blanks_alone_are_two_with_a_warning() -> None:
    times = [f"2015-02-05T{hour:02}" for hour in range(4)]
    found = evaluate_air({"station": ["A", "B", "A ", "A "], "time": times, "O3": [1.0, 2.0, 3.0, 4.0]})
    assert found.hourly["station"].to_pylist() == ["A", "A ", "A ", "B"]
    assert [str(warning) for warning in found.notes.warnings] == [
        (
            "data row 3, station: differs by blanks alone from station 'A' (got 'A '), 2 in all;"
            " taken as another station; remove the blanks if it is the same"
        )
    ]


def test_a_station_of_blanks_is_empty() -> None:
    with pytest.raises(InputError, match="data row 1, station: is empty"):
        evaluate_air({"station": [" "], "time": ["2015-02-05T00"], "O3": [1.0]})


@pytest.mark.parametrize("name", ["HOURS.CSV", "Hours.Csv.Gz"])
def test_names_of_files_may_be_in_capitals(tmp_path: Path, name: str) -> None:
    content = file_of(tmp_path, *lines()).read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("Gz") else content)
    assert read_file(tmp_path / name).data.num_rows == 24


@pytest.mark.parametrize("kept", [40, 4000])
def test_a_file_cut_off_is_blamed_itself_with_the_cause(tmp_path: Path, kept: int) -> None:
    content = gzip.compress(file_of(tmp_path, *lines(480), head=HEAD).read_bytes(), compresslevel=0)
    (tmp_path / "cut.csv.gz").write_bytes(content[:kept])
    done = CliRunner().invoke(app, ["evaluate", "air", str(tmp_path / "cut.csv.gz"), "--out", str(tmp_path / "out")])
    said = str(done.exception)
    assert said.startswith(f"{tmp_path / 'cut.csv.gz'}: cannot be read")
    assert said.endswith("Compressed file ended before the end-of-stream marker was reached; check the file")


@pytest.mark.parametrize("name", ["folder.csv", "folder.parquet"])
def test_a_folder_is_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert refused(tmp_path / name) == ": cannot be read: Is a directory; check the file"


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_file_that_is_not_there_is_told_so(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name) == ": cannot be read: No such file or directory; check the file"


@pytest.mark.parametrize("rows", [["A,yesterday,1,2,3,4,5,6"], [*lines(2), f"{lines(1)[0]}1"]])
def test_no_folder_remains_where_the_input_was_refused(tmp_path: Path, rows: list[str]) -> None:
    file, out = file_of(tmp_path, *rows), tmp_path / "out"
    assert CliRunner().invoke(app, ["evaluate", "air", str(file), "--out", str(out)]).exit_code == 1
    assert not out.exists()


def test_an_error_of_writing_that_has_no_number_is_told_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("File too large")

    monkeypatch.setattr("aggregate.evaluation.writing._write_all", fail)
    file, out = file_of(tmp_path, *lines()), tmp_path / "out"
    done = CliRunner().invoke(app, ["evaluate", "air", str(file), "--out", str(out)])
    assert str(done.exception) == f"{out}: cannot be written: File too large; choose another folder"

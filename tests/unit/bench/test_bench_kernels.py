"""`lantian bench kernels`: Lantian, pandas and Polars make the same, and what is not the same is found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from bench import commands
from bench.catalogue import BENCHMARKS
from bench.kernels import ours, with_pandas, with_polars
from bench.kernels.compare import compare
from bench.kernels.make import DAY_HOURS, Made, long_table, make
from bench.kernels.report import lines
from bench.kernels.rules import method
from bench.kernels.run import tables_of
from core.errors import InputError

RUNNER = CliRunner()
STATIONS, FIRST, DAYS = 5, date(2025, 12, 10), 120
"""Until 2026-04-08: both editions, a mixed quarter, months begun and ended."""


def bench(*options: str) -> Result:
    """The command on a small network, one round."""
    network = ("--stations", str(STATIONS), "--first", FIRST.isoformat(), "--days", str(DAYS))
    return RUNNER.invoke(commands.app, ["bench", "kernels", *network, "--runs", "1", "--seed", "7", *options])


class Contest(NamedTuple):
    """Hours, and the daily and period table that each makes of them."""

    made: Made
    base: Sequence[pa.Table]
    others: dict[str, Sequence[pa.Table]]


@pytest.fixture(scope="module")
def contest() -> Contest:
    made = make(STATIONS, FIRST, DAYS, seed=7)
    table, rules = long_table(made), method(FIRST, DAYS)
    others: dict[str, Any] = {
        "columns": ours.on_columns(table),
        "pandas": with_pandas.evaluate(with_pandas.load(table), rules),
        "polars": with_polars.evaluate(with_polars.load(table), rules),
    }
    base = ours.tables_of_grid(made, ours.on_grid(made))
    return Contest(made, base, {name: list(tables_of(found)) for name, found in others.items()})


def with_cell(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    """The table with another value in one cell."""
    values = table[column].to_pylist()
    values[row] = value
    return table.set_column(table.column_names.index(column), column, pa.array(values))


def test_the_same_seed_makes_the_same_hours_and_another_makes_others() -> None:
    one, same, other = (make(2, FIRST, 3, seed).hours for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other, equal_nan=True)


def test_the_hours_have_gaps_outages_and_exceedances(contest: Contest) -> None:
    missing = np.isnan(contest.made.hours)
    assert 0.02 < missing.mean() < 0.2
    assert missing.all(axis=1).any(), "an outage of a whole station"
    daily = contest.base[0]
    assert set(daily["level"].to_pylist()) >= {None, 1, 2, 3, 4, 5, 6}
    assert {True, False} == set(daily["valid"].to_pylist())
    assert any(";" in (primary or "") for primary in daily["primary"].to_pylist()), "two tie"


def test_the_rows_stand_by_station_and_hour_and_lack_none(contest: Contest) -> None:
    table = long_table(contest.made)
    assert table.num_rows == STATIONS * DAYS * DAY_HOURS
    assert table["station"].to_pylist() == sorted(table["station"].to_pylist())
    np.testing.assert_array_equal(table["O3"].to_numpy().reshape(STATIONS, -1), contest.made.hours[:, 5])


@pytest.mark.parametrize("name", ["columns", "pandas", "polars"])
def test_all_make_the_same_under_both_editions(contest: Contest, name: str) -> None:
    assert contest.base[0].num_rows == STATIONS * DAYS
    assert contest.base[1].num_rows == STATIONS * (5 + 3 + 2), "months, quarters, years"
    for one, other in zip(contest.base, contest.others[name], strict=True):
        verdict = compare(name, one, other)
        assert verdict.differences == []
        assert verdict.largest < 1e-12


@pytest.mark.parametrize(
    ("table", "column", "change"),
    [
        (0, "pm25", lambda value: value * (1 + 2e-9)),
        (0, "pm25", lambda _: None),
        (0, "pm10_n", lambda value: value - 1),
        (0, "aqi", lambda value: value + 1),
        (0, "level", lambda value: value % 6 + 1),
        (0, "primary", lambda _: 0),
        (0, "valid", lambda value: not value),
        (1, "composite_index", lambda value: value + 0.01),
        (1, "largest_index", lambda value: value ^ 1),
        (1, "days_attained", lambda value: value + 1),
        (1, "valid", lambda value: not value),
        (1, "period", lambda _: "2026-Q4"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_result_that_was_tampered_with_is_found(contest: Contest, table: int, column: str, change: Any) -> None:
    other = contest.others["pandas"][table]
    primary = other["primary"].to_pylist() if table == 0 else [1] * other.num_rows
    row = next(row for row, value in enumerate(other[column].to_pylist()) if value is not None and primary[row])
    value = other[column].to_pylist()[row]
    verdict = compare("pandas", contest.base[table], with_cell(other, column, row, change(value)))
    assert not verdict.equal
    assert verdict.differences[0].startswith(
        f"pandas: {column} differs in 1 of {other.num_rows} rows, first in row {row + 1}"
    )


def test_a_difference_in_the_last_bits_of_a_concentration_is_none_but_told(contest: Contest) -> None:
    daily = contest.base[0]
    row = next(row for row, value in enumerate(daily["pm25"].to_pylist()) if value)
    verdict = compare("other", daily, with_cell(daily, "pm25", row, daily["pm25"][row].as_py() * (1 + 1e-12)))
    assert verdict.equal
    assert verdict.largest == pytest.approx(1e-12, rel=1e-3)


def test_missing_rows_and_columns_are_found(contest: Contest) -> None:
    daily = contest.base[0]
    assert compare("x", daily, daily.slice(1)).differences == [f"x: {daily.num_rows} rows and {daily.num_rows - 1}"]
    assert compare("x", daily, daily.drop_columns("aqi")).differences == ["x: there is no column aqi"]


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    done = bench("--file-stations", "2", "--json")
    assert done.exit_code == 0, done.output
    assert "round 1 of 1" in done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    return found


def test_the_object_has_what_is_documented(figures: dict[str, Any]) -> None:
    assert (figures["stations"], figures["hours"], figures["factors"]) == (STATIONS, DAYS * 24, 6)
    assert figures["rows"] == STATIONS * DAYS * 24
    assert figures["bytes_read"] == figures["rows"] * 6 * 8
    assert figures["equal"] is True
    assert figures["differences"] == []
    for other in ("pandas", "polars"):
        assert figures[f"ratio_{other}"] == figures[f"seconds_{other}"] / figures["seconds"]
        assert figures[f"ratio_{other}_columns"] == figures[f"seconds_{other}"] / figures["seconds_columns"]
    assert 0 < figures["bandwidth_share"] < 1
    assert figures["bandwidth_share"] == figures["bytes_read"] / figures["seconds"] / figures["bandwidth"]
    for cost in figures["costs"].values():
        assert len(cost["runs"]) == 1
        assert cost["cpu_seconds"] > 0
        assert cost["peak_bytes"] >= 0
    assert {"cores", "processor", "memory_gib", "system", "python", "load", "pandas", "polars"} <= figures[
        "machine"
    ].keys()
    for kind in ("parquet", "csv"):
        assert all(figures["files"][kind][name] > 0 for name in ("lantian", "pandas", "polars"))


def test_people_are_told_every_contender_and_the_verdict(figures: dict[str, Any]) -> None:
    said = "\n".join(lines(figures))
    assert all(name in said for name in ("kernels on the grid", "long columns", "pandas", "Polars", "one core reads"))
    assert "results are the same" in said


def test_a_difference_is_a_line_on_stderr_and_exit_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = with_pandas.evaluate

    def forgetful(*given: Any) -> with_pandas.Frames:
        found = evaluate(*given)
        found.daily.loc[0, "aqi"] += 1
        return found

    monkeypatch.setattr(with_pandas, "evaluate", forgetful)
    done = bench("--file-stations", "0")
    assert done.exit_code == 1
    assert "lantian: pandas daily: aqi differs in 1 of 600 rows, first in row 1: " in done.stderr
    assert done.stdout.splitlines()[-1].startswith("results are NOT the same")


def test_without_pandas_or_polars_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda name: None if name == "polars" else object())
    done = RUNNER.invoke(commands.app, ["bench", "kernels"])
    assert isinstance(done.exception, InputError)
    assert str(done.exception) == "polars is not installed; run `make setup`, or install the extra `dev`"


def test_every_benchmark_is_listed_with_how_it_is_called() -> None:
    said = RUNNER.invoke(commands.app, ["bench", "list"]).stdout.splitlines()
    assert [line.split("  ")[0].split(" ")[-1] for line in said] == list(BENCHMARKS)
    assert said[list(BENCHMARKS).index("kernels")].startswith("lantian bench kernels ")

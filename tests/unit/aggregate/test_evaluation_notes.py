"""What is said beside figures: periods that several editions judge, and indices by an unconfirmed method."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from aggregate import evaluate_air
from aggregate.evaluation.air import AirEvaluation
from aggregate.evaluation.commands import app

RUNNER = CliRunner()
POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
LONG = "源城区江东新区高新技术开发区" * 6
ROWS = f"name,so2,no2,pm10,pm25,co,o3\n{LONG},6,15,70,35,0.8,107\n[red]B,6,15,60,30,0.8,107\n"


def of_days(*days: str, edition: str = "auto") -> AirEvaluation:
    """An evaluation of 24 hours of each of these days."""
    times = [f"{day}T{hour:02}:00" for day in days for hour in range(24)]
    values = {name: np.full(len(times), 1.0 + place) for place, name in enumerate(POLLUTANTS)}
    return evaluate_air({"station": ["A"] * len(times), "time": times, **values}, edition=edition)


def mixed(found: AirEvaluation) -> dict[str, tuple[str, ...]]:
    return {period.label: period.editions for period in found.notes.mixed_periods}


def test_a_year_is_not_mixed_where_all_days_that_there_are_fall_under_the_edition_of_its_end() -> None:
    assert mixed(of_days("2026-06-01")) == {}


def test_a_year_is_mixed_where_its_days_fall_under_two_editions() -> None:
    assert mixed(of_days("2026-01-31", "2026-06-01")) == {"2026": ("2012", "2026"), "2026-Q1": ("2012", "2026")}


def test_a_year_is_mixed_where_its_end_falls_under_another_edition_than_its_days() -> None:
    assert mixed(of_days("2026-01-31")) == {"2026": ("2012", "2026"), "2026-Q1": ("2012", "2026")}


def test_nothing_is_mixed_under_one_edition_of_choice() -> None:
    assert mixed(of_days("2026-01-31", "2026-06-01", edition="2012")) == {}


def test_a_mixed_period_says_which_editions_judge_what_and_that_nobody_has_confirmed_it() -> None:
    (_, year) = sorted(of_days("2026-01-31").notes.mixed_periods, key=lambda period: -len(period.label))
    assert str(year) == (
        "period 2026: judged by editions 2012 and 2026, each day by its own, limits and index by 2026:"
        " 未确认 (unconfirmed, M)"
    )


@pytest.mark.parametrize(("day", "edition", "mark"), [("2026-06-01", "2026", "C"), ("2031-06-01", "2026-final", "M")])
def test_an_index_by_an_unconfirmed_method_is_marked(day: str, edition: str, mark: str) -> None:
    (said,) = map(str, of_days(day).notes.unconfirmed)
    assert said == (
        f"composite_index by edition {edition}: 未确认 (unconfirmed, {mark}); see `lantian standards show {edition}`"
    )


def test_an_index_by_a_confirmed_method_is_not_marked() -> None:
    assert of_days("2025-06-01").notes.unconfirmed == []


def test_without_an_index_there_is_nothing_to_mark() -> None:
    found = evaluate_air({"station": ["A"], "time": ["2026-06-01T00:00"], "O3": [1.0]})
    assert found.notes.unconfirmed == []


def test_all_that_is_said_of_hours_is_warned_of_and_written(tmp_path: Path) -> None:
    file = tmp_path / "hours.csv"
    times = [f"2026-01-31T{hour:02}:00" for hour in range(24)]
    file.write_text("station,time,PM2.5,PM10,SO2,NO2,CO,O3\n" + "".join(f"A,{time},1,2,3,4,0.5,6\n" for time in times))
    done = RUNNER.invoke(app, ["evaluate", "air", str(file), "--out", str(tmp_path / "out")])
    assert [line.split(":")[:3] for line in done.stderr.splitlines()] == [
        ["lantian", " warning", " period 2026"],
        ["lantian", " warning", " period 2026-Q1"],
        ["lantian", " warning", " composite_index by edition 2026"],
    ]
    notes = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert notes["unconfirmed"] == [{"edition": "2026", "figure": "composite_index", "confidence": "C"}]


def index(tmp_path: Path, *options: str) -> Result:
    (tmp_path / "index.csv").write_text(ROWS, encoding="utf-8")
    return RUNNER.invoke(app, ["evaluate", "index", str(tmp_path / "index.csv"), *options])


def test_the_table_of_indices_marks_an_unconfirmed_method(tmp_path: Path) -> None:
    assert "未确认 C" in index(tmp_path, "--edition", "2026").stdout
    assert "未确认" not in index(tmp_path, "--edition", "2012").stdout


def test_a_list_of_indices_keeps_its_shape_and_the_mark_goes_to_stderr(tmp_path: Path) -> None:
    done = index(tmp_path, "--edition", "2026", "--json")
    assert [list(row) for row in json.loads(done.stdout)] == [["name", "index", "single", "largest", "rank"]] * 2
    assert done.stderr.startswith("lantian: warning: composite_index by edition 2026: 未确认 (unconfirmed, C); ")
    assert not index(tmp_path, "--edition", "2012", "--json").stderr


def test_the_table_of_indices_cuts_no_name_and_joins_those_who_tie(tmp_path: Path) -> None:
    first, second = index(tmp_path, "--edition", "2012").stdout.splitlines()[-2:]
    assert first.split()[1:4] == [LONG, "3.35", "pm25;pm10"]
    assert second.split()[1] == "[red]B"

"""`lantian bench scaling`: what is kept and drawn of the curves is what was measured."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bench import commands
from bench.catalogue import BENCHMARKS
from bench.scaling.draw import draw
from bench.scaling.kept import keep, read
from bench.scaling.memory import memory_per_thousand
from bench.scaling.report import lines
from bench.scaling.task import CURVES
from core.errors import InputError
from deploy.charts.canvas import Canvas

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
PROCESSES = ("ingest", "aggregate", "alerts")
FIGURES: dict[str, Any] = {
    "stations": [
        {
            "stations": n, "readings_per_s": 50_000 - n, "steady_per_s": 60_000.0, "hour_ended_s": n / 1000,
            "memory_mb": dict.fromkeys(PROCESSES, 100 + n / 1000),
        }
        for n in (600, 6_000)
    ],
    "workers": [{"workers": n, "readings_per_s": 20_000.0 * n, "steady_per_s": 30_000.0 * n} for n in (1, 2)],
    "history": [
        {
            "days": days, "report_rows": 24 * days, "statistic_rows": 25 * days, "readings_per_s": 40_000.0,
            "answers_ms": {"hour": 1.0, "week": 2.0, "all": 3.0, "alerts": 4.0 + days},
        }
        for days in (0, 365)
    ],
    "recompute": [
        {"place": "city", "again": again, "stations": 8, "days": 365, "windows": 1_000, "changes": 9, "seconds": 60.0}
        for again in (False, True)
    ],
}  # fmt: skip


def points(sizes: list[int], base: float, each: float) -> list[dict[str, Any]]:
    """Of a process whose memory grows by `each` MB a thousand stations."""
    return [{"stations": size, "memory_mb": {"aggregate": base + each * size / 1000}} for size in sizes]


@given(
    sizes=st.lists(st.integers(1, 100_000), min_size=2, max_size=5, unique=True),
    base=st.floats(50, 500),
    each=st.floats(0, 50),
)
def test_memory_that_grows_evenly_is_told_by_its_growth(sizes: list[int], base: float, each: float) -> None:
    assert memory_per_thousand(points(sizes, base, each), "aggregate") == pytest.approx(each, rel=1e-6, abs=1e-5)


def test_one_size_says_nothing_of_growth() -> None:
    assert memory_per_thousand(points([600], 100, 1), "aggregate") is None


def test_every_point_has_its_line() -> None:
    told = list(lines(FIGURES))
    assert len([line for line in told if "readings/s" in line]) == 6
    assert "aggregate: 1.00 MB for 1 000 stations more" in told
    assert told[-1] == "recompute of 365 days of a city of 8 stations, again: 60.0 s, 1,000 windows, 9 changes"


def test_curves_measured_one_by_one_are_kept_together(tmp_path: Path) -> None:
    first = keep({"workers": FIGURES["workers"]}, NOW, "abc1234", tmp_path)
    second = keep({"history": FIGURES["history"]}, NOW, "abc1234", tmp_path)
    assert first == second
    kept = read(second)
    assert kept == {
        "at": NOW.isoformat(), "commit": "abc1234", "workers": FIGURES["workers"], "history": FIGURES["history"],
    }  # fmt: skip


def test_those_of_another_commit_are_kept_apart(tmp_path: Path) -> None:
    assert keep(FIGURES, NOW, "abc1234", tmp_path) != keep(FIGURES, NOW, "def5678", tmp_path)


@pytest.mark.parametrize("curve", CURVES)
def test_a_curve_is_drawn_alone(curve: str, tmp_path: Path) -> None:
    [picture] = draw({curve: FIGURES[curve]}, Canvas(chinese=False, family=("DejaVu Sans",)), tmp_path)
    assert picture.name == f"scaling-{curve}.svg"
    assert ET.parse(picture).getroot().tag.endswith("svg")  # noqa: S314 (our own file)


def test_the_same_figures_make_the_same_pictures(tmp_path: Path) -> None:
    canvas = Canvas(chinese=False, family=("DejaVu Sans",))
    once, again = (draw(FIGURES, canvas, tmp_path / name) for name in ("once", "again"))
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]
    assert len(once) == len(CURVES)


def test_a_curve_that_there_is_not_is_named() -> None:
    result = CliRunner().invoke(commands.app, ["bench", "scaling", "heights"])
    assert isinstance(result.exception, InputError)
    assert "heights" in str(result.exception)


def test_small_sizes_are_not_kept() -> None:
    result = CliRunner().invoke(commands.app, ["bench", "scaling", "--quick", "--keep"])
    assert result.exit_code == 2


def test_it_is_among_the_benchmarks() -> None:
    assert BENCHMARKS["scaling"].module == "bench.scaling.run"

"""Measurements of the pipeline are kept, and a later one stands beside the last of its load."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.pipeline.kept import FOLDER, commit, compared, keep, last_like
from bench.pipeline.task import QUICK, Task
from core.errors import InputError

DAY = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def figures(ratio: float = 0.6, task: Task = QUICK, *, good: bool = True) -> dict[str, Any]:
    return {**task._asdict(), "ratio": ratio, "good": good}


def test_what_is_kept_says_when_and_of_which_commit_in_its_name_and_within(tmp_path: Path) -> None:
    path = keep(figures(), DAY, "abc1234", tmp_path)
    assert path.name == "2026-11-23-abc1234-500.json"
    assert last_like(figures(), tmp_path) == {"at": "2026-11-23T04:30:00+00:00", "commit": "abc1234", **figures()}


def test_the_last_kept_is_the_latest_of_the_same_load(tmp_path: Path) -> None:
    keep(figures(0.5), DAY, "bbbbbbb", tmp_path)
    keep(figures(0.4), DAY.replace(hour=3), "aaaaaaa", tmp_path)
    keep(figures(0.9, Task()), DAY.replace(hour=5), "ccccccc", tmp_path)
    kept = last_like(figures(), tmp_path)
    assert kept is not None
    assert kept["commit"] == "bbbbbbb"


@pytest.mark.parametrize("option", Task._fields)
def test_of_another_load_none_is_taken(tmp_path: Path, option: str) -> None:
    keep(figures(), DAY, "abc1234", tmp_path)
    other = QUICK._replace(**{option: getattr(QUICK, option) + 1})
    assert last_like(figures(task=other), tmp_path) is None


def test_what_is_no_result_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no result"):
        keep(figures(good=False), DAY, "abc1234", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("ratio", "warned"), [(0.41, False), (0.39, True), (0.9, False), (float("nan"), True)])
def test_a_fall_of_more_than_a_third_is_a_warning(ratio: float, *, warned: bool) -> None:
    kept = {"at": DAY.isoformat(), "commit": "abc1234", **figures(0.6)}
    said = list(compared(figures(ratio), kept))
    assert said[0].startswith(f"ratio to the floor {ratio:.2f}, kept of abc1234 (2026-11-23) 0.60")
    assert [line.startswith("WARNING ") for line in said[1:]] == [True] * warned


def test_without_a_kept_one_it_is_said_how_to_keep_one(tmp_path: Path) -> None:
    [said] = compared(figures(), last_like(figures(), tmp_path / "none"))
    assert "none of this load is kept yet: `lantian bench pipeline --keep`" in said


def test_the_quick_load_has_a_kept_measurement_in_this_checkout() -> None:
    kept = last_like(figures(), FOLDER)
    assert kept is not None, "CI has nothing to compare with: keep one whenever the quick load changes"
    assert kept["ratio"] > 0


def test_the_commit_is_that_of_the_checkout() -> None:
    assert len(commit().removesuffix("-dirty")) >= 7

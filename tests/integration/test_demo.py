"""The demonstration, as a newcomer sees it: it must hold on every machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from demo_told import PICTURES, Told


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demonstration's output."""
    folder = tmp_path_factory.mktemp("demo")
    said = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "demo", "--once"],
        env={**os.environ, "LANTIAN_STATE_DIR": str(folder)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    return Told(said, folder / "demo")


pytestmark = pytest.mark.timeout(600)
"""Two hours at 60× and a slow machine."""


@pytest.mark.stack
def test_the_demonstration_ends_with_nothing_lost_and_nothing_duplicated(told: Told) -> None:
    counts = told.counts()
    assert counts.reports > 1_420 * 20
    assert counts.readings > counts.reports
    assert counts.statistics > 0
    assert counts.alerts > 0


@pytest.mark.stack
def test_the_judge_finds_no_difference(told: Told) -> None:
    assert told.figures_judged() > 100_000
    assert told.said.returncode == 0


@pytest.mark.stack
def test_the_dust_site_is_told_to_stop_with_the_legal_basis(told: Told) -> None:
    assert "扬尘停工" in told.said.stdout
    assert "晋政办发〔2019〕39号" in told.said.stdout
    assert "第28项" in told.said.stdout


@pytest.mark.stack
def test_the_days_table_shows_every_hour_until_the_evening_ends(told: Told) -> None:
    hours = re.findall(r"^ +(\d\d) ", told.said.stdout, re.MULTILINE)
    assert hours == [f"{hour:02d}" for hour in range(1, 23)]


@pytest.mark.stack
def test_the_ledger_balances(told: Told) -> None:
    assert re.search(r"对不上 0，一数多值 0，不平的账户 0", told.said.stdout), told.said.stdout[-3000:]


@pytest.mark.stack
def test_the_day_is_drawn(told: Told) -> None:
    assert told.pictures() == list(PICTURES)

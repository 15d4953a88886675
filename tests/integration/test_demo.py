"""The demonstration, told faster: what a newcomer sees must hold on every machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LAST_LINE = re.compile(
    r"demo: reports (\d+), readings (\d+) stored, 0 lost, 0 duplicated, (\d+) statistics, (\d+) alerts, \d+ s"
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The demonstration's output at 240×."""
    environment = {**os.environ, "LANTIAN_STATE_DIR": str(tmp_path_factory.mktemp("demo"))}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "demo", "--once", "--speed", "240"],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.mark.stack
def test_the_demonstration_ends_with_nothing_lost_and_nothing_duplicated(
    told: subprocess.CompletedProcess[str],
) -> None:
    last = told.stdout.rstrip().splitlines()[-1] if told.stdout.strip() else ""
    found = LAST_LINE.fullmatch(last)
    assert found, told.stderr[-2000:]
    assert told.returncode == 0
    reports, readings, statistics, alerts = map(int, found.groups())
    assert reports == 28 * (20 + 120)
    assert readings > reports
    assert statistics > 0
    assert alerts > 0


@pytest.mark.stack
def test_the_dust_event_becomes_a_stop_work_order_with_its_legal_basis(
    told: subprocess.CompletedProcess[str],
) -> None:
    assert "扬尘停工" in told.stdout
    assert "晋政办发〔2019〕39号" in told.stdout
    assert "第28项" in told.stdout


@pytest.mark.stack
def test_the_days_table_shows_every_hour_until_the_evening_ends(told: subprocess.CompletedProcess[str]) -> None:
    hours = re.findall(r"^ +(\d\d) ", told.stdout, re.MULTILINE)
    assert hours == [f"{hour:02d}" for hour in range(1, 23)]

"""Children that are asked something: their answer, and their end."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from core.errors import UnavailableError
from deploy.processes import Processes


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path, {**os.environ, "LANTIAN_STATE_DIR": str(tmp_path)})


def test_what_is_asked_answers_on_its_standard_output(processes: Processes) -> None:
    status, answer = processes.answer(processes.ask("rules", "list"), threading.Event())
    assert status == 0
    assert "dust-stop-work" in answer


def test_one_that_fails_tells_by_its_status(processes: Processes) -> None:
    status, _ = processes.answer(processes.ask("rules", "list", "--no-such-option"), threading.Event())
    assert status == 2


def test_one_that_is_not_waited_for_any_longer_is_ended(processes: Processes) -> None:
    stop = threading.Event()
    stop.set()
    sleeping = subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE)
    status, _ = processes.answer(sleeping, stop)
    assert status < 0


def test_one_whose_pipeline_is_gone_is_ended_and_the_failure_named(processes: Processes) -> None:
    processes.start("aggregate", "aggregate", "--no-such-option")
    sleeping = subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE)
    with pytest.raises(UnavailableError, match="aggregate ended with status 2"):
        processes.answer(sleeping, threading.Event())
    assert sleeping.poll() is not None

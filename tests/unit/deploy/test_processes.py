"""Children that are asked something: their answer, and their end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UnavailableError
from deploy.processes import Processes, StoppedError


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path, {**os.environ, "LANTIAN_STATE_DIR": str(tmp_path)}, threading.Event())
    yield made
    made.stop()


def test_what_is_asked_answers_on_its_standard_output(processes: Processes) -> None:
    status, answer = processes.answer(processes.ask("rules", "list"))
    assert status == 0
    assert "dust-stop-work" in answer


def test_one_that_fails_tells_by_its_status(processes: Processes) -> None:
    status, _ = processes.answer(processes.ask("rules", "list", "--no-such-option"))
    assert status == 2


def test_nobody_waits_any_longer_once_the_user_wants_no_more(processes: Processes) -> None:
    asked = processes.ask("rules", "list")
    processes.stopping.set()
    with pytest.raises(StoppedError):
        processes.answer(asked)


def test_that_the_user_wants_no_more_is_said_before_that_a_child_has_ended(processes: Processes) -> None:
    processes.start("aggregate", "aggregate", "--no-such-option")
    processes.stopping.set()
    with pytest.raises(StoppedError):
        processes.wait_ready(60)


def test_of_a_pipeline_that_is_gone_the_failure_is_named(processes: Processes) -> None:
    processes.start("aggregate", "aggregate", "--no-such-option")
    with pytest.raises(UnavailableError, match="aggregate ended with status 2"):
        processes.wait_ready(60)
    with pytest.raises(UnavailableError, match="aggregate ended with status 2"):
        processes.answer(processes.ask("rules", "list"))


def test_what_was_asked_and_never_answered_is_ended_with_the_others(processes: Processes) -> None:
    asked = processes.ask("rules", "list")
    processes.stop()
    assert asked.returncode == -signal.SIGTERM


def test_ctrl_c_at_the_terminal_does_not_reach_the_children(processes: Processes) -> None:
    asked = processes.ask("rules", "list")
    assert os.getpgid(asked.pid) != os.getpgrp()

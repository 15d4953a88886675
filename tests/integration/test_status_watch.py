"""`lantian status --watch` as a process: it looks again and again, and ends with the status of its last look."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.stack import Stack

pytestmark = pytest.mark.stack

WATCH = [sys.executable, "-m", "deploy.cli", "status", "--watch", "0.5"]


def two_looks(environment: dict[str, str], folder: Path) -> tuple[list[str], int]:
    """What two looks say, and the exit status after Ctrl-C."""
    process = subprocess.Popen(WATCH, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    heads: list[str] = []
    for line in process.stdout:
        if line.startswith("lantian status"):
            heads.append(line)
        if len(heads) == 2:
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    return heads, process.returncode


def test_a_stack_that_is_well_is_watched_with_status_0(local_stack: Stack) -> None:
    for port in (local_stack.state_dir / "run").glob("*.port"):
        port.unlink()  # of processes that other tests killed
    heads, status = two_looks({**os.environ, **local_stack.environment}, local_stack.state_dir)
    assert all("正常 well" in head for head in heads)
    assert status == 0


def test_servers_that_do_not_answer_are_watched_with_status_1(tmp_path: Path) -> None:
    heads, status = two_looks({**os.environ, "LANTIAN_STATE_DIR": str(tmp_path / "none")}, tmp_path)
    assert all("有问题 NOT WELL" in head for head in heads)
    assert status == 1

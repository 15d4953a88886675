"""When a process that outlives its starter has ended."""

from __future__ import annotations

import subprocess
import sys

import pytest
from waiting import eventually

from deploy.local import process

PARENT = """
import subprocess, sys
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
sys.stdin.readline()
child.kill()
sys.stdin.readline()
child.wait()
print("reaped", flush=True)
"""


def test_an_ended_process_has_ended_when_its_pid_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        seen = process._seen(pid)
        assert seen is not None
        child = process.Running(pid, seen.started, process._boot())
        parent.stdin.write("\n")
        eventually("only its remains are left", lambda: not process.alive(child))

        def look(_seconds: float) -> None:
            assert parent.stdin is not None
            assert parent.stdout is not None
            parent.stdin.write("\n")
            assert parent.stdout.readline() == "reaped\n"

        monkeypatch.setattr("deploy.local.process.time.sleep", look)
        assert process.wait_end(child, 10)
        assert process._seen(pid) is None

"""Programs that outlive the command that started them, known again by pid and start time."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

_START_TIME_FIELD = 19
"""Of `/proc/<pid>/stat`, counted after the command's name: field 22 of proc(5)."""
REAPED_S, REAPED_LOOK_S = 2.0, 0.01
"""How long an ended process's remains are waited for: its parent, or who stands in for it, is not always quick."""


@dataclass(frozen=True)
class Running:
    """A process for certain: a pid alone may belong to another by now."""

    pid: int
    started: int
    """Clock ticks since boot."""
    boot: str


def launch(command: Sequence[str], *, log: Path) -> Running:
    """Start a program in a session of its own, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, cwd="/"
        )
    _children[child.pid] = child
    return Running(child.pid, _start_time(child.pid) or 0, _boot())


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Children of this very process must be reaped, or they stay as zombies."""


def itself() -> Running:
    """This very process."""
    return Running(os.getpid(), _start_time(os.getpid()) or 0, _boot())


def remember(record: Path, running: Running) -> None:
    """Write down what was started."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(asdict(running)), encoding="utf-8")


def recall(record: Path) -> Running | None:
    """What was started and still runs; None if nothing does."""
    written = _read(record)
    return written if written is not None and alive(written) else None


def left_behind(record: Path) -> Running | None:
    """What was started and ended without being told to: its record stands, it does not run."""
    written = _read(record)
    return written if written is not None and not alive(written) else None


def of_this_boot(running: Running) -> bool:
    """Whether the machine has not been started again since."""
    return running.boot == _boot()


def alive(running: Running) -> bool:
    """Whether that very process still runs."""
    if child := _children.get(running.pid):
        child.poll()
    return running.boot == _boot() and _start_time(running.pid) == running.started


def send(running: Running, number: signal.Signals) -> None:
    """Send a signal to that very process, or to nobody."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(running.pid)
        try:
            if alive(running):
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)


def wait_end(running: Running, timeout: float) -> bool:
    """Wait until that process has ended; False if it has not within `timeout` seconds."""
    try:
        handle = os.pidfd_open(running.pid)
    except ProcessLookupError:
        return True
    try:
        if alive(running):
            select.select([handle], [], [], timeout)
    finally:
        os.close(handle)
    ended = not alive(running)
    if ended:
        _wait_reaped(running)
    return ended


def _wait_reaped(running: Running) -> None:
    """Wait briefly until the pid is free: PostgreSQL does not start beside what it takes for another server."""
    deadline = time.monotonic() + REAPED_S
    while (seen := _seen(running.pid)) and seen.started == running.started and time.monotonic() < deadline:
        time.sleep(REAPED_LOOK_S)


def _read(record: Path) -> Running | None:
    try:
        return Running(**json.loads(record.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None  # never written, or a power cut came while it was


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _start_time(pid: int) -> int | None:
    """Start time in ticks; None if there is no such process, or only its remains."""
    seen = _seen(pid)
    return None if seen is None or seen.state in "ZX" else seen.started


class _Seen(NamedTuple):
    """A process, or its remains, in `/proc`."""

    state: str
    started: int


def _seen(pid: int) -> _Seen | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return _Seen(fields[0], int(fields[_START_TIME_FIELD]))

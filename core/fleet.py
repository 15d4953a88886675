"""Several processes of a kind as one: the supervisor behind `--processes N`.

Each child is this very command without the option, with a number of its own (`LANTIAN_INSTANCE`). What ends unasked is
started again after a back-off; a child that finds its settings wrong (exit status 2) ends all.

No child outlives its supervisor: the kernel kills it (PR_SET_PDEATHSIG). At once and not by a SIGTERM: one that still
drained, or was frozen, would fight with its successor for the broker's session and for its port, and to be killed
loses nothing (state-model: Delivery). The lock on the roll keeps two supervisors of a kind apart.

Own code: supervisor and circus are daemons with configuration files and control sockets of their own, and know nothing
of members that must leave.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SettingsError
from core.health import port_file, target_file
from core.logs import configure, get_logger
from core.process import Backoff, Shutdown
from core.settings import CoreSettings

STOP_TIMEOUT_S = 60.0
"""More than a bridge's drain takes; who has not ended by then is killed, which loses nothing."""
STABLE_S = 30.0
WRONG_SETTINGS = 2
_LOOK_S = 0.2
_PR_SET_PDEATHSIG = 1

_log = get_logger(__name__)
_libc = ctypes.CDLL(None)


@dataclass(slots=True)
class _Member:
    number: int
    arguments: Sequence[str]
    leaving: bool = False
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    backoff: Backoff = field(default_factory=lambda: Backoff(shortest=0.5, longest=30.0))


def run_fleet(
    settings: CoreSettings, process: str, arguments: Sequence[str], processes: int, leave: Sequence[str] = ()
) -> None:
    """Run `lantian <arguments>` as members 1 … `processes` until SIGTERM, SIGINT or SIGHUP, then end them in order.

    `leave` ends for good a number that an earlier fleet had and this one has not; it runs beside the others until it
    succeeds. Raises `SettingsError` if a member finds its settings wrong, or if such a fleet runs already.
    """
    configure(settings, f"{process} fleet")
    stop = Shutdown().install().requested
    roll = Roll(settings.state_dir / "run" / f"{process}.fleet")
    members = [_Member(number, arguments) for number in range(1, processes + 1)]
    former = sorted(number for number in roll.numbers() if number > processes)
    for number in former:  # who was killed could not take its port back, and would be told as one that does not answer
        gone = settings.model_copy(update={"instance": number})
        port_file(gone, process).unlink(missing_ok=True)
        target_file(gone, process).unlink(missing_ok=True)
    if leave:
        members += [_Member(number, leave, leaving=True) for number in former]
    roll.keep(member.number for member in members)
    try:
        while not stop.is_set():
            staying = [member for member in members if _look_after(member)]
            if len(staying) < len(members):
                members = staying
                roll.keep(member.number for member in members)
            stop.wait(_LOOK_S)
    finally:
        _stop(members)


class Roll:
    """The numbers of a fleet's members, in a file that only one supervisor at a time holds."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._file = path.open("r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError("fleet", "such a fleet runs already", field=str(path), hint="stop it first") from error

    def numbers(self) -> set[int]:
        """As last kept; empty for a new file."""
        self._file.seek(0)
        return {int(word) for word in self._file.read().split()}

    def keep(self, numbers: Iterable[int]) -> None:
        """Remember them; who is killed meanwhile has remembered one too many, never one too few."""
        text = " ".join(map(str, numbers)).encode() + b"\n"
        self._file.seek(0)
        self._file.write(text)
        self._file.truncate()
        os.fsync(self._file)


def _look_after(member: _Member) -> bool:
    """Start a member that is due, note how one ended; whether it is a member still."""
    now = time.monotonic()
    if member.child is None:
        if now >= member.due:
            _start(member, now)
        return True
    status = member.child.poll()
    if status == WRONG_SETTINGS:
        raise SettingsError("fleet", f"member {member.number} cannot run with its settings", hint="its log says why")
    if status is None or (status == 0 and member.leaving):
        return status is None
    if now - member.started > STABLE_S:  # starts again soon
        member.backoff.reset()
    member.child, member.due = None, now + member.backoff.delay()
    _log.warning("member_ended", member=member.number, status=status, again_in_s=round(member.due - now, 1))
    return True


def _start(member: _Member, now: float) -> None:
    try:
        member.child, member.started = _launch(member.number, member.arguments), now
    except OSError as error:  # no memory or no pid just now: the others work on
        member.due = now + member.backoff.delay()
        _log.warning("member_not_started", member=member.number, error=str(error))
    else:
        _log.info("member_started", member=member.number, pid=member.child.pid, leaving=member.leaving)


def _launch(number: int, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C at the terminal reaches the supervisor alone, which ends all in order."""
    parent = os.getpid()
    itself = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv[1:])]
    return subprocess.Popen(
        [sys.executable, *itself, *arguments],
        env={**os.environ, "LANTIAN_INSTANCE": str(number)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509 (no thread runs in a supervisor)
    )


def _die_with(parent: int) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the kernel knew
        os._exit(1)


def _stop(members: Sequence[_Member]) -> None:
    running = [(member.number, member.child) for member in members if member.child]
    for _, child in running:
        child.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for number, child in running:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            _log.warning("member_killed", member=number, seconds=STOP_TIMEOUT_S)
    _log.info("fleet_stopped")

"""What a loss of power or a `kill -9` left behind, read from the state folder alone: before anything is started."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

from deploy.local.finding import Finding
from deploy.local.process import Running, of_this_boot
from deploy.local.stack import Stack

LAST_LINES = 2
DISK_LINES = 40
"""What an ended server says of its disk is not its last word."""
DISK_WORDS = ("No space left on device", "Shutdown broker because all log dirs")
"""Of PostgreSQL when its log (WAL) cannot grow, and of Kafka at the first write that fails: both end then."""
_UP = "run `lantian up`"


class ClusterState(IntEnum):
    """`DBState` of PostgreSQL's `pg_control`."""

    STARTUP = 0
    SHUT_DOWN = 1
    SHUT_DOWN_IN_RECOVERY = 2
    SHUTTING_DOWN = 3
    IN_CRASH_RECOVERY = 4
    IN_ARCHIVE_RECOVERY = 5
    IN_PRODUCTION = 6


_IN_ORDER = (ClusterState.STARTUP, ClusterState.SHUT_DOWN, ClusterState.SHUT_DOWN_IN_RECOVERY)
_STATE = struct.Struct("<QIII")
"""Of `pg_control`: system identifier, version, catalogue's version, state."""


def left_behind(stack: Stack) -> Iterator[Finding]:
    """What was started and did not end in order; nothing if all did."""
    for name in stack.names:
        if running := stack.remains(name):
            yield _server(stack, name, running)
    if "postgres" in stack.names and stack.pid("postgres") is None:
        yield from _postgres(stack.state_dir / "postgres" / "data" / "global" / "pg_control")
    if "kafka" in stack.names and stack.pid("kafka") is None:
        yield from _kafka(stack.state_dir / "kafka" / "data")


def _server(stack: Stack, name: str, running: Running) -> Finding:
    since = "" if of_this_boot(running) else "; the machine has been started anew since"
    last = " | ".join(line.strip() for line in stack.log_tail(name, LAST_LINES).splitlines())
    detail = f"was started (pid {running.pid}), was not stopped and does not run{since}; its last words: {last or '–'}"
    log, remedy = stack.log_tail(name, DISK_LINES), _UP
    if any(word in log for word in DISK_WORDS):
        detail += "; its log tells of a disk that is full or fails"
        remedy = f"make room on the disk of {stack.state_dir / name} (`df` shows it), then {_UP}"
    return Finding(f"{name} ended", ok=False, detail=detail, remedy=remedy)


def cluster_state(control: Path) -> ClusterState | None:
    """How PostgreSQL's cluster stands by its `pg_control`; None if it cannot be read."""
    try:
        return ClusterState(_STATE.unpack(control.read_bytes()[: _STATE.size])[3])
    except (OSError, ValueError, struct.error):
        return None


def _postgres(control: Path) -> Iterator[Finding]:
    state = cluster_state(control)
    if state is not None and state not in _IN_ORDER:
        yield Finding(
            "postgres shutdown",
            ok=False,
            detail="PostgreSQL was not shut down; at its start it replays its log: what was committed stands",
            remedy=f"{_UP}; until it has recovered it lets nobody in",
        )


def _kafka(data: Path) -> Iterator[Finding]:
    if (data / "meta.properties").is_file() and not (data / ".kafka_cleanshutdown").is_file():
        yield Finding(
            "kafka shutdown",
            ok=False,
            detail="Kafka was not shut down; at its start it checks the last segments of its log. If the machine lost"
            " power (and only then), what it had acknowledged and the system had not yet written to the disk is gone",
            remedy=f"{_UP}; `lantian doctor` then compares the offsets with the log",
        )

"""Faults of the servers: killed, frozen, and everything at once."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from fault import Fault
from field import COMMANDS, Field


class ServerKilled(Fault):
    """`kill -9` of a server, and another start."""

    def __init__(self, server: str) -> None:
        self.name = f"kill -9 of {server}"
        self.touches = frozenset({server})
        self._server = server

    def strike(self, field: Field) -> None:
        """SIGKILL."""
        running(field, self._server)
        field.stack.kill(self._server)

    def heal(self, field: Field) -> None:
        """Start it and wait until it listens."""
        field.stack.start(self._server)


class ServerFrozen(Fault):
    """SIGSTOP of a server: its connections stand, and nothing answers."""

    def __init__(self, server: str) -> None:
        self.name = f"SIGSTOP of {server}"
        self.touches = frozenset({server})
        self._server = server

    def strike(self, field: Field) -> None:
        """SIGSTOP of it and of all that it has started."""
        self._send(field, signal.SIGSTOP)

    def heal(self, field: Field) -> None:
        """SIGCONT."""
        self._send(field, signal.SIGCONT)

    def _send(self, field: Field, number: signal.Signals) -> None:
        send(running(field, self._server), number)


class PowerCut(Fault):
    """`kill -9` of everything at once: three servers and all processes; then all start again, in no order."""

    name = "power cut"
    touches = frozenset({*COMMANDS, "kafka", "mosquitto", "postgres"})

    def strike(self, field: Field) -> None:
        """SIGKILL of all, within some milliseconds."""
        for process in field.processes:
            assert process.running, f"{process.name} has ended by itself"
        pids = [running(field, name) for name in field.stack.names]
        for pid in [*(process.pid for process in field.processes), *pids]:
            os.kill(pid, signal.SIGKILL)
        for process in field.processes:
            process.wait(60)
        for name in field.stack.names:
            field.stack.kill(name)

    def heal(self, field: Field) -> None:
        """As a machine does that boots: the processes do not wait for the servers."""
        for process in field.processes:
            process.start()
        with ThreadPoolExecutor(len(field.stack.names)) as pool:
            list(pool.map(field.stack.start, field.stack.names))


def running(field: Field, server: str) -> int:
    """Its pid; whoever is to die must live."""
    pid = field.stack.pid(server)
    assert pid is not None, f"{server} has ended by itself"
    return pid


def send(pid: int, number: signal.Signals) -> None:
    """A signal to a process and to all that come from it: the parent first, so that a stopped one has no more."""
    with suppress(ProcessLookupError, FileNotFoundError):  # a child that ends meanwhile needs none
        os.kill(pid, number)
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            send(int(child), number)

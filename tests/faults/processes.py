"""Faults of Lantian's own processes: killed, frozen, joining, leaving, and waking up when others have taken over."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from fault import Fault
from field import Field
from pipeline import Process
from waiting import eventually

AT_WORK = {
    "bridge": "lantian_bridge_durable_total",
    "worker": "lantian_stream_partitions",
    "engine": "lantian_stream_partitions",
}
"""The metric that is above zero once a process has its part of the work."""
LINE = {"bridge": "bridge-mqtt", "worker": "worker-postgres", "engine": "engine-postgres"}
"""To what a role works with, but for Kafka."""
SERVERS = frozenset({"kafka", "mosquitto", "postgres"})


class Struck(Fault):
    """Something done to one process of a role or to all."""

    how: str

    def __init__(self, role: str, *, every: bool) -> None:
        self.name = f"{self.how} of {_whom(role, every=every)}"
        self.touches = frozenset({role})
        self._role = role
        self._every = every
        self._struck: list[Process] = []

    def strike(self, field: Field) -> None:
        """Do it."""
        self._struck = chosen(field, self._role, every=self._every)
        for process in self._struck:
            self.hit(process)

    def heal(self, field: Field) -> None:
        """Undo it."""
        for process in self._struck:
            self.mend(process)

    def hit(self, process: Process) -> None:
        """What is done to each."""
        raise NotImplementedError

    def mend(self, process: Process) -> None:
        """What ends it."""
        raise NotImplementedError


class Killed(Struck):
    """`kill -9`, and another start."""

    how = "kill -9"

    def hit(self, process: Process) -> None:
        """SIGKILL."""
        process.kill()

    def mend(self, process: Process) -> None:
        """As a supervisor does."""
        process.start()


class Frozen(Struck):
    """SIGSTOP, and SIGCONT."""

    how = "SIGSTOP"

    def hit(self, process: Process) -> None:
        """SIGSTOP."""
        os.kill(process.pid, signal.SIGSTOP)

    def mend(self, process: Process) -> None:
        """SIGCONT."""
        os.kill(process.pid, signal.SIGCONT)


class Zombie(Fault):
    """A worker or engine that is frozen until others have taken its partitions, and wakes up while work goes on."""

    takes_s = 20.0
    heals_into_work = True

    def __init__(self, role: str) -> None:
        self.name = f"zombie {role}"
        self.touches = frozenset({role, "kafka", "postgres"})
        self._role = role
        self._struck: Process | None = None
        self._before: Mapping[int, int] = {}

    def strike(self, field: Field) -> None:
        """Freeze it, and wait until others have raised the epochs of all partitions, so of those that it held."""
        self._before = self._epochs(field)
        self._struck = field.dice.choice(chosen(field, self._role, every=True))
        os.kill(self._struck.pid, signal.SIGSTOP)
        eventually("a frozen process's partitions are taken over", lambda: self._moved(field), every=0.2)

    def heal(self, field: Field) -> None:
        """Wake it."""
        assert self._struck is not None
        os.kill(self._struck.pid, signal.SIGCONT)

    def _moved(self, field: Field) -> bool:
        now = self._epochs(field)
        return all(now[partition] > epoch for partition, epoch in self._before.items())

    def _epochs(self, field: Field) -> dict[int, int]:
        """Of the role's own consumer, which bears its name."""
        query = "select partition, epoch from consumer_offset where consumer = %s"
        return dict(field.rows(query, (self._role,)))


class Joins(Fault):
    """One process more of a role, that leaves again."""

    takes_s = 10.0

    def __init__(self, role: str) -> None:
        self.name = f"{_whom(role, every=False)} joins and leaves"
        self.touches = SERVERS | {role, LINE[role], "sender-mqtt"}  # on which work comes to it
        self._role = role
        self._number = 0

    def strike(self, field: Field) -> None:
        """Start one more."""
        self._number = field.join(self._role)

    def heal(self, field: Field) -> None:
        """It has had its part of the work, then leaves in order; a bridge for good."""
        joined = field.of(self._role)[self._number]
        joined.wait_ready()
        eventually(f"{joined.name} is at work", lambda: joined.metric(AT_WORK[self._role]) > 0, every=0.2)
        field.leave(self._role, self._number)


class Leaves(Fault):
    """One process less of a role, until another joins."""

    def __init__(self, role: str) -> None:
        self.name = f"{_whom(role, every=False)} leaves, another joins"
        self.touches = SERVERS | {role}
        self._role = role

    def strike(self, field: Field) -> None:
        """One leaves in order; a bridge for good."""
        field.leave(self._role, field.dice.choice(sorted(field.of(self._role))))

    def heal(self, field: Field) -> None:
        """Another starts."""
        field.join(self._role)


def chosen(field: Field, role: str, *, every: bool) -> list[Process]:
    """All processes of a role, or one."""
    processes = list(field.of(role).values())
    return processes if every else [field.dice.choice(processes)]


def _whom(role: str, *, every: bool) -> str:
    return f"all {role}s" if every else f"{'an' if role == 'engine' else 'a'} {role}"

"""What processes cost: processor time and memory by stage, read from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class Cost(NamedTuple):
    """Of a stage with all its processes."""

    cpu_seconds: float
    memory_bytes: int
    """Now, proportionally where processes share it."""


@dataclass(frozen=True)
class Meter:
    """Stages by name, each the pid of the process at its root."""

    roots: Mapping[str, int]

    def read(self) -> dict[str, Cost]:
        """What each has cost by now; of children that have ended, what their parent has waited for."""
        children = _children()
        return {name: _cost(_tree(root, children)) for name, root in self.roots.items()}


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                found.setdefault(int(_stat(int(folder.name))[1]), []).append(int(folder.name))
    return found


def _tree(root: int, children: Mapping[int, list[int]]) -> list[int]:
    return [root, *(pid for child in children.get(root, ()) for pid in _tree(child, children))]


def _stat(pid: int) -> list[str]:
    """The fields behind the name: state, parent, …"""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _cost(pids: list[int]) -> Cost:
    ticks = memory = 0
    for pid in pids:
        with suppress(OSError):
            fields = _stat(pid)
            ticks += sum(map(int, fields[11:15]))
            memory += _memory(pid)
    return Cost(ticks * _TICK, memory)


def _memory(pid: int) -> int:
    for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0

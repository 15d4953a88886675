"""What a process costs the machine, as the kernel tells it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")


class Burden(NamedTuple):
    """Resident memory in MB, and seconds of processor since its start."""

    memory: float
    processor: float


def burden(pid: int | None) -> Burden:
    """Of a process that runs."""
    assert pid is not None
    folder = Path("/proc") / str(pid)
    status = (folder / "status").read_text(encoding="utf-8")
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    # after the command's name, which may hold anything: fields 14 and 15 of proc(5)
    fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return Burden(int(resident.split()[1]) / 1024, (int(fields[11]) + int(fields[12])) / _TICKS)

"""How soon a command answers and a process is ready, with the JIT cache warm, on a stack of their own.

Each is started several times, in turn with the others, so that a busy moment of the machine hits all alike. Ready is
what `/readyz` says: kernels loaded, servers connected, the consumers' groups asked to be joined.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from aggregate.worker import warm_up
from bench.pipeline.meter import Meter
from core.errors import UnavailableError
from core.settings import ConfiguredSettings
from deploy.local.stack import Stack
from deploy.processes import FREE_PORTS, PROCESSES, Processes

ROUNDS = 5
PATIENCE_S = 60.0
LOOK_S = 0.01
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "lantian --help": ("-m", "deploy.cli", "--help"),
    "lantian aggregate --help": ("-m", "deploy.cli", "aggregate", "--help"),
}


class Start(NamedTuple):
    """Until a process was ready."""

    seconds: float
    core_seconds: float
    """Of processor time."""


def main() -> None:
    """Print medians: commands in milliseconds, processes in seconds until `/readyz` says so."""
    answers: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            answers[name].append(answered_after(arguments) * 1000)
    for name, taken in answers.items():
        print(_line(name, taken, "ms", 0))
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(ConfiguredSettings(state_dir=Path(folder)))
        try:
            stack.up()
            _measure(stack.state_dir, {**os.environ, **stack.environment, **FREE_PORTS})
        finally:
            stack.erase()


def _measure(state_dir: Path, environment: Mapping[str, str]) -> None:
    """The first start of all on an empty stack, then each alone and all together in turn."""
    for name, taken in ready_after(state_dir, environment, PROCESSES).items():
        print(f"{name}, the first start on new servers, all together: {taken.seconds:.2f} s")
    starts: dict[str, list[Start]] = defaultdict(list)
    for _ in range(ROUNDS):
        for names in (*([name] for name in PROCESSES), list(PROCESSES)):
            for name, start in ready_after(state_dir, environment, names).items():
                starts[f"{name}, {'alone' if len(names) == 1 else 'all together'}"].append(start)
    for label, found in starts.items():
        cost = median(start.core_seconds for start in found)
        print(f"{_line(label, [start.seconds for start in found], 's', 2)}, {cost:.2f} s of a core")


def answered_after(arguments: Sequence[str]) -> float:
    """Seconds until a Python with these arguments has ended."""
    began = time.monotonic()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def ready_after(state_dir: Path, environment: Mapping[str, str], names: Iterable[str]) -> dict[str, Start]:
    """Start processes at once, wait until each is ready, and end them again.

    Raises `UnavailableError` if one is not ready in time or ends.
    """
    processes = Processes(state_dir, environment, threading.Event())
    began = time.monotonic()
    try:
        for name in names:
            processes.start(name, *PROCESSES[name])
        meter = Meter(processes.pids)
        found: dict[str, Start] = {}
        while len(found) < len(processes.pids):
            processes.check()
            after = time.monotonic() - began
            for name in processes.pids.keys() - found.keys():
                if processes.ready(name):
                    found[name] = Start(after, meter.read()[name].cpu_seconds)
            if after > PATIENCE_S:
                raise UnavailableError(
                    "start", f"not ready within {PATIENCE_S:.0f} s", hint=f"read the logs in {state_dir}"
                )
            time.sleep(LOOK_S)
        return {name: found[name] for name in processes.pids}
    finally:
        processes.stop()


def _line(name: str, taken: Sequence[float], unit: str, places: int) -> str:
    return (
        f"{name}: {median(taken):.{places}f} {unit} (of {len(taken)}:"
        f" {min(taken):.{places}f} … {max(taken):.{places}f})"
    )


if __name__ == "__main__":
    main()

"""A step of the set-up: what it is, whether it is done, how it is done, what to do when it fails."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHOWN_LINES = 12


class StepFailedError(Exception):
    """A step could not be done; `remedy` says what to do about it."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True)
class Step:
    """One step; `run` does nothing that `done` finds done."""

    name: str
    done: Callable[[], bool]
    run: Callable[[], None]
    remedy: str


def perform(steps: Sequence[Step], say: Callable[[str], None]) -> bool:
    """Do what is not done yet, telling each step and its time; False after the first that fails."""
    for number, step in enumerate(steps, start=1):
        label = f"setup {number}/{len(steps)} {step.name}"
        if step.done():
            say(f"{label}: there")
            continue
        say(f"{label} …")
        begun = time.monotonic()
        try:
            step.run()
        except StepFailedError as failure:
            say(f"{label}: FAILED after {time.monotonic() - begun:.1f} s: {failure}")
            say(f"  what to do: {failure.remedy or step.remedy}")
            return False
        say(f"{label}: done in {time.monotonic() - begun:.1f} s")
    return True


def call(command: Sequence[str], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a program to its end; raises `StepFailedError` with the last lines of what it said."""
    try:
        result = subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise StepFailedError(f"{command[0]} is not installed") from error
    if result.returncode != 0:
        tail = "\n    ".join(result.stdout.strip().splitlines()[-SHOWN_LINES:])
        raise StepFailedError(f"`{' '.join(command[:4])} …` ended with {result.returncode}:\n    {tail}")


@contextmanager
def building(final: Path) -> Iterator[Path | None]:
    """Build a shared folder so that others see it whole or not at all.

    Yields a fresh folder beside `final` that is renamed to it at the end, or None if another checkout has built it
    meanwhile; a second checkout waits for the first.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with (final.parent / f"{final.name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if final.is_dir():
            yield None
            return
        partial = final.with_name(final.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        yield partial
        partial.rename(final)

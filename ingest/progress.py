"""Progress of a long sending: a bar on a terminal, plain lines elsewhere; on stderr, stdout is for the answer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

REDRAW_SECONDS = 0.2
LINE_SECONDS = 5.0


class Meter(Protocol):
    """Is told how many reports are done and how many readings are in them."""

    def __call__(self, done: int, readings: int) -> None: ...


@contextmanager
def meter(name: str, total: int) -> Iterator[Meter]:
    """A meter for `total` reports."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(name, total, console) as bar:
            yield bar
    else:
        yield _Lines(name, total)


@contextmanager
def _bar(name: str, total: int, console: Console) -> Iterator[Meter]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[readings]:,} readings  {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=total, readings=0, rate=0.0)
        started = time.monotonic()
        drawn = 0.0

        def tell(done: int, readings: int) -> None:
            nonlocal drawn
            now = time.monotonic()
            if now - drawn >= REDRAW_SECONDS or done == total:
                drawn = now
                progress.update(task, completed=done, readings=readings, rate=readings / max(now - started, 0.001))

        yield tell


class _Lines:
    def __init__(self, name: str, total: int) -> None:
        self._name = name
        self._total = total
        self._started = self._told = time.monotonic()

    def __call__(self, done: int, readings: int) -> None:
        now = time.monotonic()
        if now - self._told < LINE_SECONDS:
            return
        self._told = now
        seconds = now - self._started
        left = (self._total - done) * seconds / max(done, 1)
        sys.stderr.write(
            f"{self._name}: {done} of {self._total} reports, {readings} readings, {readings / seconds:.0f}/s, "
            f"{left:.0f} s left\n"
        )

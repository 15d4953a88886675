"""Progress of a long command: a bar on a terminal, nothing elsewhere; on stderr, stdout is for the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Tell = Callable[[int, int | None], None]
"""Is told how many are done, of how many; None if nobody knows."""


@contextmanager
def bar(name: str) -> Iterator[Tell]:
    """A bar that says what is being done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)

"""Progress of a long command: a bar on a terminal, nothing elsewhere; on stderr, stdout is for the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Tell = Callable[[int, int | None], None]
"""Is told how many are done, of how many; None if nobody knows."""


def display(*, transient: bool = False) -> Progress:
    """Bars with what is being done, how much of it, and how long it takes yet; `transient` ones go when all is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=transient, disable=not console.is_terminal)


@contextmanager
def bar(name: str) -> Iterator[Tell]:
    """A bar that says what is being done."""
    with display() as progress:
        task = progress.add_task(name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)

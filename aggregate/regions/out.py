"""Tables to the terminal and rows to a CSV file."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from aggregate.regions.tables import Table
from core.errors import InputError

FILE_WIDTH = 200
"""Columns of a table that does not go to a terminal."""


def print_table(table: Table) -> None:
    """A table on stdout; an empty one is left out."""
    shown = RichTable(title=table.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for number, name in enumerate(table.names):
        shown.add_column(name, overflow="fold", justify="right" if number else "left")
    for row in table.rows:
        shown.add_row(*(Text(cell) for cell in row))
    if shown.row_count:
        Console(width=None if sys.stdout.isatty() else FILE_WIDTH).print(shown)


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows as a CSV in UTF-8, empty cells for None; raises `InputError` if it cannot be written."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise InputError("out", message, field=str(path), hint="choose another file") from error


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value

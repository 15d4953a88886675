"""`lantian evaluate`: files in, files or a table out; what is wrong with the input goes to stderr, a line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aggregate.evaluation.air import Evaluation
from aggregate.evaluation.compiling import compiling_told
from aggregate.evaluation.editions import edition_named
from aggregate.evaluation.index import IndexRow, index_of_file
from aggregate.evaluation.notes import InputWarning, MixedPeriod, Unconfirmed, unconfirmed_index
from aggregate.evaluation.reading import read_file, sha256
from aggregate.evaluation.tables import TOKENS, Tables, whole_columns
from aggregate.evaluation.writing import written
from aggregate.progress import bar
from standards.describe import UNCONFIRMED_ZH
from standards.editions import load_editions

_SYMBOLS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
_FILE_WIDTH = 10_000
"""Columns of what is no terminal, where nothing is to be cut."""


def air(paths: Sequence[Path], edition: str, out: Path, *, rounded: bool) -> None:
    """Evaluate files of hours into three CSV files and `evaluation.json`; says how many rows there are."""
    evaluation = Evaluation(edition, rounded=rounded)
    rows = dict.fromkeys(Tables._fields, 0)
    whole = whole_columns(load_editions().all) if rounded else frozenset()
    with bar("evaluate") as tell, compiling_told():
        for path in paths:
            evaluation.take(read_file(path), sha256(path))
        with written(out, paths, whole) as (write, write_notes):
            for done, tables in enumerate(evaluation.tables(), start=1):
                write(tables)
                tell(done, None)
                for kind, table in tables._asdict().items():
                    rows[kind] += table.num_rows
            write_notes(evaluation.notes)
    notes = evaluation.notes
    _warn([*notes.warnings, *notes.mixed_periods, *notes.unconfirmed])
    typer.echo(", ".join(f"{kind}.csv {number} rows" for kind, number in rows.items()) + f" in {out}")


def index(path: Path, edition: str, *, as_json: bool) -> None:
    """Print composite indices and ranks of a file's rows."""
    with compiling_told():
        rows, warnings = index_of_file(path, edition)
    unconfirmed = unconfirmed_index(edition_named(edition))
    _warn([*warnings, *([unconfirmed] if unconfirmed else [])])
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        _print(rows, unconfirmed)


def _warn(warnings: Iterable[InputWarning | MixedPeriod | Unconfirmed]) -> None:
    for warning in warnings:
        typer.echo(f"lantian: warning: {warning}", err=True)


def _print(rows: Iterable[IndexRow], unconfirmed: Unconfirmed | None) -> None:
    table = Table(box=None)
    table.add_column("名次 Rank", justify="right")
    table.add_column("名称 Name", overflow="fold")
    mark = f"\n{UNCONFIRMED_ZH} {unconfirmed.confidence}" if unconfirmed else ""
    table.add_column(f"综合指数 Index{mark}", justify="right")
    table.add_column("最大单项 Largest", overflow="fold")
    for symbol in _SYMBOLS:
        table.add_column(symbol, justify="right")
    for row in rows:
        singles = (row.single[token] for token in TOKENS)
        table.add_row(_shown(row.rank), Text(row.name), _shown(row.index), row.largest or "—", *map(_shown, singles))
    Console(width=None if sys.stdout.isatty() else _FILE_WIDTH).print(table)


def _shown(value: float | None) -> str:
    return "—" if value is None else str(value)

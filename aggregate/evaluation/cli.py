"""`lantian evaluate`: files in, files or a table out; what is wrong with the input goes to stderr, a line each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from aggregate.evaluation.air import Evaluation
from aggregate.evaluation.index import IndexRow, index_of_file
from aggregate.evaluation.notes import InputWarning
from aggregate.evaluation.reading import read_file, sha256
from aggregate.evaluation.tables import TOKENS, Tables, whole_columns
from aggregate.evaluation.writing import written
from aggregate.progress import bar
from standards.editions import load_editions

_SYMBOLS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")


def air(paths: Sequence[Path], edition: str, out: Path, *, rounded: bool) -> None:
    """Evaluate files of hours into three CSV files and `evaluation.json`; says how many rows there are."""
    evaluation = Evaluation(edition, rounded=rounded)
    rows = dict.fromkeys(Tables._fields, 0)
    whole = whole_columns(load_editions().all) if rounded else frozenset()
    with bar("evaluate") as tell, written(out, paths, whole) as (write, write_notes):
        for path in paths:
            evaluation.take(read_file(path), sha256(path))
        for done, tables in enumerate(evaluation.tables(), start=1):
            write(tables)
            tell(done, None)
            for kind, table in tables._asdict().items():
                rows[kind] += table.num_rows
        write_notes(evaluation.notes)
    _warn(evaluation.notes.warnings)
    for period in evaluation.notes.mixed_periods:
        typer.echo(f"lantian: {period.label}: days by {' and '.join(period.editions)}, limits and index by the last",
                   err=True)  # fmt: skip
    typer.echo(", ".join(f"{kind}.csv {number} rows" for kind, number in rows.items()) + f" in {out}")


def index(path: Path, edition: str, *, as_json: bool) -> None:
    """Print composite indices and ranks of a file's rows."""
    rows, warnings = index_of_file(path, edition)
    _warn(warnings)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        _print(rows)


def _warn(warnings: Iterable[InputWarning]) -> None:
    for warning in warnings:
        typer.echo(f"lantian: warning: {warning}", err=True)


def _print(rows: Iterable[IndexRow]) -> None:
    table = Table(box=None)
    table.add_column("名次 Rank", justify="right")
    table.add_column("名称 Name")
    table.add_column("综合指数 Index", justify="right")
    table.add_column("最大单项 Largest")
    for symbol in _SYMBOLS:
        table.add_column(symbol, justify="right")
    for row in rows:
        singles = (row.single[token] for token in TOKENS)
        table.add_row(
            _shown(row.rank), row.name, _shown(row.index), (row.largest or "—").replace(";", " "), *map(_shown, singles)
        )
    Console().print(table)


def _shown(value: float | None) -> str:
    return "—" if value is None else str(value)

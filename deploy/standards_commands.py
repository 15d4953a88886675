"""`lantian standards …`: the editions' figures with source and mark. Reads files only; needs no server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import InputError

if TYPE_CHECKING:
    from standards.describe import Row, Summary
    from standards.edition_file import EditionFile

app = typer.Typer()
standards_app = typer.Typer(no_args_is_help=True, help="Look at editions of the standards; needs no server.")
app.add_typer(standards_app, name="standards")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
EditionsDir = Annotated[
    Path | None, typer.Option("--editions-dir", help="Folder of edition files, in place of the built-in ones.")
]
EditionId = Annotated[
    str, typer.Argument(metavar="ID", help="An edition, as `lantian standards list` names it: 2012, 2026 …")
]

FILE_WIDTH = 160
"""Columns of a table that does not go to a terminal."""


@standards_app.command(name="list")
def list_editions(editions_dir: EditionsDir = None, as_json: AsJson = False) -> None:
    """The editions by date, and how many of their figures are unconfirmed (C, M)."""
    from standards.describe import summaries

    found = summaries(_files(editions_dir))
    if as_json:
        _print_json([asdict(one) for one in found])
        return
    _print_table(
        ("编号 ID", "适用 Serves", "名称 Name", "标准 Documents", "未确认 Unconfirmed"),
        (_in_a_line(one) for one in found),
    )


@standards_app.command(name="show")
def show_edition(edition: EditionId, editions_dir: EditionsDir = None, as_json: AsJson = False) -> None:
    """Every figure of an edition with its source and how sure it is; what is unconfirmed is marked 未确认."""
    from standards.describe import SECTIONS, describe

    rows = describe(_files(editions_dir, edition)[0])
    if as_json:
        _print_json({"id": edition, "figures": [asdict(row) for row in rows]})
        return
    for section, title in SECTIONS.items():
        _print_table(
            ("项目 Item", "值 Value", "可信度 Mark", "依据 Source"),
            ((row.item, _figure(row), _mark(row), row.source) for row in rows if row.section == section),
            title=title,
        )


@standards_app.command(name="compare")
def compare_editions(
    first: EditionId, second: EditionId, editions_dir: EditionsDir = None, as_json: AsJson = False
) -> None:
    """What differs between two editions, side by side."""
    from standards.describe import SECTIONS, compare

    found = compare(*_files(editions_dir, first, second))
    if as_json:
        _print_json({"first": first, "second": second, "differences": [asdict(one) for one in found]})
        return
    for section, title in SECTIONS.items():
        _print_table(
            ("项目 Item", first, "可信度 Mark", second, "可信度 Mark"),
            (
                (one.item, _figure(one.first), _mark(one.first), _figure(one.second), _mark(one.second))
                for one in found
                if one.section == section
            ),
            title=title,
        )
    if not found:
        sys.stdout.write(f"{first} 与 {second} 无差别 / {first} and {second} do not differ\n")


def _files(folder: Path | None, *wanted: str) -> tuple[EditionFile, ...]:
    """The editions of these ids, or all."""
    from standards.edition_file import FOLDER, named, read_files
    from standards.errors import StandardsError

    try:
        files = read_files(folder or FOLDER)
        return tuple(named(files, edition) for edition in wanted) or files
    except StandardsError as error:
        raise InputError("standards", str(error)) from error


def _in_a_line(one: Summary) -> tuple[str, ...]:
    span = f"{one.serves_from or ''} … {one.serves_until or ''}".strip()
    names = f"{one.name_zh}\n{one.name_en}"
    return one.id, span, names, "\n".join(one.documents), f"{one.unconfirmed} / {one.figures}"


def _figure(row: Row | None) -> str:
    from standards.describe import text, unit_text

    return f"{text(row.value)} {unit_text(row.unit)}".rstrip() if row else "–"


def _mark(row: Row | None) -> str:
    from standards.describe import mark_text

    return mark_text(row.confidence) if row else ""


def _print_table(names: Iterable[str], rows: Iterable[Iterable[str]], *, title: str = "") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from standards.describe import UNCONFIRMED_ZH

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        cells = [Text(cell) for cell in row]
        for cell in cells:
            cell.highlight_words([UNCONFIRMED_ZH], "bold yellow")
            cell.highlight_regex("#[0-9A-F]{6}", lambda colour: f"on {colour}")
        table.add_row(*cells)
    if table.row_count:
        Console(width=None if sys.stdout.isatty() else FILE_WIDTH).print(table)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=date.isoformat) + "\n")

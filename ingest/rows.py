"""Rows of files that people give: what is wrong with one never stops the others."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO, cast

from core.errors import InputError, shown


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one row, where, and what to do about it. `row` counts from 1, the heading included."""

    file: str
    row: int
    field: str
    value: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.file} row {self.row}, {self.field}: {self.message} (got {shown(self.value)}); {self.hint}"


SHOWN = 3
"""So many rows in error are named at once; the others are counted."""


def in_one_line(errors: Sequence[RowError]) -> str:
    """What is wrong with a file that cannot be used for its rows."""
    more = f"; and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
    return "; ".join(map(str, errors[:SHOWN])) + more


def too_many_cells(file: str, row: int, cells: Sequence[str]) -> RowError:
    """What is said of a row that has more cells than the heading."""
    return RowError(file, row, "row", ",".join(cells), "has more cells than the heading", "quote commas")


def open_text(path: Path) -> TextIO:
    """A text file as people's spreadsheets write it, or that compressed by gzip; raises `InputError`."""
    try:
        if path.suffix.lower() == ".gz":
            return cast("TextIO", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError("file", f"cannot be read: {error.strerror}", field=str(path), hint="check the path") from error


def csv_rows(path: Path, file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of the rows that are not empty, the heading first; raises `InputError` if it is no UTF-8 CSV.

    A row whose quotes hold line breaks, be it that one is not closed, has the number of the line where it begins.
    """
    reader, begin = csv.reader(file), 1
    try:
        for cells in reader:
            if any(cells):
                yield begin, [cell.strip() for cell in cells]
            begin = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise InputError(
            "file", f"is no UTF-8 near row {begin}", field=str(path), hint="save it as CSV UTF-8"
        ) from error
    except (csv.Error, OSError, EOFError, zlib.error) as error:
        raise InputError(
            "file", f"cannot be read near row {begin}: {error}", field=str(path), hint="check the file"
        ) from error


def heading(path: Path, rows: Iterator[tuple[int, list[str]]], required: Sequence[str] = ()) -> list[str]:
    """The names of the columns; raises `InputError` if there are none, one is named twice, or a required one lacks."""
    names = next(rows, (0, []))[1]
    if not names:
        raise InputError("file", "is empty", field=str(path), hint="its first row must name the columns")
    for name in names:
        if name and names.count(name) > 1:
            raise InputError(
                "file", "a column is named twice", field=str(path), value=name, hint="remove or rename one of them"
            )
    for name in required:
        if name not in names:
            raise InputError(
                "heading",
                f"the column {name} is missing",
                field=str(path),
                hint=f"its first row must name {','.join(required)}",
            )
    return names


def decimal(text: str) -> Decimal:
    """The number that a cell writes; raises `ValueError` if it writes none.

    In plain digits: `Decimal` alone also takes a slip like 5_0, as 50, and the digits of every script.
    """
    if text.isascii() and "_" not in text:
        with suppress(InvalidOperation):
            return Decimal(text)
    raise ValueError("is no number")

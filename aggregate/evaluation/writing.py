"""Tables as CSV files in a folder, a block of stations after another.

Nothing appears before all is written; then the notes go first and come last, so that where they are the tables are of
the same run, even if it was killed while they were put in place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import IO

import polars as pl

from aggregate.evaluation.notes import Notes
from aggregate.evaluation.tables import Tables
from core.errors import InputError

NOTES = "evaluation.json"
FILES = (*(f"{kind}.csv" for kind in Tables._fields), NOTES)
"""In the order in which they are put in place."""


@contextmanager
def written(
    folder: Path, inputs: Sequence[Path], whole: Collection[str]
) -> Iterator[tuple[Callable[[Tables], None], Callable[[Notes], None]]]:
    """Functions that write tables and, at the end, the notes; the folder is made if it is missing.

    It does not remain if nothing was written. The columns named in `whole` hold whole numbers, and are written so.
    Raises `InputError` where the folder cannot be written to, or holds an input that would be overwritten.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    for path in inputs:
        if path.parent.resolve() == folder.resolve() and path.name in FILES:
            raise InputError("out", "would overwrite an input", field=str(path), hint="choose another folder")
    parts = {name: folder / f".{name}.part" for name in FILES}
    try:
        with ExitStack() as stack:
            files = {name: stack.enter_context(parts[name].open("wb")) for name in FILES}
            yield lambda tables: _write_all(files, tables, whole), lambda notes: _write_notes(files[NOTES], notes)
        (folder / NOTES).unlink(missing_ok=True)
        for name, part in parts.items():
            part.replace(folder / name)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


def _cannot_write(folder: Path, error: OSError) -> InputError:
    return InputError(
        "out", f"cannot be written: {error.strerror or error}", field=str(folder), hint="choose another folder"
    )


def _write_all(files: Mapping[str, IO[bytes]], tables: Tables, whole: Collection[str]) -> None:
    # Polars writes these tables six times as fast as Arrow, and reading and writing is most of the work
    for kind, table in tables._asdict().items():
        file = files[f"{kind}.csv"]
        frame = pl.DataFrame(pl.from_arrow(table))
        frame = frame.with_columns(pl.col(name).cast(pl.Int64) for name in frame.columns if name in whole)
        frame.write_csv(file, include_header=file.tell() == 0, datetime_format="%Y-%m-%dT%H:%M:%S%:z")


def _write_notes(file: IO[bytes], notes: Notes) -> None:
    content = {"lantian": version("lantian"), **asdict(notes)}
    file.write((json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n").encode())

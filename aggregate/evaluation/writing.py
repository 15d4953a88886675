"""Tables as CSV files in a folder, a block of stations after another; they appear together or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import IO

from aggregate.evaluation.csv_text import heading, text_of
from aggregate.evaluation.notes import Notes
from aggregate.evaluation.tables import Tables
from core.errors import InputError

NOTES = "evaluation.json"
FILES = (*(f"{kind}.csv" for kind in Tables._fields), NOTES)


@contextmanager
def written(folder: Path, inputs: Sequence[Path]) -> Iterator[tuple[Callable[[Tables], None], Callable[[Notes], None]]]:
    """Functions that write tables and, at the end, the notes; the folder is made if it is missing.

    Raises `InputError` where the folder cannot be written to, or holds an input that would be overwritten.
    """
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
            pool = stack.enter_context(ThreadPoolExecutor(os.cpu_count()))
            yield lambda tables: _write_all(files, tables, pool), lambda notes: _write_notes(files[NOTES], notes)
        for name, part in parts.items():
            part.replace(folder / name)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _cannot_write(folder: Path, error: OSError) -> InputError:
    return InputError("out", f"cannot be written: {error.strerror}", field=str(folder), hint="choose another folder")


def _write_all(files: Mapping[str, IO[bytes]], tables: Tables, pool: Executor) -> None:
    for kind, table in tables._asdict().items():
        file = files[f"{kind}.csv"]
        if file.tell() == 0:
            file.write(heading(table))
        for text in text_of(table, pool):
            file.write(text)


def _write_notes(file: IO[bytes], notes: Notes) -> None:
    content = {"lantian": version("lantian"), **asdict(notes)}
    file.write((json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n").encode())

"""Tables as CSV files in a folder, a block of stations after another; they appear together or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from aggregate.evaluation.notes import Notes
from aggregate.evaluation.tables import Tables
from core.clock import HOUR, SHANGHAI
from core.errors import InputError

NOTES = "evaluation.json"
FILES = (*(f"{kind}.csv" for kind in Tables._fields), NOTES)

_ROWS_AT_ONCE = 1 << 17
_QUOTED = frozenset('",\r\n')


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


def _write_all(files: Mapping[str, IO[bytes]], tables: Tables, pool: ThreadPoolExecutor) -> None:
    for kind, table in tables._asdict().items():
        file = files[f"{kind}.csv"]
        if file.tell() == 0:
            file.write((",".join(table.column_names) + "\n").encode())
        shown = _shown(table)
        names = table["station"].chunk(0).dictionary.to_pylist()
        style = "needed" if any(_QUOTED & set(name) for name in names) else "none"
        parts = [shown.slice(start, _ROWS_AT_ONCE) for start in range(0, shown.num_rows, _ROWS_AT_ONCE)]
        for text in pool.map(lambda part, style=style: _text(part, style), parts):
            file.write(text)


def _shown(table: pa.Table) -> pa.Table:
    """The table with its times as text."""
    if "time" not in table.column_names or not table.num_rows:
        return table
    seconds = table["time"].cast(pa.int64()).to_numpy()
    first, last = int(seconds.min()), int(seconds.max())
    texts = [datetime.fromtimestamp(second, SHANGHAI).isoformat() for second in range(first, last + HOUR, HOUR)]
    places = pa.array(((seconds - first) // HOUR).astype(np.int32))
    return table.set_column(1, "time", pa.DictionaryArray.from_arrays(places, pa.array(texts)))


def _text(table: pa.Table, quoting: str) -> pa.Buffer:
    """Rows as CSV without the heading; texts stand in quotes only where a station's name needs them."""
    stream = pa.BufferOutputStream()
    options = pacsv.WriteOptions(include_header=False, quoting_style=quoting, batch_size=_ROWS_AT_ONCE)
    pacsv.write_csv(table, stream, options)
    return stream.getvalue()


def _write_notes(file: IO[bytes], notes: Notes) -> None:
    content = {"lantian": version("lantian"), **asdict(notes)}
    file.write((json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n").encode())

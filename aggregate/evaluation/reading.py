"""Files of hours as tables: CSV or Parquet, column by column. Raises `InputError` for what cannot be read."""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from aggregate.evaluation.columns import NAMES, REQUIRED, Table, check_names, is_text
from aggregate.evaluation.notes import InputWarning
from aggregate.evaluation.quotes import unclosed_line
from core.errors import InputError
from ingest.importers.source import MISSING
from ingest.rows import csv_rows, heading, open_text

_TEXT = pa.dictionary(pa.int32(), pa.string())
_BLOCK_BYTES = 1 << 23
_GZIP = b"\x1f\x8b"


def read_file(path: Path) -> Table:
    """A file's table of the columns that are known."""
    name = path.name.lower()
    if not name.endswith((".csv", ".csv.gz", ".parquet")):
        hint = "name it .csv, .csv.gz or .parquet"
        raise InputError("file", "is neither CSV nor Parquet", field=str(path), hint=hint)
    try:
        with path.open("rb") as file:
            start = file.read(len(_GZIP))
        if name.endswith(".parquet"):
            return _read_parquet(path)
        _check_compression(path, start)
        return _read_csv(path)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def sha256(path: Path) -> str:
    """Of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unreadable(path: Path, error: Exception) -> InputError:
    """Arrow's errors are of several lines, and have no `strerror`."""
    number = getattr(error, "errno", None)
    said = os.strerror(number) if number else (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return InputError("file", f"cannot be read: {said}", field=str(path), hint="check the file")


def _read_parquet(path: Path) -> Table:
    try:
        schema = pq.read_schema(path)
        warnings = check_names(str(path), schema.names)
        # Arrow looks for every column that is to be read as categories, and fails where it is none of texts
        texts = [name for name in REQUIRED if is_text(schema.field(name).type)]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            data = file.read([name for name in (*REQUIRED, *NAMES) if name in schema.names])
    except pa.ArrowInvalid as error:
        raise InputError("file", "is no Parquet file", field=str(path), hint="check the file") from error
    return Table(str(path), data, lambda row: row + 1, warnings)


def _read_csv(path: Path) -> Table:
    with _open_bytes(path) as file:
        if (line := unclosed_line(file)) is not None:
            raise InputError(
                "row", "a quote opens that is not closed", field=f"{path} row {line}", hint="close or remove it"
            )
    names, head = _heading(path)
    warnings = check_names(str(path), names)
    numbers = {name: pa.float64() for name in NAMES if name in names}
    try:
        data, ragged = _parse(path, names, head, numbers)
    except pa.ArrowInvalid:
        # A cell is no number, or no text in UTF-8: texts as they are, for what reads the column to find it.
        try:
            data, ragged = _parse(path, names, head, dict.fromkeys(numbers, _TEXT))
        except pa.ArrowInvalid as error:
            raise _no_csv(path, error) from error
    if ragged:
        warnings.append(_ragged(path, head, len(names), ragged, data.num_rows))
    return Table(str(path), data, lambda row: _line(path, head, len(names), row), warnings)


def _check_compression(path: Path, start: bytes) -> None:
    is_packed = start == _GZIP
    if is_packed != _named_packed(path):
        said, suffix = ("is", ".csv.gz") if is_packed else ("is not", ".csv")
        raise InputError("file", f"{said} compressed by gzip", field=str(path), hint=f"name it {suffix}")


def _named_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _open_bytes(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if _named_packed(path) else path.open("rb")


def _heading(path: Path) -> tuple[list[str], int]:
    """Names of the columns, and the number of their row."""
    with open_text(path) as file:
        try:
            first = next(csv_rows(path, file), None)
        except InputError as error:
            raise _no_csv(path, error) if isinstance(error.__cause__, UnicodeDecodeError) else error from None
    return heading(path, iter([first] if first else [])), first[0] if first else 0


def _parse(path: Path, names: list[str], head: int, numbers: dict[str, pa.DataType]) -> tuple[pa.Table, int]:
    """The known columns, and how many rows were left out because they are not as long as the heading."""
    ragged = 0

    def leave_out(_: pacsv.InvalidRow) -> str:
        nonlocal ragged
        ragged += 1
        return "skip"

    with pa.input_stream(str(path), compression="gzip" if _named_packed(path) else None) as file:
        data = pacsv.read_csv(
            file,
            read_options=pacsv.ReadOptions(column_names=names, skip_rows=head, block_size=_BLOCK_BYTES),
            parse_options=pacsv.ParseOptions(invalid_row_handler=leave_out, newlines_in_values=False),
            convert_options=pacsv.ConvertOptions(
                column_types={**dict.fromkeys(REQUIRED, _TEXT), **numbers},
                include_columns=[*REQUIRED, *numbers],
                null_values=sorted(MISSING),
                strings_can_be_null=False,
            ),
        )
    return data, ragged


def _rows(path: Path, head: int) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of the rows after the heading, but those of empty lines."""
    with open_text(path) as file:
        reader = csv.reader(file)
        yield from ((reader.line_num, cells) for cells in reader if cells and reader.line_num > head)


def _line(path: Path, head: int, columns: int, row: int) -> int:
    """The number, as people count, of a row that was read."""
    complete = (number for number, cells in _rows(path, head) if len(cells) == columns)
    return next(islice(complete, row, None))


def _ragged(path: Path, head: int, columns: int, count: int, others: int) -> InputWarning:
    """What is said of rows that are not as long as the heading; raises `InputError` if there are no others."""
    row, cells = next((number, cells) for number, cells in _rows(path, head) if len(cells) != columns)
    if not others:
        raise InputError(
            "rows",
            f"no row is as long as the heading: it has {columns} cells, row {row} has {len(cells)}",
            field=str(path),
            hint="name every column, and give each row as many cells",
        )
    return InputWarning(
        str(path), "is not as long as the heading", "left out", count=count, row=row, value=",".join(cells)
    )


def _no_csv(path: Path, error: Exception) -> InputError:
    """What is wrong with a file that cannot be parsed; a text that is no UTF-8 has a row."""
    with _open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return InputError("file", f"is no UTF-8 in row {number}", field=str(path), hint="save it as CSV UTF-8")
    return InputError("file", f"is no CSV: {error}", field=str(path), hint="check the file")

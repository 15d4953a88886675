"""One input table column by column: stations, hours and concentrations, each checked once a distinct text.

What cannot be used is an error or a counted warning that names the row; a row is searched for only then.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from aggregate.evaluation.narrow import widened
from aggregate.evaluation.notes import InputWarning
from aggregate.given_days import EARLIEST, LATEST, NO_YEAR
from core.clock import HOUR, MICROS, SHANGHAI, SHANGHAI_OFFSET
from core.errors import InputError, shown
from ingest.importers.source import AIR_FACTORS, number

Floats = npt.NDArray[np.float64]

REQUIRED = ("station", "time")
NAMES = tuple(AIR_FACTORS)
"""Columns of concentrations: PM2.5, PM10, SO2, NO2, CO, O3."""

_HOUR_MICROS = HOUR * MICROS
_EARLIEST, _LATEST = (24 * (date(year, 1, 1) - date(1970, 1, 1)).days for year in (EARLIEST, LATEST + 1))
_NO_HOUR = "is no beginning of an hour"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_END_OF_DAY = (
    "give the beginning of the hour; if hours are named by their end, as CNEMC does, give all one hour earlier"
)
_WHOLE_HOURS = "give means of whole hours by their beginning"


class Table(NamedTuple):
    """An input: its name for people, and the number of a row in it, counted from 0, as people count."""

    name: str
    data: pa.Table
    row: Callable[[int], int]
    warnings: Sequence[InputWarning] = ()
    """What reading it has found."""


class Columns(NamedTuple):
    """What a table of n rows holds."""

    names: list[str]
    """Stations in the order in which they appear."""
    station: npt.NDArray[np.int32]
    """int32[n], places in `names`."""
    hour: npt.NDArray[np.int64]
    """int64[n], whole hours since 1970-01-01 00:00 in China."""
    values: list[Floats]
    """Six float64[n], NaN for missing."""
    zoned: bool
    """Whether its times have offsets."""
    warnings: list[InputWarning]


def table_of(data: Any) -> pa.Table:
    """What is a table, or can be made one. Raises `InputError` for all else."""
    if isinstance(data, pa.Table):
        return data
    try:
        return pa.table(data)
    except (TypeError, ValueError) as error:
        cause = str(error).partition("\n")[0]
        hint = "give a DataFrame, a pyarrow.Table or a mapping of columns"
        raise InputError("data", f"is no table: {cause}", field=type(data).__name__, hint=hint) from error


def read_columns(table: Table) -> Columns:
    """The columns of an input. Raises `InputError` naming the first row that cannot be used."""
    warnings = [*table.warnings, *check_names(table.name, table.data.column_names)]
    if table.data.num_rows == 0:
        raise InputError("rows", "has no rows", field=table.name, hint="give at least an hour")
    names, station, alike = _stations(table)
    warnings.extend(alike)
    hour, zoned = _hours(table)
    values = []
    for name in NAMES:
        column, found = _numbers(table, name)
        values.append(column)
        warnings.extend(found)
    return Columns(names, station, hour, values, zoned, warnings)


def check_names(source: str, names: Sequence[str]) -> list[InputWarning]:
    """What is to be said of the columns' names; raises `InputError` where one is missing or stands twice."""
    for name in names:
        if name and names.count(name) > 1:
            raise InputError(
                "heading", "a column is named twice", field=source, value=name, hint="remove or rename one of them"
            )
    separator = next((said for mark, said in _SEPARATORS.items() if len(names) == 1 and mark in names[0]), None)
    if separator:
        raise InputError("heading", f"separates by {separator}", field=source, hint="separate by commas")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise InputError("heading", f"the column {missing[0]} is missing", field=source, hint=_heading(names, *missing))
    if not any(name in names for name in NAMES):
        raise InputError("heading", "has no column of concentrations", field=source, hint=_heading(names, *NAMES))
    return [
        _unknown(source, name, place)
        for place, name in enumerate(names, start=1)
        if name not in REQUIRED and name not in NAMES
    ]


def _heading(names: Sequence[str], *lacking: str) -> str:
    """What to do about columns that lack, of which some may be there by another name."""
    meant = [f"write {_meant(name)} for {shown(name)}" for name in names if _meant(name) in lacking]
    return ", ".join(meant) or f"name the columns {','.join(REQUIRED)} and any of {','.join(NAMES)}"


def _unknown(source: str, name: str, place: int) -> InputWarning:
    if not name:
        return InputWarning(source, "has no name", "not used", column=f"column {place}")
    meant = _meant(name)
    hint = f"not used; write {meant} if it is meant" if meant else "not used"
    return InputWarning(source, "is no column that is known", hint, column=name)


def _meant(name: str) -> str | None:
    """The column that a name stands for but for case, signs, subscripts and a unit in brackets."""
    plain = unicodedata.normalize("NFKC", name).casefold().partition("(")[0]
    folded = "".join(letter for letter in plain if letter.isalnum())
    return next((known for known in (*REQUIRED, *NAMES) if folded == known.casefold().replace(".", "")), None)


@njit(nogil=True, cache=True)
def _mark(places: npt.NDArray[np.int32], used: npt.NDArray[np.bool_]) -> None:
    """What places name is used; -1, of null, is the last one."""
    for place in places:
        used[place] = True


def _dictionary(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int32], list[str | None]]:
    """Places [n] in the list of distinct texts; -1 for null. Categories that no row has are left out."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.large_string()).dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    places = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    texts = whole.dictionary.to_pylist()
    used = np.zeros(len(texts) + 1, dtype=np.bool_)
    _mark(places, used)
    if used[:-1].all():
        return places, texts
    kept = np.flatnonzero(used[:-1])
    renumbered = np.full(used.size, -1, dtype=np.int32)
    renumbered[kept] = np.arange(kept.size)
    return renumbered[places], [texts[place] for place in kept]


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts, as they are or as categories."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _stations(table: Table) -> tuple[list[str], npt.NDArray[np.int32], list[InputWarning]]:
    column = table.data["station"]
    if not (is_text(column.type) or pa.types.is_integer(column.type)):
        raise InputError(
            "station", f"holds no names ({column.type})", field=f"{table.name}, station", hint="give them as text"
        )
    places, texts = _dictionary(column)
    names = [text or "" for text in texts]
    for place in {place for place, name in enumerate(names) if not name.strip()} | {-1}:
        _refuse(table, "station", places == place, "is empty", "name the station")
    return names, places, list(_alike(table, names, places))


def _alike(table: Table, names: Sequence[str], places: npt.NDArray[np.int32]) -> Iterator[InputWarning]:
    """Stations whose names look the same: in the national feed they are two, and in other files one by mistake."""
    plain: dict[str, str] = {}
    for place, name in enumerate(names):
        other = plain.setdefault(name.strip(), name)
        if other != name:
            yield InputWarning(
                table.name,
                f"differs by blanks alone from station {shown(other)}",
                "taken as another station; remove the blanks if it is the same",
                count=int(np.count_nonzero(places == place)),
                row=table.row(int(np.argmax(places == place))),
                column="station",
                value=name,
            )


def _refuse(table: Table, column: str, rows: npt.NDArray[np.bool_], message: str, hint: str, got: Any = None) -> None:
    """Raise for the first of `rows`, if there is one."""
    if rows.any():
        row = table.row(int(np.argmax(rows)))
        raise InputError(column, message, field=f"{table.name} row {row}, {column}", value=got, hint=hint)


def _hours(table: Table) -> tuple[npt.NDArray[np.int64], bool]:
    column = table.data["time"]
    if pa.types.is_timestamp(column.type):
        return _instants(table, column)
    if not is_text(column.type):
        raise InputError(
            "time", f"holds no times ({column.type})", field=f"{table.name}, time", hint="write 2026-03-01T08:00:00"
        )
    places, texts = _dictionary(column)
    _refuse(table, "time", places < 0, "is empty", "give the hour")
    hours, zoned = np.zeros(len(texts), dtype=np.int64), np.zeros(len(texts), dtype=np.bool_)
    for place, text in enumerate(texts):
        try:
            hours[place], zoned[place] = _hour(text or "")
        except ValueError as error:
            hint = _END_OF_DAY if text and "24:" in text else "write it as 2026-03-01T08:00:00"
            _refuse(table, "time", places == place, str(error), hint, text)
    if zoned.any() and not zoned.all():
        row = table.row(int(np.argmax(zoned[places])))
        _refuse(
            table,
            "time",
            ~zoned[places],
            f"has no offset, but row {row} has one",
            "give all times an offset, or none for UTC+8",
            texts[places[int(np.argmin(zoned[places]))]],
        )
    return hours[places], bool(zoned.any())


@njit(nogil=True, cache=True)
def _divide(micros: npt.NDArray[np.int64], hours: npt.NDArray[np.int64]) -> bool:
    """Whole hours of microseconds; whether all are beginnings of hours."""
    whole = True
    for i in range(micros.size):
        hours[i] = micros[i] // _HOUR_MICROS
        whole &= hours[i] * _HOUR_MICROS == micros[i]
    return whole


def _instants(table: Table, column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], bool]:
    if column.null_count:
        _refuse(table, "time", column.is_null().to_numpy(), "is empty", "give the hour")
    zoned = column.type.tz is not None
    micros = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64()).to_numpy()
    hours = np.empty_like(micros)
    if not _divide(micros, hours):
        _refuse(table, "time", micros % _HOUR_MICROS != 0, _NO_HOUR, _WHOLE_HOURS)
    if zoned:
        hours += SHANGHAI_OFFSET // HOUR
    _refuse(table, "time", (hours < _EARLIEST) | (hours >= _LATEST), NO_YEAR, "correct the time")
    return hours, zoned


def _hour(text: str) -> tuple[int, bool]:
    """The hour that begins at a time, and whether the text has an offset; raises `ValueError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no ISO 8601 time") from None
    if "T" not in text and " " not in text:
        raise ValueError("names a day but no hour")
    zoned = moment.tzinfo is not None
    local = moment if zoned else moment.replace(tzinfo=SHANGHAI)
    hour, rest = divmod(local - datetime(1970, 1, 1, tzinfo=SHANGHAI), timedelta(hours=1))
    if rest:
        raise ValueError(_NO_HOUR)
    if not _EARLIEST <= hour < _LATEST:
        raise ValueError(NO_YEAR)
    return hour, zoned


def _numbers(table: Table, name: str) -> tuple[Floats, list[InputWarning]]:
    """A column's numbers, NaN for missing, free to be changed."""
    if name not in table.data.column_names:
        return np.full(table.data.num_rows, np.nan), []
    column = table.data[name]
    if is_text(column.type):
        return _parsed(table, name, column)
    if column.type in (pa.float16(), pa.float32()):
        return widened(column.to_numpy()), []
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.string())  # Arrow's own way to doubles is off by a bit
    try:
        values = None if pa.types.is_boolean(column.type) else column.cast(pa.float64(), safe=False).to_numpy()
    except pa.ArrowException:
        values = None
    if values is None:
        raise InputError(
            name, f"holds no numbers ({column.type})", field=f"{table.name}, {name}", hint="give concentrations"
        )
    return values if values.flags.writeable else values.copy(), []


def _parsed(table: Table, name: str, column: pa.ChunkedArray) -> tuple[Floats, list[InputWarning]]:
    places, texts = _dictionary(column)
    numbers, unreadable = np.full(len(texts) + 1, np.nan), np.zeros(len(texts) + 1, dtype=np.bool_)
    for place, text in enumerate(texts):
        try:
            found = number((text or "").strip())
        except ValueError:
            unreadable[place] = True
        else:
            numbers[place] = np.nan if found is None else found
    wrong = unreadable[places]  # place -1, of null, is the last one
    if not wrong.any():
        return numbers[places], []
    first = int(np.argmax(wrong))
    warning = InputWarning(
        table.name,
        "is no number",
        "treated as missing",
        count=int(np.count_nonzero(wrong)),
        row=table.row(first),
        column=name,
        value=texts[places[first]],
    )
    return numbers[places], [warning]

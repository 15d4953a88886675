"""Tables as text of CSV, some times faster than what formats a cell at a time.

All but concentrations have few different texts: a row holds places in a list of them. A concentration is written as
the decimal number that it is where that has few places, as nearly all do; the rest (thirds, sevenths) come from Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from core.clock import HOUR, SHANGHAI

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_ROWS_AT_ONCE = 1 << 15
_PLACES = 6
"""Decimal places that are tried: eighths of thousandths have no more."""
_LARGEST = 1e9
_NUMBER_BYTES = 26
_MISSING, _HARD = -1, -2
_POWERS = np.array([10.0**n for n in range(_PLACES + 1)])
_COMMA, _POINT, _NEWLINE, _ZERO = (ord(letter) for letter in ",.\n0")
_STRUCTURE = frozenset('",\r\n')


class _Texts(NamedTuple):
    """Texts in UTF-8 one behind another."""

    content: Bytes
    offsets: npt.NDArray[np.int32]
    """int32[number + 1]"""

    @classmethod
    def of(cls, texts: pa.Array) -> _Texts:
        """Those of an array of strings without null."""
        _, offsets, content = texts.buffers()
        whole = np.frombuffer(offsets, dtype=np.int32) if offsets else np.zeros(1, dtype=np.int32)
        return cls(np.frombuffer(content or b"", dtype=np.uint8), whole[texts.offset : texts.offset + len(texts) + 1])


class _Columns(NamedTuple):
    """The columns of n rows as compiled code takes them."""

    order: Integers
    """The table's columns: the place among `codes`, or -1 - the place among the numbers."""
    codes: npt.NDArray[np.int32]
    """int32[k, n], places in `texts`."""
    texts: _Texts
    digits: Integers
    """int64[m, n], the decimal number without its point."""
    places: npt.NDArray[np.int8]
    """int8[m, n], how many of `digits` stand behind the point; `_MISSING`, or `_HARD`: the next of `hard`."""
    hard: _Texts
    """Row by row."""


@njit(nogil=True, cache=True, error_model="numpy")
def _decimals(numbers: npt.NDArray[np.float64], digits: Integers, places: npt.NDArray[np.int8]) -> None:
    for i in range(numbers.size):
        number = numbers[i]
        if np.isnan(number):
            places[i] = _MISSING
            continue
        places[i] = _HARD
        if not 0.0 <= number < _LARGEST:
            continue
        for place in range(_PLACES + 1):
            whole = np.rint(number * _POWERS[place])
            if whole / _POWERS[place] == number:
                digits[i], places[i] = np.int64(whole), place
                break


@njit(nogil=True, cache=True, error_model="numpy")
def _put_text(texts: _Texts, place: int, out: Bytes, end: int) -> int:
    for i in range(texts.offsets[place], texts.offsets[place + 1]):
        out[end] = texts.content[i]
        end += 1
    return end


@njit(nogil=True, cache=True, error_model="numpy")
def _put_number(digits: int, places: int, out: Bytes, end: int) -> int:
    length, rest = 1, digits // 10
    while rest > 0 or length <= places:
        rest //= 10
        length += 1
    at = end + length + (places > 0)
    for place in range(length):
        if places > 0 and place == places:
            at -= 1
            out[at] = _POINT
        at -= 1
        out[at] = _ZERO + digits % 10
        digits //= 10
    return end + length + (places > 0)


@njit(nogil=True, cache=True, error_model="numpy")
def _write(columns: _Columns, first: int, last: int, hard: int, out: Bytes) -> int:
    """The rows `first` … `last` (exclusive) into `out`, from the number `hard` of those; how many bytes they have."""
    end = 0
    for row in range(first, last):
        for column in range(columns.order.size):
            if column > 0:
                out[end] = _COMMA
                end += 1
            place = columns.order[column]
            if place >= 0:
                end = _put_text(columns.texts, columns.codes[place, row], out, end)
            elif columns.places[-1 - place, row] >= 0:
                end = _put_number(columns.digits[-1 - place, row], columns.places[-1 - place, row], out, end)
            elif columns.places[-1 - place, row] == _HARD:
                end = _put_text(columns.hard, hard, out, end)
                hard += 1
        out[end] = _NEWLINE
        end += 1
    return end


def heading(table: pa.Table) -> bytes:
    """The names of the columns as a row."""
    return (",".join(table.column_names) + "\n").encode()


def text_of(table: pa.Table, pool: Executor) -> Iterator[memoryview]:
    """The rows of a table as parts of a CSV without heading: what is null is empty, quotes stand only where they must.

    Columns are float64, whole numbers from 0 on, dictionaries of strings, booleans, dates and timestamps of hours.
    """
    if not table.num_rows:
        return
    order, codes, numbers = list[int](), list[npt.NDArray[np.int32]](), list[Floats]()
    texts, width = list[str](), 0
    for column in table.combine_chunks().columns:
        if pa.types.is_float64(column.type):
            numbers.append(column.to_numpy())
            order.append(-len(numbers))
            width += _NUMBER_BYTES
        else:
            places, own = _coded(column.chunk(0))
            order.append(len(codes))
            codes.append((places + len(texts)).astype(np.int32))
            texts.extend(own)
            width += 1 + max(len(text.encode()) for text in own)
    columns = _columns(
        np.array(order),
        np.array(codes, dtype=np.int32).reshape(-1, table.num_rows),
        texts,
        np.array(numbers, dtype=np.float64).reshape(-1, table.num_rows),
    )
    hard = np.count_nonzero(columns.places == _HARD, axis=0)
    starts = range(0, table.num_rows, _ROWS_AT_ONCE)
    before = np.concatenate([[0], np.cumsum(np.add.reduceat(hard, starts))])

    def part(number: int) -> memoryview:
        first, last = starts[number], min(starts[number] + _ROWS_AT_ONCE, table.num_rows)
        out = np.empty((last - first) * width, dtype=np.uint8)
        return out[: _write(columns, first, last, before[number], out)].data

    yield from pool.map(part, range(len(starts)))


def _columns(order: Integers, codes: npt.NDArray[np.int32], texts: Sequence[str], numbers: Floats) -> _Columns:
    digits, places = np.zeros(numbers.shape, dtype=np.int64), np.empty(numbers.shape, dtype=np.int8)
    _decimals(numbers.reshape(-1), digits.reshape(-1), places.reshape(-1))
    hard = pa.array(numbers.T[places.T == _HARD]).cast(pa.string())
    return _Columns(order, codes, _Texts.of(pa.array(texts, pa.string())), digits, places, _Texts.of(hard))


def _coded(column: pa.Array) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Places int32[n] in the texts of a column."""
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.cast(pa.int32()).to_numpy(), ["false", "true"]
    if pa.types.is_timestamp(kind):
        return _steps(
            column.cast(pa.int64()), HOUR, lambda second: datetime.fromtimestamp(second, SHANGHAI).isoformat()
        )
    if pa.types.is_date32(kind):
        return _steps(column.cast(pa.int32()), 1, lambda day: (date(1970, 1, 1) + timedelta(days=day)).isoformat())
    if pa.types.is_dictionary(kind):
        known, column = [_quoted(text) for text in column.dictionary.to_pylist()], column.indices
    else:
        known = [str(number) for number in range(int(column.drop_null().to_numpy().max(initial=-1)) + 1)]
    return column.cast(pa.int32()).fill_null(-1).to_numpy() + np.int32(1), ["", *known]


def _steps(column: pa.Array, step: int, text: Callable[[int], str]) -> tuple[npt.NDArray[np.int32], list[str]]:
    values = column.to_numpy()
    first, last = int(values.min()), int(values.max())
    return ((values - first) // step).astype(np.int32), [text(value) for value in range(first, last + step, step)]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _STRUCTURE & set(text) else text

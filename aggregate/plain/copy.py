"""Plain reports on their way into the table `report`: rows of COPY's binary form, made by columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from aggregate.plain.reports import Integers, PlainReports
from aggregate.store import REPORT_COLUMNS
from core.clock import MICROS
from core.postgres import copy_binary

_POSTGRES_EPOCH = 946_684_800
"""2000-01-01 UTC, from which PostgreSQL counts microseconds."""
_NEVER = np.iinfo(np.int64).min
"""`-infinity`."""
_FLOAT8 = 701
"""The type's oid."""
_ARRAY_HEAD_BYTES = 20
_NULL = -1


def copy_plain(cursor: Any, layout: int, reports: PlainReports) -> None:
    """Copy rows in that are known to be new; `layout` is the number of their factors."""
    copy_binary(cursor, "report", REPORT_COLUMNS, binary_rows(layout, reports))


def binary_rows(layout: int, reports: PlainReports) -> Iterator[bytes]:
    """The rows, those with correlations of one length together: all but these have the same size."""
    texts = [text.encode() for text in reports.correlation]
    lengths = np.array([len(text) for text in texts])
    for length in np.unique(lengths).tolist():
        wanted = lengths == length
        of_length = b"".join(text for text in texts if len(text) == length)
        yield _rows(layout, reports.only(wanted), of_length, length).tobytes()


def _rows(layout: int, reports: PlainReports, texts: bytes, length: int) -> npt.NDArray[np.void]:
    count, width = reports.values.shape
    rows = np.repeat(_template(layout, width, length), count)
    rows["station_id"] = reports.station_id
    rows["time"] = _instants(reports.time * MICROS)
    rows["period"] = reports.period
    rows["source"] = reports.source
    rows["run"] = reports.run
    rows["seq"] = reports.seq
    rows["origin"] = reports.origin
    rows["received"] = _instants(reports.received)
    rows["values"]["value"] = reports.values
    rows["correlation"] = np.frombuffer(texts, dtype=np.uint8).reshape(count, length)
    return rows


def _template(layout: int, width: int, length: int) -> npt.NDArray[np.void]:
    """What is the same in all rows, in one."""
    row = np.zeros(1, dtype=_row(width, length))
    names = row.dtype.names or ()
    for name in names:
        if name + " size" in names:
            row[name + " size"] = row.dtype[name].itemsize
    row["fields"] = len(REPORT_COLUMNS.split(","))
    row["issued"] = _NEVER
    row["layout"] = layout
    row["values size"] += _ARRAY_HEAD_BYTES
    row["dimensions"], row["element"], row["width"], row["first"] = 1, _FLOAT8, width, 1
    row["values"]["size"] = row.dtype["values"].base["value"].itemsize
    row["flags size"] = row["mask size"] = _NULL
    if not length:
        row["correlation size"] = _NULL
    return row


def _row(width: int, length: int) -> np.dtype[np.void]:
    """A row of `width` values and a correlation of `length` bytes: each field behind its size, big-endian."""

    def sized(name: str, kind: str) -> list[tuple[Any, ...]]:
        return [(name + " size", ">i4"), (name, kind)]

    value = np.dtype([("size", ">i4"), ("value", ">f8")])
    return np.dtype(
        [
            ("fields", ">i2"),
            *sized("station_id", ">i4"),
            *sized("time", ">i8"),
            *sized("period", ">i4"),
            *sized("source", ">i2"),
            *sized("run", ">i8"),
            *sized("seq", ">i8"),
            *sized("issued", ">i8"),
            *sized("layout", ">i4"),
            ("values size", ">i4"),
            ("dimensions", ">i4"),
            ("nulls", ">i4"),
            ("element", ">i4"),
            ("width", ">i4"),
            ("first", ">i4"),
            ("values", value, (width,)),
            ("flags size", ">i4"),
            ("mask size", ">i4"),
            *sized("origin", ">i2"),
            *sized("received", ">i8"),
            ("correlation size", ">i4"),
            ("correlation", np.uint8, (length,)),
        ]
    )


def _instants(micros: Integers) -> Integers:
    """UTC microseconds as PostgreSQL has them."""
    return micros - _POSTGRES_EPOCH * MICROS

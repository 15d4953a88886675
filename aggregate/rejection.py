"""What was not taken, as it is kept in the table `rejected` and told on `lantian.rejected.v1`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from aggregate.reading import Resolved, Unparsed
from aggregate.store import array, text_array, timestamp, timestamp_of_micros
from core.postgres import copy


class Rejection(msgspec.Struct, frozen=True):
    """A report, or some of its factors, with reasons and the original bytes (base64 in JSON).

    `received` in microseconds, `time` in seconds of data time; `factors`, `reasons`, `values` and `flags` are parallel.
    """

    partition: int
    offset: int
    entry: int
    station: str
    source: int
    run: int | None
    seq: int | None
    received: int
    time: int | None
    period: int | None
    whole: bool
    reason: str
    factors: list[str]
    reasons: list[str]
    values: list[float]
    flags: str
    detail: str
    body: bytes
    correlation: str


def rejection_of(outcome: Resolved) -> Rejection:
    """Of a parsed report."""
    report, entry = outcome.judged, outcome.judged.entry
    return Rejection(
        *report.position,
        entry.station,
        int(entry.source),
        report.number.run,
        report.number.seq,
        entry.received,
        report.slot.time,
        report.slot.period,
        report.whole is not None,
        report.whole or outcome.rejected[0].reason,
        [reading.name for reading in outcome.rejected],
        [str(reading.reason) for reading in outcome.rejected],
        [reading.value for reading in outcome.rejected],
        "".join(reading.flag for reading in outcome.rejected),
        report.detail,
        entry.body,
        entry.correlation,
    )


def rejection_of_unparsed(item: Unparsed) -> Rejection:
    """Of bytes that are no report."""
    entry = item.entry
    return Rejection(
        *item.position,
        station=entry.station,
        source=int(entry.source),
        run=entry.run,
        seq=entry.seq,
        received=entry.received,
        time=None,
        period=None,
        whole=True,
        reason=item.whole,
        factors=[],
        reasons=[],
        values=[],
        flags="",
        detail=item.detail,
        body=entry.body,
        correlation=entry.correlation,
    )


def write_rejections(cursor: Any, rejections: Iterable[Rejection]) -> None:
    """Keep them in the worker's transaction."""
    rows = [
        (
            r.partition,
            r.offset,
            r.entry,
            r.station,
            r.source,
            r.run,
            r.seq,
            timestamp_of_micros(r.received),
            None if r.time is None else timestamp(r.time),
            r.period,
            r.whole,
            r.reason,
            text_array(r.factors),
            text_array(r.reasons),
            array(r.values),
            r.flags,
            r.detail,
            r.body,
            r.correlation,
            hashlib.sha256(r.body).digest(),
        )
        for r in rejections
    ]
    if rows:
        columns = (
            "partition, log_offset, entry, station, source, run, seq, received, time, period, whole, reason, factors,"
            ' reasons, "values", flags, detail, body, correlation, digest'
        )
        copy(cursor, "rejected", columns, rows)

"""What was not taken, as it is kept in the table `rejected` and told on `lantian.rejected.v1`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from aggregate.reading import Resolved, Unparsed
from aggregate.store import array, text_array, timestamp, timestamp_of_micros
from core.logs import get_logger
from core.postgres import copy

_log = get_logger(__name__)


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


def log_rejections(rejections: Iterable[Rejection]) -> None:
    """A line a reason, which names one report; all of them stand in `lantian rejected list`.

    What is rolled back and taken again is told again.
    """
    first: dict[str, Rejection] = {}
    count: Counter[str] = Counter()
    for rejection in rejections:
        first.setdefault(rejection.reason, rejection)
        count[rejection.reason] += 1
    for reason, one in first.items():
        which = {"station": one.station, "correlation": one.correlation}
        _log.warning("reports_rejected", reason=str(reason), count=count[reason], **which)


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

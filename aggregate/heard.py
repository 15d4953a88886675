"""When stations were last heard: noted with each batch, written once a minute in slices, for rules of devices.

A display aid, outside every promise: what was noted and not yet written is lost with the process, and comes again with
the station's next report. Of a station whose next one is long to come it is written with the batch itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from psycopg2.extras import execute_values

from aggregate.judge import ORIGINS
from aggregate.plain.reports import PlainReports
from aggregate.reading import Judged, RejectReason
from core.clock import MICROS
from ingest.report import Origin

EVERY_S = 60.0
"""Between the beginnings of two writings, in data time."""
SLICE = 2000
"""Stations written in one transaction at most: some 30 ms."""
GATHER_S = 60.0
"""After so long without an entry of a partition nothing was waiting any more; until then nothing is said of the time
since its last. In real seconds: Kafka and the worker are no faster where data time is."""
BURST_S = 20.0
"""Reports that come closer together, in real seconds, were sent at once: the latest of them tells of the clock."""
LONG_S = 300
"""Of a station with a longer reporting period no note may be lost: the next would come too late."""

_LIVE = ORIGINS[Origin.LIVE]


class Note(NamedTuple):
    """Of a station: its latest live report, and its latest of the future. UTC seconds; NaN where there is none."""

    partition: int
    received: float = math.nan
    ended: float = math.nan
    future_at: float = math.nan
    ahead_s: float = math.nan


@dataclass(slots=True)
class _Reading:
    """How far a partition has been read."""

    since: float
    """When it was first seen."""
    received: float = math.nan
    """Receipt of the last entry taken."""
    taken: float = math.nan
    """When that was."""


class Heard:
    """Notes of stations and partitions. Times are data time in UTC seconds."""

    def __init__(self, clock_speed: float = 1.0) -> None:
        """`clock_speed`: seconds of data time in a real one."""
        pace = max(1.0, clock_speed)
        self._gather_s, self._burst_s = GATHER_S * pace, BURST_S * pace
        self._long: set[int] = set()
        self._notes: dict[int, Note] = {}
        self._writing: dict[int, Note] = {}
        self._until: dict[int, float] = {}
        self._partitions: dict[int, _Reading] = {}
        self._begun = -math.inf

    def forget(self) -> None:
        """Drop everything: it may be of a transaction that was lost."""
        for noted in (self._long, self._notes, self._writing, self._until, self._partitions):
            noted.clear()

    def read(self, partition: int, received: float, now: float) -> None:
        """A batch of a partition was taken, the last of its entries received then."""
        reading = self._partitions.setdefault(partition, _Reading(now))
        reading.received, reading.taken = received, now

    def note(self, judged: Sequence[Judged], plain: Iterable[PlainReports]) -> None:
        """What a batch says of its stations."""
        for report in judged:
            received = report.entry.received / MICROS
            if report.whole is RejectReason.FUTURE:
                self._put(
                    report.slot.station_id,
                    Note(report.position.partition, future_at=received, ahead_s=report.slot.time - received),
                )
            elif report.whole is None and report.origin == _LIVE:
                ended = report.slot.time + report.slot.period
                self._put(report.slot.station_id, Note(report.position.partition, received, ended), report.slot.period)
        for reports in plain:
            self._note_plain(reports)

    def _note_plain(self, reports: PlainReports) -> None:
        live = np.flatnonzero(reports.origin == _LIVE)[::-1]
        stations, places, of = np.unique(reports.station_id[live], return_index=True, return_inverse=True)
        received, ended = reports.received[live] / MICROS, (reports.time + reports.period)[live].astype(np.float64)
        last, latest = received[places], np.full(len(stations), -np.inf)
        at_once = received >= last[of] - self._burst_s
        np.maximum.at(latest, of[at_once], ended[at_once])
        columns = (reports.partition[live][places], last, latest, reports.period[live][places])
        for station, partition, at, end, period in zip(
            stations.tolist(), *(column.tolist() for column in columns), strict=True
        ):
            self._put(station, Note(partition, at, end), period)

    def _put(self, station: int, note: Note, period: int = 0) -> None:
        known = self._notes.get(station)
        self._notes[station] = note if known is None else joined(known, note, self._burst_s)
        if period > LONG_S:
            self._long.add(station)

    def write_long(self, cursor: Any) -> None:
        """Write what was noted of stations that will not report again soon; in the transaction of their reports."""
        if self._long:
            part = [(station, *self._notes.pop(station)) for station in self._long if station in self._notes]
            self._long.clear()
            _write_notes(cursor, part, self._burst_s)

    def write(self, cursor: Any, partitions: Iterable[int], now: float) -> bool:
        """Write a slice of what was noted, if it is time; returns whether more waits."""
        if not self._writing and not self._until and now - self._begun >= EVERY_S:
            self._begun = now
            self._writing, self._notes = self._notes, {}
            self._until = self._read_until(partitions, now)
        part = [(station, *self._writing.pop(station)) for station in list(self._writing)[:SLICE]]
        if part:
            _write_notes(cursor, part, self._burst_s)
        if self._until and not self._writing:
            _write_until(cursor, self._until)
            self._until = {}
        return bool(self._writing)

    def _read_until(self, partitions: Iterable[int], now: float) -> dict[int, float]:
        """Of each partition up to when all that had come was noted; without those of which nobody knows."""
        found = {}
        for partition in partitions:
            reading = self._partitions.setdefault(partition, _Reading(now))
            if now - (reading.since if math.isnan(reading.taken) else reading.taken) >= self._gather_s:
                found[partition] = now
            elif not math.isnan(reading.received):
                found[partition] = reading.received
        return found


def joined(before: Note, after: Note, burst_s: float) -> Note:
    """Of both the latest live report and the latest of the future, whatever their order.

    Of live reports that came within `burst_s` the greatest end counts: a backlog that is sent at once is no slow clock.
    """
    live = before if math.isnan(after.received) or before.received > after.received else after
    if abs(before.received - after.received) <= burst_s:
        live = live._replace(ended=max(before.ended, after.ended))
    future = before if math.isnan(after.future_at) or before.future_at > after.future_at else after
    return Note(after.partition, live.received, live.ended, future.future_at, future.ahead_s)


def _write_notes(cursor: Any, part: Sequence[tuple[Any, ...]], burst_s: float) -> None:
    execute_values(
        cursor,
        "insert into heard as h (station_id, partition, received, ended, future_at, ahead_s) values %s"
        " on conflict (station_id) do update set partition = excluded.partition,"
        " ended = case"
        f" when abs(extract(epoch from excluded.received - h.received)) <= {burst_s:f}"
        " then greatest(h.ended, excluded.ended)"
        " when excluded.received > h.received or h.received is null then excluded.ended else h.ended end,"
        " received = greatest(h.received, excluded.received),"
        " ahead_s = case when excluded.future_at > h.future_at or h.future_at is null then excluded.ahead_s"
        " else h.ahead_s end,"
        " future_at = greatest(h.future_at, excluded.future_at)",
        [
            (station, partition, _time(received), _time(ended), _time(future_at), None if math.isnan(ahead) else ahead)
            for station, partition, received, ended, future_at, ahead in part
        ],
        page_size=SLICE,
    )


def _write_until(cursor: Any, until: Mapping[int, float]) -> None:
    execute_values(
        cursor,
        "insert into heard_until as u (partition, until) values %s"
        " on conflict (partition) do update set until = greatest(u.until, excluded.until)",
        [(partition, _time(at)) for partition, at in until.items()],
    )


def _time(seconds: float) -> datetime | None:
    return None if math.isnan(seconds) else datetime.fromtimestamp(seconds, UTC)

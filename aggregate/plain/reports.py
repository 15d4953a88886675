"""Plain reports as columns, and what is asked of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.judge import FUTURE_LIMIT_S, ORIGINS
from aggregate.plain.channels import Block
from core.clock import MICROS, day_start, on_grid
from ingest.report import Origin

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

Latest = Callable[[Integers], Integers]
"""Of each station (by the database's number) the latest time of which anything is known, UTC seconds."""

_LIVE, _RESENT = ORIGINS[Origin.LIVE], ORIGINS[Origin.RESENT]


class PlainReports(NamedTuple):
    """Reports of the same factors, an element a report, in the order in which they came.

    int64[n]: `station_id`, `kind` by `KIND_CODES`, `time` and `received` (UTC seconds, microseconds), `period` in
    seconds, `origin` as stored.
    """

    names: tuple[str, ...]
    """Factor codes, sorted."""
    partition: Integers
    station_id: Integers
    kind: Integers
    time: Integers
    period: Integers
    source: Integers
    run: Integers
    seq: Integers
    origin: Integers
    received: Integers
    correlation: Sequence[str]
    values: Floats
    """float64[n, factors]."""

    @property
    def day(self) -> Integers:
        """The first second of the day of Asia/Shanghai in which each begins."""
        return day_start(self.time)

    def only(self, wanted: Booleans) -> PlainReports:
        """Those that are wanted."""
        if wanted.all():
            return self
        return PlainReports(
            self.names,
            self.partition[wanted],
            self.station_id[wanted],
            self.kind[wanted],
            self.time[wanted],
            self.period[wanted],
            self.source[wanted],
            self.run[wanted],
            self.seq[wanted],
            self.origin[wanted],
            self.received[wanted],
            [text for text, keep in zip(self.correlation, wanted.tolist(), strict=True) if keep],
            self.values[wanted],
        )


def judged(block: Block, channels: npt.NDArray[np.void]) -> tuple[PlainReports, Booleans]:
    """A block's reports, and of each whether nothing is wrong with it; `channels`: the channel of each."""
    read = np.array(block.times)
    received, period = np.array(block.received), channels["period"]
    time = on_grid(read, period)
    late = received // MICROS - (time + period) > channels["live_limit"]
    origin = np.where((channels["origin"] == _LIVE) & late, _RESENT, channels["origin"])
    values = np.array(block.values).reshape(len(read), len(block.names))
    fine = (
        (read >= channels["valid_from"])
        & (read < channels["valid_until"])
        & (read * MICROS <= received + FUTURE_LIMIT_S * MICROS)
        & _within(block, channels["bounds"], values)
    )
    order = sorted(range(len(block.names)), key=block.names.__getitem__)
    reports = PlainReports(
        tuple(block.names[place] for place in order),
        np.array(block.partitions),
        channels["station_id"],
        channels["kind"],
        time,
        period,
        channels["source"],
        np.array(block.runs),
        np.array(block.seqs),
        origin,
        received,
        block.correlations,
        values[:, order],
    )
    return reports, fine


def _within(block: Block, rows: Integers, values: Floats) -> Booleans:
    """Of each report whether all of its values are numbers within its bounds."""
    bounds = np.array([[np.frombuffer(bound) for bound in pair] for pair in block.bounds])
    least, greatest = bounds[0] if len(bounds) == 1 else (bounds[rows, 0], bounds[rows, 1])
    fine: Booleans = (np.isfinite(values) & (values >= least) & (values <= greatest)).all(axis=1)
    return fine


class Groups(NamedTuple):
    """Which elements of columns are alike: the first of each group, each element's group, each group's size."""

    first: Integers
    places: Integers
    counts: Integers


def grouped(*columns: Integers) -> Groups:
    """The groups of elements that are alike in all columns, ordered by the first column, then the next."""
    order = np.lexsort(columns[::-1])
    differs = np.ones(len(order), dtype=np.bool_)
    differs[1:] = np.logical_or.reduce([np.diff(column[order]) != 0 for column in columns])
    starts = np.flatnonzero(differs)
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.cumsum(differs) - 1
    return Groups(order[starts], places, np.diff(starts, append=len(order)))


def later(reports: Sequence[PlainReports], latest: Latest) -> list[Booleans]:
    """Of each report whether it is later than all of its station that is known, and the only one of its time among
    `reports`: then nothing of it can stand anywhere."""
    station = np.concatenate([each.station_id for each in reports])
    time = np.concatenate([each.time for each in reports])
    groups = grouped(station, time)
    fine = (time > latest(station)) & (groups.counts[groups.places] == 1)
    return np.split(fine, np.cumsum([len(each.time) for each in reports])[:-1])


def in_several(reports: Sequence[PlainReports]) -> Integers:
    """Stations with reports in more than one of these: block by block they would not be taken in order of time."""
    distinct = np.concatenate([np.unique(each.station_id) for each in reports])
    stations, counts = np.unique(distinct, return_counts=True)
    return stations[counts > 1]


def last_times(reports: PlainReports) -> Iterator[tuple[int, int]]:
    """Stations, by the database's numbers, and the latest time of each."""
    by_time = grouped(reports.station_id, -reports.time)
    station = reports.station_id[by_time.first]
    latest = np.append(True, np.diff(station) != 0)
    return zip(station[latest].tolist(), reports.time[by_time.first][latest].tolist(), strict=True)


def intake(reports: PlainReports) -> Iterator[tuple[int, int, int, int, int]]:
    """Partition, station, source, day and how many reports of these there are."""
    columns = (reports.partition, reports.station_id, reports.source, reports.day)
    groups = grouped(*columns)
    return zip(*(column[groups.first].tolist() for column in columns), groups.counts.tolist(), strict=True)

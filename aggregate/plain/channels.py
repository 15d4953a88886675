"""Channels: reports of a station that are alike but for time, number and values, and what holds for all of them. Pure.

A report is put beside those that name the same factors in the same order, so that all of them are columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from aggregate.entries import Located
from aggregate.judge import ORIGINS, Judge
from core.errors import InputError
from ingest.envelope import Entry, EntryKind, Source
from ingest.kinds import KIND_CODES, Kind, KindRules
from ingest.period import parse_period
from ingest.report import Origin, PlainReport, decode_plain, parse_instant
from ingest.value import MalformedReport

CHANNELS_KEPT = 200_000
"""A station that names its factors in another order each time must not fill the memory: then all are made anew."""

_COLUMNS = np.dtype(
    [
        ("station_id", np.int64),
        ("kind", np.int64),
        ("period", np.int64),
        ("source", np.int64),
        ("origin", np.int64),
        ("live_limit", np.int64),
        ("valid_from", np.float64),
        ("valid_until", np.float64),
        ("bounds", np.int64),
    ]
)


class Block:
    """Reports of the same names in the same order, as they come: lists of one length, but for the values."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        """Factor codes in the order of the values."""
        self.bounds: dict[tuple[bytes, bytes], int] = {}
        """What values may be: float64[factors] of the least and of the greatest, as bytes, by number."""
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.channels: list[int] = []
        self.partitions: list[int] = []
        self.times: list[int] = []
        self.runs: list[int] = []
        self.seqs: list[int] = []
        self.received: list[int] = []
        self.correlations: list[str] = []
        self.values: list[float] = []
        """Report after report."""

    def add(self, channel: int, partition: int, time: int, entry: Entry, report: PlainReport) -> None:
        """Put a report in."""
        self.channels.append(channel)
        self.partitions.append(partition)
        self.times.append(time)
        self.runs.append(0 if report.run is UNSET else report.run)
        self.seqs.append(report.seq)
        self.received.append(entry.received)
        self.correlations.append(entry.correlation)
        self.values.extend(report.values.values())


class _Channel(NamedTuple):
    number: int
    block: Block


class Channels:
    """What is known of channels, by the registry that `judge` holds."""

    def __init__(self, judge: Judge, kinds: Mapping[Kind, KindRules]) -> None:
        self._judge = judge
        self._kinds = kinds
        self.forget()

    def forget(self) -> None:
        """Drop everything: the registry has changed, or too much is held."""
        self._registry = self._judge.registry
        self._of_station: dict[str, dict[object, _Channel]] = {}
        self._blocks: dict[tuple[str, ...], Block] = {}
        self._table = np.empty(1024, dtype=_COLUMNS)
        self._count = 0

    def forget_station(self, station: str) -> None:
        """Make its channels anew when they are next needed: by then another version of it may hold."""
        self._of_station.pop(station, None)

    def columns(self, numbers: Sequence[int]) -> npt.NDArray[np.void]:
        """Of each channel named what holds for it: `_COLUMNS`."""
        found: npt.NDArray[np.void] = self._table[np.array(numbers)]
        return found

    def gather(self, located: Iterable[Located]) -> tuple[list[Block], set[str]]:
        """Reports that may be plain, beside those of the same names, and the stations of those that are not."""
        if self._registry is not self._judge.registry or self._count > CHANNELS_KEPT:
            self.forget()
        blocks: dict[int, Block] = {}
        aside: set[str] = set()
        for position, entry in located:
            if entry.kind is EntryKind.STATUS:
                continue
            found = self._find(entry)
            if found is None:
                aside.add(entry.station)
                continue
            report, time, (number, block) = found
            if id(block) not in blocks:
                blocks[id(block)] = block
                block.clear()
            block.add(number, position.partition, time, entry, report)
        return list(blocks.values()), aside

    def _find(self, entry: Entry) -> tuple[PlainReport, int, _Channel] | None:
        """A report that may be plain, its time and its channel."""
        report = decode_plain(entry.body) if entry.kind is EntryKind.REPORT and not entry.retry else None
        if report is None or report.station != entry.station or report.issued is not UNSET:
            return None
        try:
            time = parse_instant(report.time)
        except MalformedReport:
            return None
        names = tuple(report.values)
        alike = (entry.source, report.period, report.origin, names)
        of_station = self._of_station.get(entry.station)
        channel = of_station.get(alike) if of_station is not None else None
        if channel is None:
            channel = self._make(entry, report, time, names)
            if channel is None:
                return None
            self._of_station.setdefault(entry.station, {})[alike] = channel
        return report, time, channel

    def _make(self, entry: Entry, report: PlainReport, time: int, names: tuple[str, ...]) -> _Channel | None:
        station = self._judge.registry.at(entry.station, time)
        if station is None or station.kind == Kind.FORECAST or entry.source == Source.PERSON or not names:
            return None
        plan = self._judge.plan(names, station)
        if plan.fixed is not None:
            return None
        try:
            period = station.reporting_period if report.period is UNSET else parse_period(report.period)
        except InputError:
            return None
        origin = Origin.LIVE if report.origin is UNSET else report.origin
        block = self._blocks.setdefault(names, Block(plan.names))
        bounds = block.bounds.setdefault((plan.minimum.tobytes(), plan.maximum.tobytes()), len(block.bounds))
        if self._count == len(self._table):
            self._table = np.concatenate([self._table, np.empty_like(self._table)])
        self._table[self._count] = (
            station.station_id,
            KIND_CODES[station.kind],
            period,
            int(entry.source),
            ORIGINS[Origin.REPLAY if entry.source == Source.REPLAY else origin],
            self._kinds[station.kind].live_limit_s,
            station.valid_from,
            self._judge.registry.until(station),
            bounds,
        )
        self._count += 1
        return _Channel(self._count - 1, block)

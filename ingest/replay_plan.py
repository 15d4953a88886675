"""What a replay sends and in which order: pure, so that repeating a replay changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from ingest.importers import Layout, read_source
from ingest.importers.source import SourceRow
from ingest.period import format_period
from ingest.report import MAX_NUMBER, Origin, format_instant
from ingest.rows import RowError

COPY_REACH = 1000
"""A copy of a report comes at most so many reports after it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of which files: times `[start, end)` in UTC seconds; no stations means all."""

    files: tuple[Path, ...]
    layout: Layout | None = None
    start: int | None = None
    end: int | None = None
    stations: frozenset[str] = frozenset()

    def takes(self, row: SourceRow) -> bool:
        """Whether a row is selected."""
        return (
            (self.start is None or row.time >= self.start)
            and (self.end is None or row.time < self.end)
            and (not self.stations or row.station in self.stations)
        )


class ReplayReport(NamedTuple):
    """A row as it will be sent; `time` is the start of its period, UTC seconds."""

    station: str
    seq: int
    time: int
    readings: int
    payload: bytes


def run_of(selection: Selection) -> int:
    """The run of a replay: a hash of the files' content and of what is selected, 1 … 2^63 − 2."""
    digest = hashlib.sha256()
    for path in selection.files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    chosen = (selection.layout, selection.start, selection.end, sorted(selection.stations))
    digest.update(msgspec.json.encode(chosen))
    return int.from_bytes(digest.digest()[:8], "big") % MAX_NUMBER + 1


def read_reports(selection: Selection, run: int, on_error: Callable[[RowError], None]) -> Iterator[ReplayReport]:
    """The selected rows in the files' order, each station's numbered 1, 2, 3 …; raises `InputError`."""
    last: dict[str, int] = {}
    for path in selection.files:
        for row in read_source(path, on_error=on_error, layout=selection.layout):
            if selection.takes(row):
                seq = last[row.station] = last.get(row.station, 0) + 1
                yield ReplayReport(row.station, seq, row.time, len(row.values), _payload(row, run, seq))


def _payload(row: SourceRow, run: int, seq: int) -> bytes:
    report = {"station": row.station, "time": format_instant(row.time)}
    if row.period:
        report["period"] = format_period(row.period)
    numbers = {"run": run, "seq": seq, "origin": Origin.REPLAY.value}
    return msgspec.json.encode({**report, **numbers, "values": dict(zip(row.names, row.values, strict=True))})


def arrange(
    reports: Sequence[ReplayReport], *, shuffle: bool, duplicate: float, seed: int
) -> Iterator[tuple[ReplayReport, bool]]:
    """The reports in the order of sending, and whether each is a copy of one sent before.

    In order of time, or shuffled; a share `duplicate` of them again, some way behind the first.
    """
    rng = np.random.default_rng(seed)
    if shuffle:
        order = rng.permutation(len(reports))
    else:
        order = np.argsort(np.fromiter((report.time for report in reports), np.int64, len(reports)), kind="stable")
    places = np.arange(len(reports), dtype=np.float64)
    copied = np.flatnonzero(rng.random(len(reports)) < duplicate)
    behind = copied + 0.5 + rng.integers(0, COPY_REACH, copied.size)
    sequence = np.argsort(np.concatenate([places, behind]), kind="stable")
    sources = np.concatenate([np.arange(len(reports)), copied])
    for place in sequence.tolist():
        yield reports[order[sources[place]]], place >= len(reports)


def addresses(
    stations: Iterable[str], known: Mapping[str, str], default: Callable[[str], str] | None
) -> tuple[dict[str, str], list[str]]:
    """Each station's topics without their last level, by the registry or else by `default`; and who has none."""
    found: dict[str, str] = {}
    unknown: list[str] = []
    for station in stations:
        if station in known:
            found[station] = known[station]
        elif default:
            found[station] = default(station)
        else:
            unknown.append(station)
    return found, unknown

"""What must follow from a folder's messages, as it is written beside them and read by the judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

import msgspec

from truth.folder import READINGS, SAMPLES, STATISTICS, Folder, KnownStation, read_json, read_lines
from truth.statistics import Cell

STATION, CITY = "station:", "city:"
"""What objects' names begin with."""
CITY_KIND = "city"
"""The kind of a city's statistics, as rules name it."""


class ExpectedWindow(msgspec.Struct, frozen=True, gc=False):
    """A window of an object with all its factors; `start` in UTC seconds. One line of the file."""

    object: str
    window: str
    start: int
    edition: str
    cells: dict[str, Cell]


class Sample(NamedTuple):
    """A current reading that no statistic is made of; None where only a flag stands."""

    value: float | None
    flag: str


class ExpectedSamples(msgspec.Struct, frozen=True, gc=False):
    """The samples of a station at one time (UTC seconds), over a period (seconds). One line of the file."""

    station: str
    period: int
    time: int
    issued: int | None
    values: dict[str, Sample]


class StationReadings(msgspec.Struct, frozen=True):
    """What became of the readings on one station's topic."""

    current: int
    superseded: int
    repeats: int
    rejected: dict[str, int]
    """Readings by reason; payloads that are no report count as one each."""


class Span(msgspec.Struct, frozen=True):
    """UTC seconds, half-open."""

    start: int
    end: int


class ExpectedReadings(msgspec.Struct, frozen=True):
    """The readings' file. The spans say where to look for them, for a scenario may reach beyond its own hours."""

    stations: dict[str, StationReadings]
    readings: Span
    """Of the times of current readings."""
    rejected: Span
    """Of the times of rejected ones."""
    sent: Span
    """Of the handing over: where what has no time of its own is found."""
    runs: list[int]
    """The runs that reports were numbered in: others' rejects in the same hours are none of theirs."""
    not_yet: dict[str, int]
    """What nothing computes yet, with counts of readings or of figures."""


def read_windows(folder: Folder) -> Iterator[tuple[str, list[ExpectedWindow]]]:
    """The expected statistics, object by object."""
    lines = read_lines(folder.path / STATISTICS, ExpectedWindow)
    for name, windows in groupby(lines, key=lambda window: window.object):
        yield name, list(windows)


def read_samples(folder: Folder) -> Iterator[tuple[str, list[ExpectedSamples]]]:
    """The expected samples, station by station."""
    lines = read_lines(folder.path / SAMPLES, ExpectedSamples)
    for name, samples in groupby(lines, key=lambda line: line.station):
        yield name, list(samples)


def read_readings(folder: Folder) -> ExpectedReadings:
    """What must have become of the readings."""
    return read_json(folder.path / READINGS, ExpectedReadings)


def kind_of(name: str, stations: Mapping[str, KnownStation]) -> str:
    """The kind of an object, as rules name it."""
    return stations[name.removeprefix(STATION)].kind if name.startswith(STATION) else CITY_KIND


def cities_of(stations: Iterable[KnownStation]) -> list[str]:
    """The objects of the stations' cities."""
    return sorted({CITY + station.city for station in stations})

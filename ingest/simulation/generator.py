"""Readings and reports of simulated monitors: pure functions of seed, station, period and time."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np
import numpy.typing as npt

from core.clock import DAY, HOUR, SHANGHAI_OFFSET, day_start
from ingest.envelope import Source
from ingest.kinds import Kind
from ingest.period import format_period
from ingest.report import Origin, format_instant
from ingest.simulation.courses import COURSES, DUST_FACTORS, Course, Floats
from ingest.simulation.events import DustEvent
from ingest.topics import ROOT
from standards.factors import load_catalogue

Times = npt.NDArray[np.int64]

SOURCE = Source.DEVICE
"""A simulated monitor speaks as a device."""


@dataclass(frozen=True, slots=True)
class SimulatedStation:
    """A monitor to be simulated."""

    station: str
    kind: Kind
    region: str

    @property
    def address(self) -> str:
        """Its topics without their last level."""
        return f"{ROOT}/{self.region}/{self.kind}/{self.station}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One report not yet numbered: `time` is the start of the period, both in seconds."""

    station: SimulatedStation
    time: int
    period: int
    values: dict[str, float]

    @property
    def ready(self) -> int:
        """When the monitor has it: at the period's end, UTC seconds."""
        return self.time + self.period

    def payload(self, run: int, seq: int, origin: Origin) -> bytes:
        """The MQTT payload."""
        return msgspec.json.encode(
            {
                "station": self.station.station,
                "time": format_instant(self.time),
                "period": format_period(self.period),
                "run": run,
                "seq": seq,
                "origin": origin.value,
                "values": self.values,
            }
        )


def simulate(
    stations: Sequence[SimulatedStation],
    start: int,
    end: int,
    period: int,
    seed: int,
    events: Sequence[DustEvent] = (),
) -> Iterator[Measured]:
    """Reports of all stations whose period lies in `[start, end)`, in order of time, then of `stations`.

    Times are UTC seconds, aligned to `period`. The same seed, station, period and time give the same values, whatever
    span is asked for.
    """
    streams: Iterable[Iterator[Measured]] = (
        _station_reports(station, start, end, period, seed, events) for station in stations
    )
    return heapq.merge(*streams, key=lambda report: report.time)


def _station_reports(
    station: SimulatedStation, start: int, end: int, period: int, seed: int, events: Sequence[DustEvent]
) -> Iterator[Measured]:
    courses = COURSES[station.kind]
    for day in range(day_start(start), end, DAY):
        times = np.arange(day, day + DAY, period, dtype=np.int64)
        table = np.column_stack([_values(station, course, times, period, seed, events) for course in courses])
        for time, row in zip(times.tolist(), table.tolist(), strict=True):
            if start <= time and time + period <= end:
                values = {course.code: value for course, value in zip(courses, row, strict=True)}
                yield Measured(station, time, period, values)


def _values(
    station: SimulatedStation,
    course: Course,
    times: Times,
    period: int,
    seed: int,
    events: Sequence[DustEvent],
) -> Floats:
    """A day of one factor. Each factor and day has random numbers of its own, the station a level of its own."""
    name, code = zlib.crc32(station.station.encode()), zlib.crc32(course.code.encode())
    level = np.random.default_rng([seed, name, code]).normal(1.0, 0.06 if course.noise > 0.02 else 0.005)
    noise = np.random.default_rng([seed, name, code, period, int(times[0])]).normal(0.0, course.noise, times.size)
    middle = times + period / 2
    hours = (middle + SHANGHAI_OFFSET) % DAY / HOUR
    values = course.at(hours) * max(level, 0.5) * np.exp(noise)
    share = DUST_FACTORS.get(station.kind, {}).get(course.code, 0.0)
    for event in events:
        if (share and station.kind is not Kind.DUST) or event.station == station.station:
            values += share * _mean_rise(event, times, period)
    return np.round(values, _decimals(course.code, station.kind))


@lru_cache(maxsize=256)
def _decimals(code: str, kind: Kind) -> int:
    factor = load_catalogue().resolve(code)
    if factor is None:
        raise LookupError(f"the catalogue has no factor {code}")
    return factor.measure(kind).decimals


def _mean_rise(event: DustEvent, times: Times, period: int) -> Floats:
    """The event's rise averaged over each period."""
    steps = max(1, period // 60)
    rises = np.zeros(times.size)
    for step in range(steps):
        rises += event.rise(times + np.float64(period * (step + 0.5) / steps))
    return rises / steps

"""What a simulation sends: spans of time one after another, each station's reports numbered through all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from core.errors import InputError
from ingest.report import Origin
from ingest.simulation.courses import SIMULATED
from ingest.simulation.events import DustEvent
from ingest.simulation.generator import Measured, SimulatedStation, simulate


@dataclass(frozen=True, slots=True)
class Leg:
    """A span `[start, end)` (UTC seconds) of one period (seconds); `paced`: each report when the clock reaches it."""

    start: int
    end: int
    period: int
    origin: Origin
    paced: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A simulation; equal plans send equal bytes. Raises `InputError` where it cannot be."""

    stations: tuple[SimulatedStation, ...]
    legs: tuple[Leg, ...]
    seed: int
    events: tuple[DustEvent, ...] = ()
    run: int = 0

    def __post_init__(self) -> None:
        for station in self.stations:
            if station.kind not in SIMULATED:
                raise InputError(
                    "kind",
                    "cannot be simulated",
                    field=station.station,
                    value=station.kind.value,
                    hint=f"simulated are {', '.join(SIMULATED)}",
                )
        known = {station.station for station in self.stations}
        for event in self.events:
            if event.station not in known:
                raise InputError("event", "is at no station simulated", field="--event", value=event.station)
        for leg in self.legs:
            if leg.start % leg.period or leg.end % leg.period or leg.start >= leg.end:
                raise InputError(
                    "span", "must begin before it ends, both at whole periods", field="--from/--to", value=leg.period
                )


class Numbered(NamedTuple):
    """A report with its number and bytes; `ready` in UTC seconds."""

    address: str
    run: int
    seq: int
    payload: bytes
    readings: int
    ready: int
    paced: bool


def reports(plan: Plan) -> Iterator[Numbered]:
    """All reports of a plan in the order of sending; `seq` runs on from leg to leg, as of one device."""
    last: dict[str, int] = {}
    for leg in plan.legs:
        for measured in simulate(plan.stations, leg.start, leg.end, leg.period, plan.seed, plan.events):
            yield _number(measured, plan.run, last, leg)


def _number(measured: Measured, run: int, last: dict[str, int], leg: Leg) -> Numbered:
    name = measured.station.station
    seq = last[name] = last.get(name, 0) + 1
    payload = measured.payload(run, seq, leg.origin)
    return Numbered(measured.station.address, run, seq, payload, len(measured.values), measured.ready, leg.paced)

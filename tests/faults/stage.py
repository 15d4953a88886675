"""What is sent in a round: a scenario of stations and a city of its own, so that rounds do not touch each other."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.clock import DAY, HOUR
from core.kafka import PARTITIONS, partition_of
from ingest.kinds import Kind
from ingest.simulation.network import Network, filled_up, write_csv
from ingest.station import ControlLevel
from ingest.station_row import StationRow

BEGIN = datetime(2026, 11, 18, 10, tzinfo=UTC)
"""18 h at Jincheng."""
NOW = BEGIN.timestamp() + 6 * DAY
"""Where the data clock stands: past all windows."""
COUNTS = {Kind.AIR: 5, Kind.DUST: 6, Kind.CEMS: 4, Kind.NOISE: 3, Kind.MICRO: 3, Kind.POWER: 2, Kind.WEATHER: 1}

_HEAD = """
format = 1
name = "{name}"
title = {{ zh = "故障轮次", en = "A round of faults" }}
seed = {seed}
climate = "jincheng"

[network]
file = "stations.csv"

[[span]]
from = {begin}
to = {end}
origin = "resent"
"""
_TABLE = """
[[{table}]]
kind = "{kind}"
from = {begin}
to = {end}
{fields}
"""


@dataclass(frozen=True)
class Stage:
    """The files of a round."""

    scenario: Path
    stations: Path
    names: tuple[str, ...]
    reports: int
    """About so many."""


def set_up(folder: Path, name: str, dice: random.Random, hours: int, crowds: int = 1) -> Stage:
    """Write scenario and stations, so many times `COUNTS`, into a new folder."""
    folder.mkdir(parents=True)
    seed = dice.randrange(2**31)
    counts = {kind: count * crowds for kind, count in COUNTS.items()}
    rows = [_own(row, name) for row in filled_up(Network.of(()), counts, seed).rows]
    stations, scenario = folder / "stations.csv", folder / "scenario.toml"
    write_csv(Network.of(rows), stations)
    scenario.write_text(_scenario(name, seed, dice, hours), encoding="utf-8")
    reports = sum(hours * HOUR // row.reporting_period for row in rows)
    return Stage(scenario, stations, tuple(row.station for row in rows), reports)


def _probes() -> Iterator[str]:
    for partition in range(PARTITIONS):
        names = (f"probe-{number}" for number in itertools.count(1))
        yield next(name for name in names if partition_of(name) == partition)


PROBES = tuple(_probes())
"""The stations of which a report is sent to see whether all works again: one in each partition."""


def write_probes(path: Path) -> Path:
    """The probes' registrations, in a city of their own."""
    rows = [
        StationRow(
            station=station, name_zh="探测点", kind=Kind.NOISE, region="140500", city="探测市", reporting_period=60,
            control_level=ControlLevel.CITY,
        )
        for station in PROBES
    ]  # fmt: skip
    write_csv(Network.of(rows), path)
    return path


def _own(row: StationRow, name: str) -> StationRow:
    return row.model_copy(update={"station": f"{name}-{row.station}", "mn": None, "city": f"{name}市"})


def _scenario(name: str, seed: int, dice: random.Random, hours: int) -> str:
    """Dust and foul air, so that alerts open and clear; and some of what ever goes wrong with monitors.

    Nothing is sent in halves: half a payload is nothing that a device keeps, and may be lost with a broker.
    """

    def table(kind: str, what: str, first: float, last: float, fields: str = "") -> str:
        begin, end = (_written(first * hours), _written(last * hours))
        return _TABLE.format(table=what, kind=kind, begin=begin, end=end, fields=fields)

    episodes = [
        table("construction-dust", "episode", 0.3, 0.67, 'select = { kind = "dust", count = 3 }\npeak = 900'),
        table("heavy-pollution", "episode", 0, 0.8, "peak = 400"),
    ]
    faults = [
        table("duplicates", "fault", 0, 1, "share = 0.05"),
        table("corrections", "fault", 0, 0.9,
              'select = { kind = "cems", count = 3 }\nshare = 0.2\nseconds = 900\namount = 0.1'),
        table("corrections", "fault", 0, 0.9,
              'select = { kind = "dust", count = 3 }\nshare = 0.1\nseconds = 600\namount = 0.1'),
        table("gap", "fault", 0, 1, 'select = { kind = "noise", count = 2 }\nshare = 0.1'),
        table("late", "fault", 0.2, 0.6, 'select = { kind = "air", count = 1 }'),
        table("reconnect-storm", "fault", 0.5, 0.8, 'select = { kind = "dust", count = 2 }\nseconds = 60'),
        table("clock-skew", "fault", 0.1, 0.5, 'select = { kind = "micro", count = 2 }\nseconds = 180'),
        table("wrong-station", "fault", 0, 1, 'select = { kind = "noise", count = 1 }\nshare = 0.1'),
        table("calibration", "fault", 0.3, 0.5,
              'select = { kind = "cems", count = 1 }\nfactors = ["SO2"]\namount = 400'),
    ]  # fmt: skip
    head = _HEAD.format(name=name, seed=seed, begin=_written(0), end=_written(hours))
    return "".join([head, *episodes, *dice.sample(faults, dice.randint(3, 6))])


def _written(hours: float) -> str:
    return (BEGIN + timedelta(minutes=round(hours * 60))).isoformat()

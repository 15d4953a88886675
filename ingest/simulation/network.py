"""The network to be simulated: registry rows of its stations, and the monitors that stand there.

It comes from a stations CSV, from the database's registry, or is made up (`invented`); it can be written as a CSV that
`lantian stations import` takes.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InputError
from ingest.kinds import Kind
from ingest.period import format_period
from ingest.registry import COLUMNS, Registry
from ingest.simulation.invented import invented
from ingest.simulation.monitor import Monitor
from ingest.simulation.towns import AREAS, Area
from ingest.station import Limit
from ingest.station_import import read_stations
from ingest.station_row import StationRow

KM_A_DEGREE = 111.32
"""Of latitude."""
MIDDLE_GRID = 0.1
"""The middle keeps to this grid in degrees, so that a station more or less does not move all others."""
CLASSES = ("I", "II", "III", "IV", "V")

# GB 3838-2002 table 1, classes I … V, mg/L
_WATER_LIMITS: Mapping[str, tuple[float, ...]] = {
    "w01018": (15.0, 15.0, 20.0, 30.0, 40.0),
    "w01019": (2.0, 4.0, 6.0, 10.0, 15.0),
    "w21003": (0.15, 0.5, 1.0, 1.5, 2.0),
    "w21011": (0.02, 0.1, 0.2, 0.3, 0.4),
}


@dataclass(frozen=True, slots=True)
class Network:
    """Stations as registered, and in the same order their monitors. `middle`: longitude and latitude of x = y = 0."""

    rows: tuple[StationRow, ...]
    monitors: tuple[Monitor, ...]
    middle: tuple[float, float]

    @classmethod
    def of(cls, rows: Sequence[StationRow], middle: tuple[float, float] | None = None) -> Network:
        """By default the middle is that of the stations, or where none has coordinates, of Jincheng."""
        middle = middle or _middle(rows)
        return cls(tuple(rows), tuple(_monitor(row, middle) for row in rows), middle)


def network_of_csv(path: Path) -> Network:
    """The stations of a CSV that are in service at its end; raises `InputError` naming the first bad row."""
    rows, errors = read_stations(path)
    if errors:
        raise InputError("network", str(errors[0]), field=str(path))
    last = {row.station: row for _, row in rows}
    return Network.of([row for row in last.values() if row.active])


def network_of_registry(registry: Registry, seconds: float = math.inf) -> Network:
    """The stations registered at `seconds` (UTC), by default by their newest versions."""
    names = ("station", *COLUMNS)
    rows = [
        StationRow.model_construct(**{name: getattr(station, name) for name in names})
        for station in registry.stations(seconds)
    ]
    return Network.of(sorted(rows, key=lambda row: row.station))


def filled_up(network: Network, counts: Mapping[Kind, int], seed: int, area: Area = Area.JINCHENG) -> Network:
    """The network with made-up stations behind its own, until it has `counts` by kind. The same seed, the same ones.

    Raises `InputError` where it has more than that already.
    """
    for kind, count in counts.items():
        found = sum(row.kind is kind for row in network.rows)
        if found > count:
            raise InputError(
                "count", f"the network has {found} of them", field=kind, value=count, hint=f"ask for {found} or more"
            )
    middle = network.middle if network.rows else AREAS[area].middle
    return Network.of((*network.rows, *invented(network.rows, counts, seed, area)), middle)


def write_csv(network: Network, path: Path) -> None:
    """As `lantian stations import` reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(StationRow.model_fields)
        writer.writerows([_cell(row, name) for name in StationRow.model_fields] for row in network.rows)


def _middle(rows: Iterable[StationRow]) -> tuple[float, float]:
    placed = [(row.longitude, row.latitude) for row in rows if row.longitude is not None]
    if not placed:
        return AREAS[Area.JINCHENG].middle
    east, north = np.median(np.array(placed, dtype=np.float64), axis=0) / MIDDLE_GRID
    return round(east) * MIDDLE_GRID, round(north) * MIDDLE_GRID


def _monitor(row: StationRow, middle: tuple[float, float]) -> Monitor:
    x = y = 0.0
    if row.longitude is not None and row.latitude is not None:
        x = (row.longitude - middle[0]) * KM_A_DEGREE * math.cos(math.radians(middle[1]))
        y = (row.latitude - middle[1]) * KM_A_DEGREE
    return Monitor(row.station, row.kind, row.region, x, y, row.enterprise or "", row.reporting_period, _greatest(row))


def _greatest(row: StationRow) -> dict[str, float]:
    """The greatest values allowed by code: those of the target class, and before them the row's own."""
    found: dict[str, float] = {}
    if row.target_class is not None:
        found = {code: limits[row.target_class - 1] for code, limits in _WATER_LIMITS.items()}
    for code, limit in row.limits.items():
        if limit.maximum is not None:
            found[code] = limit.maximum
        elif limit.water_class is not None and code in _WATER_LIMITS:
            found[code] = _WATER_LIMITS[code][limit.water_class - 1]
    return found


def _cell(row: StationRow, name: str) -> str:
    value = getattr(row, name)
    if value is None:
        return ""
    return _AS_WRITTEN[name](value) if name in _AS_WRITTEN else str(value)


def _range(least: float, greatest: float) -> str:
    return f"{_number(least)}..{_number(greatest)}"


def _limit(limit: Limit) -> str:
    if limit.water_class is not None:
        return f"class {CLASSES[limit.water_class - 1]}"
    if limit.minimum is None and limit.maximum is not None:
        return _number(limit.maximum)
    return _range(
        -math.inf if limit.minimum is None else limit.minimum, math.inf if limit.maximum is None else limit.maximum
    )


def _number(value: float) -> str:
    return repr(value).removesuffix(".0") if math.isfinite(value) else ""


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"


_AS_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "control_point": _yes_or_no,
    "reporting_period": format_period,
    "valid_ranges": lambda ranges: "; ".join(f"{code} {_range(*bounds)}" for code, bounds in ranges.items()),
    "limits": lambda limits: "; ".join(f"{code} {_limit(limit)}" for code, limit in limits.items()),
    "target_class": lambda number: CLASSES[number - 1],
    "tags": "; ".join,
    "valid_from": datetime.isoformat,
    "active": _yes_or_no,
}

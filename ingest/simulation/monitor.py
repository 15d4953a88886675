"""What the simulator knows of the monitors: where they stand, whose they are, and which river runs past them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingest.kinds import Kind
from ingest.simulation.noise import Floats, Ints, name_numbers
from ingest.topics import ROOT


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor to be simulated; `x` and `y` are km east and north of the network's middle.

    `period` is its own reporting period in seconds, `limits` the greatest allowed values by factor code.
    """

    station: str
    kind: Kind
    region: str
    x: float = 0.0
    y: float = 0.0
    enterprise: str = ""
    period: int = 60
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Its topics without their last level."""
        return f"{ROOT}/{self.region}/{self.kind}/{self.station}"


@dataclass(frozen=True, slots=True)
class River:
    """Sections of one river in order downstream: (station, km from the first). Water runs at `km_per_hour`."""

    name: str
    km_per_hour: float
    sections: tuple[tuple[str, float], ...]


def downstream(section: str, rivers: Iterable[River]) -> tuple[str, ...]:
    """A section and those below it on its river; alone if no river has it."""
    for river in rivers:
        names = [name for name, _ in river.sections]
        if section in names:
            return tuple(names[names.index(section) :])
    return (section,)


@dataclass(frozen=True, slots=True)
class Places:
    """Where some monitors stand, as columns [S]; `numbers` are their own numbers for noise."""

    numbers: Ints
    x: Floats
    y: Floats

    @classmethod
    def of(cls, monitors: Sequence[Monitor]) -> Places:
        """In the order of `monitors`."""
        return cls(
            name_numbers([monitor.station for monitor in monitors]),
            np.array([monitor.x for monitor in monitors], dtype=np.float64),
            np.array([monitor.y for monitor in monitors], dtype=np.float64),
        )

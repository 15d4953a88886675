"""The contract of a model: what monitors of some kinds measure, as a function of time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ingest.simulation.climate import Climate
from ingest.simulation.episodes import Episode
from ingest.simulation.monitor import River
from ingest.simulation.noise import Floats, Ints

INSTANT_S = 600
"""A period's value is made of instants so far apart or less, as long as they are not too many."""


class Averaging(StrEnum):
    """What a period's value is of the instants in it."""

    MEAN = "mean"
    ENERGY = "energy"
    """Of sound levels: the level of the mean energy."""
    TOTAL = "total"
    """Of a rate a second: what comes together."""
    MIDDLE = "middle"
    """Of an angle, a state or a sample: the instant in the middle."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """How a factor is measured: noise of a minute's value (share of it, and in its unit), and the least step shown.

    Longer periods have less noise. `outages` is how many times a year the instrument fails by itself, `outage_hours`
    how long it is then away on average.
    """

    code: str
    relative: float
    absolute: float
    decimals: int
    averaging: Averaging = Averaging.MEAN
    outages: float = 0.0
    outage_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class World:
    """What all models of a simulation share."""

    seed: int
    climate: Climate
    rivers: tuple[River, ...] = ()
    episodes: tuple[Episode, ...] = ()


class Model(Protocol):
    """Monitors of one kind. Pure: the same times give the same values, whatever was asked before."""

    instruments: tuple[Instrument, ...]

    def at(self, times: Ints) -> Floats:
        """What is there to be measured at UTC seconds [T]: [T, S, F] in the catalogue's units for the kind.

        S in the order of the monitors the model was made of, F of `instruments`; NaN where nothing is measured.
        """
        ...

"""What tells how enterprises run: electricity (kind power) and their treatment's own parameters (kind facility)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clock import HOUR
from ingest.simulation.models.model import Instrument, World
from ingest.simulation.models.plant import Plants, failures
from ingest.simulation.models.plants import NOX, PARTICULATE, SO2
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints, Noise, key_of, uniforms

PRODUCTION, TREATMENT = "x_power_production", "x_power_treatment"
FAN, SLURRY, REAGENT, FILTER = "x_fan_current", "x_slurry_flow", "x_reagent_flow", "x_filter_pressure"


class Meters:
    """Kind power: what production draws, and what treatment draws beside it."""

    instruments: tuple[Instrument, ...] = (
        Instrument(PRODUCTION, 0.003, 0.1, 1, outages=2, outage_hours=5),
        Instrument(TREATMENT, 0.003, 0.1, 1, outages=2, outage_hours=5),
    )
    _IDLE = 0.015
    """Share that is drawn while nothing runs: light, pumps, controls."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._plants = Plants(world, monitors)
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        self._production = 120.0 * 40.0 ** uniforms(key_of(world.seed, "power"), numbers)
        self._treatment = self._production * (0.06 + 0.12 * uniforms(key_of(world.seed, "power share"), numbers))
        self._machines = Noise.of(world.seed, "machines", (0.5, 1800.0, 0.0), (0.5, 120.0, 0.0))
        self._pumps = Noise.of(world.seed, "pumps", (0.5, 3.0 * HOUR, 0.0), (0.5, 300.0, 0.0))

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`; kW."""
        numbers, x, y = self._places.numbers, self._places.x, self._places.y
        state = self._plants.at(times)
        machines = 1.0 + 0.025 * np.tanh(self._machines.at(times, numbers, x, y))
        pumps = 1.0 + 0.015 * np.tanh(self._pumps.at(times, numbers, x, y))
        production = self._production * machines * (self._IDLE * state.supplied + (1.0 - self._IDLE) * state.load)
        working = state.fire * state.treatment * (0.55 + 0.45 * state.load)
        treatment = self._treatment * pumps * (self._IDLE * state.supplied + (1.0 - self._IDLE) * working)
        return np.stack([production, treatment], axis=-1)


class Facilities:
    """Kind facility: fan, desulphurisation, denitrification and dust filter of a treatment."""

    instruments: tuple[Instrument, ...] = (
        Instrument(FAN, 0.005, 0.1, 1, outages=4, outage_hours=6),
        Instrument(SLURRY, 0.005, 0.5, 1, outages=4, outage_hours=6),
        Instrument(REAGENT, 0.008, 0.1, 1, outages=4, outage_hours=6),
        Instrument(FILTER, 0.005, 3.0, 0, outages=4, outage_hours=6),
    )
    _LEFT = 0.15
    """Share of a parameter that is left where what it stands for fails."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._plants = Plants(world, monitors)
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        size = 20.0 ** uniforms(key_of(world.seed, "treatment size"), numbers)
        self._full = np.stack([15.0 * size, 200.0 * size, 10.0 * size, np.full(numbers.size, 1300.0)])
        self._full *= 0.85 + 0.30 * uniforms(key_of(world.seed, "treatment"), np.arange(4)[:, None], numbers)
        self._noises = tuple(
            Noise.of(world.seed, instrument.code, (0.5, 2.0 * HOUR, 0.0), (0.5, 300.0, 0.0))
            for instrument in self.instruments
        )
        columns = {SO2: 1, NOX: 2, PARTICULATE: 3}
        self._failures = [(columns[one.code], one) for one in failures(world, monitors, SO2) if one.code in columns]

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        numbers, x, y = self._places.numbers, self._places.x, self._places.y
        state = self._plants.at(times)
        treated = state.fire * state.treatment
        running = (
            0.98 * state.fire * (0.45 + 0.55 * state.load) + 0.02 * state.supplied,
            treated * (0.70 + 0.30 * state.load),
            treated * (0.15 + 0.85 * state.load),
            # gas goes on through the filter that is no longer cleaned, or past it
            state.fire * (0.25 + 0.75 * state.load) * (self._LEFT + (1.0 - self._LEFT) * state.treatment),
        )
        table = np.empty((times.size, numbers.size, len(self.instruments)))
        for column, share in enumerate(running):
            noise = np.tanh(self._noises[column].at(times, numbers, x, y))
            table[..., column] = self._full[column] * share * (1.0 + 0.03 * noise)
        for column, failure in self._failures:
            table[:, failure.places, column] *= 1.0 - (1.0 - self._LEFT) * failure.share(times)
        return table


def make_power(world: World, monitors: Sequence[Monitor]) -> Meters:
    """Meters of production and of treatment."""
    return Meters(world, monitors)


def make_facility(world: World, monitors: Sequence[Monitor]) -> Facilities:
    """Treatment facilities."""
    return Facilities(world, monitors)

"""What is measured where enterprises let go of their waste: in stacks (kind cems) and at water outlets (effluent)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.simulation.daytime import season
from ingest.simulation.episodes import Cheat, EpisodeKind, of_kind
from ingest.simulation.models.model import Instrument, World
from ingest.simulation.models.plant import EDGE_S, Plants, PlantState, Trade, failures, limits_of
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints, Noise, hashed, key_of, uniforms

PARTICULATE, SO2, NOX = "a34013", "a21026", "a21002"
OXYGEN, VELOCITY, TEMPERATURE, HUMIDITY, FLUE_GAS = "a19001", "a01011", "a01012", "a01014", "a00000"
COD, AMMONIA, PHOSPHORUS, NITROGEN, PH, SEWAGE_FLOW = "w01018", "w21003", "w21011", "w21001", "w01001", "w00000"

FRESH_AIR = 20.9
"""% O2."""
NORMALISING = 21.0
"""% O2 in the formula of normalisation, C · (21 - reference) / (21 - measured): GB 13223, GB 4915 4.1.4."""


class Stack(NamedTuple):
    """A trade's flue gas at full load; `oxygen_slope` is what is added towards no load."""

    reference_oxygen: float
    """%, to which the limits refer."""
    oxygen: float
    oxygen_slope: float
    temperature: float
    humidity: float
    area: tuple[float, float]
    """Of the duct, m²: least and greatest."""


STACKS: Mapping[Trade, Stack] = {
    Trade.HEAT: Stack(6.0, 5.0, 5.0, 51.0, 12.5, (6.0, 40.0)),
    Trade.STEEL: Stack(16.0, 15.6, 2.0, 56.0, 11.0, (12.0, 40.0)),
    Trade.WORKS: Stack(9.0, 8.2, 4.0, 56.0, 11.0, (4.0, 20.0)),
    Trade.KILN: Stack(10.0, 9.4, 3.0, 95.0, 8.0, (2.0, 8.0)),
    Trade.FOUNDRY: Stack(15.0, 14.5, 2.5, 70.0, 4.0, (1.0, 4.0)),
    Trade.SEWAGE: Stack(3.5, 3.0, 2.5, 110.0, 12.0, (0.5, 1.5)),
}
"""Reference oxygen: 6 % coal power (GB 13223), 16 % sinter, 9 % coal boilers (between coke ovens' 8 and cement's 10),
10 % kilns (GB 4915), 15 % cupolas, 3.5 % gas boilers; all but GB 4915's are to be verified. At four fifths of capacity
the gas has about that much oxygen."""

ULTRA_LOW: Mapping[str, float] = {PARTICULATE: 10.0, SO2: 35.0, NOX: 50.0}
"""mg/m³ at reference oxygen, where a monitor has no limits of its own."""
CLASS_1A: Mapping[str, float] = {COD: 50.0, AMMONIA: 5.0, PHOSPHORUS: 0.5, NITROGEN: 15.0}
"""mg/L, class 1A of GB 18918-2002, where a monitor has no limits of its own."""


class Stacks:
    """Kind cems: dry concentrations as measured, and what normalises them."""

    instruments: tuple[Instrument, ...] = (
        Instrument(PARTICULATE, 0.01, 0.03, 1, outages=8, outage_hours=3),
        Instrument(SO2, 0.005, 0.05, 1, outages=8, outage_hours=3),
        Instrument(NOX, 0.005, 0.05, 1, outages=8, outage_hours=3),
        Instrument(OXYGEN, 0.0, 0.02, 2, outages=8, outage_hours=3),
        Instrument(VELOCITY, 0.01, 0.03, 2, outages=5, outage_hours=4),
        Instrument(TEMPERATURE, 0.0, 0.2, 1, outages=4, outage_hours=4),
        Instrument(HUMIDITY, 0.01, 0.03, 2, outages=6, outage_hours=6),
        Instrument(FLUE_GAS, 0.01, 0.05, 2, outages=5, outage_hours=4),
    )
    _DILUTION = 0.9
    """Share of air let in before the probe by who dilutes."""
    _FROZEN = (0.93, 1.0, 1.06)
    _FROZEN_S = 4 * HOUR

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._seed = world.seed
        self._plants = Plants(world, monitors)
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        self._limits = limits_of(monitors, ULTRA_LOW)
        self._usual = 0.32 + 0.28 * uniforms(key_of(world.seed, "stack"), numbers[:, None], np.arange(len(ULTRA_LOW)))
        self._untreated = 4.0 + 6.0 * uniforms(key_of(world.seed, "untreated"), numbers)
        stacks = [STACKS[trade] for trade in self._plants.trades]
        self._reference, self._oxygen, self._slope, self._hot, self._wet = (
            np.array([stack[field] for stack in stacks], dtype=np.float64) for field in range(5)
        )
        least, greatest = np.array([stack.area for stack in stacks], dtype=np.float64).reshape(-1, 2).T
        self._area = least * (greatest / least) ** uniforms(key_of(world.seed, "duct"), numbers)
        self._velocity = 11.0 + 5.0 * uniforms(key_of(world.seed, "velocity"), numbers)
        self._failures = [one for one in failures(world, monitors, SO2) if one.code in ULTRA_LOW]
        self._noises = tuple(
            Noise.of(world.seed, f"stack {code}", (0.7, 5.0 * HOUR, 0.0), (0.3, 420.0, 0.0)) for code in ULTRA_LOW
        )
        self._gas = Noise.of(world.seed, "flue gas", (0.6, 1.5 * HOUR, 0.0), (0.4, 240.0, 0.0))

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        numbers, x, y = self._places.numbers, self._places.x, self._places.y
        state = self._plants.at(times)
        gas = np.tanh(self._gas.at(times, numbers, x, y))
        oxygen = self._shown_oxygen(times, state, gas)
        table = np.empty((times.size, numbers.size, len(self.instruments)))
        # what air thins out comes back by normalising: so a stopped or diluted stack shows next to nothing
        thinned = (NORMALISING - oxygen) / (NORMALISING - self._reference)
        for column, code in enumerate(ULTRA_LOW):
            table[..., column] = self._normalised(times, state, column, code) * thinned
        self._freeze(times, table)
        # 273 K, dry; at the plateau's pressure of 93 kPa
        velocity = self._velocity * (0.04 + state.fire * (0.30 + 0.66 * state.load)) * (1.0 + 0.03 * gas)
        outside = 11.0 - 13.0 * season(times, 15.0)[:, None]
        heat = state.fire * (0.85 + 0.15 * state.load)
        temperature = outside + (self._hot - outside) * heat + 1.5 * gas * state.fire
        humidity = 1.2 + (self._wet - 1.2) * state.fire * (0.9 + 0.1 * state.load) + 0.3 * gas * state.fire
        dry = self._area * velocity * (273.0 / (273.0 + temperature)) * (1.0 - humidity / 100.0) * (93.0 / 101.3)
        for column, values in enumerate((oxygen, velocity, temperature, humidity, dry), start=len(ULTRA_LOW)):
            table[..., column] = values
        return table

    def _shown_oxygen(self, times: Ints, state: PlantState, gas: Floats) -> Floats:
        burning = self._oxygen + self._slope * (1.0 - state.load) + 0.35 * gas
        oxygen: Floats = FRESH_AIR - (FRESH_AIR - burning) * state.fire
        for cheat, episode, places in self._plants.cheats:
            if cheat is Cheat.DILUTED:
                air = self._DILUTION * episode.shape(times, EDGE_S, EDGE_S)[:, None]
                oxygen[:, places] += (FRESH_AIR - oxygen[:, places]) * air
        return oxygen

    def _normalised(self, times: Ints, state: PlantState, column: int, code: str) -> Floats:
        """[T, S] mg/m³ at reference oxygen: a third to four fifths of the limit, as long as treatment works."""
        noise = np.tanh(0.8 * self._noises[column].at(times, self._places.numbers, self._places.x, self._places.y))
        level = self._usual[:, column] * self._limits[:, column] * np.exp(0.22 * noise + 0.08 * state.drift)
        level *= self._untreated ** (1.0 - state.treatment)
        for failure in self._failures:
            if failure.code == code:
                places = failure.places
                reached = failure.episode.peak * self._limits[places, column] * (1.0 + 0.04 * noise[:, places])
                level[:, places] += failure.share(times) * (reached - level[:, places])
        return level

    def _freeze(self, times: Ints, table: Floats) -> None:
        """Who makes up constant values shows one of three for some hours, then another."""
        slots = ((times + SHANGHAI_OFFSET) // self._FROZEN_S)[:, None]
        for cheat, episode, places in self._plants.cheats:
            if cheat is not Cheat.CONSTANT:
                continue
            inside = np.flatnonzero((times >= episode.start) & (times < episode.end))
            which = hashed(key_of(self._seed, "made up"), slots[inside], self._places.numbers[places]) % np.uint64(3)
            factor = np.array(self._FROZEN)[which.astype(np.int64)]
            made_up = 0.8 * self._usual[places] * self._limits[places]
            table[inside[:, None], places, : len(ULTRA_LOW)] = factor[..., None] * made_up


class Outlets:
    """Kind effluent: treated wastewater on its way into a river or sewer. Total nitrogen holds the ammonia's."""

    instruments: tuple[Instrument, ...] = (
        Instrument(COD, 0.015, 0.3, 2, outages=10, outage_hours=5),
        Instrument(AMMONIA, 0.015, 0.01, 3, outages=10, outage_hours=5),
        Instrument(PHOSPHORUS, 0.015, 0.002, 3, outages=10, outage_hours=5),
        Instrument(NITROGEN, 0.015, 0.05, 2, outages=10, outage_hours=5),
        Instrument(PH, 0.0, 0.01, 2, outages=6, outage_hours=4),
        Instrument(SEWAGE_FLOW, 0.005, 0.0, 2, outages=3, outage_hours=4),
    )
    _BYPASSED = 0.6
    """Share of the water that does not come to the outlet any more."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._plants = Plants(world, monitors)
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        self._limits = limits_of(monitors, CLASS_1A)
        self._usual = 0.32 + 0.28 * uniforms(key_of(world.seed, "outlet"), numbers[:, None], np.arange(len(CLASS_1A)))
        size = uniforms(key_of(world.seed, "outlet size"), numbers)
        town = np.array([trade is Trade.SEWAGE for trade in self._plants.trades], dtype=np.bool_)
        self._capacity = np.where(town, 120.0 * 15.0**size, 4.0 * 25.0**size)
        self._ph = 7.0 + 0.6 * uniforms(key_of(world.seed, "pH"), numbers)
        self._failures = [one for one in failures(world, monitors, COD) if one.code in CLASS_1A]
        self._bypasses = [(one, one.befallen(monitors)) for one in of_kind(world.episodes, EpisodeKind.SEWAGE_BYPASS)]
        parts = ((0.5, 9.0 * HOUR, 0.0), (0.3, 2.0 * DAY, 0.0), (0.2, 1200.0, 0.0))
        self._noises = tuple(Noise.of(world.seed, f"outlet {code}", *parts) for code in CLASS_1A)
        self._water = Noise.of(world.seed, "outlet water", (0.7, 4.0 * HOUR, 0.0), (0.3, 600.0, 0.0))

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        state = self._plants.at(times)
        water = np.tanh(self._water.at(times, self._places.numbers, self._places.x, self._places.y))
        flow = self._capacity * (0.01 * state.supplied + 0.99 * state.load) * (1.0 + 0.04 * water)
        table = np.empty((*flow.shape, len(self.instruments)))
        for column, code in enumerate(CLASS_1A):
            table[..., column] = self._concentration(times, state, column, code)
        for episode, places in self._bypasses:
            flow[:, places] *= 1.0 - self._BYPASSED * episode.shape(times, EDGE_S, EDGE_S)[:, None]
        table[..., 3] += table[..., 1]
        table[..., 4] = self._ph + 0.15 * water
        table[..., 5] = flow
        return table

    def _concentration(self, times: Ints, state: PlantState, column: int, code: str) -> Floats:
        """[T, S] mg/L; of nitrogen, what is not ammonia's."""
        places = self._places
        noise = np.tanh(0.8 * self._noises[column].at(times, places.numbers, places.x, places.y))
        limits = self._limits[:, column]
        ordinary = limits - self._limits[:, 1] if code == NITROGEN else limits
        full = 0.94 + 0.08 * state.load
        level = self._usual[:, column] * ordinary * full * np.exp(0.18 * noise + 0.08 * state.drift)
        if code == AMMONIA:
            # nitrifying bacteria work less in the cold
            level *= 1.0 + 0.12 * season(times, 20.0)[:, None]
        rising = [(one.episode, one.places) for one in self._failures if one.code == code]
        if code in {COD, AMMONIA}:
            rising += self._bypasses
        for episode, befallen in rising:
            reached = episode.peak * limits[befallen] * (1.0 + 0.04 * noise[:, befallen])
            share = episode.shape(times, EDGE_S, EDGE_S)[:, None]
            level[:, befallen] += share * (reached - level[:, befallen])
        return level


def make_cems(world: World, monitors: Sequence[Monitor]) -> Stacks:
    """Stacks of key polluters."""
    return Stacks(world, monitors)


def make_effluent(world: World, monitors: Sequence[Monitor]) -> Outlets:
    """Wastewater outlets of key polluters and sewage works."""
    return Outlets(world, monitors)

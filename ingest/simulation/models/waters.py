"""What water autostations, groundwater wells and precipitation samplers measure.

A section's water is that which passed the river's first section when it set off, diluted and mixed with what is local.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from core.clock import DAY, HOUR
from core.errors import InputError
from ingest.simulation.daytime import hour_of_day, season
from ingest.simulation.episodes import Episode, EpisodeKind, of_kind
from ingest.simulation.grid import Grid, read, remembered
from ingest.simulation.models.model import Averaging, Instrument, Model, World
from ingest.simulation.models.rivers import Pulse, Reaches, pulses
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints, Noise, key_of, uniforms
from ingest.simulation.weather import conditions
from standards.factors import load_catalogue

PH, TEMPERATURE, OXYGEN, CONDUCTIVITY = "w01001", "w01010", "w01009", "w01014"
TURBIDITY, CODMN, AMMONIA, PHOSPHORUS, NITROGEN = "w01003", "w01019", "w21003", "w21011", "w21001"
SOLIDS, NITRATE, FLUORIDE = "w01006", "w21007", "w21017"
RAINFALL = "x_rainfall"

# One analysis of one sample is a period's value: its noise is no less the longer the period.
_SAMPLE = Averaging.MIDDLE
# Deviations that HJ 915-2017 allows automatic stations are 2 … 5 times the noise taken here. Analysers with reagents
# fail more often than probes, and are away for longer.
WATER_INSTRUMENTS = (
    Instrument(PH, 0.0, 0.02, 2, outages=4, outage_hours=6),
    Instrument(TEMPERATURE, 0.0, 0.05, 1, outages=2, outage_hours=6),
    Instrument(OXYGEN, 0.0, 0.05, 2, outages=4, outage_hours=6),
    Instrument(CONDUCTIVITY, 0.003, 0.5, 1, outages=3, outage_hours=6),
    Instrument(TURBIDITY, 0.03, 0.2, 1, outages=6, outage_hours=6),
    Instrument(CODMN, 0.03, 0.03, 2, _SAMPLE, outages=12, outage_hours=14),
    Instrument(AMMONIA, 0.03, 0.005, 3, _SAMPLE, outages=14, outage_hours=14),
    Instrument(PHOSPHORUS, 0.03, 0.002, 3, _SAMPLE, outages=12, outage_hours=14),
    Instrument(NITROGEN, 0.03, 0.03, 2, _SAMPLE, outages=12, outage_hours=14),
)


class _Substance(NamedTuple):
    """A substance in rivers.

    `limit`: class III of GB 3838-2002 (of TN, which no class of rivers limits, what northern rivers have), class V
    `worst`; both mg/L. `spread`: standard deviation of its logarithm. `runoff`: share by which a flood wave raises it.
    `decay`: share that vanishes a day.
    """

    code: str
    limit: float
    worst: float
    spread: float
    runoff: float
    decay: float


_SUBSTANCES = (
    _Substance(CODMN, 6.0, 15.0, 0.10, 0.45, 0.15),
    _Substance(AMMONIA, 1.0, 2.0, 0.18, 0.10, 0.25),
    _Substance(PHOSPHORUS, 0.2, 0.4, 0.15, 0.40, 0.10),
    _Substance(NITROGEN, 5.0, 8.0, 0.10, 0.10, 0.08),
)
_LEVEL = 0.45, 0.7
"""The usual value is between these shares of the limit."""
_SLOW = (0.6, 8.0 * DAY, 0.0), (0.3, 1.5 * DAY, 0.0), (0.1, 6.0 * HOUR, 0.0)
_MEMORY_H = 72
"""Air and rain of so many hours before are felt by a river."""
_AGO = np.arange(_MEMORY_H, dtype=np.float64)
_AIR: Floats = np.exp(-_AGO / 45.0)
_RUNOFF: Floats = _AGO * np.exp(-_AGO / 7.0)
"""Weights of the hours before: heat is taken up over two days, a flood wave comes some hours after the rain."""
_FLOOD_MM_H = 0.6
"""Runoff that raises what is washed in to about two thirds of its greatest rise."""


class RiverWater:
    """Kind water."""

    instruments: tuple[Instrument, ...] = WATER_INSTRUMENTS

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        """Raises `InputError` where a spill is of a substance that cannot be spilled."""
        self._world = world
        self._places = Places.of(monitors)
        self._reaches = Reaches.of(world.seed, world.rivers, monitors)
        self._levels = {one.code: _levels(world.seed, monitors, one) for one in _SUBSTANCES}
        self._pulses = list(_spilled(world, monitors))
        seed, own, river = world.seed, self._places.numbers, self._reaches.rivers.numbers[self._reaches.river]
        self._ph = 7.7 + 0.5 * uniforms(key_of(seed, "ph"), river)
        self._conductivity = 450.0 + 450.0 * uniforms(key_of(seed, "conductivity"), river)
        self._turbidity = 6.0 + 20.0 * uniforms(key_of(seed, "turbidity"), own)
        self._offset = uniforms(key_of(seed, "water temperature"), own) - 0.5

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        river = _River(self._world, self._reaches, times)
        temperature = self._temperature(times, river)
        warm, cold = np.clip(temperature / 20.0, 0.1, 1.3), np.clip((12.0 - temperature) / 12.0, -0.6, 1.0)
        light = np.cos((hour_of_day(times) - 16.0) * (2.0 * np.pi / 24.0))[:, None] * warm
        load = self._deviation(times, river, "load")
        substances, demand = self._substances(times, river, load, cold)
        # photosynthesis takes up carbon dioxide and gives oxygen; saturation as in HJ 2.3
        saturation = 0.93 + 0.06 * light - 0.03 * load - 0.05 * river.flood
        saturation += 0.03 * self._deviation(times, river, OXYGEN)
        oxygen = 468.0 / (31.6 + temperature) * saturation * (1.0 - 0.7 * demand / (demand + 1.0))
        ph = self._ph + 0.10 * light + 0.06 * self._deviation(times, river, PH) - 0.1 * river.flood
        salt = np.exp(0.05 * self._deviation(times, river, CONDUCTIVITY)) * (1.0 - 0.25 * river.flood)
        mud = np.exp(0.30 * self._deviation(times, river, TURBIDITY)) * (1.0 + 14.0 * river.flood)
        columns = {
            PH: ph, TEMPERATURE: temperature, OXYGEN: oxygen,
            CONDUCTIVITY: self._conductivity * salt, TURBIDITY: self._turbidity * mud, **substances,
        }  # fmt: skip
        return np.stack([columns[instrument.code] for instrument in self.instruments], axis=-1)

    def _temperature(self, times: Ints, river: _River) -> Floats:
        """Follows the air of the last days; springs keep it above freezing and below the summer's air."""
        hours = hour_of_day(times)[:, None]
        heated = 2.5 + 0.82 * river.air + self._offset + 0.7 * np.cos((hours - 17.0) * (2.0 * np.pi / 24.0))
        above: Floats = 0.3 + 0.6 * np.logaddexp(0.0, heated / 0.6)
        return above

    def _substances(self, times: Ints, river: _River, load: Floats, cold: Floats) -> tuple[dict[str, Floats], Floats]:
        """Concentrations [T, S] by code, and what is spilled, in shares of class V."""
        # below 12 °C ammonia is hardly nitrified
        seasons = {AMMONIA: 1.0 + 0.2 * cold, NITROGEN: 1.0 + 0.08 * cold}
        values = {}
        for one in _SUBSTANCES:
            deviation = np.sqrt(0.5) * (load + self._deviation(times, river, one.code))
            usual = self._levels[one.code] * seasons.get(one.code, 1.0)
            values[one.code] = usual * np.exp(one.spread * deviation) * (1.0 + one.runoff * river.flood)
        demand = np.zeros(values[AMMONIA].shape)
        for pulse, substance in self._pulses:
            added = pulse.at(times)
            values[substance.code][:, pulse.place] += added
            demand[:, pulse.place] += added / substance.worst
        values[NITROGEN] += values[AMMONIA]  # total nitrogen holds it
        return values, demand

    def _deviation(self, times: Ints, river: _River, name: str) -> Floats:
        """[T, S] of variance 1: what the river brings, and what is local."""
        carried = 0.95 * self._reaches.carried
        local = Noise.of(self._world.seed, f"local {name}", *_SLOW)
        places = self._places
        own = local.at(times, places.numbers, places.x, places.y)
        return carried * river.brings(name) + np.sqrt(1.0 - carried**2) * own


class _River:
    """The water that comes by at some times: made hour by hour at the first section, and met later further down."""

    def __init__(self, world: World, reaches: Reaches, times: Ints) -> None:
        self._seed = world.seed
        self._reaches = reaches
        self._grid = Grid.around(times, HOUR, float(reaches.lags.max(initial=0.0)))
        here = self._grid.position(times, np.zeros(reaches.lags.size))
        self._set_off = self._grid.position(times, reaches.lags)
        weather = conditions(world, self._grid.times(_MEMORY_H), reaches.rivers)
        self.air = read(remembered(weather.temperature, _AIR), here, reaches.river)
        """[T, S] mean temperature of the air over the last days, °C."""
        runoff = read(remembered(weather.rain, _RUNOFF), self._set_off, reaches.river)
        self.flood: Floats = 1.0 - np.exp(-runoff / _FLOOD_MM_H)
        """[T, S] 0 … 1: how much of the water has just run off the land."""

    def brings(self, name: str) -> Floats:
        """[T, S] noise of variance 1 that all sections share, each later by its lag."""
        rivers = self._reaches.rivers
        noise = Noise.of(self._seed, f"river {name}", *_SLOW)
        table = noise.at(self._grid.times(), rivers.numbers, rivers.x, rivers.y)
        return read(table, self._set_off, self._reaches.river)


def _levels(seed: int, monitors: Sequence[Monitor], substance: _Substance) -> Floats:
    """[S] the usual concentration at each section, by its limit or else class III."""
    limits = np.array([monitor.limits.get(substance.code, substance.limit) for monitor in monitors], dtype=np.float64)
    drawn = uniforms(key_of(seed, "level", substance.code), Places.of(monitors).numbers)
    low, high = _LEVEL
    levels: Floats = limits * (low + (high - low) * drawn)
    return levels


def _spilled(world: World, monitors: Sequence[Monitor]) -> Iterator[tuple[Pulse, _Substance]]:
    for episode in of_kind(world.episodes, EpisodeKind.SPILL):
        substance = _substance(episode)
        for pulse in pulses(episode, world.rivers, monitors, substance.decay):
            yield pulse, substance


def _substance(episode: Episode) -> _Substance:
    factor = load_catalogue().resolve(episode.manner or AMMONIA)
    for one in _SUBSTANCES:
        if factor is not None and factor.code == one.code:
            return one
    known = ", ".join(load_catalogue().by_code[one.code].symbol for one in _SUBSTANCES)
    raise InputError("episode", "cannot be spilled", field="manner", value=episode.manner, hint=f"one of {known}")


class Wells:
    """Kind groundwater: hardly anything changes from one sample to the next."""

    instruments: tuple[Instrument, ...] = (
        Instrument(PH, 0.0, 0.03, 2, _SAMPLE),
        Instrument(SOLIDS, 0.01, 1.0, 0, _SAMPLE),
        Instrument(NITRATE, 0.02, 0.02, 2, _SAMPLE),
        Instrument(AMMONIA, 0.03, 0.003, 3, _SAMPLE),
        Instrument(FLUORIDE, 0.02, 0.01, 2, _SAMPLE),
    )
    # Limits of classes II … V of GB/T 14848-2017 (V: a usual value beyond IV), not confirmed: they set the level alone.
    _CLASSES = np.array(
        [[500.0, 5.0, 0.10, 0.9], [1000.0, 20.0, 0.50, 1.0], [2000.0, 30.0, 1.50, 2.0], [2600.0, 38.0, 1.90, 2.6]]
    )
    _SHARES = np.cumsum([2, 4, 7, 1]) / 14.0
    """Of Jincheng's 14 wells so many were of class II, III, IV and V (Bulletin 2020)."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._seed = world.seed
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        of_class = np.minimum(np.searchsorted(self._SHARES, uniforms(key_of(world.seed, "well"), numbers)), 3)
        drawn = uniforms(key_of(world.seed, "well level"), numbers[:, None], np.arange(4))
        self._levels = self._CLASSES[of_class] * (0.55 + 0.4 * drawn)
        self._ph = 7.3 + 0.5 * uniforms(key_of(world.seed, "well ph"), numbers)

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        values = np.empty((times.size, self._ph.size, len(self.instruments)))
        places = self._places
        for place, instrument in enumerate(self.instruments):
            noise = Noise.of(self._seed, f"well {instrument.code}", (0.7, 200.0 * DAY, 0.0), (0.3, 40.0 * DAY, 0.0))
            deviation = noise.at(times, places.numbers, places.x, places.y)
            if instrument.code == PH:
                values[..., place] = self._ph + 0.04 * deviation
            else:
                # the rains of summer thin it a little some weeks later
                values[..., place] = self._levels[:, place - 1] * np.exp(0.04 * deviation)
                values[..., place] *= 1.0 - 0.02 * season(times, 250.0)[:, None]
        return values


class Rain:
    """Kind rain: amount always; pH and conductivity of what fell, where something fell."""

    instruments: tuple[Instrument, ...] = (
        Instrument(RAINFALL, 0.02, 0.0, 1, Averaging.TOTAL, outages=1, outage_hours=12),
        Instrument(PH, 0.0, 0.02, 2),
        Instrument(CONDUCTIVITY, 0.02, 0.3, 1),
    )
    _WET_MM_H = 0.1

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._world = world
        self._places = Places.of(monitors)
        self._ph = Noise.of(world.seed, "rain ph", (0.6, 5.0 * DAY, 40.0), (0.4, 6.0 * HOUR, 10.0))
        self._salt = Noise.of(world.seed, "rain conductivity", (0.6, 5.0 * DAY, 40.0), (0.4, 6.0 * HOUR, 10.0))

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`; rainfall in mm a second."""
        places = self._places
        rain = conditions(self._world, times, places).rain
        ph_noise, salt_noise = (noise.at(times, places.numbers, places.x, places.y) for noise in (self._ph, self._salt))
        # Jincheng's rain had 6.11 … 8.18 (Bulletin 2020): loess dust buffers it
        ph = 7.15 + 0.95 * np.tanh(0.5 * ph_noise)
        # the first drops wash out most
        salt = (15.0 + 45.0 * np.exp(-rain / 2.0)) * np.exp(0.3 * salt_noise)
        wet = rain >= self._WET_MM_H
        sampled = (np.where(wet, column, np.nan) for column in (ph, salt))
        return np.stack([rain / HOUR, *sampled], axis=-1)


def make_water(world: World, monitors: Sequence[Monitor]) -> Model:
    """Sections with automatic stations."""
    return RiverWater(world, monitors)


def make_groundwater(world: World, monitors: Sequence[Monitor]) -> Model:
    """Wells."""
    return Wells(world, monitors)


def make_rain(world: World, monitors: Sequence[Monitor]) -> Model:
    """Samplers of precipitation."""
    return Rain(world, monitors)

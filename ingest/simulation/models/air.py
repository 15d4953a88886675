"""Air stations, micro-stations and weather stations: instruments in the simulated region's air."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clock import DAY
from ingest.simulation import ambient
from ingest.simulation.ambient import concentrations
from ingest.simulation.models.model import Averaging, Instrument, Model, World
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Field, Floats, Ints, gaussians, key_of
from ingest.simulation.weather import conditions

# Outages give the gaps of the six Beijing sites in 2013-2017 (docs/simulator.md); noise is that of a minute's value.
_AIR = (
    Instrument("a34004", 0.05, 2.0, 1, outages=160, outage_hours=1.26),
    Instrument("a34002", 0.05, 3.0, 1, outages=130, outage_hours=1.18),
    Instrument("a21026", 0.02, 0.6, 1, outages=145, outage_hours=1.36),
    Instrument("a21004", 0.02, 0.8, 1, outages=225, outage_hours=1.35),
    Instrument("a21005", 0.02, 0.03, 2, outages=215, outage_hours=1.9),
    Instrument("a05024", 0.02, 1.5, 1, outages=268, outage_hours=1.08),
)
_MICRO = (
    Instrument("a34004", 0.08, 3.0, 0, outages=60, outage_hours=6.0),
    Instrument("a34002", 0.10, 5.0, 0, outages=60, outage_hours=6.0),
    Instrument("a01001", 0.0, 0.2, 1, outages=60, outage_hours=6.0),
    Instrument("a01002", 0.0, 1.0, 0, outages=60, outage_hours=6.0),
)
_WEATHER = (
    Instrument("a01001", 0.0, 0.1, 1, outages=12, outage_hours=4.0),
    Instrument("a01002", 0.0, 1.0, 0, outages=12, outage_hours=4.0),
    Instrument("a01007", 0.10, 0.2, 1, outages=12, outage_hours=4.0),
    Instrument("a01008", 0.0, 8.0, 0, Averaging.MIDDLE, outages=12, outage_hours=4.0),
    Instrument("a01006", 0.0, 0.01, 2, outages=12, outage_hours=4.0),
    Instrument("x_rainfall", 0.0, 0.0, 1, Averaging.TOTAL, outages=12, outage_hours=4.0),
    Instrument("x_dew_point", 0.0, 0.2, 1, outages=12, outage_hours=4.0),
)

WET_GROWTH = 0.05
"""How light-scattering sensors take moist particles for more: share added, times RH / (1 - RH)."""
MOISTEST = 0.95
"""Relative humidity at which that growth ends."""


class AirStations:
    """Standard stations: the six factors of HJ 633."""

    instruments: tuple[Instrument, ...] = _AIR

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._world, self._places = world, Places.of(monitors)

    def at(self, times: Ints) -> Floats:
        """[T, S, F]."""
        return concentrations(self._world, times, self._places)


class MicroStations:
    """Cheap optical sensors: each with a slope of its own that drifts over weeks, and too high in moist air."""

    instruments: tuple[Instrument, ...] = _MICRO

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._world, self._places = world, Places.of(monitors)

    def at(self, times: Ints) -> Floats:
        """[T, S, F]."""
        places, seed = self._places, self._world.seed
        weather = conditions(self._world, times, places)
        moist = np.minimum(weather.humidity / 100.0, MOISTEST)
        slope = 0.10 * gaussians(key_of(seed, "micro slope"), places.numbers)
        drift = Field(key_of(seed, "micro drift"), 20.0 * DAY).at(times, places.numbers, places.x, places.y)
        gain = np.exp(slope + 0.05 * drift) * (1.0 + WET_GROWTH * moist / (1.0 - moist))
        air = concentrations(self._world, times, places)
        particles = air[..., (ambient.PM25, ambient.PM10)] * gain[..., None]
        return np.concatenate([particles, weather.temperature[..., None], weather.humidity[..., None]], axis=2)


class WeatherStations:
    """Weather stations; rain is a rate a second, which a period sums up."""

    instruments: tuple[Instrument, ...] = _WEATHER

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._world, self._places = world, Places.of(monitors)

    def at(self, times: Ints) -> Floats:
        """[T, S, F]."""
        weather = conditions(self._world, times, self._places)
        return np.stack(
            [
                weather.temperature,
                weather.humidity,
                weather.wind_speed,
                weather.wind_direction,
                weather.pressure,
                weather.rain / 3600.0,
                weather.dew_point,
            ],
            axis=2,
        )


def make_air(world: World, monitors: Sequence[Monitor]) -> Model:
    """Air stations."""
    return AirStations(world, monitors)


def make_micro(world: World, monitors: Sequence[Monitor]) -> Model:
    """Micro-stations: PM2.5, PM10, temperature, humidity."""
    return MicroStations(world, monitors)


def make_weather(world: World, monitors: Sequence[Monitor]) -> Model:
    """Weather stations."""
    return WeatherStations(world, monitors)

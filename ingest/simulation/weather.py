"""The weather of a simulated region: seasons, days, fronts that pass within days, rain, and what episodes change."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from core.clock import HOUR
from ingest.simulation.atmosphere import Atmosphere
from ingest.simulation.climate import Variable
from ingest.simulation.daytime import hump
from ingest.simulation.episodes import EpisodeKind, of_kind
from ingest.simulation.monitor import Places
from ingest.simulation.noise import Floats, Ints

if TYPE_CHECKING:
    from ingest.simulation.models.model import World

SHOWER = 0.4
"""How far below the threshold of rain, in standard deviations, the air begins to be wet and to be washed."""
CLOUDBURST = 2.4
"""How far above it rain grows no more."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """[T, S] each."""

    temperature: Floats
    """°C."""
    humidity: Floats
    """Relative, %."""
    wind_speed: Floats
    """m/s."""
    wind_direction: Floats
    """Degree where the wind comes from, 0 … 360."""
    pressure: Floats
    """kPa."""
    rain: Floats
    """mm/h."""
    dew_point: Floats
    """°C."""


def conditions(world: World, times: Ints, places: Places) -> Conditions:
    """The weather at UTC seconds [T] and places [S]."""
    air = Atmosphere(world, times, places)
    rain, wet = rain_and_wetness(air)
    temperature = air.value(Variable.TEMPERATURE)
    gap = np.maximum(temperature - air.value(Variable.DEW_POINT), 0.0)
    wind = air.value(Variable.WIND_SPEED)
    stagnation = air.stagnation
    for storm in of_kind(world.episodes, EpisodeKind.DUST_STORM):
        blowing = storm.shape(times, HOUR, 0.4 * (storm.end - storm.start))[:, None]
        wind += 7.0 * blowing
        gap += 8.0 * blowing
        stagnation = stagnation - 3.0 * blowing
    for haze in of_kind(world.episodes, EpisodeKind.HEAVY_POLLUTION):
        still = haze.shape(times, 6 * HOUR, 2 * HOUR)[:, None]
        wind *= 1.0 - 0.6 * still
        gap *= 1.0 - 0.6 * still
        stagnation = stagnation + 1.5 * still
    for heat in of_kind(world.episodes, EpisodeKind.OZONE):
        clear = heat.shape(times, HOUR, HOUR)[:, None]
        temperature += 3.0 * clear
        gap += 6.0 * clear
        rain *= 1.0 - clear
        wet *= 1.0 - clear
    dew_point = temperature - gap * (1.0 - 0.75 * wet)
    return Conditions(
        temperature=temperature,
        humidity=100.0 * np.minimum(_saturation(dew_point) / _saturation(temperature), 1.0),
        wind_speed=wind,
        wind_direction=_direction(air, stagnation),
        pressure=air.value(Variable.PRESSURE),
        rain=rain,
        dew_point=dew_point,
    )


def rain_and_wetness(air: Atmosphere) -> tuple[Floats, Floats]:
    """[T, S]: mm/h, and 0 … 1 how much the air is washed, which begins a little before the rain and outlasts it."""
    climate = air.world.climate.rain
    normal = NormalDist()
    thresholds = np.array([normal.inv_cdf(1.0 - share) for share in climate.share.tolist()])
    excess = air.noise("rain", climate.parts) - air.months.line(thresholds)[:, None]
    rain = climate.scale * np.expm1(climate.steepness * np.clip(excess, 0.0, CLOUDBURST))
    return rain, np.clip((excess + SHOWER) / (2.0 * SHOWER), 0.0, 1.0)


def _saturation(temperature: Floats) -> Floats:
    """Pressure of saturated vapour, hPa (Magnus formula; WMO-No. 8, annex 4.B)."""
    pressure: Floats = 6.112 * np.exp(17.62 * temperature / (243.12 + temperature))
    return pressure


def _direction(air: Atmosphere, stagnation: Floats) -> Floats:
    """Clean air comes from one side, stagnant air from the other, the breeze in the afternoon."""
    wind = air.world.climate.wind
    breeze = 0.6 * hump(air.hours, 15.0, 4.0)[:, None]
    still = 0.5 * stagnation
    eastward, northward = np.zeros_like(still), np.zeros_like(still)
    for weight, degrees in (
        (breeze, wind.breeze),
        (np.maximum(still, 0.0), wind.stagnant),
        (np.maximum(-still, 0.0), wind.clean),
    ):
        eastward += weight * np.sin(np.radians(degrees))
        northward += weight * np.cos(np.radians(degrees))
    eastward += 0.6 * air.noise("wind east", ((0.6, 8.0, 150.0), (0.4, 1.5, 12.0)))
    northward += 0.6 * air.noise("wind north", ((0.6, 8.0, 150.0), (0.4, 1.5, 12.0)))
    degrees_from: Floats = np.degrees(np.arctan2(eastward, northward)) % 360.0
    return degrees_from

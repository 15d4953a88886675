"""Ambient air anywhere in a simulated region: the six factors of HJ 633, with the episodes that befall a whole city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.clock import HOUR
from ingest.simulation.atmosphere import Atmosphere
from ingest.simulation.climate import Variable
from ingest.simulation.daytime import hump
from ingest.simulation.episodes import Episode, EpisodeKind, of_kind
from ingest.simulation.monitor import Places
from ingest.simulation.noise import Floats, Ints
from ingest.simulation.weather import rain_and_wetness

if TYPE_CHECKING:
    from ingest.simulation.models.model import World

PM25, PM10, SO2, NO2, CO, O3 = range(6)
"""Columns of concentrations, in the order of `standards.editions.HOURLY_FACTORS`."""

FINE_OF_DUST = 0.3
"""PM2.5 in the PM10 that a dust storm brings."""
FRONT_KM_PER_HOUR = 40.0
"""How fast a dust storm comes over from the north-west."""

_BESIDE_PM25 = {PM10: 1.2, SO2: 0.06, NO2: 0.30, CO: 0.012}
"""What a heavy pollution adds of other factors for each µg/m³ of PM2.5 (winter hours of the Beijing sites)."""


def concentrations(world: World, times: Ints, places: Places) -> Floats:
    """[T, S, 6] at UTC seconds [T] and places [S]: µg/m³, CO mg/m³, in the order of `HOURLY_FACTORS`."""
    air = Atmosphere(world, times, places)
    _, wet = rain_and_wetness(air)
    fine = air.value(Variable.PM25) * (1.0 - 0.30 * wet)
    coarse = air.value(Variable.COARSE) * (1.0 - 0.60 * wet)
    table = np.empty((times.size, places.numbers.size, 6))
    table[..., PM25], table[..., PM10] = fine, fine + coarse
    table[..., SO2] = air.value(Variable.SO2) * (1.0 - 0.15 * wet)
    table[..., NO2] = air.value(Variable.NO2)
    table[..., CO] = air.value(Variable.CO)
    table[..., O3] = air.value(Variable.O3)
    unevenness = 1.0 + 0.06 * air.sun
    for episode in of_kind(world.episodes, EpisodeKind.HEAVY_POLLUTION):
        _pollute(table, episode, times, unevenness)
    for episode in of_kind(world.episodes, EpisodeKind.OZONE):
        _form_ozone(table, episode, times, air.hours, unevenness)
    for episode in of_kind(world.episodes, EpisodeKind.DUST_STORM):
        _blow_dust(table, episode, times, places, unevenness)
    return table


def _pollute(table: Floats, episode: Episode, times: Ints, unevenness: Floats) -> None:
    """PM2.5 builds up to the peak until the last eighth, in which wind clears it away; ozone is used up."""
    length = episode.end - episode.start
    level = episode.shape(times, 0.8 * length, 0.125 * length)[:, None]
    added = level * np.maximum(episode.peak * unevenness - table[..., PM25], 0.0)
    table[..., PM25] += added
    for factor, share in _BESIDE_PM25.items():
        table[..., factor] += share * added
    table[..., O3] *= 1.0 - 0.5 * level


def _form_ozone(table: Floats, episode: Episode, times: Ints, hours: Floats, unevenness: Floats) -> None:
    """On each day of the episode O3 reaches the peak about three in the afternoon."""
    level = (episode.shape(times, 2 * HOUR, 2 * HOUR) * hump(hours, 15.0, 2.8))[:, None]
    table[..., O3] += level * np.maximum(episode.peak * unevenness - table[..., O3], 0.0)


def _blow_dust(table: Floats, episode: Episode, times: Ints, places: Places, unevenness: Floats) -> None:
    """A front comes over from the north-west: PM10 rises within an hour, and falls slowly. Wind takes the rest away."""
    south_east = (places.x - places.y) / np.sqrt(2.0)
    delays = np.maximum(south_east, 0.0) / FRONT_KM_PER_HOUR * HOUR
    delayed = times[:, None] - delays.astype(np.int64)
    fading = 0.6 * (episode.end - episode.start)
    level = np.minimum(episode.shape(delayed, HOUR, fading), episode.shape(times, 1.0, fading)[:, None])
    added = level * np.maximum(episode.peak * unevenness - table[..., PM10], 0.0)
    table *= 1.0 - 0.4 * level[..., None] * np.isin(np.arange(6), (SO2, NO2, CO))
    table[..., PM10] += added
    table[..., PM25] += FINE_OF_DUST * added

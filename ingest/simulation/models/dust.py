"""What monitors of fugitive dust measure at building sites and yards: the air there, and what the site adds to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clock import DAY, HOUR
from ingest.simulation import ambient
from ingest.simulation.daytime import between, hour_of_day, hump, weekday
from ingest.simulation.episodes import EpisodeKind, of_kind
from ingest.simulation.models.model import Averaging, Instrument, World
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints, Noise, key_of, uniforms
from ingest.simulation.weather import Conditions, conditions

SUNDAY = 6


class Sites:
    """Kind dust. TSP is a fixed multiple of either part of PM10: the site's own dust is the coarser."""

    instruments: tuple[Instrument, ...] = (
        Instrument("a34001", 0.03, 1.5, 1, outages=6, outage_hours=8),
        Instrument("a34002", 0.03, 1.0, 1, outages=6, outage_hours=8),
        Instrument("a01001", 0.0, 0.1, 1, outages=4, outage_hours=8),
        Instrument("a01007", 0.03, 0.1, 1, outages=4, outage_hours=8),
        Instrument("a50001", 0.0, 0.3, 1, Averaging.ENERGY, outages=4, outage_hours=8),
    )
    TSP_OF_AMBIENT, TSP_OF_SITE = 1.55, 2.1
    _EDGE_S = 300.0
    """Earthwork lifts the dust within five minutes, and it settles within five."""
    _LIFTING_WIND = 4.5
    """m/s, from which dry ground is blown away."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._world = world
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        self._busy = 12.0 + 40.0 * uniforms(key_of(world.seed, "site"), numbers)
        self._bare = 2.0 + 6.0 * uniforms(key_of(world.seed, "bare ground"), numbers)
        self._loud = 62.0 + 8.0 * uniforms(key_of(world.seed, "machines of sites"), numbers)
        self._work = Noise.of(world.seed, "site work", (0.4, DAY, 0.0), (0.3, 1.5 * HOUR, 0.0), (0.3, 300.0, 0.0))
        self._earthworks = [
            (one, one.befallen(monitors)) for one in of_kind(world.episodes, EpisodeKind.CONSTRUCTION_DUST)
        ]

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        weather = conditions(self._world, times, self._places)
        noise = np.tanh(0.6 * self._work.at(times, self._places.numbers, self._places.x, self._places.y))
        work = _working(times)[:, None] * _dry(weather)
        around = ambient.concentrations(self._world, times, self._places)[..., ambient.PM10]
        site = self._raised(weather, work, noise)
        level = 46.0 + (self._loud - 46.0) * work * (1.0 + 0.08 * noise)
        for episode, places in self._earthworks:
            share = episode.shape(times, self._EDGE_S, self._EDGE_S)[:, None]
            site[:, places] += episode.peak * share * (1.0 + 0.05 * noise[:, places])
            level[:, places] += share * np.maximum(self._loud[places] + 3.0 - level[:, places], 0.0)
        tsp = self.TSP_OF_AMBIENT * around + self.TSP_OF_SITE * site
        return np.stack([tsp, around + site, weather.temperature, weather.wind_speed, level], axis=-1)

    def _raised(self, weather: Conditions, work: Floats, noise: Floats) -> Floats:
        """[T, S] µg/m³ PM10: work's dust is thinned by wind, and strong wind takes it from the bare ground."""
        worked = self._busy * work * np.exp(0.8 * noise) * (2.5 / (weather.wind_speed + 1.5))
        blown = self._bare * np.maximum(weather.wind_speed - self._LIFTING_WIND, 0.0) ** 1.5 * _dry(weather)
        raised: Floats = worked + blown
        return raised


def _working(times: Ints) -> Floats:
    """[T] 0 … 1: from 6 to 22 h, less at noon and on Sundays, little after dusk."""
    hours = hour_of_day(times)
    day = (
        between(hours, 6.3, 21.7, 0.6)
        * (1.0 - 0.6 * hump(hours, 12.5, 0.6))
        * (1.0 - 0.75 * between(hours, 17.5, 24.0, 0.8))
    )
    return day * np.where(weekday(times) == SUNDAY, 0.6, 1.0)


def _dry(weather: Conditions) -> Floats:
    """[T, S] 1 in dry weather, nearly 0 from half a millimetre an hour, when nobody works and nothing is blown up."""
    dry: Floats = np.exp(-6.0 * weather.rain)
    return dry


def make_dust(world: World, monitors: Sequence[Monitor]) -> Sites:
    """Monitors of building sites, yards and works."""
    return Sites(world, monitors)

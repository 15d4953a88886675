"""How rivers carry what is in their water from section to section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.clock import DAY, HOUR
from ingest.simulation.episodes import Episode
from ingest.simulation.monitor import Monitor, Places, River
from ingest.simulation.noise import Floats, Ints, key_of, name_numbers, uniforms

DISPERSION = 50.0
"""Longitudinal dispersion in m²/s; a river of this size has 10 … 500."""
DILUTION_KM = 300.0
"""After so many km, tributaries have diluted what came from above to 1/e."""
MEMORY_KM = 150.0
"""After so many km, 1/e of how the water differs from its usual self is still what came from above."""
HEADWATERS_KM = 40.0
"""The headwaters of rivers lie in a square of this side about the network's middle."""
EDGE_S = 900
"""Within so many seconds a spill sets in, and ends."""


@dataclass(frozen=True, slots=True)
class Reaches:
    """Where monitors stand along rivers, as columns [S]. A monitor at no river is the only section of its own.

    `river` is the place of its river in `rivers` [R], `lags` how many seconds the water needs to it from the river's
    first section, `carried` the share (of the deviation) that it keeps of that section's water.
    """

    rivers: Places
    river: Ints
    lags: Floats
    carried: Floats

    @classmethod
    def of(cls, seed: int, rivers: Sequence[River], monitors: Sequence[Monitor]) -> Reaches:
        """In the order of `monitors`."""
        sections = {station: (river, km) for river in rivers for station, km in river.sections}
        lags, carried = np.zeros(len(monitors)), np.zeros(len(monitors))
        heads: dict[str, tuple[float, float]] = {}
        numbers: dict[str, int] = {}
        columns = []
        for place, monitor in enumerate(monitors):
            if monitor.station in sections:
                river, km = sections[monitor.station]
                lags[place] = km / river.km_per_hour * HOUR
                carried[place] = np.exp(-km / MEMORY_KM)
                name, head = f"river {river.name}", _headwaters(seed, river)
            else:
                name, head = monitor.station, (monitor.x, monitor.y)
            heads.setdefault(name, head)
            columns.append(numbers.setdefault(name, len(numbers)))
        x, y = np.array(list(heads.values()), dtype=np.float64).reshape(-1, 2).T
        return cls(Places(name_numbers(list(heads)), x, y), np.array(columns, dtype=np.int64), lags, carried)


def _headwaters(seed: int, river: River) -> tuple[float, float]:
    """Km east and north of where its rain falls. Drawn: it must not depend on which of its sections are simulated."""
    east, north = uniforms(key_of(seed, "headwaters", river.name), np.arange(2)) - 0.5
    return float(east) * HEADWATERS_KM, float(north) * HEADWATERS_KM


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a spill adds at one section: the monitor's place [S], and mg/L over time.

    `lag` is the seconds from the section of the spill, `spread` the standard deviation that dispersion has given the
    passage by then, in seconds.
    """

    place: int
    episode: Episode
    lag: float
    spread: float
    height: float

    def at(self, times: Ints) -> Floats:
        """[T] mg/L. What was let in during the episode is the area under it, at each section but for decay."""
        edge = min(EDGE_S, (self.episode.end - self.episode.start) / 3)
        if not self.spread:
            return self.height * self.episode.shape(times, edge, edge)
        left = times.astype(np.float64) - self.lag
        begun = _normal((left - self.episode.start - edge / 2) / self.spread)
        over = _normal((left - self.episode.end + edge / 2) / self.spread)
        return self.height * (begun - over)


def pulses(episode: Episode, rivers: Sequence[River], monitors: Sequence[Monitor], decay: float) -> Iterator[Pulse]:
    """The passage of a spill at the first of the episode's stations, there and at each section further down.

    `decay` is the share that vanishes a day.
    """
    places = {monitor.station: place for place, monitor in enumerate(monitors)}
    for source in episode.stations[:1]:
        if source in places:
            yield Pulse(places[source], episode, 0.0, 0.0, episode.peak)
        for river in rivers:
            sections = dict(river.sections)
            for station, km in river.sections:
                if station in places and source in sections and km > sections[source]:
                    yield _arriving(episode, places[station], km - sections[source], river.km_per_hour, decay)


def _arriving(episode: Episode, place: int, km: float, km_per_hour: float, decay: float) -> Pulse:
    """Advection, dispersion and decay of first order after `km`."""
    lag = km / km_per_hour * HOUR
    spread = np.sqrt(2.0 * DISPERSION * lag) / (km_per_hour * 1000.0 / HOUR)
    height = episode.peak * np.exp(-km / DILUTION_KM) * (1.0 - decay) ** (lag / DAY)
    return Pulse(place, episode, lag, float(spread), float(height))


def _normal(z: Floats) -> Floats:
    """The normal distribution function to 0.0002: Page's approximation (1977)."""
    share: Floats = 0.5 * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * (z + 0.044715 * z**3)))
    return share

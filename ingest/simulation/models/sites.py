"""What stands in streets, kitchens, gates and on roofs: noise, cooking fume, passages, dustfall and radiation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.simulation.daytime import between, hour_of_day, hump, season, weekday
from ingest.simulation.episodes import EpisodeKind, of_kind
from ingest.simulation.grid import Grid, read, remembered
from ingest.simulation.models.model import INSTANT_S, Averaging, Instrument, Model, World
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints, Noise, key_of, uniforms
from ingest.simulation.weather import conditions

LEQ, FUME = "Leq", "a34041"
SATURDAY, SUNDAY = 5, 6


class Noises:
    """Kind noise: sound levels, taken as normally distributed within a minute.

    Then L10 and L90 are 1.28 standard deviations from L50, and Leq is 0.115 variances above it.
    """

    instruments: tuple[Instrument, ...] = (
        Instrument(LEQ, 0.0, 0.2, 1, Averaging.ENERGY, outages=3, outage_hours=5),
        Instrument("L10", 0.0, 0.2, 1, outages=3, outage_hours=5),
        Instrument("L50", 0.0, 0.2, 1, outages=3, outage_hours=5),
        Instrument("L90", 0.0, 0.2, 1, outages=3, outage_hours=5),
    )
    _DAY_LIMIT = 60.0
    """Class 2 of GB 3096-2008, where a monitor has no limit of its own."""
    _EDGE_S = 300

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        limits = np.array([monitor.limits.get(LEQ, self._DAY_LIMIT) for monitor in monitors], dtype=np.float64)
        self._day = limits - 1.5 - 5.0 * uniforms(key_of(world.seed, "noise by day"), numbers)
        self._drop = 9.5 + 2.5 * uniforms(key_of(world.seed, "noise by night"), numbers)
        self._slow = Noise.of(world.seed, "noise", (0.6, 3.0 * HOUR, 0.0), (0.4, 3.0 * DAY, 0.0))
        self._fast = Noise.of(world.seed, "noise of minutes", (0.7, 90.0, 0.0), (0.3, 900.0, 0.0))
        self._works = [
            (episode, [place for place, monitor in enumerate(monitors) if monitor.station in episode.stations])
            for episode in of_kind(world.episodes, EpisodeKind.NIGHT_NOISE)
        ]

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        numbers, x, y = self._places.numbers, self._places.x, self._places.y
        hours, weekend = hour_of_day(times), weekday(times) >= SATURDAY
        # at weekends the town wakes an hour later, and hardly anybody is in a hurry
        awake = between(hours, 6.0 + weekend.astype(np.float64), 22.0, 2.0)[:, None]
        rush = (hump(hours, 8.0, 0.8) + hump(hours, 18.2, 1.0)) * np.where(weekend, 0.3, 1.0)
        usual = self._day - self._drop * (1.0 - awake) + (1.8 * rush - 0.8 * weekend)[:, None]
        fast = self._fast.at(times, numbers, x, y)
        level = usual + 0.7 * self._slow.at(times, numbers, x, y) + (1.6 - 0.6 * awake) * fast
        for episode, places in self._works:
            reached = np.maximum(episode.peak + 0.4 * fast[:, places], level[:, places])
            share = episode.shape(times, self._EDGE_S, self._EDGE_S)[:, None]
            level[:, places] += share * (reached - level[:, places])
        # by night a single car stands out: levels spread more
        spread = 3.0 + 1.0 * (1.0 - awake) + 0.25 * np.tanh(fast)
        median = level - 0.115 * spread**2
        return np.stack([level, median + 1.28 * spread, median, median - 1.28 * spread], axis=-1)


class Fumes:
    """Kind fume: what leaves a kitchen's cleaner while there is cooking."""

    instruments: tuple[Instrument, ...] = (Instrument(FUME, 0.04, 0.01, 2, outages=5, outage_hours=20),)
    _LIMIT = 2.0
    """mg/m³, GB 18483-2001."""
    _IDLE = 0.03

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        limits = np.array([monitor.limits.get(FUME, self._LIMIT) for monitor in monitors], dtype=np.float64)
        self._cooking = limits * (0.12 + 0.38 * uniforms(key_of(world.seed, "kitchen"), numbers))
        self._later = 0.8 * (uniforms(key_of(world.seed, "meals"), numbers) - 0.5)
        # filters foul over weeks until they are cleaned
        self._filter = Noise.of(world.seed, "filter", (1.0, 25.0 * DAY, 0.0))
        self._dishes = Noise.of(world.seed, "dishes", (0.5, 240.0, 0.0), (0.5, 1800.0, 0.0))

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        numbers, x, y = self._places.numbers, self._places.x, self._places.y
        hours = hour_of_day(times)[:, None] - self._later
        guests = np.where(weekday(times) >= SATURDAY, 1.15, 1.0)[:, None]
        cooking = (0.9 * between(hours, 11.0, 13.0, 0.6) + between(hours, 17.0, 20.0, 0.6)) * guests
        changing = np.exp(0.3 * self._filter.at(times, numbers, x, y) + 0.3 * self._dishes.at(times, numbers, x, y))
        return (self._IDLE + self._cooking * cooking * changing)[..., None]


class Gates:
    """Kind gate: vehicles, counted. A slot, which is a period or ten minutes of a longer one, sees a whole number."""

    instruments: tuple[Instrument, ...] = (
        Instrument("x_passages", 0.0, 0.0, 0, Averaging.TOTAL, outages=3, outage_hours=8),
        Instrument("x_passages_low", 0.0, 0.0, 0, Averaging.TOTAL, outages=3, outage_hours=8),
    )

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._numbers = Places.of(monitors).numbers
        periods = np.array([monitor.period for monitor in monitors], dtype=np.int64)
        self._slots = periods / -(-periods // INSTANT_S)
        self._key = key_of(world.seed, "passages")
        self._daily = 40.0 * 10.0 ** uniforms(key_of(world.seed, "gate"), self._numbers)
        self._low = 0.03 + 0.17 * uniforms(key_of(world.seed, "gate low"), self._numbers)

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`; vehicles a second."""
        slots = np.floor((times[:, None] + SHANGHAI_OFFSET) / self._slots).astype(np.int64)
        middle = ((slots + 0.5) * self._slots - SHANGHAI_OFFSET).astype(np.int64)
        expected = self._daily * _share_of_day(middle) * self._slots
        low, high = (
            poisson(expected * share, uniforms(self._key, slots, self._numbers, which))
            for which, share in enumerate((self._low, 1.0 - self._low))
        )
        return np.stack([low + high, low], axis=-1) / self._slots[:, None]


def _share_of_day(times: Ints) -> Floats:
    """Of a work-day's passages, how many come in a second: between 6 and 19 h, few at noon, hardly any by night."""
    hours = hour_of_day(times)
    busy = 0.01 + between(hours, 6.5, 18.5, 1.5) * (1.0 - 0.4 * hump(hours, 12.5, 0.6))
    days = np.select([weekday(times) == SUNDAY, weekday(times) == SATURDAY], [0.35, 0.8], 1.0)
    share: Floats = busy * days / (11.6 * HOUR)
    return share


def poisson(mean: Floats, drawn: Floats) -> Floats:
    """Counts of those means, by the distribution function's inverse at `drawn`, which is in (0, 1)."""
    counts = np.zeros(mean.shape)
    share = np.exp(-mean)
    below = share.copy()
    more = drawn > below
    while more.any():
        counts += more
        share *= mean / np.maximum(counts, 1.0)
        below += np.where(more, share, 0.0)
        # where what is left is lost in rounding, the last count stands
        more &= (drawn > below) & (share > 1e-17)
    return counts


class Dustfall:
    """Kind dustfall: what falls into the jar, as a month's rate."""

    instruments: tuple[Instrument, ...] = (Instrument("a34011", 0.05, 0.1, 1, Averaging.MEAN),)
    _STORM = 15.0
    """By so many times a storm of 1 000 µg/m³ PM10 raises it."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._places = Places.of(monitors)
        self._level = 5.2 + 2.0 * uniforms(key_of(world.seed, "dustfall"), self._places.numbers)
        self._noise = Noise.of(world.seed, "dustfall", (0.6, 40.0 * DAY, 30.0), (0.4, 30.0 * DAY, 0.0))
        self._storms = of_kind(world.episodes, EpisodeKind.DUST_STORM)

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        deviation = self._noise.at(times, self._places.numbers, self._places.x, self._places.y)
        # dry, windy spring brings most
        level = self._level * (1.0 + 0.18 * season(times, 105.0)[:, None]) * np.exp(0.10 * deviation)
        for storm in self._storms:
            level *= 1.0 + self._STORM * storm.peak / 1000.0 * storm.shape(times, 2 * HOUR, 2 * HOUR)[:, None]
        return level[..., None]


class Radiation:
    """Kind radiation: the ground's gamma rays, what rain washes down, and the radio field of transmitters."""

    instruments: tuple[Instrument, ...] = (
        Instrument("x_gamma_dose", 0.0, 0.6, 1, outages=2, outage_hours=10),
        Instrument("x_electric_field", 0.02, 0.01, 2, outages=2, outage_hours=10),
    )
    _STEP_S = 600
    _AGO = np.arange(0.0, 4 * HOUR, _STEP_S)
    _DECAY_S = 2400.0
    """Daughters of radon on the ground decay within 40 minutes to 1/e."""
    _WASHOUT = 12.0
    """nGy/h at the most, by heavy rain."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        self._world = world
        self._places = Places.of(monitors)
        numbers = self._places.numbers
        self._ground = 60.0 + 45.0 * uniforms(key_of(world.seed, "gamma"), numbers)
        self._field = 0.3 + 1.5 * uniforms(key_of(world.seed, "field"), numbers) ** 2
        self._radon = Noise.of(world.seed, "radon", (0.6, 4.0 * DAY, 60.0), (0.4, 5.0 * HOUR, 20.0))
        self._traffic = Noise.of(world.seed, "field", (0.5, 2.0 * DAY, 0.0), (0.5, 600.0, 0.0))

    def at(self, times: Ints) -> Floats:
        """[T, S, F], as `Model.at`."""
        numbers, x, y = self._places.numbers, self._places.x, self._places.y
        hours = hour_of_day(times)
        # radon gathers under the night's inversion
        radon = 1.5 * self._radon.at(times, numbers, x, y) + 0.8 * hump(hours, 5.5, 3.0)[:, None]
        busy = between(hours, 8.0, 22.5, 2.0)[:, None]
        field = self._field * (0.85 + 0.15 * busy) * np.exp(0.05 * self._traffic.at(times, numbers, x, y))
        return np.stack([self._ground + radon + self._washed_out(times), field], axis=-1)

    def _washed_out(self, times: Ints) -> Floats:
        """[T, S] nGy/h: rises with rain and decays with the daughters of radon, made on a grid of time."""
        grid = Grid.around(times, self._STEP_S)
        rain = conditions(self._world, grid.times(self._AGO.size), self._places).rain
        rise = self._WASHOUT * np.tanh(remembered(rain, np.exp(-self._AGO / self._DECAY_S)) / 3.0)
        stations = self._places.numbers.size
        return read(rise, grid.position(times, np.zeros(stations)), np.arange(stations))


def make_noise(world: World, monitors: Sequence[Monitor]) -> Model:
    """Monitors of the streets' and quarters' noise."""
    return Noises(world, monitors)


def make_fume(world: World, monitors: Sequence[Monitor]) -> Model:
    """Restaurants."""
    return Fumes(world, monitors)


def make_gate(world: World, monitors: Sequence[Monitor]) -> Model:
    """Gates of key plants."""
    return Gates(world, monitors)


def make_dustfall(world: World, monitors: Sequence[Monitor]) -> Model:
    """Jars for dustfall."""
    return Dustfall(world, monitors)


def make_radiation(world: World, monitors: Sequence[Monitor]) -> Model:
    """Stations of the radiation network."""
    return Radiation(world, monitors)

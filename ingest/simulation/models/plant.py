"""How the enterprises run: the load of production and the state of treatment, shared by all monitors of an enterprise.

The course of the load is the trade's, which the enterprise's name tells. Everything is a pure function of seed,
enterprise and time, so a stack and the power meter of the same enterprise agree without knowing of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.clock import DAY, HOUR
from ingest.simulation.daytime import between, hour_of_day, hump, season, weekday
from ingest.simulation.episodes import Cheat, Episode, EpisodeKind, of_kind
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Monitor
from ingest.simulation.noise import Floats, Ints, Noise, key_of, name_numbers, uniforms
from standards.factors import load_catalogue

EDGE_S = 300.0
"""Within so many seconds an episode at a plant takes hold, and passes."""
SATURDAY, SUNDAY = 5, 6
_COLDEST_DAY = 15.0


class Trade(StrEnum):
    """What an enterprise does, as far as it shapes its load."""

    HEAT = "heat"
    """Power and heat: all day long, more in winter and in the evening."""
    STEEL = "steel"
    """A sinter plant and what is behind it: level, all the year round."""
    WORKS = "works"
    """Coke, chemicals, cement: the same, with the flue gas of ovens and boilers."""
    KILN = "kiln"
    """Ceramics, bricks: fired in batches of two days or so."""
    FOUNDRY = "foundry"
    """One shift by day, none on Sundays."""
    SEWAGE = "sewage"
    """A municipal sewage works: follows the town's day and week, and never stands still."""


_WORDS: Mapping[Trade, tuple[str, ...]] = {
    Trade.SEWAGE: ("污水", "水质净化", "sewage"),
    Trade.HEAT: ("热电", "供热", "热力", "发电", "电厂", "power", "heat"),
    Trade.STEEL: ("钢铁", "steel"),
    Trade.WORKS: ("焦化", "化肥", "化工", "水泥", "coking", "chemical", "cement"),
    Trade.KILN: ("陶瓷", "砖", "耐火", "石灰", "ceramic", "brick"),
    Trade.FOUNDRY: ("铸造", "铸管", "机械", "foundry"),
}
_UNNAMED = ((Trade.HEAT, 0.25), (Trade.WORKS, 0.60), (Trade.KILN, 0.80), (Trade.FOUNDRY, 1.0))
"""Trades of enterprises whose names do not tell, with the share of those up to them."""


def trade_of(seed: int, enterprise: str) -> Trade:
    """By the enterprise's name, or drawn where it tells nothing."""
    folded = enterprise.casefold()
    for trade, words in _WORDS.items():
        if any(word in folded for word in words):
            return trade
    drawn = float(uniforms(key_of(seed, "trade", enterprise), 0))
    return next(trade for trade, upto in _UNNAMED if drawn < upto)


def load(seed: int, times: Ints, enterprises: Sequence[str]) -> Floats:
    """[T, P] share of capacity, 0 … 1, at UTC seconds [T] of enterprises [P], without episodes."""
    numbers = name_numbers(list(enterprises))
    trades = [trade_of(seed, enterprise) for enterprise in enterprises]
    table = np.empty((times.size, numbers.size))
    for trade, course in _COURSES.items():
        places = [place for place, one in enumerate(trades) if one is trade]
        if places:
            table[:, places] = course(seed, times, numbers[places])
    return table


def _changing(seed: int, times: Ints, numbers: Ints) -> Floats:
    nowhere = np.zeros(numbers.size)
    noise = Noise.of(seed, "load", (0.6, 8.0 * HOUR, 0.0), (0.3, 1.5 * HOUR, 0.0), (0.1, 600.0, 0.0))
    changing: Floats = np.tanh(0.6 * noise.at(times, numbers, nowhere, nowhere))
    return changing


def _heat(seed: int, times: Ints, numbers: Ints) -> Floats:
    hours = hour_of_day(times)
    usual = 0.72 + 0.10 * season(times, _COLDEST_DAY) + 0.06 * hump(hours, 20.0, 2.5) - 0.08 * hump(hours, 3.5, 2.5)
    level: Floats = usual[:, None] + 0.09 * _changing(seed, times, numbers)
    return level * _open(seed, times, numbers)


def _works(seed: int, times: Ints, numbers: Ints) -> Floats:
    usual = 0.72 + 0.16 * uniforms(key_of(seed, "usual load"), numbers)
    return (usual + 0.10 * _changing(seed, times, numbers)) * _open(seed, times, numbers)


def _kiln(seed: int, times: Ints, numbers: Ints) -> Floats:
    """Batches, of which 0.7 are firing; heated up and cooled down within three hours."""
    length = 36.0 * HOUR * (1.0 + uniforms(key_of(seed, "batch"), numbers))
    batches = times[:, None] / length + uniforms(key_of(seed, "batch begins"), numbers)
    second = (batches - np.floor(batches)) * length
    begin = 0.15 * length * uniforms(key_of(seed, "batch late"), np.floor(batches).astype(np.int64), numbers)
    fired = np.minimum(second - begin, begin + 0.7 * length - second) / (3.0 * HOUR)
    level = 0.85 + 0.08 * _changing(seed, times, numbers)
    return level * np.clip(fired, 0.0, 1.0) * _open(seed, times, numbers)


def _foundry(seed: int, times: Ints, numbers: Ints) -> Floats:
    begin = 7.0 + 1.5 * uniforms(key_of(seed, "shift"), numbers)
    hours = hour_of_day(times)[:, None]
    shift = between(hours, begin, begin + 10.0, 0.8) * (1.0 - 0.35 * hump(hours, 12.3, 0.5))
    working: Floats = shift * (weekday(times) != SUNDAY)[:, None]
    return (0.80 + 0.10 * _changing(seed, times, numbers)) * working * _open(seed, times, numbers)


def _sewage(seed: int, times: Ints, numbers: Ints) -> Floats:
    hours, weekend = hour_of_day(times), weekday(times) >= SATURDAY
    morning = hump(hours - weekend, 9.5, 2.2)
    usual = 0.62 + 0.12 * morning + 0.16 * hump(hours, 20.5, 2.5) - 0.18 * hump(hours, 4.5, 2.2) - 0.05 * weekend
    return usual[:, None] + 0.06 * _changing(seed, times, numbers)


_COURSES: Mapping[Trade, Callable[[int, Ints, Ints], Floats]] = {
    Trade.HEAT: _heat,
    Trade.STEEL: _works,
    Trade.WORKS: _works,
    Trade.KILN: _kiln,
    Trade.FOUNDRY: _foundry,
    Trade.SEWAGE: _sewage,
}

_ROUND_S = 45.0 * DAY
_STANDING = 0.35
"""How often within a round an enterprise stands still, for one to six days."""


def _open(seed: int, times: Ints, numbers: Ints) -> Floats:
    """[T, P] 0 where the enterprise stands still for repairs or want of orders, else 1; with edges of two hours."""
    rounds = times[:, None] / _ROUND_S + uniforms(key_of(seed, "standing"), numbers)
    which = np.floor(rounds).astype(np.int64)
    key = key_of(seed, "stands")
    length = DAY * (1.0 + 5.0 * uniforms(key, which, numbers, 0))
    begin = (_ROUND_S - length) * uniforms(key, which, numbers, 1)
    second = (rounds - which) * _ROUND_S
    away = np.minimum(second - begin, begin + length - second) / (2.0 * HOUR)
    stands = uniforms(key, which, numbers, 2) < _STANDING
    running: Floats = 1.0 - np.clip(away, 0.0, 1.0) * stands
    return running


class PlantState(NamedTuple):
    """[T, S] each."""

    load: Floats
    """Share of capacity, 0 … 1."""
    fire: Floats
    """0 … 1: how far what makes the load is going at all; 0 when stopped, 1 above a fifth of capacity."""
    treatment: Floats
    """1 where treatment runs as it must, 0 where it is switched off by a cheat."""
    drift: Floats
    """About -1 … 1: treatment works better or worse over days."""
    supplied: Floats
    """0 where a closed enterprise is cut off from electricity, else 1."""


class Plants:
    """The enterprises of some monitors; a monitor without one stands for itself."""

    _LEAST = 0.75
    """The load that a plant has at least while something befalls it, or while it runs in secret."""

    def __init__(self, world: World, monitors: Sequence[Monitor]) -> None:
        names = [monitor.enterprise or monitor.station for monitor in monitors]
        self._seed = world.seed
        self._enterprises = sorted(set(names))
        columns = {name: column for column, name in enumerate(self._enterprises)}
        self._columns = np.array([columns[name] for name in names], dtype=np.int64)
        self._numbers = name_numbers(self._enterprises)
        self._drift = Noise.of(world.seed, "treatment", (0.7, 6.0 * DAY, 0.0), (0.3, DAY, 0.0))
        self.trades = tuple(trade_of(world.seed, name) for name in names)
        """Of each monitor."""
        self.cheats = tuple(
            (Cheat(episode.manner or Cheat.NIGHT_OFF), episode, episode.befallen(monitors))
            for episode in of_kind(world.episodes, EpisodeKind.CHEATING)
        )
        """How, when and which of the monitors."""
        running = (EpisodeKind.EXCEEDANCE, EpisodeKind.CHEATING, EpisodeKind.SEWAGE_BYPASS)
        self._running = [(one, one.befallen(monitors)) for one in of_kind(world.episodes, *running)]
        self._restarts = [(one, one.befallen(monitors)) for one in of_kind(world.episodes, EpisodeKind.RESTART)]

    def at(self, times: Ints) -> PlantState:
        """At UTC seconds [T]."""
        nowhere = np.zeros(self._numbers.size)
        table = np.clip(load(self._seed, times, self._enterprises), 0.0, 1.0)[:, self._columns]
        drift = np.tanh(self._drift.at(times, self._numbers, nowhere, nowhere))[:, self._columns]
        for episode, places in self._running:
            share = _share(episode, times)
            table[:, places] += share * np.maximum(self._LEAST - table[:, places], 0.0)
        supplied = np.ones(table.shape)
        for _, places in self._restarts:
            supplied[:, places] = 0.0
        for episode, places in self._restarts:
            supplied[:, places] = np.maximum(supplied[:, places], _share(episode, times))
            table[:, places] = np.maximum(table[:, places], self._LEAST)
        table *= supplied
        rising = np.clip((table - 0.05) / 0.15, 0.0, 1.0)
        fire = rising * rising * (3.0 - 2.0 * rising)
        return PlantState(table, fire, self._treatment(times), drift, supplied)

    def _treatment(self, times: Ints) -> Floats:
        treatment = np.ones((times.size, self._columns.size))
        by_day = between(hour_of_day(times), 6.0, 22.0, 0.2)[:, None]
        for cheat, episode, places in self.cheats:
            off = _share(episode, times) * (1.0 - by_day if cheat is Cheat.NIGHT_OFF else 1.0)
            treatment[:, places] *= 1.0 - off
        return treatment


def _share(episode: Episode, times: Ints) -> Floats:
    """[T, 1] 0 … 1: how far an episode has taken hold of a plant."""
    return episode.shape(times, EDGE_S, EDGE_S)[:, None]


class Failure(NamedTuple):
    """Treatment of one pollutant fails at some of the monitors."""

    code: str
    episode: Episode
    places: list[int]

    def share(self, times: Ints) -> Floats:
        """[T, 1] 0 … 1."""
        return _share(self.episode, times)


def failures(world: World, monitors: Sequence[Monitor], default: str) -> tuple[Failure, ...]:
    """The exceedances asked for; `default` is the code of the pollutant where an episode names none."""
    catalogue = load_catalogue()
    found = []
    for episode in of_kind(world.episodes, EpisodeKind.EXCEEDANCE):
        factor = catalogue.resolve(episode.manner) if episode.manner else None
        found.append(Failure(factor.code if factor else episode.manner or default, episode, episode.befallen(monitors)))
    return tuple(found)


def limits_of(monitors: Sequence[Monitor], usual: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """[S, F]: the monitors' own limits of the factors of `usual`, or those."""
    return np.array(
        [[monitor.limits.get(code, limit) for code, limit in usual.items()] for monitor in monitors], dtype=np.float64
    ).reshape(len(monitors), len(usual))

"""The air's shared states, and a climate's variables that follow them, at times and places.

Each variable is a normal course made of stagnation, sun, soil and noise of its own, so that factors and weather vary
together as they do in the climate's data; a power then gives the value its skewed distribution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.simulation.climate import Course, Part, Variable
from ingest.simulation.daytime import YEAR_DAYS, hour_of_day, weekday
from ingest.simulation.monitor import Places
from ingest.simulation.noise import Floats, Ints, Noise, gaussians, key_of

if TYPE_CHECKING:
    from ingest.simulation.models.model import World

MOST_SITE = 2.0
"""How far, in standard deviations, a station's own level goes."""


class Knots(NamedTuple):
    """Between which of some knots that go round in a circle times lie: indices [T], and the share of the second."""

    first: Ints
    second: Ints
    share: Floats

    @classmethod
    def of(cls, position: Floats, count: int) -> Knots:
        """`position` [T] in steps between knots, knot 0 at 0."""
        below = np.floor(position)
        first = below.astype(np.int64) % count
        return cls(first, (first + 1) % count, position - below)

    def line(self, values: Floats) -> Floats:
        """[T, …] of values [count, …] at the knots."""
        share = self.share.reshape(-1, *([1] * (values.ndim - 1)))
        between: Floats = values[self.first] * (1.0 - share) + values[self.second] * share
        return between


class Atmosphere:
    """The state of the air at UTC seconds [T] and places [S]; each variable is made when it is asked for."""

    def __init__(self, world: World, times: Ints, places: Places) -> None:
        year = ((times + SHANGHAI_OFFSET) / DAY / YEAR_DAYS) % 1.0
        hours = hour_of_day(times)
        self.world, self.times, self.places, self.hours = world, times, places, hours
        self.months = Knots.of(year * 12.0 - 0.5, 12)
        self.seasons = Knots.of(year * 4.0 - 1.0 / 6.0, 4)
        self._hours = Knots.of(hours - 0.5, 24)
        self._weekdays = weekday(times)
        shared = world.climate.shared
        self.stagnation = self.noise("stagnation", shared.stagnation)
        self.sun = self.noise("sun", shared.sun)
        self.soil = self.noise("soil", shared.soil)

    def noise(self, name: str, parts: tuple[Part, ...]) -> Floats:
        """[T, S] of mean 0 and variance 1, by name."""
        fields = tuple((share, hours * HOUR, km) for share, hours, km in parts)
        noise = Noise.of(self.world.seed, f"air {name}", *fields)
        return noise.at(self.times, self.places.numbers, self.places.x, self.places.y)

    def value(self, variable: Variable) -> Floats:
        """[T, S] in the variable's unit."""
        course = self.world.climate.courses[variable]
        values = self._deviation(variable, course)
        values *= self.months.line(course.spread)[:, None]
        values += (self.months.line(course.month) + self._day(course))[:, None]
        factor = course.week[self._weekdays][:, None] * self._levels(course.site) * course.scale
        if course.power == 1:
            plain: Floats = np.maximum(values, course.least) * factor + course.shift
            return plain
        values = np.maximum(values, 0.0)
        powered = values * values
        for _ in range(course.power - 2):
            powered *= values
        skewed: Floats = np.maximum(powered, course.least) * factor + course.shift
        return skewed

    def _deviation(self, variable: Variable, course: Course) -> Floats:
        loads = self.seasons.line(course.loads)
        own = np.sqrt(1.0 - np.sum(loads * loads, axis=1))
        total: Floats = own[:, None] * self.noise(variable, course.own)
        for place, state in enumerate((self.stagnation, self.sun, self.soil)):
            if course.loads[:, place].any():
                total += loads[:, place, None] * state
        return total

    def _day(self, course: Course) -> Floats:
        by_hour = self.seasons.line(course.day)
        rows = np.arange(self.times.size)
        first, second = by_hour[rows, self._hours.first], by_hour[rows, self._hours.second]
        between: Floats = first + (second - first) * self._hours.share
        return between

    def _levels(self, site: float) -> Floats:
        """[S]: the stations' own levels; all factors of a station share how much of a town is around it."""
        town = np.clip(gaussians(key_of(self.world.seed, "town"), self.places.numbers), -MOST_SITE, MOST_SITE)
        level: Floats = np.exp(site * town - 0.5 * site * site)
        return level

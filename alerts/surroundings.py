"""What the registry says of the objects that rules watch: whether they are in scope, and whom they stand against."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

import msgspec

from aggregate.statistic import Statistic, Window, station_object
from alerts.alert import CITY_PREFIX, Place, station_of
from alerts.rules.model import Rule, Scope
from alerts.rules.watch import CITY, Around
from alerts.standing import Standing
from alerts.watched import Fact, valid_of
from ingest.registry import Registry
from ingest.station import Station

Read = Callable[[str, Window, int], Statistic | None]
"""A statistic that was read: of an object, a kind of window, a start."""


CompanyKey = tuple[tuple[str, ...], str, str | None, int]
"""Kinds, city, county (None: of the whole city) and time."""


class Surroundings:
    """The registry as rules ask it, for one batch: companies and their values are kept."""

    def __init__(self, registry: Registry, standing: Standing | None = None) -> None:
        """`standing`: what was in force when; None: that is not asked, what a rule may ever watch is watched."""
        self._registry = registry
        self._standing = standing
        self._companies: dict[CompanyKey, tuple[str, ...]] = {}
        self._ever: dict[tuple[tuple[str, ...], str], tuple[str, ...]] = {}
        self._sorted: dict[tuple[CompanyKey, str, Window, int], list[float]] = {}

    def watching(self, rule: Rule, name: str, start: int) -> bool:
        """Whether the rule watches the object at `start` (UTC seconds).

        A station that the registry does not know (yet) is watched where the rule asks nothing of it.
        """
        if name.startswith(CITY_PREFIX):
            scoped = rule.scope is None or _names_city(rule.scope, name)
            return (
                CITY in rule.watch.kinds and scoped and self._meets(rule, name.removeprefix(CITY_PREFIX), None, start)
            )
        public = station_of(name) or ""
        station = self._registry.at(public, start)
        if station is None:
            return rule.scope is None and not self._registry.knows(public)
        scoped = rule.scope is None or in_scope(rule.scope, station)
        return station.kind in rule.watch.kinds and scoped and self._meets(rule, station.city, public, start)

    def _meets(self, rule: Rule, city: str, station: str | None, start: int) -> bool:
        if rule.scope is None or not rule.scope.in_time or self._standing is None:
            return True
        return self._standing.meets(rule.scope, city, station, start)

    def others(self, rule: Rule, name: str, start: int) -> tuple[str, ...]:
        """The objects that an object is compared with at `start`."""
        if rule.watch.against is not None and rule.watch.against.station is not None:
            return tuple(one for one in self.background(rule) if self._city(one, start) == self._city(name, start))
        key = self.company_key(rule, name, start)
        return () if key is None else tuple(other for other in self.company(key) if other != name)

    def background(self, rule: Rule) -> tuple[str, ...]:
        """The station that all others are compared with, if the rule names one."""
        against = rule.watch.against
        return () if against is None or against.station is None else (station_object(against.station),)

    def behind(self, rule: Rule, name: str, start: int) -> tuple[str, ...]:
        """Those of a city that stand against this object, where it is the rule's background station."""
        if name not in self.background(rule):
            return ()
        beside = self._registry.city_stations(self._city(name, start), start)
        return tuple(station_object(one.station) for one in beside if one.kind in rule.watch.kinds)

    def with_other(self, rule: Rule, name: str, fact: Fact, read: Read) -> Fact:
        """The fact with what it stands against, where that is of other objects."""
        against = rule.watch.against
        if against is None or against.factor is not None:
            return fact
        key = self.company_key(rule, name, fact.start)
        if key is not None:
            # what a few say is not what the others measure: half of them must be in
            least = max(against.least, len(self.company(key)) // 2)
            other = median_without(self._values(rule, key, fact.start, read), fact.value, least)
        else:
            others = self.others(rule, name, fact.start)
            other = _value(rule, read(others[0], rule.watch.window, fact.start)) if others else None
        return msgspec.structs.replace(fact, other=other)

    def ever_beside(self, rule: Rule, name: str, start: int) -> tuple[str, ...]:
        """Whoever an object may be compared with at any time, as far as they are or ever were of its city."""
        against = rule.watch.against
        if against is None or against.factor is not None:
            return ()
        if against.station is not None:
            return self.background(rule)
        key = (rule.watch.kinds, self._city(name, start))
        if key not in self._ever:
            kinds, city = key
            self._ever[key] = tuple(
                station_object(other)
                for other in self._registry.city_names(city)
                if any(one.kind in kinds for one in self._registry.history(other))
            )
        return self._ever[key]

    def _city(self, name: str, start: int) -> str:
        station = self._registry.at(station_of(name) or "", start)
        return "" if station is None else station.city

    def company_key(self, rule: Rule, name: str, start: int) -> CompanyKey | None:
        """Names the stations that a station stands among; None where it stands among none."""
        against = rule.watch.against
        station = self._registry.at(station_of(name) or "", start)
        if station is None or against is None or against.around is None:
            return None
        if against.around is Around.COUNTY:
            return None if station.county is None else (rule.watch.kinds, station.city, station.county, start)
        return rule.watch.kinds, station.city, None, start

    def company(self, key: CompanyKey) -> tuple[str, ...]:
        """The stations of those kinds in the city, or in the county, at the time."""
        if key not in self._companies:
            kinds, city, county, start = key
            self._companies[key] = tuple(
                station_object(one.station)
                for one in self._registry.city_stations(city, start)
                if one.kind in kinds and (county is None or one.county == county)
            )
        return self._companies[key]

    def _values(self, rule: Rule, key: CompanyKey, start: int, read: Read) -> Sequence[float]:
        """The valid values of a company, least first: sorted once for all of them."""
        of = (key, rule.watch.factor, rule.watch.window, start)
        if of not in self._sorted:
            found = (_value(rule, read(one, rule.watch.window, start)) for one in self.company(key))
            self._sorted[of] = sorted(value for value in found if value is not None)
        return self._sorted[of]

    def place(self, name: str, start: int) -> Place:
        """Names and camera as they were when the window began; the bare id of who is not registered."""
        public = station_of(name)
        if public is None:
            city = name.removeprefix(CITY_PREFIX)
            return Place(city, city, kind=CITY)
        station = self._registry.at(public, start)
        if station is None:
            return Place(public, public)
        return Place(
            station.name_zh,
            station.name_en or station.name_zh,
            station.camera or "",
            station.county or station.city,
            station.kind,
        )


def median_without(values: Sequence[float], own: float | None, least: int) -> float | None:
    """The median of sorted values but `own`, which is among them unless None; None with fewer than `least` others."""
    place = len(values) if own is None else bisect_left(values, own)
    count = len(values) - (own is not None)
    if count < least:
        return None

    def nth(number: int) -> float:
        return values[number if number < place else number + 1]

    return (nth((count - 1) // 2) + nth(count // 2)) / 2


def _value(rule: Rule, row: Statistic | None) -> float | None:
    return None if row is None else valid_of(row.content, row.states, rule.watch.factor)


def _names_city(scope: Scope, name: str) -> bool:
    of_stations = scope.regions or scope.enterprises or scope.stations or scope.tags
    return not of_stations and (not scope.cities or name.removeprefix(CITY_PREFIX) in scope.cities)


def in_scope(scope: Scope, station: Station) -> bool:
    """Whether a scope holds a station."""
    return (
        (not scope.regions or station.region.startswith(scope.regions))
        and (not scope.cities or station.city in scope.cities)
        and (not scope.enterprises or station.enterprise in scope.enterprises)
        and (not scope.stations or station.station in scope.stations)
        and (not scope.tags or not set(scope.tags).isdisjoint(station.tags))
    )

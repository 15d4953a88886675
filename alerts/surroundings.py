"""What the registry says of the objects that rules watch: whether they are in scope, and whom they stand against."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from aggregate.statistic import Statistic, Window, station_object
from alerts.alert import CITY_PREFIX, Place, station_of
from alerts.rules.model import Around, Rule, Scope
from alerts.watched import Fact, around, valid_of
from ingest.registry import Registry
from ingest.station import Station

CITY = "city"

Read = Callable[[str, Window, int], Statistic | None]
"""A statistic that was read: of an object, a kind of window, a start."""


class Surroundings:
    """The registry as rules ask it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def watching(self, rule: Rule, name: str, start: int) -> bool:
        """Whether the rule watches the object at `start` (UTC seconds).

        A station that the registry does not know (yet) is watched where the rule asks nothing of it.
        """
        if name.startswith(CITY_PREFIX):
            city = name.removeprefix(CITY_PREFIX)
            return CITY in rule.watch.kinds and (
                rule.scope is None or not rule.scope.cities or city in rule.scope.cities
            )
        public = station_of(name) or ""
        station = self._registry.at(public, start)
        if station is None:
            return rule.scope is None and not self._registry.knows(public)
        return station.kind in rule.watch.kinds and (rule.scope is None or _in_scope(rule.scope, station))

    def others(self, rule: Rule, name: str, start: int) -> tuple[str, ...]:
        """The objects that an object is compared with at `start`."""
        against = rule.watch.against
        if against is None or against.factor is not None:
            return ()
        if against.station is not None:
            return (station_object(against.station),)
        station = self._registry.at(station_of(name) or "", start)
        if station is None:
            return ()
        return tuple(
            station_object(other.station)
            for other in self._registry.city_stations(station.city, start)
            if other.station != station.station
            and other.kind in rule.watch.kinds
            and (against.around is Around.CITY or other.county == station.county)
        )

    def compared_with(self, rule: Rule, name: str, start: int) -> tuple[str, ...]:
        """The objects whose judgement an object's value at `start` has a part in, itself among them."""
        against = rule.watch.against
        if against is None or against.factor is not None or (against.station not in {None, station_of(name)}):
            return (name,)
        if against.around is not None:
            return (name, *self.others(rule, name, start))
        station = self._registry.at(station_of(name) or "", start)
        city = () if station is None else self._registry.city_stations(station.city, start)
        return (name, *(station_object(one.station) for one in city if one.kind in rule.watch.kinds and one != station))

    def with_other(self, rule: Rule, name: str, fact: Fact, read: Read) -> Fact:
        """The fact with what it stands against, where that is of other objects."""
        against = rule.watch.against
        if against is None or against.factor is not None:
            return fact
        values = [
            None if row is None else valid_of(row.content, row.states, rule.watch.factor)
            for row in (read(other, rule.watch.window, fact.start) for other in self.others(rule, name, fact.start))
        ]
        other = values[0] if against.station is not None else around(values, against.least)
        return msgspec.structs.replace(fact, other=other)

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


def _in_scope(scope: Scope, station: Station) -> bool:
    return (
        (not scope.regions or station.region.startswith(scope.regions))
        and (not scope.cities or station.city in scope.cities)
        and (not scope.enterprises or station.enterprise in scope.enterprises)
        and (not scope.stations or station.station in scope.stations)
    )

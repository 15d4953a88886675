"""Who counts where and when, by the registry: official stations, and the counties, cities and provinces they lie in.

Official are air stations that are no works' own; of these control points do not count for counties and cities
(`aggregate.cities.excluded`). Micro-stations, dust monitors and all others are nowhere. Pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.cities import Excluded, excluded
from aggregate.evaluation.days import edition_runs
from aggregate.evaluation.spans import Span
from aggregate.regions.level import Level
from aggregate.regions.provinces import PROVINCES, province_of
from aggregate.statistic import city_object, station_object
from core.clock import DAY, midnight
from core.errors import InputError
from ingest.registry import Registry
from ingest.station import Station
from standards.editions import Editions

_SHOWN = 12
"""Names told to who has misspelt one."""


class Region(NamedTuple):
    """One of what figures are of."""

    key: str
    """`station:ID`, `county:CITY/COUNTY`, `city:NAME`, `province:14` or `group:NAME`."""
    name: str
    members: tuple[str, ...] = ()
    """Keys of those whose figures' mean it has; none where it has days of its own."""


class Membership(NamedTuple):
    """Which stations count for a place, in ascending order; this makes sums the same each time."""

    stations: tuple[str, ...]
    counts: npt.NDArray[np.bool_]
    """bool[stations, days of the span]"""


@dataclass(frozen=True, slots=True)
class Places:
    """Stations, counties and cities by their keys, as they were in the days of a span."""

    span: Span
    stations: Mapping[str, Membership]
    """Each with itself alone."""
    counties: Mapping[str, Membership]
    cities: Mapping[str, Membership]
    names: Mapping[str, str]
    """Of stations, by key."""
    provinces: Mapping[str, tuple[str, ...]]
    """Keys of cities by the province's two digits."""

    def membership(self, key: str) -> Membership | None:
        """Who counts for a station, county or city; None if nobody did in these days."""
        return self.stations.get(key) or self.counties.get(key) or self.cities.get(key)

    def all(self, level: Level) -> list[Region]:
        """Every region of a level but of groups, in order of keys."""
        match level:
            case Level.STATION:
                return [Region(key, self.names[key]) for key in sorted(self.stations)]
            case Level.COUNTY:
                return [Region(key, _bare(key)) for key in sorted(self.counties)]
            case Level.CITY:
                return [Region(key, _bare(key)) for key in sorted(self.cities)]
            case Level.PROVINCE:
                return [
                    Region(f"{level}:{code}", PROVINCES[code], self.provinces[code]) for code in sorted(self.provinces)
                ]
            case Level.GROUP:
                return []

    def named(self, key: str, groups: Iterable[Region] = ()) -> Region | None:
        """The region of this key, in any level or among these groups."""
        every = (region for level in Level for region in self.all(level))
        return next((region for region in (*every, *groups) if region.key == key), None)


def places_of(registry: Registry, span: Span, editions: Editions) -> Places:
    """Who counts where in the days of a span, each day by its own edition."""
    days = (span.end - span.first).days
    stations, counties, cities = _Marks(days), _Marks(days), _Marks(days)
    names: dict[str, str] = {}
    provinces: dict[str, set[str]] = defaultdict(set)
    runs = list(edition_runs(span.first, days, editions))
    for station, begin, end in _versions(registry, span):
        for start, stop, edition in runs:
            first, last = max(start, begin), min(stop, end)
            why = excluded(station, edition)
            if first >= last or why not in {None, Excluded.CONTROL_POINT}:
                continue
            own = station_object(station.station)
            stations.mark(own, station.station, first, last)
            names[own] = f"{station.station} {station.name_zh}"
            if why is None:
                cities.mark(city_object(station.city), station.station, first, last)
                if station.county:
                    counties.mark(county_key(station.city, station.county), station.station, first, last)
                if (province := province_of(station.region)) is not None:
                    provinces[province].add(city_object(station.city))
    return Places(
        span,
        stations.memberships(),
        counties.memberships(),
        cities.memberships(),
        names,
        {code: tuple(sorted(of)) for code, of in provinces.items()},
    )


def county_key(city: str, county: str) -> str:
    """Counties of two cities may have one name."""
    return f"{Level.COUNTY}:{city}/{county}"


def chosen(regions: Sequence[Region], only: Sequence[str]) -> list[Region]:
    """Those that are named, by key or by name, or all; raises `InputError` for a name that is none of them."""
    if not only:
        return list(regions)
    wanted = []
    for text in only:
        found = [region for region in regions if text in _names(region)]
        if len(found) != 1:
            near = "、".join(region.name for region in (found or regions)[:_SHOWN])
            message = "names more than one" if found else "is none of those that have official stations in the period"
            raise InputError("unknown", message, field="--only", value=text, hint=f"take of {near or 'none'}")
        wanted += [region for region in found if region not in wanted]
    return wanted


def _names(region: Region) -> set[str]:
    """The key, the part of it behind the level, the name, and of a county or station its last or first word."""
    bare = _bare(region.key)
    return {region.key, bare, region.name, bare.rpartition("/")[2]}


def _bare(key: str) -> str:
    return key.partition(":")[2]


class _Marks:
    """Who counts where and when, being gathered."""

    def __init__(self, days: int) -> None:
        self._days = days
        self._marks: dict[str, dict[str, npt.NDArray[np.bool_]]] = defaultdict(dict)

    def mark(self, place: str, station: str, first: int, end: int) -> None:
        of_station = self._marks[place].setdefault(station, np.zeros(self._days, dtype=np.bool_))
        of_station[first:end] = True

    def memberships(self) -> dict[str, Membership]:
        return {
            place: Membership(tuple(sorted(of)), np.stack([of[name] for name in sorted(of)]))
            for place, of in self._marks.items()
        }


def _versions(registry: Registry, span: Span) -> Iterator[tuple[Station, int, int]]:
    """What stations were, from which day of the span to which (exclusive). A day is judged by its first second."""
    place = _place(midnight(span.first), (span.end - span.first).days)
    for name in sorted(registry.names()):
        versions = registry.history(name)
        ends = [*(version.valid_from for version in versions[1:]), math.inf]
        for version, end in zip(versions, ends, strict=True):
            if version.active and place(version.valid_from) < place(end):
                yield version, place(version.valid_from), place(end)


def _place(first: int, days: int) -> Callable[[float], int]:
    """From an instant to the first day, counted from `first`, that begins at or after it."""
    return lambda seconds: math.ceil((min(max(seconds, first), first + days * DAY) - first) / DAY)

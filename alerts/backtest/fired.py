"""The alerts that a rule would have opened, object by object, from the statistics that are stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

from aggregate.statistic import PERIODS, Window, city_object, station_object
from aggregate.store import Layouts
from alerts.engine import Episode, episodes_of
from alerts.rows import Rows, judged_rows, read_rows
from alerts.rules.model import Rule
from alerts.standing import Standing
from alerts.surroundings import Surroundings
from core.clock import DAY
from ingest.registry import Registry

AROUND_S = 30 * DAY
"""So much is read before the period, that an alert which began before it is not taken for one that begins in it, and
after it, for the end of one that began in it."""
PERIODS_AROUND_S = 2 * 366 * DAY


class Fired(NamedTuple):
    """An alert that a rule would have opened of an object of a city."""

    object: str
    city: str
    episode: Episode


class Watched(NamedTuple):
    """An object that a rule watches at some time of the period, and its city."""

    object: str
    city: str


def watched(rule: Rule, registry: Registry, start: int, end: int) -> list[Watched]:
    """The objects that a rule watches at some time of `[start, end)` (UTC seconds), each by its city then."""
    surroundings = Surroundings(registry)
    found: dict[Watched, None] = {}
    for name in registry.names():
        for station in registry.history(name):
            at = int(max(start, station.valid_from))
            if station.active and at < min(end, registry.until(station)):
                for one in (
                    Watched(station_object(name), station.city),
                    Watched(city_object(station.city), station.city),
                ):
                    if surroundings.watching(rule, one.object, at):
                        found[one] = None
    return sorted(found)


def fired(
    cursor: Any,
    rule: Rule,
    registry: Registry,
    start: int,
    end: int,
    cities: Sequence[str],
    tell: Callable[[int, int], None],
) -> Iterator[Fired]:
    """The alerts that begin in `[start, end)` (UTC seconds), of all cities if none is named; memory holds one city."""
    surroundings = Surroundings(registry, Standing.load(cursor, [rule]))
    by_city: dict[str, list[str]] = {}
    for one in watched(rule, registry, start, end):
        if not cities or one.city in cities:
            by_city.setdefault(one.city, []).append(one.object)
    done, total = 0, sum(map(len, by_city.values()))
    around = PERIODS_AROUND_S if rule.watch.window in PERIODS else AROUND_S
    low, high = start - around - rule.span, end + around
    for city, objects in by_city.items():
        beside = {other for name in objects for other in surroundings.ever_beside(rule, name, start)}
        company = _read(cursor, rule.watch.window, {*objects, *beside}, low, high) if beside else {}
        for name in objects:
            rows = company or _read(cursor, rule.watch.window, {name}, low, high)
            for episode in episodes_of(rule, judged_rows(rule, name, rows, surroundings, low, high)):
                if start <= episode.first.start < end:
                    yield Fired(name, city, episode)
            done += 1
            tell(done, total)


def _read(cursor: Any, window: Window, objects: Collection[str], low: int, end: int) -> Rows:
    return read_rows(cursor, Layouts(), {window: dict.fromkeys(sorted(objects), (low, end))})

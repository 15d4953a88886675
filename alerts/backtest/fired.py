"""The alerts that a rule would have opened, object by object, from the statistics that are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from aggregate.statistic import DEVICES, PERIODS, Statistic, Window, city_object, station_object
from aggregate.statistic_store import read_spans
from aggregate.store import Layouts
from alerts.engine import Episode, episodes_of
from alerts.rules.model import Rule
from alerts.surroundings import CITY, Surroundings
from alerts.watched import fact_of, judged
from core.clock import DAY
from ingest.registry import Registry

BEFORE_S = 30 * DAY
"""So much is read before the period, that an alert which began before it is not taken for one that begins in it."""
PERIODS_BEFORE_S = 2 * 366 * DAY


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
    """The objects of a rule's kinds that were registered at the start or the end of `[start, end)` (UTC seconds)."""
    found: dict[Watched, None] = {}
    for at in (start, end - 1):
        for station in registry.stations(at):
            if CITY in rule.watch.kinds:
                found[Watched(city_object(station.city), station.city)] = None
            if station.kind in rule.watch.kinds:
                found[Watched(station_object(station.station), station.city)] = None
    surroundings = Surroundings(registry)
    return [one for one in sorted(found) if any(surroundings.watching(rule, one.object, at) for at in (start, end - 1))]


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
    surroundings = Surroundings(registry)
    by_city: dict[str, list[str]] = {}
    for one in watched(rule, registry, start, end):
        if not cities or one.city in cities:
            by_city.setdefault(one.city, []).append(one.object)
    done, total = 0, sum(map(len, by_city.values()))
    low = start - (PERIODS_BEFORE_S if rule.watch.window in PERIODS else BEFORE_S) - rule.span
    for city, objects in by_city.items():
        compared = rule.watch.against is not None and rule.watch.against.factor is None
        company = [*objects, *surroundings.background(rule)] if compared else []
        rows = _rows(cursor, rule.watch.window, company, low, end)
        for name in objects:
            own = rows if company else _rows(cursor, rule.watch.window, [name], low, end)
            for episode in _episodes(rule, surroundings, own, name):
                if episode.first.start >= start:
                    yield Fired(name, city, episode)
            done += 1
            tell(done, total)


_Rows = dict[tuple[str, int], Statistic]


def _rows(cursor: Any, window: Window, objects: Sequence[str], low: int, end: int) -> _Rows:
    found = read_spans(cursor, Layouts(), window, dict.fromkeys(objects, (low, end))) if objects else {}
    return {(key.object, key.start): row for key, row in found.items() if key.variant == DEVICES}


def _episodes(rule: Rule, surroundings: Surroundings, rows: _Rows, name: str) -> list[Episode]:
    def read(other: str, _window: Window, at: int) -> Statistic | None:
        return rows.get((other, at))

    facts = {}
    for (of, at), row in rows.items():
        if of == name and (fact := fact_of(rule, at, row.version, row.states, row.content, row.live)):
            facts[at] = surroundings.with_other(rule, name, fact, read)
    return episodes_of(rule, judged(rule, facts, lambda at: surroundings.watching(rule, name, at)))

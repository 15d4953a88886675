"""The engine's look at cities' outlooks: what it proposes and withdraws, in the transaction of the clock's tick.

Delivery guarantee: an engine looks after the cities of the partitions that it holds, under their lock, and a city's
state, its events and their lines in the log are written together under the lock of the city's row; what was rolled back
is proposed by the next look, and the same outlook proposes nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aggregate.store import Layouts
from alerts.warnings import store
from alerts.warnings.course import State, advance
from alerts.warnings.outlook import Known, News, news, outlook_of, read
from alerts.warnings.record import Entry, of_engine
from alerts.warnings.scheme import CITY_DIGITS, Scheme, scheme_for
from alerts.warnings.store import Standing
from core.clock import HOUR, SHANGHAI
from core.errors import LantianError
from core.kafka import partition_of
from core.logs import get_logger
from ingest.kinds import Kind
from ingest.registry import Registry

_log = get_logger(__name__)


class Forecaster(NamedTuple):
    """A city with a forecast: its region, and the numbers of the stations that tell it, first registered first."""

    region: str
    stations: tuple[int, ...]


class Proposals:
    """What the engine needs to know for it: who forecasts for which city, and what was new when it looked last."""

    def __init__(self, every_s: float) -> None:
        """`every_s`: how often to look, in seconds of data time."""
        self._every_s = every_s
        self._layouts = Layouts()
        self._registry = Registry.empty()
        self._forecasters: dict[str, Forecaster] = {}
        self._looked_at: dict[int, float] = {}
        self._judged: dict[str, tuple[News, float]] = {}
        """By city what was new when it was judged, and when that was."""

    def forget(self) -> None:
        """Look at all again at once: what was written last may have been rolled back."""
        self._layouts.forget()
        self._looked_at.clear()
        self._judged.clear()

    def tick(self, cursor: Any, partitions: Collection[int], registry: Registry, now: float) -> list[Entry]:
        """Propose and withdraw for these partitions' cities what follows since the last look; returns what was written.

        A city is judged when anything of its outlook is new, and once an hour, for time goes by.
        """
        asked = [p for p in partitions if abs(now - self._looked_at.get(p, float("-inf"))) >= self._every_s]
        if not asked:
            return []
        self._learn(registry)
        mine = {city: of.stations for city, of in self._forecasters.items() if partition_of(city) in asked}
        entries: list[Entry] = []
        if mine:
            found = news(cursor, mine, now)
            due = {city: one for city, one in found.items() if self._is_due(city, one, now)}
            if due:
                entries = self._judge(cursor, due, now)
        self._looked_at.update(dict.fromkeys(asked, now))
        return entries

    def _learn(self, registry: Registry) -> None:
        if registry is self._registry:
            return
        found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for station in registry.stations():
            if station.kind is Kind.FORECAST:
                found[station.city].append((station.station_id, station.region))
        self._forecasters = {
            city: Forecaster(min(of)[1][:CITY_DIGITS], tuple(sorted(number for number, _ in of)))
            for city, of in found.items()
        }
        self._registry = registry

    def _is_due(self, city: str, found: News, now: float) -> bool:
        known, at = self._judged.get(city, (None, 0.0))
        return found != known or abs(now - at) >= HOUR

    def _judge(self, cursor: Any, due: Mapping[str, News], now: float) -> list[Entry]:
        at = datetime.fromtimestamp(now, UTC)
        # of whom nobody ever issued a forecast there is nothing to say, nor to keep
        silent = {city for city, one in due.items() if one.issued is None and one.state is None}
        standings = store.lock_free(cursor, due.keys() - silent, at)
        issues = {
            city: max(filter(None, (due[city].issued, standing.state.forecast)))
            for city, standing in standings.items()
            if due[city].issued or standing.state.forecast
        }
        stations = {city: self._forecasters[city].stations for city in issues}
        read_ = read(cursor, self._layouts, issues, stations, now) if issues else {}
        entries: list[Entry] = []
        for city in sorted(issues):
            entries += self._advance(cursor, city, standings[city], read_[city], issues[city], at)
        for city in silent | standings.keys():
            self._judged[city] = due[city], now
        return store.add(cursor, entries)

    def _advance(
        self, cursor: Any, city: str, standing: Standing, known: Known, issued: datetime, at: datetime
    ) -> list[Entry]:
        """What follows for a city; one that cannot be judged is left as it is, told once, and stops no other."""
        fault: str | None = None
        state, entries = standing.state, list[Entry]()
        try:
            state, entries = _advanced(self._forecasters[city].region, city, standing.state, known, issued, at)
        except (ValueError, LantianError) as error:
            fault = str(error)
        if fault != standing.fault:
            store.note_fault(cursor, city, fault)
            _log.warning("warning_not_judged" if fault else "warning_judged_again", city=city, error=fault)
        if state != standing.state:
            store.save(cursor, city, state, at)
        return entries


def _advanced(
    region: str, city: str, state: State, known: Known, issued: datetime, at: datetime
) -> tuple[State, list[Entry]]:
    scheme: Scheme = scheme_for(region, at.astimezone(SHANGHAI).date())
    found = advance(scheme, state, outlook_of(city, known, issued), at)
    return found.state, [of_engine(city, state, event, scheme.id, at) for event in found.events]

"""One batch of statements judged in one transaction: everything the engine does between reading Kafka and moving on.

A statement only says where to look: what is judged are the statistics as they stand (decision 0012), so that one told
twice, late, or in another order changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from aggregate.statistic import StatementBatch, station_object
from aggregate.store import Layouts
from alerts import store
from alerts.alert import Notice, alert_of
from alerts.asking import Asking, Question, reach
from alerts.devices.looking import look
from alerts.engine import Event, Track, judge
from alerts.handling.follow import Happened, follow
from alerts.neighbourhood import Neighbourhood, read
from alerts.retiring import retire
from alerts.rules.book import RuleBook, by_statistic
from alerts.rules.device import DeviceRule
from alerts.rules.model import Rule
from alerts.standing import Standing
from alerts.surroundings import Surroundings
from core.kafka import partition_of
from ingest.registry import Registry


@dataclass(slots=True)
class Result:
    """What came of a batch: notices by the order of what happened, and statements counted by outcome."""

    notices: list[Notice] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)


class Judge:
    """The rules in force; the database holds all memory."""

    def __init__(self, book: RuleBook) -> None:
        self._rules = by_statistic(book)
        self._by_id = {rule.id: rule for rule in book}
        self._devices = book.devices
        self._layouts = Layouts()
        self._known = frozenset(rule.id for rule in book.all)
        self._retired: set[int] = set()

    def forget(self) -> None:
        """Drop what a lost transaction may have taught."""
        self._layouts.forget()
        self._retired.clear()

    def retire(self, cursor: Any, partitions: Collection[int], now: float) -> dict[int, list[Notice]]:
        """Once a partition: end what other rules than these had opened and left open; notices by partition."""
        asked = set(partitions) - self._retired
        if not asked:
            return {}
        self._retired.update(asked)
        return _by_partition(retire(cursor, self._known, asked, datetime.fromtimestamp(now, UTC)))

    def judge(self, cursor: Any, batches: Iterable[StatementBatch], registry: Registry, now: float) -> Result:
        """Judge what the statements tell of and store what came of it; `now` is data time in Unix seconds."""
        told = [(batch.city, statement) for batch in batches for statement in batch.statements]
        surroundings = Surroundings(registry, Standing.load(cursor, self._by_id.values()))
        touching = store.touching(cursor, reach(self._rules, (statement for _, statement in told)))
        asking = Asking(self._rules, self._by_id, surroundings, touching)
        for city, statement in told:
            asking.take(city, statement)
        asking.ask_compared(cursor, self._layouts)
        around = read(cursor, self._layouts, surroundings, asking.questions.values())
        happened = [
            stored(cursor, question.rule, question.object, question.city, event, surroundings)
            for question, event in _events(cursor, around, now)
        ]
        follow(cursor, happened)
        return Result([notice(one) for one in happened], asking.outcomes)

    def look(self, cursor: Any, partitions: Collection[int], registry: Registry) -> dict[int, list[Notice]]:
        """Look at the devices of cities in these partitions, and store what came of it; notices by partition."""
        surroundings = Surroundings(registry)
        happened = [
            stored(cursor, rule, station_object(station.station), station.city, event, surroundings)
            for rule, station, event in look(cursor, self._devices, partitions, registry)
        ]
        follow(cursor, happened)
        return _by_partition(map(notice, happened))


def _events(cursor: Any, around: Iterable[Neighbourhood], now: float) -> list[tuple[Question, Event]]:
    """What happened to the alerts of each question, by questions."""
    found = [one for one in around if one.windows]
    alerts = store.load_alerts(cursor, {one.question.key: (one.since, one.windows[-1].start) for one in found})
    events: list[tuple[Question, Event]] = []
    for one in found:
        standing, next_number = alerts[one.question.key]
        track = Track(standing, next_number, one.since)
        events += [(one.question, event) for event in judge(one.question.rule, track, one.windows, now).events]
    return events


def stored(
    cursor: Any, rule: Rule | DeviceRule, name: str, city: str, event: Event, surroundings: Surroundings
) -> Happened:
    """Store what happened to an alert; what follows from it is for `alerts.handling.follow`."""
    heir = None if event.heir is None else store.alert_id_of(cursor, (rule.id, name), event.heir)
    alert = alert_of(rule, name, event, city, surroundings.place(name, event.cause.start), heir)
    alert_id, version, closed_at = store.save_alert(cursor, event, alert)
    return Happened(rule, event, msgspec.structs.replace(alert, closed_at=closed_at), alert_id, version)


def _by_partition(notices: Iterable[Notice]) -> dict[int, list[Notice]]:
    found: dict[int, list[Notice]] = {}
    for one in notices:
        found.setdefault(partition_of(one.alert.city), []).append(one)
    return found


def notice(one: Happened) -> Notice:
    """What is to be told of it."""
    return Notice(alert_id=one.alert_id, version=one.version, happening=one.event.happening, alert=one.alert)

"""One batch of statements judged in one transaction: everything the engine does between reading Kafka and moving on.

A statement only says where to look: what is judged are the statistics as they stand (decision 0012), so that one told
twice, late, or in another order changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from aggregate.statistic import StatementBatch
from aggregate.store import Layouts
from alerts import store
from alerts.alert import Notice, alert_of
from alerts.asking import Asking, Question, reach
from alerts.engine import Event, Track, judge
from alerts.handling.follow import Happened, follow
from alerts.neighbourhood import Neighbourhood, read
from alerts.rules.book import RuleBook, by_statistic
from alerts.surroundings import Surroundings
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
        self._layouts = Layouts()

    def forget(self) -> None:
        """Drop what a lost transaction may have taught."""
        self._layouts.forget()

    def judge(self, cursor: Any, batches: Iterable[StatementBatch], registry: Registry, now: float) -> Result:
        """Judge what the statements tell of and store what came of it; `now` is data time in Unix seconds."""
        told = [(batch.city, statement) for batch in batches for statement in batch.statements]
        surroundings = Surroundings(registry)
        touching = store.touching(cursor, reach(self._rules, (statement for _, statement in told)))
        asking = Asking(self._rules, surroundings, touching)
        for city, statement in told:
            asking.take(city, statement)
        asking.ask_compared(cursor, self._layouts)
        around = read(cursor, self._layouts, surroundings, asking.questions.values())
        happened = [_stored(cursor, question, event, surroundings) for question, event in _events(cursor, around, now)]
        follow(cursor, happened)
        return Result([_notice(one) for one in happened], asking.outcomes)


def _events(cursor: Any, around: Iterable[Neighbourhood], now: float) -> Iterator[tuple[Question, Event]]:
    """What happened to the alerts of each question, by questions; in order of the windows that made the difference."""
    found = [one for one in around if one.windows]
    alerts = store.load_alerts(cursor, {one.question.key: (one.since, one.windows[-1].start) for one in found})
    events: list[tuple[Question, Event]] = []
    for one in found:
        standing, next_number = alerts[one.question.key]
        track = Track(standing, next_number, one.since)
        events += [(one.question, event) for event in judge(one.question.rule, track, one.windows, now).events]
    return iter(events)


def _stored(cursor: Any, question: Question, event: Event, surroundings: Surroundings) -> Happened:
    heir = None if event.heir is None else store.alert_id_of(cursor, question.key, event.heir)
    place = surroundings.place(question.object, event.cause.start)
    alert = alert_of(question.rule, question.object, event, question.city, place, heir)
    alert_id, version, closed_at = store.save_alert(cursor, event, alert)
    return Happened(question.rule, event, msgspec.structs.replace(alert, closed_at=closed_at), alert_id, version)


def _notice(one: Happened) -> Notice:
    return Notice(alert_id=one.alert_id, version=one.version, happening=one.event.happening, alert=one.alert)

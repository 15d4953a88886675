"""One batch of statements judged in one transaction: everything the engine does between reading Kafka and moving on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aggregate.statistic import Statement, StatementBatch
from alerts import store
from alerts.alert import CITY_PREFIX, Notice, Place, alert_of, station_of
from alerts.engine import Event, Fact, fact_of
from alerts.rules.book import RuleBook, scope
from alerts.rules.model import Rule
from ingest.registry import Registry

JUDGED, OUT_OF_SCOPE = "judged", "out_of_scope"


@dataclass(frozen=True, slots=True)
class Question:
    """A statement of one city as one rule sees it."""

    rule: Rule
    city: str
    fact: Fact

    @property
    def key(self) -> store.Key:
        """Whose timeline it belongs to."""
        return self.rule.id, self.fact.object


@dataclass(slots=True)
class Result:
    """What came of a batch: notices by the order of what happened, and statements counted by outcome."""

    notices: list[Notice] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)

    def count(self, outcome: str) -> None:
        """One statement more with this outcome."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Judge:
    """The rules in force and what is known of places; stateless between batches, the database holds all memory."""

    def __init__(self, book: RuleBook) -> None:
        self._scope = scope(book)

    def questions(self, city: str, statement: Statement) -> list[Question]:
        """The statement with each rule that judges it."""
        rules = self._scope.get((statement.kind, statement.window), ())
        facts = ((rule, fact_of(rule, statement)) for rule in rules)
        return [Question(rule, city, fact) for rule, fact in facts if fact is not None]

    def judge(self, cursor: Any, batches: Iterable[StatementBatch], registry: Registry, now: float) -> Result:
        """Judge all statements in order and store what came of it; `now` is data time in Unix seconds."""
        result = Result()
        questions: list[Question] = []
        for batch in batches:
            for statement in batch.statements:
                found = self.questions(batch.city, statement)
                questions += found
                if not found:
                    result.count(OUT_OF_SCOPE)
        timelines = store.load_timelines(cursor, _spans(questions))
        happened: list[tuple[Question, Event]] = []
        for question in questions:
            outcome = timelines[question.key].judge(question.rule, question.fact, now)
            result.count(outcome.passed or JUDGED)
            happened += [(question, event) for event in outcome.events]
        store.save_judged(cursor, timelines)
        result.notices = [_stored(cursor, question, event, registry) for question, event in happened]
        return result


def _spans(questions: Iterable[Question]) -> dict[store.Key, tuple[int, int]]:
    spans: dict[store.Key, tuple[int, int]] = {}
    for question in questions:
        start = question.fact.start
        low, high = spans.get(question.key, (start, start))
        spans[question.key] = min(low, start), max(high, start)
    return spans


def _stored(cursor: Any, question: Question, event: Event, registry: Registry) -> Notice:
    heir = None if event.heir is None else store.alert_id_of(cursor, question.key, event.heir)
    alert = alert_of(question.rule, event, question.city, place_of(question, registry), heir)
    alert_id, version = store.save_alert(cursor, event, alert)
    return Notice(alert_id=alert_id, version=version, happening=event.happening, alert=alert)


def place_of(question: Question, registry: Registry) -> Place:
    """Names and camera as the registry had them when the window began; the bare id of who is not in it."""
    name = station_of(question.fact.object)
    if name is None:
        city = question.fact.object.removeprefix(CITY_PREFIX)
        return Place(city, city)
    station = registry.at(name, question.fact.start)
    if station is None:
        return Place(name, name)
    return Place(station.name_zh, station.name_en or station.name_zh, station.camera or "")

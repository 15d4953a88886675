"""Which rules must judge which objects anew after a batch of statements: as few as may have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aggregate.statistic import Statement, Tier, Window
from aggregate.store import Layouts
from alerts import store
from alerts.rows import Rows, read_rows, row_at, widen
from alerts.rules.model import Rule
from alerts.surroundings import CompanyKey, Surroundings
from alerts.watched import Fact, Verdict, fact_of, judged

JUDGED, UNTOUCHED, OPEN, OUT_OF_SCOPE = "judged", "untouched", "open", "out_of_scope"


class Span(NamedTuple):
    """Starts of windows, UTC seconds, both included."""

    low: int
    high: int

    def joined(self, other: Span) -> Span:
        """What holds both."""
        return Span(min(self.low, other.low), max(self.high, other.high))


class Question(NamedTuple):
    """A rule, an object of a city, and the starts at which its windows may say something else than before."""

    rule: Rule
    object: str
    city: str
    changed: Span

    @property
    def key(self) -> store.Key:
        """Names its alerts."""
        return self.rule.id, self.object


@dataclass(slots=True)
class Asking:
    """Gathers the questions of a batch, and counts its statements by what they lead to."""

    rules: Mapping[tuple[str, str], Sequence[Rule]]
    by_id: Mapping[str, Rule]
    surroundings: Surroundings
    touching: Mapping[str, Mapping[str, Sequence[store.Extent]]]
    questions: dict[store.Key, Question] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    _compared: list[tuple[Rule, str, str, int]] = field(default_factory=list)
    """Rules that compare with others, object, city and start: the others must be asked too."""

    def take(self, city: str, statement: Statement) -> None:
        """Note what a statement may change."""
        rules = watching(self.rules, statement)
        former = self._former(statement, rules)
        answers = {self._take(rule, city, statement) for rule in (*rules, *former)}
        outcome = next((one for one in (JUDGED, UNTOUCHED, OPEN) if one in answers), OUT_OF_SCOPE)
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def _former(self, statement: Statement, rules: Sequence[Rule]) -> list[Rule]:
        """Rules that do not watch the object any more, for it is of another kind now, and have an alert of it."""
        others = self.touching.get(statement.object, {}).keys() - {rule.id for rule in rules}
        if not others or not watches_devices(statement):
            return []
        return [rule for rule in self.by_id.values() if rule.id in others and rule.watch.window == statement.window]

    def _take(self, rule: Rule, city: str, statement: Statement) -> str:
        fact = fact_of(rule, statement.start, statement.version, statement.states, statement, statement.live)
        if fact is None:
            return OPEN if rule.watch.factor in statement.factors else OUT_OF_SCOPE
        name, start = statement.object, statement.start
        against = rule.watch.against
        if against is not None and against.factor is None:
            self._compared.append((rule, name, city, start))
            return JUDGED
        # what is not valid, or clears by itself, changes nothing where no alert is; but others may be measured by it
        passes = fact.value is None or (not rule.watch.lookback and _passes(rule, fact))
        if passes and not _touch(self.touching, rule, name, start):
            return UNTOUCHED
        self._ask(rule, name, city, start)
        return JUDGED

    def _ask(self, rule: Rule, name: str, city: str, start: int) -> None:
        span = Span(start, start + rule.span)
        known = self.questions.get((rule.id, name))
        self.questions[rule.id, name] = Question(rule, name, city, known.changed.joined(span) if known else span)

    def ask_compared(self, cursor: Any, layouts: Layouts) -> None:
        """Ask of whoever stands against an object of the batch, if it now exceeds or holds, or has an alert."""
        asked: dict[tuple[str, str, int], tuple[Rule, str]] = {}
        companies: set[tuple[str, CompanyKey]] = set()
        for rule, name, city, start in self._compared:
            asked[rule.id, name, start] = rule, city
            key = self.surroundings.company_key(rule, name, start)
            if key is None:
                beside = self.surroundings.behind(rule, name, start)
            else:
                beside = () if (rule.id, key) in companies else self.surroundings.company(key)
                companies.add((rule.id, key))
            asked.update(((rule.id, other, start), (rule, city)) for other in beside)
        spans: defaultdict[Window, dict[str, tuple[int, int]]] = defaultdict(dict)
        reaches: dict[str, tuple[int, int]] = {}
        for (_, other, start), (rule, _) in asked.items():
            for name in (other, *self.surroundings.background(rule)):
                widen(spans[rule.watch.window], name, start, start + 1)
                widen(reaches, name, start, start + rule.span)
        rows = read_rows(cursor, layouts, spans)
        touching = store.touching(cursor, reaches)
        for (_, other, start), (rule, city) in asked.items():
            if _touch(touching, rule, other, start) or self._stands_out(rule, other, start, rows):
                self._ask(rule, other, city, start)

    def _stands_out(self, rule: Rule, name: str, start: int, rows: Rows) -> bool:
        row = row_at(rows, name, rule.watch.window, start)
        fact = row and fact_of(rule, start, row.version, row.states, row.content, row.live)
        if not fact:
            return False
        compared = self.surroundings.with_other(rule, name, fact, lambda *place: row_at(rows, *place))
        return not _passes(rule, compared)


def _touch(touching: Mapping[str, Mapping[str, Sequence[store.Extent]]], rule: Rule, name: str, start: int) -> bool:
    """Whether an alert has a window, or its end, that a change at `start` may reach."""
    extents = touching.get(name, {}).get(rule.id, ())
    return any(first <= start + rule.span and (lasts or last >= start) for first, last, lasts in extents)


def _passes(rule: Rule, fact: Fact) -> bool:
    """Whether a window by itself neither opens an alert nor lets one last."""
    return judged(rule, {fact.start: fact})[0].verdict in {Verdict.CLEARS, Verdict.INVALID, Verdict.OFF}


def watching(rules: Mapping[tuple[str, str], Sequence[Rule]], statement: Statement) -> Sequence[Rule]:
    """The rules that judge a statement."""
    return rules.get((statement.kind, statement.window), ()) if watches_devices(statement) else ()


def watches_devices(statement: Statement) -> bool:
    """Whether it is of the devices' tier, with sand-dust in: what was measured counts."""
    return statement.tier is Tier.RAW and statement.sanddust


def reach(
    rules: Mapping[tuple[str, str], Sequence[Rule]], statements: Iterable[Statement]
) -> dict[str, tuple[int, int]]:
    """By object, the starts between which alerts may touch what its statements change."""
    spans: dict[str, tuple[int, int]] = {}
    for statement in statements:
        for rule in watching(rules, statement):
            widen(spans, statement.object, statement.start, statement.start + rule.span)
    return spans

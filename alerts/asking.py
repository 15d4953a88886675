"""Which rules must judge which objects anew after a batch of statements: as few as may have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aggregate.statistic import Key, Statement, Statistic, Tier, Window
from aggregate.statistic_store import read_spans
from aggregate.store import Layouts
from alerts import store
from alerts.rules.model import Rule
from alerts.surroundings import Surroundings
from alerts.watched import NOISE_DECIMALS, Verdict, fact_of, judged, valid_of

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
    surroundings: Surroundings
    touching: Mapping[store.Key, Sequence[store.Extent]]
    questions: dict[store.Key, Question] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    _compared: list[tuple[Rule, str, str, int]] = field(default_factory=list)
    """Rules that compare with others, object, city and start: the others must be asked too."""

    def take(self, city: str, statement: Statement) -> None:
        """Note what a statement may change."""
        answers = {self._take(rule, city, statement) for rule in watching(self.rules, statement)}
        outcome = next((one for one in (JUDGED, UNTOUCHED, OPEN) if one in answers), OUT_OF_SCOPE)
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def _take(self, rule: Rule, city: str, statement: Statement) -> str:
        fact = fact_of(rule, statement.start, statement.version, statement.states, statement, statement.live)
        if fact is None:
            return OPEN if rule.watch.factor in statement.factors else OUT_OF_SCOPE
        name, start = statement.object, statement.start
        against = rule.watch.against
        if against is not None and against.factor is None:
            self._compared.append((rule, name, city, start))
            return JUDGED
        if not rule.watch.lookback and not self._touched(rule, name, start):
            verdict = judged(rule, {start: fact})[0].verdict
            if verdict in {Verdict.CLEARS, Verdict.INVALID, Verdict.OFF}:
                return UNTOUCHED
        self._ask(rule, name, city, start)
        return JUDGED

    def _touched(self, rule: Rule, name: str, start: int) -> bool:
        return any(
            first <= start + rule.span and last >= start for first, last in self.touching.get((rule.id, name), ())
        )

    def _ask(self, rule: Rule, name: str, city: str, start: int) -> None:
        span = Span(start, start + rule.span)
        known = self.questions.get((rule.id, name))
        self.questions[rule.id, name] = Question(rule, name, city, known.changed.joined(span) if known else span)

    def ask_compared(self, cursor: Any, layouts: Layouts) -> None:
        """Ask of whoever stands against an object of the batch, if it reaches the rule's floor or has an alert."""
        asked = {
            (rule.id, other, start): (rule, city)
            for rule, name, city, start in self._compared
            for other in self.surroundings.compared_with(rule, name, start)
        }
        spans: defaultdict[Window, dict[str, tuple[int, int]]] = defaultdict(dict)
        for (_, other, start), (rule, _) in asked.items():
            low, end = spans[rule.watch.window].get(other, (start, start + 1))
            spans[rule.watch.window][other] = min(low, start), max(end, start + 1)
        rows = {window: read_spans(cursor, layouts, window, of) for window, of in spans.items()}
        touching = store.touching(
            cursor, {name: (low, end - 1) for of in spans.values() for name, (low, end) in of.items()}
        )
        for (rule_id, other, start), (rule, city) in asked.items():
            row = rows[rule.watch.window].get(Key(other, rule.watch.window, start))
            touched = any(first <= start <= last for first, last in touching.get((rule_id, other), ()))
            if touched or (row is not None and _reaches_floor(rule, row)):
                self._ask(rule, other, city, start)


def _reaches_floor(rule: Rule, row: Statistic) -> bool:
    value = valid_of(row.content, row.states, rule.watch.factor)
    return value is not None and (rule.watch.floor is None or round(value, NOISE_DECIMALS) >= rule.watch.floor)


def watching(rules: Mapping[tuple[str, str], Sequence[Rule]], statement: Statement) -> Sequence[Rule]:
    """The rules that judge a statement: of the devices' tier, with sand-dust in, for what was measured counts."""
    if statement.tier is not Tier.RAW or not statement.sanddust:
        return ()
    return rules.get((statement.kind, statement.window), ())


def reach(
    rules: Mapping[tuple[str, str], Sequence[Rule]], statements: Iterable[Statement]
) -> dict[str, tuple[int, int]]:
    """By object, the starts between which alerts may touch what its statements change."""
    spans: dict[str, tuple[int, int]] = {}
    for statement in statements:
        for rule in watching(rules, statement):
            low, high = spans.get(statement.object, (statement.start, statement.start))
            spans[statement.object] = min(low, statement.start), max(high, statement.start + rule.span)
    return spans

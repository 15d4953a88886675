"""Rows of statistics as the engine looks at them: those of the devices, by object, kind of window and start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeVar

from aggregate.statistic import DEVICES, Statistic, Window
from aggregate.statistic_store import read_spans
from aggregate.store import Layouts
from alerts.rules.model import Rule
from alerts.surroundings import Surroundings
from alerts.watched import Judged, fact_of, judged

Rows = Mapping[tuple[str, Window], Mapping[int, Statistic]]
"""By object and kind of window, then start."""

Spans = Mapping[Window, Mapping[str, tuple[int, int]]]
"""By kind of window and object the starts that are wanted, half-open, UTC seconds."""

_Key = TypeVar("_Key")


def widen(spans: dict[_Key, tuple[int, int]], key: _Key, low: int, high: int) -> None:
    """Let the span of `key` hold these bounds too."""
    known = spans.get(key, (low, high))
    spans[key] = min(low, known[0]), max(high, known[1])


def read_rows(cursor: Any, layouts: Layouts, spans: Spans) -> Rows:
    """The rows of the devices' tier, with sand-dust in: what was measured counts."""
    rows: defaultdict[tuple[str, Window], dict[int, Statistic]] = defaultdict(dict)
    for window, of in spans.items():
        for key, row in read_spans(cursor, layouts, window, of).items():
            if key.variant == DEVICES:
                rows[key.object, window][key.start] = row
    return rows


def row_at(rows: Rows, name: str, window: Window, start: int) -> Statistic | None:
    """One of them, if it was read."""
    return rows.get((name, window), {}).get(start)


def judged_rows(rule: Rule, name: str, rows: Rows, surroundings: Surroundings, low: float, end: float) -> list[Judged]:
    """The windows of an object that begin in `[low, end)` (UTC seconds), as the rule sees them, in order of time."""
    facts = {}
    for start, row in rows.get((name, rule.watch.window), {}).items():
        if low <= start < end and (fact := fact_of(rule, start, row.version, row.states, row.content, row.live)):
            facts[start] = surroundings.with_other(rule, name, fact, lambda *place: row_at(rows, *place))
    return judged(rule, facts, lambda start: surroundings.watching(rule, name, start))

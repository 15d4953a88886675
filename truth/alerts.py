"""The alerts that must stand at the end, by the law alone: from an object's windows in order of time, all at once.

The law (`alerts.engine`, first lines): windows that clear divide the others; between two of them there is one alert
if any window exceeds, from the first that exceeds to the last that exceeds or holds. How it came about, order and
versions, is not looked at.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from alerts.rules.book import RuleBook
from alerts.rules.model import Comparison, Rule
from truth.statistics import Cells

DIGITS = 6
"""Beyond these a value's digits are noise of binary arithmetic: 249.99999999999997 is 250, 249.6 is not."""


class Fact(NamedTuple):
    """A window of the statistic that a rule watches; `value` None where it is not valid."""

    start: int
    value: float | None


class ExpectedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it must stand: the windows (start in UTC seconds, value) it is made of, and what ended it."""

    rule: str
    object: str
    windows: list[tuple[int, float]]
    cleared_by: int | None
    """Start of the window that cleared it; None: it is open."""

    @property
    def first_start(self) -> int:
        """Start of its first window: with rule and object its name."""
        return self.windows[0][0]

    @property
    def peak(self) -> tuple[int, float]:
        """The window with the largest value; of equals the earliest."""
        return max(self.windows, key=lambda window: (window[1], -window[0]))


def alerts_of(rule: Rule, name: str, facts: Iterable[Fact]) -> list[ExpectedAlert]:
    """The alerts of the object `name` under a rule, in order of time."""
    found: list[ExpectedAlert] = []
    stretch: list[tuple[int, float]] = []
    for start, value in sorted(facts):
        if value is None or not math.isfinite(value):
            continue  # a window that is not valid neither opens nor clears
        if _meets(rule, value, rule.clear_value):
            stretch.append((start, value))
        else:
            found += _alert(rule, name, stretch, start)
            stretch = []
    return found + _alert(rule, name, stretch, None)


def _alert(rule: Rule, name: str, stretch: list[tuple[int, float]], cleared_by: int | None) -> list[ExpectedAlert]:
    """The alert of what lies between two windows that clear, if anything there exceeds."""
    exceeding = [place for place, (_, value) in enumerate(stretch) if _meets(rule, value, rule.threshold)]
    if not exceeding:
        return []
    return [ExpectedAlert(rule=rule.id, object=name, windows=stretch[exceeding[0] :], cleared_by=cleared_by)]


def _meets(rule: Rule, value: float, limit: float) -> bool:
    shown = round(value, DIGITS)
    return shown > limit or (rule.comparison is Comparison.REACHES and shown == limit)


class Watch:
    """Gathers what rules watch, and gives the alerts it amounts to."""

    def __init__(self, rules: RuleBook) -> None:
        self._rules = tuple(rules)
        self._facts: dict[tuple[str, str], list[Fact]] = defaultdict(list)

    def see(self, kind: str, name: str, window: str, start: int, cells: Cells) -> None:
        """A window of an object of this kind."""
        for rule in self._rules:
            if (rule.kind, rule.window) == (kind, window) and rule.factor in cells:
                self._facts[rule.id, name].append(Fact(start, cells[rule.factor].value))

    def alerts(self) -> list[ExpectedAlert]:
        """In order of rule, object and time."""
        return [
            alert
            for rule in self._rules
            for (watching, name), facts in sorted(self._facts.items())
            if watching == rule.id
            for alert in alerts_of(rule, name, facts)
        ]

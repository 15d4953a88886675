"""The alerts that must stand at the end, by the law alone: from an object's windows in order of time, all at once.

The law (`alerts.rules.model.Rule`, `alerts.engine`): each valid window has a measure; a level begins with a window that
meets it while enough of the last windows do, and lasts while what clears it is met; an alert lasts while any level
does, and ends with the last of so many windows in a row that keep none. How it came about, order and versions, is not
looked at. Rules that compare stations with each other are not judged here (`judged_by_law`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from aggregate.statistic import PERIODS
from alerts.rules.book import RuleBook
from alerts.rules.level import Comparison, Level
from alerts.rules.model import Rule
from alerts.rules.watch import Measure
from truth.statistics import Cells

DIGITS = 6
"""Beyond these a value's digits are noise of binary arithmetic: 249.99999999999997 is 250, 249.6 is not."""


def judged_by_law(rule: Rule) -> bool:
    """Whether a rule needs nothing but one object's own windows."""
    against = rule.watch.against
    return (against is None or against.factor is not None) and rule.scope is None and rule.schedule is None


class Fact(NamedTuple):
    """A window of the statistic that a rule watches; None where a value is not valid, or not there."""

    start: int
    value: float | None
    other: float | None = None


class ExpectedAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert as it must stand: the windows (start in UTC seconds, value) it is made of, and what ended it."""

    rule: str
    object: str
    windows: list[tuple[int, float]]
    cleared_by: int | None
    """Start of the window that cleared it; None: it is open."""
    falling: bool = False
    """Whether less is worse."""

    @property
    def first_start(self) -> int:
        """Start of its first window: with rule and object its name."""
        return self.windows[0][0]

    @property
    def peak(self) -> tuple[int, float]:
        """The window with the worst value; of equals the earliest."""
        sign = -1 if self.falling else 1
        return max(self.windows, key=lambda window: (sign * window[1], -window[0]))


def alerts_of(rule: Rule, name: str, facts: Iterable[Fact], step: int = 1) -> list[ExpectedAlert]:
    """The alerts of the object `name` under a rule, in order of time; windows begin `step` seconds apart.

    `step` is 0 where they are of the calendar: rules of those count nothing through time.
    """
    by_start = {fact.start: fact for fact in facts}
    measures = {start: _measure(rule, by_start, start, step) for start in sorted(by_start)}
    found: list[ExpectedAlert] = []
    windows: list[tuple[int, float]] = []
    lasting: set[int] = set()
    kept_none = 0
    for start, value in measures.items():
        if value is None:
            continue  # a window that is not valid neither opens nor clears
        lasts = {
            place
            for place, level in enumerate(rule.levels)
            if _begins(rule, level, measures, start, step) or (place in lasting and _meets(level, value, clearing=True))
        }
        kept_none = 0 if lasts else kept_none + 1
        if lasts:
            windows.append((start, value))
            lasting = lasts
        elif lasting and kept_none >= rule.clear_after:
            found.append(_alert(rule, name, windows, start))
            windows, lasting = [], set()
    return [*found, _alert(rule, name, windows, None)] if windows else found


def _alert(rule: Rule, name: str, windows: list[tuple[int, float]], cleared_by: int | None) -> ExpectedAlert:
    return ExpectedAlert(rule=rule.id, object=name, windows=windows, cleared_by=cleared_by, falling=rule.falling)


def _begins(rule: Rule, level: Level, measures: Mapping[int, float | None], start: int, step: int) -> bool:
    """Whether a window meets the level, and with it `hold.least` of the last `hold.of`."""
    last = [measures.get(start - back * step) for back in range(rule.hold.of)]
    meeting = [value is not None and _meets(level, value, clearing=False) for value in last]
    return meeting[0] and sum(meeting) >= rule.hold.least


def _meets(level: Level, value: float, *, clearing: bool) -> bool:
    limit = level.threshold if not clearing or level.clear is None else level.clear
    shown = round(value, DIGITS)
    return {
        Comparison.REACHES: shown >= limit,
        Comparison.EXCEEDS: shown > limit,
        Comparison.AT_MOST: shown <= limit,
        Comparison.BELOW: shown < limit,
    }[level.comparison]


def _measure(rule: Rule, facts: Mapping[int, Fact], start: int, step: int) -> float | None:
    """What a window is judged by; None: it is not valid for the rule."""
    watch, (_, own, other) = rule.watch, facts[start]
    if own is None or not math.isfinite(own):
        return None
    if watch.floor is not None and round(own, DIGITS) < watch.floor:
        return math.inf if rule.falling else -math.inf  # meets nothing
    if watch.measure is Measure.VALUE:
        return own
    if watch.measure is Measure.EXCESS:
        return None if other is None else own - other
    if watch.measure is Measure.RATIO:
        return None if other is None or other <= 0 else own / other
    return _through_time(rule, facts, start, step, own)


def _through_time(rule: Rule, facts: Mapping[int, Fact], start: int, step: int, own: float) -> float | None:
    watch = rule.watch
    over = watch.over or 0
    before = [facts[at].value if (at := start - back * step) in facts else None for back in range(1, over + 1)]
    if watch.measure is Measure.RISE:
        return None if before[-1] is None else own - before[-1]
    values = [own, *before[: over - 1]]
    known = [value for value in values if value is not None]
    return max(known) - min(known) if len(known) == over else None


class Watch:
    """Gathers what rules watch, and gives the alerts it amounts to."""

    def __init__(self, rules: RuleBook) -> None:
        self._rules = tuple(rule for rule in rules if judged_by_law(rule))
        self._facts: dict[tuple[str, str], list[Fact]] = defaultdict(list)

    def see(self, kind: str, name: str, window: str, start: int, cells: Cells) -> None:
        """A window of an object of this kind."""
        for rule in self._rules:
            watch = rule.watch
            if kind in watch.kinds and watch.window == window and watch.factor in cells:
                beside = cells.get(watch.against.factor or "") if watch.against else None
                fact = Fact(start, cells[watch.factor].value, beside.value if beside else None)
                self._facts[rule.id, name].append(fact)

    def alerts(self) -> list[ExpectedAlert]:
        """In order of rule, object and time."""
        return [
            alert
            for rule in self._rules
            for (watching, name), facts in sorted(self._facts.items())
            if watching == rule.id
            for alert in alerts_of(rule, name, facts, 0 if rule.watch.window in PERIODS else rule.watch.window.step)
        ]

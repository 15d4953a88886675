"""What a rule watches: the facts that statistics give, its measure of them, and the verdict on each window. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from aggregate.statistic import Reason, State
from alerts.rules.model import Rule, Schedule
from alerts.rules.watch import Measure
from core.clock import SHANGHAI

NOISE_DECIMALS = 6
"""A mean of exactly 250 may come as 249.99999999999997; nothing coarser is rounded away (249.6 does not reach 250)."""


class Verdict(StrEnum):
    """What a window says to a rule."""

    EXCEEDS = "exceeds"
    HOLDS = "holds"
    """Meets no threshold, but what an alert must still meet to last."""
    CLEARS = "clears"
    INVALID = "invalid"
    """Neither opens nor clears."""
    OFF = "off"
    """At a time when the rule does not watch: clears at once."""


class Figures(Protocol):
    """What a statistic and a statement about it have alike: arrays parallel to `factors`."""

    @property
    def factors(self) -> Sequence[str]:
        """Codes."""

    @property
    def values(self) -> Sequence[float | None]:
        """None where not valid."""

    @property
    def n_valid(self) -> Sequence[int]:
        """Valid values."""

    @property
    def n_expected(self) -> Sequence[int]:
        """Expected values."""

    @property
    def reasons(self) -> Sequence[int]:
        """`Reason` by its number."""

    @property
    def edition(self) -> str:
        """One for all factors."""


class Fact(msgspec.Struct, frozen=True, gc=False):
    """What a statistic says of the factor that a rule watches; `start` and `end` in UTC seconds.

    `value` is None where it is not valid, `other` (what it stands against) where there is none.
    """

    start: int
    end: int
    version: int
    value: float | None
    other: float | None
    n_valid: int
    n_expected: int
    edition: str
    live: bool


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A window as a rule sees it.

    `value` is the measure, `own` the factor's value, `other` what that stands against. `reach` counts the levels whose
    threshold it meets, `keep` those whose clear value it meets; `level` is that of the alert after it, 0 without one.
    """

    start: int
    end: int
    version: int
    verdict: Verdict
    value: float | None
    own: float | None
    other: float | None
    n_valid: int
    n_expected: int
    edition: str
    live: bool
    reach: int = 0
    keep: int = 0
    level: int = 0

    @property
    def measured(self) -> float:
        """The measure of a window that belongs to an alert: such a window is valid."""
        if self.value is None:
            raise ValueError("a window without a value belongs to no alert")
        return self.value


def fact_of(rule: Rule, start: int, version: int, states: str, content: Figures, live: Sequence[bool]) -> Fact | None:
    """What a statistic says of the rule's factor; None if it does not have it, or is still open."""
    watch = rule.watch
    try:
        place = content.factors.index(watch.factor)
    except ValueError:
        return None
    if states[place] == State.OPEN:
        return None
    beside = watch.against.factor if watch.against else None
    return Fact(
        start,
        watch.window.end(start),
        version,
        valid(content, place),
        None if beside is None else valid_of(content, states, beside),
        content.n_valid[place],
        content.n_expected[place],
        content.edition,
        live[place],
    )


def valid(content: Figures, place: int) -> float | None:
    """The value at a place, None if it is not valid."""
    value = content.values[place]
    sound = content.reasons[place] == Reason.VALID and value is not None and math.isfinite(value)
    return value if sound else None


def valid_of(content: Figures, states: str, factor: str) -> float | None:
    """The value of a factor, None if it is not there, open, or not valid."""
    if factor not in content.factors:
        return None
    place = content.factors.index(factor)
    return None if states[place] == State.OPEN else valid(content, place)


def judged(
    rule: Rule, facts: Mapping[int, Fact], watching: Callable[[int], bool] = lambda _start: True
) -> list[Judged]:
    """Each window's verdict, in order of time; `facts` by start.

    `watching` tells whether the rule watches the object at a time (UTC seconds).
    """
    return [_judged(rule, facts, facts[start], watching) for start in sorted(facts)]


def _judged(rule: Rule, facts: Mapping[int, Fact], fact: Fact, watching: Callable[[int], bool]) -> Judged:
    value = _measured(rule, facts, fact)
    verdict, reach, keep = Verdict.INVALID, 0, 0
    if not (in_season(rule.schedule, fact.start) and watching(fact.start)):
        verdict = Verdict.OFF
    elif _under_floor(rule, fact):
        verdict = Verdict.CLEARS
    elif value is not None:
        verdict, reach, keep = _verdict(rule, value)
    return Judged(
        fact.start,
        fact.end,
        fact.version,
        verdict,
        value,
        fact.value,
        fact.other,
        fact.n_valid,
        fact.n_expected,
        fact.edition,
        fact.live,
        reach,
        keep,
    )


def _under_floor(rule: Rule, fact: Fact) -> bool:
    floor = rule.watch.floor
    return floor is not None and fact.value is not None and round(fact.value, NOISE_DECIMALS) < floor


def _verdict(rule: Rule, value: float) -> tuple[Verdict, int, int]:
    reach, keep = rule.met(round(value, NOISE_DECIMALS))
    return (Verdict.EXCEEDS if reach else Verdict.HOLDS if keep else Verdict.CLEARS), reach, keep


def _measured(rule: Rule, facts: Mapping[int, Fact], fact: Fact) -> float | None:
    watch = rule.watch
    if fact.value is None or watch.measure is Measure.VALUE:
        return fact.value
    if watch.measure in {Measure.RATIO, Measure.EXCESS}:
        return _compared(watch.measure, fact.value, fact.other)
    step = watch.window.step
    earlier = [facts.get(fact.start - back * step) for back in range(1, watch.lookback + 1)]
    if watch.measure is Measure.RISE:
        before = earlier[-1]
        return None if before is None or before.value is None else fact.value - before.value
    values = [fact.value, *(one.value for one in earlier if one is not None and one.value is not None)]
    return max(values) - min(values) if len(values) == watch.over else None


def _compared(measure: Measure, own: float, other: float | None) -> float | None:
    if other is None:
        return None
    if measure is Measure.EXCESS:
        return own - other
    return own / other if other > 0 else None


def in_season(schedule: Schedule | None, start: int) -> bool:
    """Whether a window beginning at `start` (UTC seconds) lies in the rule's schedule."""
    if schedule is None:
        return True
    local = datetime.fromtimestamp(start, SHANGHAI)
    if schedule.first is not None and schedule.last is not None:
        day, first, last = f"{local:%m-%d}", schedule.first, schedule.last
        if not (first <= day <= last if first <= last else day >= first or day <= last):
            return False
    if schedule.hours is None:
        return True
    begin, end = schedule.hours
    return begin <= local.hour < end if begin <= end else local.hour >= begin or local.hour < end

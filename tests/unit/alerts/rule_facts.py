"""Rules and facts that the tests of the alert engine are made of."""

from __future__ import annotations

from alerts.engine import Event, Track, judge
from alerts.rules import book
from alerts.rules.model import Rule
from alerts.watched import Fact, judged

HOUR = 3600
DUST = book.load().get("dust-stop-work")


def changed(rule: Rule = DUST, **changes: object) -> Rule:
    """The rule with other fields, checked as if it came from a file."""
    return Rule.model_validate({**rule.model_dump(exclude_none=True), **changes})


HYSTERESIS = changed(levels=[{"severity": "critical", "reaches": 250, "clear": 200}])
STEPS = changed(
    levels=[
        {"severity": "warning", "reaches": 200, "clear": 150},
        {"severity": "severe", "reaches": 250, "clear": 200},
        {"severity": "critical", "reaches": 300},
    ]
)
TWO_OF_THREE = changed(hold={"least": 2, "of": 3})
SLOW_TO_CLEAR = changed(STEPS, clear_after=2)
ALL_AT_ONCE = changed(STEPS, hold={"least": 2, "of": 3}, clear_after=2)
RISING = changed(
    watch={"kinds": ["dust"], "window": "hour", "factor": "a34002", "measure": "rise", "over": 2},
    levels=[{"severity": "warning", "reaches": 50}],
)
STUCK = changed(
    watch={"kinds": ["dust"], "window": "hour", "factor": "a34002", "measure": "range", "over": 3},
    levels=[{"severity": "info", "at_most": 0}],
)
RULES = (DUST, HYSTERESIS, STEPS, TWO_OF_THREE, SLOW_TO_CLEAR, ALL_AT_ONCE, RISING, STUCK)


def fact(at: int, value: float | None, version: int = 1, *, other: float | None = None, live: bool = True) -> Fact:
    """An hour, counted from 0."""
    return Fact(at * HOUR, (at + 1) * HOUR, version, value, other, 60, 60, "2026", live)


def tell(
    rule: Rule, facts: list[Fact], track: Track | None = None, known: dict[int, Fact] | None = None
) -> tuple[Track, list[Event]]:
    """What stands and what happened when windows come to be one after the other; the highest version counts."""
    track = track or Track()
    standing = {} if known is None else known
    events: list[Event] = []
    for one in facts:
        if one.start not in standing or one.version > standing[one.start].version:
            standing[one.start] = one
        outcome = judge(rule, track, judged(rule, standing), 0.0)
        track = outcome.track
        events += outcome.events
    return track, events

"""Running the cases that stand beside the rules, through the engine itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aggregate.statistic import PERIODS, State, Window
from alerts.devices.condition import MINUTE, judge_device
from alerts.engine import Episode, Track, judge
from alerts.rules.case import Case, Said
from alerts.rules.device import DeviceCase, DeviceRule
from alerts.rules.model import Rule
from alerts.watched import Fact, judged


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case; `problem` is empty if it held."""

    rule_id: str
    case: str
    problem: str


def run_cases(rules: Iterable[Rule | DeviceRule]) -> list[CaseResult]:
    """Every case of every rule, in order."""
    found: list[CaseResult] = []
    for rule in rules:
        if isinstance(rule, Rule):
            found += [CaseResult(rule.id, case.name, run_case(rule, case)) for case in rule.cases]
        else:
            found += [CaseResult(rule.id, case.name, run_device_case(rule, case)) for case in rule.cases]
    return found


def run_device_case(rule: DeviceRule, case: DeviceCase) -> str:
    """As `run_case`, of looks at a device, a minute apart."""
    standing: tuple[int, Episode] | None = None
    for number, look in enumerate(case.steps, 1):
        at = number * MINUTE
        event = judge_device(rule, standing, look.value, at, at, watched=look.watched)
        if event is not None and event.after is not None:
            standing = None if event.after.ended_by else (event.number, event.after)
        happened = (event.happening,) if event else ()
        if happened != look.expect:
            return f"step {number}: expected {_names(look.expect)}, happened {_names(happened)}"
    if (standing is not None) != case.open:
        return f"expected open = {str(case.open).lower()} at the end"
    return ""


def run_case(rule: Rule, case: Case) -> str:
    """What went otherwise than the case says; empty if nothing did."""
    track = Track()
    facts: dict[int, Fact] = {}
    for number, said in enumerate(case.steps, 1):
        happened: tuple[str, ...] = ()
        fact = _fact(rule, case, said, facts)
        if said.state is not State.OPEN and (fact.start not in facts or fact.version > facts[fact.start].version):
            facts[fact.start] = fact
            outcome = judge(rule, track, judged(rule, facts), float(fact.end))
            track, happened = outcome.track, tuple(event.happening for event in outcome.events)
        if happened != said.expect:
            return f"step {number}: expected {_names(said.expect)}, happened {_names(happened)}"
    return _left(rule, case, track)


def _left(rule: Rule, case: Case, track: Track) -> str:
    lasting = [episode for episode in track.alerts.values() if episode.ended_by is None]
    if len(lasting) != case.open:
        return f"expected {case.open} open at the end, found {len(lasting)}"
    if any(episode.live for episode in track.alerts.values()) != case.pages:
        return f"expected pages = {str(case.pages).lower()} at the end"
    severities = [rule.levels[episode.level - 1].severity for episode in lasting]
    if case.severity is not None and case.severity not in severities:
        return f"expected severity {case.severity} at the end, found {_names(severities)}"
    return ""


def _names(happenings: Iterable[str]) -> str:
    return ", ".join(happenings) or "nothing"


def _fact(rule: Rule, case: Case, said: Said, facts: dict[int, Fact]) -> Fact:
    window = rule.watch.window
    start = _start(window, int(case.start.timestamp()), said.at)
    known = facts.get(start)
    valid = said.value is not None
    return Fact(
        start=start,
        end=window.end(start),
        version=said.version or (known.version + 1 if known else 1),
        value=said.value,
        other=said.other,
        n_valid=60 if valid else 30,
        n_expected=60,
        edition="auto",
        live=said.live,
    )


def _start(window: Window, first: int, at: int) -> int:
    """The start of the window that lies `at` windows after the one that holds `first`."""
    if window not in PERIODS:
        return first + at * window.step
    start = window.holding(first)
    for _ in range(at):
        start = window.end(start)
    return start

"""Running the cases that stand beside the rules, through the engine itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aggregate.statistic import Reason
from alerts.engine import Episode, Fact
from alerts.rules.model import Case, Rule, Step
from alerts.timeline import Timeline


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case; `problem` is empty if it held."""

    rule_id: str
    case: str
    problem: str


def run_cases(rules: Iterable[Rule]) -> list[CaseResult]:
    """Every case of every rule, in order."""
    return [CaseResult(rule.id, case.name, run_case(rule, case)) for rule in rules for case in rule.cases]


def run_case(rule: Rule, case: Case) -> str:
    """What went otherwise than the case says; empty if nothing did."""
    timeline = Timeline((), {}, 1)
    alerts: dict[int, Episode | None] = {}
    versions: dict[int, int] = {}
    for number, step in enumerate(case.steps, 1):
        versions[step.at] = step.version or versions.get(step.at, 0) + 1
        fact = _fact(rule, case, step, versions[step.at])
        events = timeline.judge(rule, fact, float(fact.end)).events
        alerts.update({event.number: event.after for event in events})
        happened = tuple(event.happening for event in events)
        if happened != step.expect:
            return f"step {number}: expected {_names(step.expect)}, happened {_names(happened)}"
    left = [episode for episode in alerts.values() if episode is not None]
    still_open = sum(episode.ended_by is None for episode in left)
    if still_open != case.open:
        return f"expected {case.open} open at the end, found {still_open}"
    if any(episode.live for episode in left) != case.pages:
        return f"expected pages = {str(case.pages).lower()} at the end"
    return ""


def _names(happenings: Iterable[str]) -> str:
    return ", ".join(happenings) or "nothing"


def _fact(rule: Rule, case: Case, step: Step, version: int) -> Fact:
    start = int(case.start.timestamp()) + step.at * rule.window.length
    valid = step.value is not None
    return Fact(
        object="case",
        start=start,
        end=start + rule.window.length,
        version=version,
        state=step.state,
        value=step.value,
        n_valid=60 if valid else 30,
        n_expected=60,
        reason=Reason.VALID if valid else Reason.TOO_FEW_MINUTES,
        edition="auto",
        live=step.live,
    )

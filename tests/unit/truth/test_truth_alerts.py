"""Alerts by the law alone: what stands at the end of every case beside a rule, however it came about."""

from __future__ import annotations

import pytest

from aggregate.statistic import State
from alerts.rules import book
from alerts.rules.model import Rule
from truth.alerts import ExpectedAlert, Fact, alerts_of

BOOK = book.load()
DUST = BOOK.get("dust-stop-work")
LENIENT = DUST.model_copy(update={"levels": (DUST.levels[0].model_copy(update={"clear": 200.0}),)})


def stand(values: list[float | None], rule: Rule = DUST) -> list[tuple[list[int], int | None]]:
    """The alerts that hours 0, 1, 2 … amount to: their hours, and the hour that cleared them."""
    found = alerts_of(rule, "o", [Fact(start, value) for start, value in enumerate(values)])
    return [([start for start, _ in alert.windows], alert.cleared_by) for alert in found]


@pytest.mark.parametrize(("rule", "case"), [(rule, case.name) for rule in BOOK for case in rule.cases])
def test_what_is_left_of_each_rules_cases_is_what_the_law_says(rule: Rule, case: str) -> None:
    told = next(one for one in rule.cases if one.name == case)
    versions: dict[int, tuple[int, Fact]] = {}
    for step in told.steps:
        if step.state is not State.OPEN:
            before = versions[step.at][0] if step.at in versions else 0
            version = step.version or before + 1
            if version > before:
                versions[step.at] = (version, Fact(step.at, step.value, step.other))
    found = alerts_of(rule, "case", [fact for _, fact in versions.values()])
    assert sum(alert.cleared_by is None for alert in found) == told.open


def test_an_alert_lasts_from_the_first_that_exceeds_until_one_that_clears() -> None:
    assert stand([100.0, 260.0, 300.0, 120.0, 90.0]) == [([1, 2], 3)]
    assert stand([260.0, 120.0, 260.0]) == [([0], 1), ([2], None)]


def test_what_holds_belongs_to_it_but_does_not_begin_it() -> None:
    assert stand([220.0, 260.0, 210.0, 199.0], LENIENT) == [([1, 2], 3)]
    assert stand([220.0, 210.0], LENIENT) == []


def test_windows_that_are_not_valid_or_missing_neither_open_nor_clear() -> None:
    assert stand([260.0, None, 270.0]) == [([0, 2], None)]


@pytest.mark.parametrize(("value", "opens"), [(249.9, False), (249.99999999999997, True), (250.0, True)])
def test_to_reach_is_at_or_above_but_for_binary_noise(value: float, opens: bool) -> None:
    assert bool(stand([value])) is opens


def test_to_exceed_is_above() -> None:
    assert stand([200.0, 201.0], BOOK.get("heavy-pollution-hour")) == [([1], None)]


def test_of_equal_peaks_the_earliest_is_told() -> None:
    alert = ExpectedAlert(rule="r", object="o", windows=[(0, 260.0), (1, 300.0), (2, 300.0)], cleared_by=None)
    assert alert.peak == (1, 300.0)


def test_the_order_in_which_facts_are_given_does_not_matter() -> None:
    facts = [Fact(0, 260.0), Fact(1, 100.0), Fact(2, 300.0)]
    assert alerts_of(DUST, "o", facts[::-1]) == alerts_of(DUST, "o", facts)

"""Several rounds of the pipeline's benchmark become one object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pipeline.rounds import combined

FIGURES = st.floats(min_value=0, max_value=1e9)


def a_round(**figures: Any) -> dict[str, Any]:
    return {"readings_per_s": 1.0, "lost": 0, "good": True, **figures}


def test_figures_are_medians_and_the_spread_says_what_they_lie_between() -> None:
    found = combined([a_round(readings_per_s=rate) for rate in (30.0, 10.0, 20.0)])
    assert found["readings_per_s"] == 20.0
    assert found["spread"] == {"readings_per_s": [10.0, 30.0]}
    assert found["runs"] == 3


def test_a_single_round_stays_as_it_is() -> None:
    one = a_round(reports=60_000, costs={"worker": {"cpu_s": 1.5}}, ratio=0.4)
    found = combined([one])
    assert {key: found[key] for key in one} == one


def test_what_one_round_lost_is_not_lost_in_a_median() -> None:
    found = combined([a_round(), a_round(lost=3, good=False, telegraf_doubled=1), a_round(telegraf_doubled=0)])
    assert (found["lost"], found["telegraf_doubled"], found["good"]) == (3, 1, False)


def test_costs_within_are_medians_too() -> None:
    rounds = [a_round(costs={"worker": {"cpu_s": seconds}}) for seconds in (1.0, 5.0, 2.0)]
    assert combined(rounds)["costs"] == {"worker": {"cpu_s": 2.0}}


def test_a_peer_that_ran_in_some_rounds_has_the_median_of_those() -> None:
    found = combined([a_round(telegraf_skipped="no Go"), a_round(telegraf_readings_per_s=7.0)])
    assert (found["telegraf_readings_per_s"], found["telegraf_skipped"]) == (7.0, "no Go")


@given(st.lists(FIGURES, min_size=1, max_size=9))
def test_a_median_lies_within_its_spread(rates: list[float]) -> None:
    found = combined([a_round(readings_per_s=rate) for rate in rates])
    least, most = found["spread"]["readings_per_s"]
    assert least <= found["readings_per_s"] <= most
    assert (least, most) == (min(rates), max(rates))


@given(st.lists(FIGURES, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_the_order_of_rounds_does_not_matter(rates: list[float], drawn: Any) -> None:
    shuffled = drawn.sample(rates, len(rates))
    one, other = (combined([a_round(readings_per_s=rate) for rate in order]) for order in (rates, shuffled))
    assert one["readings_per_s"] == pytest.approx(other["readings_per_s"])
    assert one["spread"] == other["spread"]

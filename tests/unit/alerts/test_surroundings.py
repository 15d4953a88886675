"""Whom a station stands against, and what stands for all of them."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.surroundings import median_without

LAWS = settings(max_examples=200, derandomize=True, deadline=None)
numbers = st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0, 40.0]), min_size=1, max_size=9)


@LAWS
@given(numbers, st.integers(0, 8))
def test_the_median_leaves_the_station_itself_out(values: list[float], place: int) -> None:
    own = values[place % len(values)]
    others = [*values]
    others.remove(own)
    expected = median(others) if others else None
    assert median_without(sorted(values), own, 1) == expected


@LAWS
@given(numbers)
def test_of_a_station_without_a_value_all_others_count(values: list[float]) -> None:
    assert median_without(sorted(values), None, 1) == median(values)


@pytest.mark.parametrize(("least", "found"), [(2, 3.0), (3, None)])
def test_with_too_few_others_there_is_nothing_to_stand_against(least: int, found: float | None) -> None:
    assert median_without([1.0, 2.0, 4.0], 1.0, least) == found

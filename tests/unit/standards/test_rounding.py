"""Rounding, half to even (GB/T 8170) and half up, against `decimal`, the arithmetic that is meant."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.rounding import round_decimal, round_decimals, round_half_up


def by_decimal(text: str, decimals: int, rounding: str = ROUND_HALF_EVEN) -> float:
    return float(Decimal(text).quantize(Decimal(1).scaleb(-decimals), rounding))


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (0.285, 2, 0.28),  # the double lies above the tie
        (1.005, 2, 1.0),  # the double lies below the tie
        (8.345, 2, 8.34),
        (2.5, 0, 2.0),
        (3.5, 0, 4.0),
        (60.5, 0, 60.0),
        (60.6, 0, 61.0),
        (-2.5, 0, -2.0),
        (-3.5, 0, -4.0),
        (2.543, 1, 2.5),
        (2.5000000000000004, 0, 2.0),  # the noise of a mean
        (123456789.125, 2, 123456789.12),
        (1e300, 3, 1e300),
    ],
)
def test_ties_go_to_the_even_digit_of_the_decimal_number(value: float, decimals: int, rounded: float) -> None:
    assert round_decimal(value, decimals) == rounded


@given(
    st.integers(-(10**11), 10**11),
    st.integers(0, 4),
    st.integers(0, 4),
)
@settings(derandomize=True, deadline=None, max_examples=500)
def test_every_short_decimal_rounds_as_decimal_arithmetic_does(digits: int, places: int, decimals: int) -> None:
    text = f"{Decimal(digits).scaleb(-places):f}"
    assert round_decimal(float(text), decimals) == by_decimal(text, decimals)
    assert round_half_up(float(text), decimals) == by_decimal(text, decimals, ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (86.25, 1, 86.3),  # Bulletin 2017
        (81.25, 1, 81.3),
        (66.349999999999994, 1, 66.4),  # the double below the tie 66.35
        (66.35 - 1e-9, 1, 66.3),
        (-18.75, 1, -18.8),
        (-0.04, 1, 0.0),
    ],
)
def test_half_up_takes_a_tie_away_from_zero(value: float, decimals: int, rounded: float) -> None:
    assert round_half_up(value, decimals) == rounded


@given(st.integers(0, 10**9), st.integers(0, 6))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_a_tie_is_one_even_one_step_of_the_double_away(whole: int, decimals: int) -> None:
    text = f"{Decimal(whole).scaleb(-decimals)}"
    tie = f"{Decimal(text) + Decimal(5).scaleb(-decimals - 1)}"
    even, up = by_decimal(tie, decimals), by_decimal(tie, decimals, ROUND_HALF_UP)
    for value in (np.nextafter(float(tie), -np.inf), float(tie), np.nextafter(float(tie), np.inf)):
        assert (round_decimal(value, decimals), round_half_up(value, decimals)) == (even, up)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 9))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_rounding_twice_changes_nothing(value: float, decimals: int) -> None:
    once = round_decimal(value, decimals)
    assert round_decimal(once, decimals) == once


def test_missing_and_infinite_values_stay_as_they_are() -> None:
    rounded = round_decimals([np.nan, np.inf, -np.inf], 1)
    np.testing.assert_array_equal(rounded, [np.nan, np.inf, -np.inf])


def test_an_array_keeps_its_shape_and_its_input() -> None:
    values = np.array([[0.25, 0.35], [-0.25, 0.04]])
    np.testing.assert_array_equal(round_decimals(values, 1), [[0.2, 0.4], [-0.2, 0.0]])
    np.testing.assert_array_equal(round_decimals(values, 1, half_up=True), [[0.3, 0.4], [-0.3, 0.0]])
    assert values[0, 0] == 0.25


def test_no_negative_zero_comes_out() -> None:
    assert not np.signbit(round_decimal(-0.4, 0))


@pytest.mark.parametrize("decimals", [-1, 10])
def test_places_outside_the_supported_ones_are_refused(decimals: int) -> None:
    with pytest.raises(ValueError, match="decimals must be"):
        round_decimals([1.0], decimals)

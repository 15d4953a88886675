"""GB/T 8170 rounding against `decimal`, the arithmetic that the standard means."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.rounding import round_decimal, round_decimals


def by_decimal(text: str, decimals: int) -> float:
    return float(Decimal(text).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN))


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


@given(st.integers(0, 10**9), st.integers(0, 6))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_a_tie_goes_to_the_even_digit_even_one_step_of_the_double_away(whole: int, decimals: int) -> None:
    text = f"{Decimal(whole).scaleb(-decimals)}"
    tie = f"{Decimal(text) + Decimal(5).scaleb(-decimals - 1)}"
    expected = by_decimal(tie, decimals)
    for value in (np.nextafter(float(tie), -np.inf), float(tie), np.nextafter(float(tie), np.inf)):
        assert round_decimal(value, decimals) == expected


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
    assert values[0, 0] == 0.25


def test_no_negative_zero_comes_out() -> None:
    assert not np.signbit(round_decimal(-0.4, 0))


@pytest.mark.parametrize("decimals", [-1, 10])
def test_places_outside_the_supported_ones_are_refused(decimals: int) -> None:
    with pytest.raises(ValueError, match="decimals must be"):
        round_decimals([1.0], decimals)

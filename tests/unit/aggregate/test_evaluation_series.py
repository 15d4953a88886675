"""Running means, percentiles and means of wind: each kernel against plain Python."""

from __future__ import annotations

import math
from fractions import Fraction

import air_reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aggregate.evaluation.percentiles import Floats, percentiles
from aggregate.evaluation.rolling import running_8h, running_24h
from aggregate.evaluation.wind import wind_means

NAN = math.nan

values = st.one_of(st.just(NAN), st.sampled_from([0.0, 1.0, 2.0]), st.floats(-1e6, 1e6), st.integers(0, 50).map(float))
hundredths = st.integers(0, 100).map(lambda percent: Fraction(percent, 100))


def rows(width: int, elements: st.SearchStrategy[float] = values) -> st.SearchStrategy[Floats]:
    shapes = st.tuples(st.integers(0, 3), st.integers(0, width))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=elements, fill=elements))


@given(rows(60), st.integers(1, 8), st.integers(1, 24))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_running_means_are_those_of_the_hours_behind_each(series: Floats, least_8: int, least_24: int) -> None:
    for row, eight, day in zip(series, running_8h(series, least_8), running_24h(series, least_24), strict=True):
        np.testing.assert_array_equal(eight, air_reference.running(row.tolist(), 8, least_8))
        np.testing.assert_array_equal(day, air_reference.running(row.tolist(), 24, least_24))


def test_running_means_keep_the_shape_of_what_they_are_of() -> None:
    assert running_8h(np.zeros((2, 6, 48)), 6).shape == (2, 6, 48)
    assert running_24h(np.zeros(0), 18).shape == (0,)


@pytest.mark.parametrize("least", [0, 25])
def test_a_number_of_hours_that_no_window_has_is_refused(least: int) -> None:
    with pytest.raises(ValueError, match=r"least must be 1 … 24"):
        running_24h(np.zeros(24), least)


@given(rows(40), hundredths)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_percentiles_are_those_of_hj_663(series: Floats, p: Fraction) -> None:
    expected = [air_reference.percentile([v for v in row.tolist() if not math.isnan(v)], p) for row in series]
    np.testing.assert_array_equal(percentiles(series, float(p)), expected)


@pytest.mark.parametrize("n", [1, 2, 30, 361, 366, 2560])
@pytest.mark.parametrize("percent", [0, 50, 90, 95, 98, 100])
def test_percentiles_of_ties_and_of_long_series_are_exact(n: int, percent: int) -> None:
    rng = np.random.default_rng(n)
    series = np.round(rng.gamma(2.0, 30.0, (4, n)))
    series[1], series[2] = np.sort(series[1]), np.sort(series[2])[::-1]
    expected = [air_reference.percentile(row.tolist(), Fraction(percent, 100)) for row in series]
    np.testing.assert_array_equal(percentiles(series, percent / 100), expected)
    np.testing.assert_allclose(percentiles(series, percent / 100), np.percentile(series, percent, axis=1), rtol=1e-12)


def test_the_position_of_a_percentile_is_that_of_the_decimal_number() -> None:
    # 1 + 360 · 0.95 is 343, though 0.95 is no binary number: the value itself, with nothing of the next
    series = np.arange(361.0)
    series[343:] = 1e15
    assert percentiles([series], 0.95).tolist() == [342.0]


def test_a_share_beyond_all_values_is_refused() -> None:
    with pytest.raises(ValueError, match=r"p must be 0 … 1"):
        percentiles([[1.0]], 95)


@given(st.data())
@settings(derandomize=True, deadline=None, max_examples=150)
def test_winds_are_averaged_as_vectors(data: st.DataObject) -> None:
    shape = (data.draw(st.integers(0, 3)), data.draw(st.integers(0, 12)))
    speed = data.draw(arrays(np.float64, shape, elements=st.one_of(st.just(NAN), st.just(0.0), st.floats(0.1, 40))))
    degrees = data.draw(arrays(np.float64, shape, elements=st.one_of(st.just(NAN), st.floats(0, 360))))
    least = data.draw(st.integers(0, 12))
    found = wind_means(speed, degrees, least)
    for row in range(shape[0]):
        both = [(s, math.radians(d)) for s, d in zip(speed[row], degrees[row], strict=True) if s == s and d == d]  # noqa: PLR0124
        assert found.n_valid[row] == len(both)
        if len(both) < max(least, 1):
            assert np.isnan([found.direction[row], found.speed[row], found.resultant[row]]).all()
            continue
        vector = sum(s * complex(math.cos(a), math.sin(a)) for s, a in both) / len(both)
        assert math.isclose(found.speed[row], sum(s for s, _ in both) / len(both), rel_tol=1e-12)
        assert math.isclose(found.resultant[row], abs(vector), rel_tol=1e-9, abs_tol=1e-8)
        assert found.resultant[row] <= found.speed[row]
        if abs(vector) > 1e-3:
            turned = (found.direction[row] - math.degrees(math.atan2(vector.imag, vector.real))) % 360
            assert min(turned, 360 - turned) < 1e-6
            assert 0 <= found.direction[row] < 360


def test_north_lies_between_350_and_10_degrees() -> None:
    found = wind_means([[3.0, 3.0]], [[350.0, 10.0]], 1)
    turned = found.direction[0] % 360
    assert min(turned, 360 - turned) < 1e-9
    assert found.resultant[0] < found.speed[0] == 3.0


def test_in_a_calm_the_directions_count_alike() -> None:
    found = wind_means([[0.0, 0.0]], [[80.0, 100.0]], 1)
    assert (found.speed[0], found.resultant[0]) == (0.0, 0.0)
    assert math.isclose(found.direction[0], 90.0)


def test_winds_from_all_sides_have_no_direction() -> None:
    found = wind_means([[2.0, 2.0, 2.0, 2.0]], [[0.0, 90.0, 180.0, 270.0]], 1)
    assert (found.speed[0], found.resultant[0], math.isnan(found.direction[0])) == (2.0, 0.0, True)

"""Window kernels, each against the rule in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aggregate.statistic import Reason
from aggregate.windows import (
    Columns,
    Floats,
    city_means,
    daily_max_8h,
    day_means,
    day_series,
    eight_hour_windows,
    hour_means,
    rolling_eight_hours,
)
from standards.aqi import AqiReason

NAN = math.nan
HOUR_SECONDS, EIGHT_HOURS, DAY_HOURS, WINDOWS, LIMIT = 2700, 6, 20, 14, 160.0

measured = st.one_of(st.just(NAN), st.integers(0, 9985).map(float), st.floats(0, 2000, allow_nan=False))


def rows(slots: int, elements: st.SearchStrategy[float] = measured) -> st.SearchStrategy[Floats]:
    return st.integers(0, 4).flatmap(lambda n: arrays(np.float64, (n, slots), elements=elements))


def reference_mean(row: Floats, least: int, too_few: Reason) -> tuple[float, int, Reason]:
    present = [float(value) for value in row if not math.isnan(value)]
    if not present:
        return NAN, 0, Reason.NO_VALUES
    if len(present) < least:
        return NAN, len(present), too_few
    total = 0.0
    for value in present:
        total += value
    return total / len(present), len(present), Reason.VALID


def reference_max(row: Floats) -> tuple[float, int, Reason]:
    present = [float(value) for value in row if not math.isnan(value)]
    if not present:
        return NAN, 0, Reason.NO_VALUES
    if len(present) < WINDOWS and max(present) <= LIMIT:
        return NAN, len(present), Reason.TOO_FEW_WINDOWS
    return max(present), len(present), Reason.VALID


def check(columns: Columns, expected: list[tuple[float, int, Reason]]) -> None:
    """The same to the last bit."""
    np.testing.assert_array_equal(columns.value, [value for value, _, _ in expected])
    assert columns.n_valid.tolist() == [count for _, count, _ in expected]
    assert columns.reason.tolist() == [reason for _, _, reason in expected]


def row(slots: int, present: int, value: float = 10.0) -> Floats:
    return np.array([[value] * present + [NAN] * (slots - present)])


@given(st.sampled_from([30, 60, 300, 900, 3600]), st.data())
@settings(derandomize=True, deadline=None, max_examples=100)
def test_hour_means_are_as_table_4_says(period: int, data: st.DataObject) -> None:
    windows = data.draw(rows(3600 // period))
    expected = [reference_mean(w, -(-HOUR_SECONDS // period), Reason.TOO_FEW_MINUTES) for w in windows]
    check(hour_means(windows, period, HOUR_SECONDS), expected)


@given(rows(8))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_eight_hour_means_are_as_table_4_says(windows: Floats) -> None:
    expected = [reference_mean(w, EIGHT_HOURS, Reason.TOO_FEW_HOURS) for w in windows]
    check(rolling_eight_hours(windows, EIGHT_HOURS), expected)


@given(rows(24))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_day_means_are_as_table_4_says(windows: Floats) -> None:
    check(day_means(windows, DAY_HOURS), [reference_mean(w, DAY_HOURS, Reason.TOO_FEW_HOURS) for w in windows])


@given(rows(17, st.one_of(st.just(NAN), st.just(LIMIT), st.floats(0, 400, allow_nan=False))))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_daily_maxima_are_as_hj_663_says(windows: Floats) -> None:
    check(daily_max_8h(windows, WINDOWS, LIMIT), [reference_max(w) for w in windows])


@given(st.integers(1, 12).flatmap(rows))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_city_means_need_their_share_of_stations(windows: Floats) -> None:
    least = math.ceil(Fraction(3, 4) * windows.shape[1])
    check(city_means(windows, 0.75), [reference_mean(w, least, Reason.TOO_FEW_STATIONS) for w in windows])


@pytest.mark.parametrize(
    ("period", "readings", "reason"),
    [
        (60, 45, Reason.VALID),
        (60, 44, Reason.TOO_FEW_MINUTES),
        (30, 90, Reason.VALID),
        (30, 89, Reason.TOO_FEW_MINUTES),
        (300, 9, Reason.VALID),
        (300, 8, Reason.TOO_FEW_MINUTES),
        (1800, 1, Reason.TOO_FEW_MINUTES),
        (3600, 1, Reason.VALID),
        (60, 0, Reason.NO_VALUES),
    ],
)
def test_an_hour_is_valid_with_45_minutes_of_readings(period: int, readings: int, reason: Reason) -> None:
    result = hour_means(row(3600 // period, readings), period, HOUR_SECONDS)
    assert (result.reason[0], result.n_valid[0]) == (reason, readings)
    assert math.isnan(result.value[0]) == (reason is not Reason.VALID)


@pytest.mark.parametrize(("hours", "reason"), [(6, Reason.VALID), (5, Reason.TOO_FEW_HOURS), (0, Reason.NO_VALUES)])
def test_an_8_hour_mean_is_valid_with_6_hours(hours: int, reason: Reason) -> None:
    assert rolling_eight_hours(row(8, hours), EIGHT_HOURS).reason[0] == reason


@pytest.mark.parametrize(("hours", "reason"), [(20, Reason.VALID), (19, Reason.TOO_FEW_HOURS), (0, Reason.NO_VALUES)])
def test_a_day_is_valid_with_20_hours(hours: int, reason: Reason) -> None:
    assert day_means(row(24, hours), DAY_HOURS).reason[0] == reason


@pytest.mark.parametrize(
    ("windows", "value", "reason"),
    [
        (14, 10.0, Reason.VALID),
        (13, 160.0, Reason.TOO_FEW_WINDOWS),
        (13, 160.125, Reason.VALID),
        (1, 161.0, Reason.VALID),
        (0, 0.0, Reason.NO_VALUES),
    ],
)
def test_a_daily_maximum_is_valid_with_14_windows_or_above_the_limit(
    windows: int, value: float, reason: Reason
) -> None:
    assert daily_max_8h(row(17, windows, value), WINDOWS, LIMIT).reason[0] == reason


def test_a_maximum_at_the_limit_is_not_above_it_for_the_noise_of_its_mean() -> None:
    noisy = np.nextafter(LIMIT, np.inf)
    assert daily_max_8h(row(17, 3, noisy), WINDOWS, LIMIT).reason[0] == Reason.TOO_FEW_WINDOWS


@pytest.mark.parametrize(
    ("stations", "present", "reason"),
    [
        (4, 3, Reason.VALID),
        (4, 2, Reason.TOO_FEW_STATIONS),
        (5, 4, Reason.VALID),
        (5, 3, Reason.TOO_FEW_STATIONS),
        (1, 1, Reason.VALID),
        (6, 0, Reason.NO_VALUES),
    ],
)
def test_a_city_is_valid_with_three_quarters_of_its_stations(stations: int, present: int, reason: Reason) -> None:
    assert city_means(row(stations, present), 0.75).reason[0] == reason


def test_a_share_that_binary_cannot_hold_asks_for_no_station_more() -> None:
    assert city_means(row(10, 7), 0.7).reason[0] == Reason.VALID


def test_a_city_without_stations_has_no_values() -> None:
    assert city_means(np.empty((2, 0)), 0.75).reason.tolist() == [Reason.NO_VALUES, Reason.NO_VALUES]


def test_city_means_of_ganzhou_are_the_published_ones() -> None:
    stations = [[9, 9, 7, 8, 8], [41, 40, 42, 36, 37], [17, 23, 22, 21, 23]]
    assert np.rint(city_means(stations, 0.75).value).tolist() == [8, 39, 21]


@given(arrays(np.float64, (5, 24), elements=measured), st.permutations(range(5)))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_a_window_does_not_depend_on_the_windows_beside_it(windows: Floats, order: list[int]) -> None:
    together, apart = day_means(windows, DAY_HOURS), day_means(windows[order], DAY_HOURS)
    np.testing.assert_array_equal(together.value[order], apart.value)
    np.testing.assert_array_equal(together.reason[order], apart.reason)


def test_sums_run_in_slot_order() -> None:
    windows = np.array([[1e16, 1.0, -1e16, 0.0, 0.0, 0.0, 0.0, 0.0], [1e16, -1e16, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    assert rolling_eight_hours(windows, EIGHT_HOURS).value.tolist() == [0.0, 0.125]


@pytest.mark.parametrize(
    "kernel",
    [
        lambda w: rolling_eight_hours(w, EIGHT_HOURS),
        lambda w: day_means(w, DAY_HOURS),
        lambda w: daily_max_8h(w, WINDOWS, LIMIT),
    ],
)
def test_windows_of_a_wrong_length_are_refused(kernel: Callable[[Floats], Columns]) -> None:
    with pytest.raises(ValueError, match="windows must be"):
        kernel(np.zeros((3, 5)))


def test_a_period_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="period_seconds must be positive"):
        hour_means(np.zeros((1, 60)), 0, HOUR_SECONDS)


def series(hours: Floats) -> list[tuple[float, int, Reason]]:
    """Daily maxima by the rule's words: each window that ends at 8 … 24 h of a day, then the largest."""
    days = []
    for start in range(0, hours.size, 24):
        windows = [
            reference_mean(hours[start + end - 8 : start + end], EIGHT_HOURS, Reason.TOO_FEW_HOURS)
            for end in range(8, 25)
        ]
        days.append(reference_max(np.array([value for value, _, _ in windows])))
    return days


@given(st.integers(0, 3).flatmap(lambda days: arrays(np.float64, 24 * days, elements=measured)))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_whole_series_is_as_its_days_one_by_one(hours: Floats) -> None:
    result = day_series(
        hours, minimum_day_hours=DAY_HOURS, minimum_eight_hours=EIGHT_HOURS, minimum_windows=WINDOWS, limit=LIMIT
    )
    days = hours.reshape(-1, 24)
    check(result.mean, [reference_mean(day, DAY_HOURS, Reason.TOO_FEW_HOURS) for day in days])
    check(result.max_8h, series(hours))
    padded = [hours[max(0, end - 8) : end] for end in range(1, hours.size + 1)]
    check(result.eight_hours, [reference_mean(w, EIGHT_HOURS, Reason.TOO_FEW_HOURS) for w in padded])


def test_eight_hour_windows_end_with_their_hour_and_are_empty_before_the_start() -> None:
    windows = eight_hour_windows([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(windows[0], [NAN] * 7 + [1.0])
    np.testing.assert_array_equal(windows[2], [NAN] * 5 + [1.0, 2.0, 3.0])


def test_a_series_of_broken_days_is_refused() -> None:
    with pytest.raises(ValueError, match="whole days"):
        day_series(
            np.zeros(25),
            minimum_day_hours=DAY_HOURS,
            minimum_eight_hours=EIGHT_HOURS,
            minimum_windows=WINDOWS,
            limit=LIMIT,
        )


def test_reasons_of_the_aqi_are_those_of_statistics() -> None:
    assert {reason.name: int(reason) for reason in AqiReason}.items() <= {r.name: int(r) for r in Reason}.items()

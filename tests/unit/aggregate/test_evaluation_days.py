"""Days and hours of many stations: the kernels against plain Python, and bit for bit against those of the stream."""

from __future__ import annotations

import math
from datetime import date, timedelta

import air_reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aggregate.evaluation.days import DayColumns, Floats, evaluate_days
from aggregate.evaluation.hours import evaluate_hours
from aggregate.windows import day_means, day_series, rolling_eight_hours
from standards.aqi import aqi
from standards.editions import Editions, load_editions

NAN = math.nan
ALL = load_editions()
OLD, NEW = ALL.by_id("2012"), ALL.by_id("2026")
BY_DATE = {"2012": date(2015, 2, 5), "2026": date(2026, 3, 1)}
PM25, PM10, SO2, NO2, CO, O3 = range(6)

measured = st.one_of(
    st.just(NAN), st.sampled_from([0.0, 35.0, 50.0, 160.0, 161.0, 801.0]), st.floats(0, 1200), st.integers(0, 300)
)


@st.composite
def stations(draw: st.DrawFn) -> Floats:
    """Hours [o, 6, 24 · d]: some all there, some with gaps, some of one value."""
    shape = (draw(st.integers(0, 2)), 6, 24 * draw(st.integers(0, 3)))
    hours: Floats = draw(arrays(np.float64, shape, elements=measured, fill=st.sampled_from([NAN, 20.0, 170.0])))
    return hours


def one(**hours: Floats | float) -> Floats:
    """A day [1, 6, 24] of these pollutants, all others missing."""
    day = np.full((1, 6, 24), NAN)
    for name, values in hours.items():
        day[0, ("pm25", "pm10", "so2", "no2", "co", "o3").index(name)] = values
    return day


def only(value: float, *, hours: int) -> Floats:
    """A value in the first `hours` of a day."""
    day = np.full(24, NAN)
    day[:hours] = value
    return day


@given(stations(), st.sampled_from(list(BY_DATE)))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_every_day_is_as_the_regulations_say_in_plain_words(hours: Floats, edition: str) -> None:
    days = evaluate_days(hours, BY_DATE[edition], ALL)
    for row in range(hours.shape[0]):
        for number in range(hours.shape[2] // 24):
            expected = air_reference.day(hours[row, :, number * 24 : number * 24 + 24], ALL.by_id(edition))
            np.testing.assert_array_equal(days.values[row, :, number], expected.values)
            assert days.n_valid[row, :, number].tolist() == expected.n_valid
            np.testing.assert_array_equal(days.o3_1h_max[row, number], expected.o3_1h_max)
            np.testing.assert_array_equal(days.aqi[row, number], expected.aqi)
            found = days.level[row, number], days.primary[row, number], days.valid[row, number]
            assert found == (expected.level, expected.primary, expected.valid)


@given(stations())
@settings(derandomize=True, deadline=None, max_examples=100)
def test_days_are_bit_for_bit_those_of_the_stream(hours: Floats) -> None:
    days = evaluate_days(hours, date(2015, 2, 5), ALL)
    rule = OLD.validity
    for row in range(hours.shape[0]):
        for factor in range(5):
            expected = day_means(hours[row, factor].reshape(-1, 24), rule.day_hours)
            np.testing.assert_array_equal(days.values[row, factor], expected.value)
            np.testing.assert_array_equal(days.n_valid[row, factor], expected.n_valid)
        ozone = day_series(
            hours[row, O3],
            minimum_day_hours=rule.day_hours,
            minimum_eight_hours=rule.eight_hours,
            minimum_windows=rule.day_windows,
            limit=rule.windows_excused_above,
        )
        np.testing.assert_array_equal(days.values[row, O3], ozone.max_8h.value)
        np.testing.assert_array_equal(days.n_valid[row, O3], ozone.max_8h.n_valid)
        found = evaluate_hours(hours, date(2015, 2, 5), ALL).o3_8h[row]
        np.testing.assert_array_equal(found, ozone.eight_hours.value)


@given(stations(), st.sampled_from(list(BY_DATE)))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_every_hour_has_the_index_of_its_six_means(hours: Floats, edition: str) -> None:
    found = evaluate_hours(hours, BY_DATE[edition], ALL)
    for row in range(hours.shape[0]):
        expected = aqi(hours[row].T, ALL.by_id(edition).hourly)
        np.testing.assert_array_equal(found.iaqi[row].T, expected.iaqi)
        np.testing.assert_array_equal(found.aqi[row], expected.aqi)
        np.testing.assert_array_equal(found.primary[row], expected.primary)
        levels = [level.number if (level := ALL.by_id(edition).level(value)) else 0 for value in expected.aqi]
        assert found.level[row].tolist() == levels


def test_noise_of_a_mean_at_the_limit_does_not_excuse_missing_windows() -> None:
    noisy = np.nextafter(160.0, np.inf)
    days = evaluate_days(one(o3=only(noisy, hours=10)), date(2015, 2, 5), ALL)
    assert (days.n_valid[0, O3, 0], math.isnan(days.values[0, O3, 0])) == (5, True)


def test_few_windows_above_the_limit_make_the_ozone_day() -> None:
    days = evaluate_days(one(o3=only(161.0, hours=10)), date(2015, 2, 5), ALL)
    assert (days.values[0, O3, 0], days.valid[0, 0]) == (161.0, True)


@pytest.mark.parametrize(("hours", "expected"), [(19, NAN), (20, 180.0)])
def test_the_largest_hour_of_ozone_needs_twenty(hours: int, expected: float) -> None:
    days = evaluate_days(one(o3=only(180.0, hours=hours)), date(2015, 2, 5), ALL)
    np.testing.assert_array_equal(days.o3_1h_max, [[expected]])


def test_three_hours_of_ozone_make_no_day() -> None:
    days = evaluate_days(one(o3=only(180.0, hours=3)), date(2015, 2, 5), ALL)
    assert np.isnan(days.aqi[0, 0])
    assert not days.valid[0, 0]


def test_ozone_that_is_primary_by_8_hours_and_by_1_hour_is_named_once() -> None:
    hours = np.concatenate([np.full(8, 100.0), np.full(16, 215.0)])
    hours[20] = 300.0
    days = evaluate_days(one(o3=hours), date(2015, 2, 5), ALL)
    assert days.primary[0, 0] == 1 << O3


@pytest.mark.parametrize(("pm25", "expected", "valid"), [(60.0, NAN, False), (61.0, 101.0, True)])
def test_an_incomplete_day_of_2026_has_an_aqi_only_above_100(pm25: float, expected: float, valid: bool) -> None:
    days = evaluate_days(one(pm25=pm25, pm10=20.0, so2=3.0, no2=20.0, co=0.5), date(2026, 3, 1), ALL)
    np.testing.assert_array_equal(days.aqi, [[expected]])
    assert days.valid[0, 0] == valid


def test_each_day_is_judged_by_the_edition_of_its_own_date() -> None:
    hours = np.tile(one(pm25=74.5, pm10=80.5, so2=42.0, no2=61.0, co=1.5, o3=36.0), (1, 1, 3))
    days = evaluate_days(hours, date(2026, 2, 27), ALL)
    # by 2012 PM2.5 74.5 gives 100, by 2026 it is rounded to 74 and gives 113
    assert days.aqi[0].tolist() == [100, 100, 113]
    assert evaluate_days(hours, date(2026, 2, 27), Editions((OLD,))).aqi[0].tolist() == [100, 100, 100]
    assert evaluate_days(hours, date(2026, 2, 27), Editions((NEW,))).aqi[0].tolist() == [113, 113, 113]
    hourly = evaluate_hours(hours, date(2026, 2, 27), ALL).aqi[0]
    assert [hourly[0], hourly[47], hourly[48]] == [100, 100, 113]


def test_a_run_of_days_does_not_depend_on_where_editions_change() -> None:
    rng = np.random.default_rng(6)
    hours = rng.gamma(2.0, 40.0, (3, 6, 24 * 6))
    hours[rng.random(hours.shape) < 0.1] = NAN
    together = evaluate_days(hours, date(2026, 2, 26), ALL)
    for number in range(6):
        alone = evaluate_days(hours[:, :, number * 24 : number * 24 + 24], date(2026, 2, 26) + timedelta(number), ALL)
        for name in DayColumns._fields[1:]:
            np.testing.assert_array_equal(getattr(together, name)[..., number], getattr(alone, name)[..., 0])


def test_an_eight_hour_mean_reaches_across_midnight() -> None:
    hours = np.full((1, 6, 48), NAN)
    hours[0, O3] = np.arange(48.0)
    found = evaluate_hours(hours, date(2015, 2, 5), ALL).o3_8h[0]
    np.testing.assert_array_equal(found[:6], [NAN, NAN, NAN, NAN, NAN, 2.5])
    assert found[26] == np.arange(19, 27).mean()
    assert found[26] == rolling_eight_hours([np.arange(19.0, 27.0)], 6).value[0]


@pytest.mark.parametrize("shape", [(1, 6, 25), (1, 5, 24), (6, 24)])
def test_hours_that_are_no_whole_days_of_six_pollutants_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="hours must be"):
        evaluate_days(np.zeros(shape), date(2015, 2, 5), ALL)

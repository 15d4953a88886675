"""A period's figures: of objects with days of their own, and of the mean of several."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from region_figures import CLEAN, EDITIONS, NAN, NEW, OLD, days_of, six
from reports import registry, station

from aggregate.evaluation.periods import evaluate_periods
from aggregate.evaluation.spans import Span
from aggregate.regions.figures import evaluate, joined, mean_of, nothing, principal, taken
from aggregate.regions.means import mean_days
from aggregate.regions.places import places_of
from aggregate.regions.verdict import rounded
from core.clock import midnight
from standards.editions import HOURLY_FACTORS

YEAR = Span("2017", date(2017, 1, 1), date(2018, 1, 1))


def test_figures_of_a_period_are_those_of_months_and_years() -> None:
    dice = np.random.default_rng(1)
    values = dice.uniform(1, 200, (3, 365, 6)).round(1)
    values[dice.random(values.shape) < 0.1] = NAN
    days = days_of(YEAR.first, values)
    found, periods = evaluate(days, YEAR, EDITIONS), evaluate_periods(days, [YEAR], EDITIONS)
    np.testing.assert_array_equal(found.mean[:, :4], periods.mean[:, :4, 0])
    assert np.isnan(found.mean[:, 4:]).all()
    np.testing.assert_array_equal(found.percentile, periods.percentile[:, :, 0])
    np.testing.assert_array_equal(found.composite, periods.composite[:, 0])
    np.testing.assert_array_equal(found.days_attained, periods.days_attained[:, 0])
    np.testing.assert_array_equal(found.days_level, periods.days_level[:, :, 0])
    np.testing.assert_array_equal(found.valid, periods.valid[:, :, 0])


def test_the_six_statistics_are_means_but_percentiles_of_co_and_o3() -> None:
    figures = evaluate(days_of(YEAR.first, [[CLEAN] * 365]), YEAR, EDITIONS)
    assert principal(figures, OLD).tolist() == [list(CLEAN)]


def test_days_that_exceed_though_a_pollutant_is_missing_are_told() -> None:
    """A day with PM2.5 of 100 alone has an AQI above 100; one of 20 alone has none by the edition of 2026."""
    march = Span("2026-03", date(2026, 3, 1), date(2026, 4, 1))
    dirty, alone = (100.0, NAN, NAN, NAN, NAN, NAN), (20.0, NAN, NAN, NAN, NAN, NAN)
    whole = (100.0, *CLEAN[1:])
    figures = evaluate(days_of(march.first, [[dirty, alone, whole] + [CLEAN] * 28]), march, EDITIONS)
    assert (figures.days_incomplete[0], figures.days_valid[0], figures.days_attained[0]) == (1, 30, 28)


def test_who_has_no_day_has_no_figures() -> None:
    figures = evaluate(days_of(YEAR.first, np.full((1, 365, 6), NAN)), YEAR, EDITIONS)
    for column, empty in zip(figures, nothing(1), strict=True):
        np.testing.assert_array_equal(column, empty)


def test_a_mean_of_members_has_the_means_of_all_figures() -> None:
    members = six(
        [(30, 60, 10, 20, 1.0, 100), (40, 80, 20, 40, 2.0, 160)],
        days_valid=np.array([350.0, 351.0]), days_attained=np.array([200.0, 301.0]), days_heavy=np.array([0.0, 35.0]),
        single=np.array([[0.86, 0.86, 0.17, 0.5, 0.25, 0.62], [1.14, 1.14, 0.33, 1.0, 0.5, 1.0]]),
        composite=np.array([3.26, 5.11]), largest=np.array([3, 3], dtype=np.uint8),
    )  # fmt: skip
    found = mean_of(members, OLD)
    assert principal(found, OLD).tolist() == [[35.0, 70.0, 15.0, 30.0, 1.5, 130.0]]
    assert (found.days_valid[0], found.days_attained[0], found.days_heavy[0]) == (350.5, 250.5, 17.5)
    assert found.composite[0] == 4.18  # 4.185, half to even
    assert found.largest[0] == 0b11
    assert found.members[0] == 2
    assert found.valid.all()


def test_members_without_days_are_left_out_and_make_it_invalid() -> None:
    members = joined([six([CLEAN], composite=np.array([2.0])), nothing(1)])
    found = mean_of(members, OLD)
    assert principal(found, OLD).tolist() == [list(CLEAN)]
    assert (found.members[0], found.composite[0]) == (1, 2.0)
    assert not found.valid.any()


def test_a_mean_of_members_without_any_day_is_nothing() -> None:
    assert mean_of(nothing(3), OLD).members.tolist() == [0]
    assert np.isnan(mean_of(nothing(3), OLD).composite).all()


def test_figures_are_taken_and_joined_in_order() -> None:
    both = six([CLEAN, [2 * value for value in CLEAN]])
    assert taken(both, [1, 0]).percentile.tolist() == both.percentile[::-1].tolist()
    assert joined([]).members.size == 0


def test_ganzhou_in_april_2022_is_the_mean_of_its_five_stations_without_the_control_point() -> None:
    """Published: SO2 8, PM10 39, PM2.5 21; the stations' own figures are rounded, NO2 does not come out (22.4, 23)."""
    april = Span("2022-04", date(2022, 4, 1), date(2022, 5, 1))
    so2, pm10, pm25 = (9, 9, 7, 8, 8, 3), (41, 40, 42, 36, 37, 9), (17, 23, 22, 21, 23, 5)
    town = {"city": "赣州市", "region": "360700", "valid_from": float(midnight(april.first - timedelta(days=9)))}
    stations = [station(f"s{n}", n, **town) for n in range(1, 6)]
    stations.append(station("s6 通天岩", 6, control_point=True, **town))
    members = places_of(registry(*stations), april, EDITIONS).cities["city:赣州市"]
    of_stations = [[(pm25[n], pm10[n], so2[n], 20.0, 0.8, 161.0)] * 30 for n in range(len(members.stations))]
    assert members.stations == ("s1", "s2", "s3", "s4", "s5")
    city = mean_days(days_of(april.first, of_stations), members.counts, np.zeros((5, 2, 30), dtype=np.bool_), EDITIONS)
    shown = rounded(evaluate(city, april, EDITIONS).mean, OLD)[0]
    assert dict(zip(HOURLY_FACTORS, shown[:3], strict=False)) == {"a34004": 21, "a34002": 39, "a21026": 8}


@pytest.mark.parametrize("edition", [OLD, NEW])
def test_the_mean_index_is_the_weighted_sum_of_the_mean_single_indices(edition: object) -> None:
    chosen = OLD if edition is OLD else NEW
    year = YEAR if chosen is OLD else Span("2027", date(2027, 1, 1), date(2028, 1, 1))
    dice = np.random.default_rng(2)
    members = evaluate(days_of(year.first, dice.uniform(1, 150, (4, 365, 6))), year, EDITIONS)
    found = mean_of(members, chosen)
    summed = float(np.mean(members.single, axis=0) @ chosen.composite.weights)
    assert found.composite[0] == pytest.approx(summed, abs=0.5 * 10**-chosen.composite.total_decimals + 1e-9)

"""Hours judged under two editions: days of stations and of cities, and where they differ."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from region_figures import EDITIONS, NEW, OLD
from reports import registry, station

from aggregate.evaluation.days import evaluate_days
from aggregate.evaluation.spans import Span
from aggregate.regions.level import Level
from aggregate.regions.means import mean_days, rows
from aggregate.regions.places import Places, Region, places_of
from aggregate.whatif.compare import Side, differing, side_of, sides_joined
from standards.editions import Edition, Editions

FIRST, DAYS = date(2020, 3, 1), 12
SPAN = Span("2020-03-01..2020-03-12", FIRST, FIRST + timedelta(days=DAYS))
STATIONS = ["s1", "s2", "s3", "s4"]


def hours(seed: int = 1) -> np.ndarray[tuple[int, int, int], np.dtype[np.float64]]:
    dice = np.random.default_rng(seed)
    scale = np.array([70.0, 120.0, 30.0, 60.0, 1.2, 110.0])[None, :, None]
    found = dice.uniform(0.3, 1.7, (len(STATIONS), 6, DAYS * 24)).round(2) * scale
    found[dice.random(found.shape) < 0.03] = np.nan
    return np.asarray(found)


def places(edition: Edition | None = None) -> Places:
    """Two cities of two stations; the last station is a control point."""
    of = [station(name, n, city="甲市" if n < 2 else "乙市", control_point=n == 3) for n, name in enumerate(STATIONS)]
    return places_of(registry(*of), SPAN, EDITIONS if edition is None else Editions((edition,)))


CALM = np.zeros((len(STATIONS), 2, DAYS * 24), dtype=np.bool_)
"""No hour lies in sand-dust."""


def side(level: Level, edition: Edition) -> Side:
    where = places(edition)
    return side_of(hours(), CALM, STATIONS, where.all(level), where, Editions((edition,)))


@pytest.mark.parametrize("edition", [OLD, NEW])
def test_stations_have_the_days_of_their_hours(edition: Edition) -> None:
    expected = evaluate_days(hours(), FIRST, Editions((edition,)))
    for found, column in zip(side(Level.STATION, edition).days[1:], expected[1:], strict=True):
        np.testing.assert_array_equal(found, column)


@pytest.mark.parametrize("edition", [OLD, NEW])
def test_cities_have_the_mean_of_their_stations_days_without_control_points(edition: Edition) -> None:
    of_stations = evaluate_days(hours(), FIRST, Editions((edition,)))
    found = side(Level.CITY, edition).days  # 乙市 before 甲市
    for row, members in enumerate(([2], [0, 1])):
        counts = np.ones((len(members), DAYS), dtype=np.bool_)
        calm = np.zeros((len(members), 2, DAYS), dtype=np.bool_)
        expected = mean_days(rows(of_stations, members), counts, calm, Editions((edition,)))
        np.testing.assert_array_equal(found.aqi[row], expected.aqi[0])
        np.testing.assert_array_equal(found.values[row], expected.values[0])


@pytest.mark.parametrize("edition", [OLD, NEW])
@pytest.mark.parametrize("level", [Level.STATION, Level.CITY])
def test_days_that_sand_dust_leaves_without_particulates_have_no_aqi_under_any_edition(
    level: Level, edition: Edition
) -> None:
    """Five hours of the third day lie in it, and leave nineteen; two of the fifth, which stands."""
    of_hours, left_out, where = hours(), CALM.copy(), places(edition)
    of_hours[:, :, 48:120] = 300.0
    for dusty in (slice(48, 53), slice(96, 98)):
        left_out[:, :, dusty] = True
        of_hours[:, :2, dusty] = np.nan
    days = side_of(of_hours, left_out, STATIONS, where.all(level), where, Editions((edition,))).days
    assert not days.valid[:, 2].any()
    assert not np.isnan(days.values[:, 2:, 2]).any()
    assert days.valid[:, 3:5].all()


def test_days_differ_where_the_aqi_or_the_primary_pollutants_do() -> None:
    own, other = side(Level.CITY, OLD), side(Level.CITY, NEW)
    found = differing(own.days, other.days)
    expected = [
        [repr((a, p)) != repr((b, q)) for a, p, b, q in zip(*row, strict=True)]
        for row in zip(own.days.aqi, own.days.primary, other.days.aqi, other.days.primary, strict=True)
    ]
    assert found.tolist() == expected
    assert found.any()
    assert not differing(own.days, own.days).any()


def test_a_day_with_the_same_aqi_of_other_pollutants_differs() -> None:
    own = side(Level.CITY, OLD).days
    primary = own.primary.copy()
    primary[1, 3] ^= 1
    assert np.argwhere(differing(own, own._replace(primary=primary))).tolist() == [[1, 3]]


def test_a_day_without_aqi_under_both_does_not_differ() -> None:
    own = side(Level.STATION, OLD).days
    empty = own._replace(aqi=np.full_like(own.aqi, np.nan), primary=np.zeros_like(own.primary))
    assert not differing(empty, empty).any()
    assert differing(empty, own).tolist() == (~np.isnan(own.aqi)).tolist()


def test_a_region_that_nobody_counts_for_under_an_edition_has_no_days() -> None:
    found = side_of(hours(), CALM, STATIONS, [Region("city:丙市", "丙市")], places(), EDITIONS)
    assert not found.days.valid.any()
    assert found.figures.members.tolist() == [0]


def test_sides_are_joined_one_below_the_other() -> None:
    both = side(Level.CITY, OLD)
    where = places(OLD)
    parts = [side_of(hours(), CALM, STATIONS, [region], where, Editions((OLD,))) for region in where.all(Level.CITY)]
    joined = sides_joined(parts)
    np.testing.assert_array_equal(joined.days.aqi, both.days.aqi)
    np.testing.assert_array_equal(joined.figures.composite, both.figures.composite)

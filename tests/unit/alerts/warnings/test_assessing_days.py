"""Which level a sequence of days meets: thresholds below, at and above; days apart, unknown and in any order."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from episode_days import FIRST, OZONE, SAND, days
from hypothesis import given
from hypothesis import strategies as st

from alerts.warnings.assess import Why, assess
from alerts.warnings.days import Day, Kind, Origin
from alerts.warnings.scheme import Level, Scheme, load_schemes

SCHEMES = list(load_schemes())
UNIFIED, Y2017, Y2024 = (load_schemes().get(name) for name in ("2018", "2017", "2024"))

aqi = st.integers(min_value=0, max_value=500).map(float)
series = st.lists(st.one_of(aqi, st.none()), min_size=1, max_size=14)
any_scheme = st.sampled_from(SCHEMES)


def level(scheme: Scheme, *values: float | tuple[float, str] | None) -> Level | None:
    return assess(scheme, days(*values)).level


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((201,), None),
        ((200, 200), None),
        ((201, 200), None),
        ((201, 201), Level.YELLOW),
        ((201, 201, 200), Level.YELLOW),
        ((201, 201, 201), Level.ORANGE),
        ((499,), None),
        ((500,), Level.RED),
        ((301, 301, 301), Level.ORANGE),
        ((301, 301, 201, 200), Level.ORANGE),
        ((301, 301, 201, 201), Level.RED),
        ((301, 300, 201, 201), Level.ORANGE),
        ((301, 300, 301, 201), Level.ORANGE),
        ((201, 201, 301, 301), Level.RED),
    ],
)
def test_the_unified_scheme_of_2018(values: tuple[float, ...], expected: Level | None) -> None:
    assert level(UNIFIED, *values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((200,), None),
        ((201,), Level.BLUE),
        ((201, 201), Level.YELLOW),
        ((201, 201, 201), Level.YELLOW),
        ((201, 300, 201), Level.YELLOW),
        ((201, 301, 201), Level.ORANGE),
        ((301, 301, 201, 201), Level.RED),
        ((500,), Level.RED),
    ],
)
def test_the_scheme_of_2017_with_blue(values: tuple[float, ...], expected: Level | None) -> None:
    assert level(Y2017, *values) == expected


@pytest.mark.parametrize(
    ("values", "expected", "control"),
    [
        ((150,), None, False),
        ((151,), None, True),
        ((101, 100), None, False),
        ((101, 101), None, True),
        ((151, 151), Level.YELLOW, False),
        ((200,), None, True),
        ((201,), Level.YELLOW, False),
        ((201, 201), Level.ORANGE, False),
        ((151, 151, 151), Level.ORANGE, False),
        ((201, 300, 201), Level.ORANGE, False),
        ((201, 301, 201), Level.RED, False),
        ((500,), Level.YELLOW, False),
    ],
)
def test_the_scheme_of_2024_with_its_lower_tier(
    values: tuple[float, ...], expected: Level | None, control: bool
) -> None:
    found = assess(Y2024, days(*values))
    assert (found.level, found.lower_tier is not None) == (expected, control)


def test_the_condition_and_its_days_are_named() -> None:
    found = assess(UNIFIED, days(90, 250, 320, 310, 240, 80))
    assert found.why is Why.CONDITION_MET
    assert found.met is not None
    assert (found.met.level, found.met.number) == (Level.RED, 1)
    assert found.met.condition == "AQI>200 持续 96 h 以上 且 AQI>300 持续 48 h 以上"
    assert found.met.days == tuple(FIRST + timedelta(days=number) for number in (1, 2, 3, 4))
    assert found.met.hot == found.met.days[1:3]


def test_one_day_below_does_not_part_two_episodes_but_two_days_do() -> None:
    assert level(UNIFIED, 250, 250, 150, 250) is Level.ORANGE
    assert level(UNIFIED, 250, 250, 150, 150, 250) is Level.YELLOW


def test_how_close_episodes_merge_is_a_setting_of_the_scheme() -> None:
    apart = UNIFIED.model_copy(update={"merge_hours": UNIFIED.merge_hours.model_copy(update={"value": 24})})
    wider = UNIFIED.model_copy(update={"merge_hours": UNIFIED.merge_hours.model_copy(update={"value": 49})})
    assert level(apart, 250, 250, 150, 250) is Level.YELLOW
    assert level(wider, 250, 250, 150, 150, 250) is Level.ORANGE


def test_days_of_ozone_alone_are_an_episode_of_their_own_and_no_warning() -> None:
    found = assess(UNIFIED, days((250, OZONE), (260, OZONE), 90))
    assert (found.level, found.why) == (None, Why.OZONE_APART)
    assert [(one.kind, one.met.level) for one in found.apart] == [(Kind.OZONE, Level.YELLOW)]


def test_a_day_of_ozone_and_particulates_is_one_of_particulates() -> None:
    both = Day(FIRST, 250, primary=frozenset({"o3", "pm25"}))
    assert both.kind is Kind.PARTICULATE


def test_sand_dust_is_apart_and_does_not_lengthen_an_episode_of_particulates() -> None:
    found = assess(UNIFIED, days(250, 260, (500, SAND), (450, SAND), 250))
    assert found.level is Level.YELLOW
    assert [(one.kind, one.met.level) for one in found.apart] == [(Kind.DUST, Level.RED)]
    assert assess(UNIFIED, days((500, SAND))).why is Why.DUST_APART


def test_unknown_days_meet_nothing_and_the_assessment_says_what_they_could_have_been() -> None:
    found = assess(UNIFIED, days(250, None, None, 180))
    assert (found.level, found.why, found.could_be) == (None, Why.UNKNOWN_DAYS, Level.RED)
    assert assess(UNIFIED, days(None, None)).why is Why.NO_DAYS
    assert assess(UNIFIED, ()).why is Why.NO_DAYS
    assert assess(UNIFIED, days(90, 180)).why is Why.BELOW


def test_an_observed_day_goes_before_a_forecast_of_it() -> None:
    told = (*days(250, 250), *days(90, 90, origin=Origin.FORECAST))
    assert assess(UNIFIED, told).level is Level.YELLOW
    unknown = (*days(None, 250), *days(250, 90, origin=Origin.FORECAST))
    assert assess(UNIFIED, unknown).level is Level.YELLOW


def test_two_days_of_one_date_that_differ_are_an_error() -> None:
    with pytest.raises(ValueError, match="two observed days of 2026-12-01 differ: 250 and 90"):
        assess(UNIFIED, (*days(250), *days(90)))


@pytest.mark.parametrize("value", [float("nan"), -1.0, float("inf")])
def test_what_is_no_aqi_is_no_day(value: float) -> None:
    with pytest.raises(ValueError, match="2026-12-01 has no AQI of 0 or more"):
        Day(FIRST, value)


@given(any_scheme, series, st.data())
def test_a_higher_series_never_gives_a_lower_level(
    scheme: Scheme, values: list[float | None], data: st.DataObject
) -> None:
    higher = [None if value is None else data.draw(st.integers(int(value), 500).map(float)) for value in values]
    lower, upper = level(scheme, *values), level(scheme, *higher)
    assert lower is None or (upper is not None and upper.rank >= lower.rank)


@given(any_scheme, series, st.randoms())
def test_the_order_in_which_days_are_given_does_not_matter(
    scheme: Scheme,
    values: list[float | None],
    random: Random,
) -> None:
    shuffled = list(days(*values))
    random.shuffle(shuffled)
    assert assess(scheme, shuffled) == assess(scheme, days(*values))


@given(any_scheme, series, st.data())
def test_a_day_that_becomes_known_never_goes_beyond_what_it_could_have_been(
    scheme: Scheme, values: list[float | None], data: st.DataObject
) -> None:
    known = [data.draw(aqi) if value is None else value for value in values]
    could, found = assess(scheme, days(*values)).could_be, level(scheme, *known)
    assert found is None or (could is not None and found.rank <= could.rank)

"""Periods as a person writes them: which days they have, the same a year before, and what of them is over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.evaluation.spans import Span
from aggregate.regions.period import Heating, a_year_before, is_season, parse_period, so_far
from aggregate.regions.settings import RegionSettings
from core.errors import InputError, SettingsError

HEATING = Heating("11-15", "03-15")


def parsed(text: str) -> Span:
    return parse_period(text, HEATING)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2016", date(2016, 1, 1), date(2016, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2016-12", date(2016, 12, 1), date(2016, 12, 31)),
        ("2016-Q1", date(2016, 1, 1), date(2016, 3, 31)),
        ("2016-Q4", date(2016, 10, 1), date(2016, 12, 31)),
        ("2016-05-09", date(2016, 5, 9), date(2016, 5, 9)),
        ("2016-01..2016-05", date(2016, 1, 1), date(2016, 5, 31)),
        ("2016-11-15..2017-03-15", date(2016, 11, 15), date(2017, 3, 15)),
        ("2013..2015", date(2013, 1, 1), date(2015, 12, 31)),
        ("2016..2017-Q1", date(2016, 1, 1), date(2017, 3, 31)),
        ("heating-2016", date(2016, 11, 15), date(2017, 3, 15)),
    ],
)
def test_a_period_has_the_days_from_its_first_to_its_last(text: str, first: date, last: date) -> None:
    span = parsed(text)
    assert (span.label, span.first, span.last) == (text, first, last)


@pytest.mark.parametrize(
    "text",
    ["", "16", "2016-13", "2016-Q5", "2016-00", "2016-02-30", "20160101", "2016-W01-1", "0016", "2016..", "x..2016"],
)
def test_what_is_no_period_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(InputError, match=r"PERIOD: is no period .*heating-2016") as error:
        parsed(text)
    assert error.value.value == text


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="ends before it begins"):
        parsed("2016-05..2016-01")


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2017", "2016"),
        ("2017-02", "2016-02"),
        ("2016-02", "2015-02"),
        ("2016-Q1", "2015-Q1"),
        ("2016-01..2017-02", "2015-01..2016-02"),
        ("heating-2016", "heating-2015"),
        ("2016-11-15..2017-03-15", "2015-11-15..2016-03-15"),
        ("2016-02-28", "2015-02-28"),
        ("2015-02-28..2016-02-29", "2014-02-28..2015-02-28"),
        ("2016-02-01..2016-02-28", "2015-02-01..2015-02-28"),
        ("2016-02-29", "2015-02-28"),
        ("2016-02-29..2016-03-05", "2015-02-28..2015-03-05"),
    ],
)
def test_a_year_before_are_the_same_days_by_the_calendar(text: str, before: str) -> None:
    assert a_year_before(parsed(text)) == parsed(before)


@given(st.integers(1971, 2199), st.integers(1, 12), st.integers(0, 12))
@settings(derandomize=True)
def test_months_are_whole_months_a_year_before(year: int, month: int, more: int) -> None:
    years, after = divmod(month - 1 + more, 12)
    texts = (f"{of}-{month:02}..{of + years}-{after + 1:02}" for of in (year, year - 1))
    if year + years <= 2199:
        assert a_year_before(parsed(next(texts))) == parsed(next(texts))


@given(st.dates(date(1971, 1, 1), date(2198, 1, 1)), st.integers(1, 800), st.integers(1, 800))
@settings(derandomize=True)
def test_a_year_before_has_days_and_those_of_a_part_are_part_of_it(first: date, days: int, more: int) -> None:
    whole = Span(f"{first}..", first, first + timedelta(days=days + more))
    part = whole._replace(end=first + timedelta(days=days))
    before, of_part = a_year_before(whole), a_year_before(part)
    assert before.first == of_part.first < of_part.end <= before.end


def test_of_a_running_period_only_the_days_that_are_over_are_there() -> None:
    span = so_far(parsed("2016"), date(2016, 3, 5))
    assert (span.label, span.first, span.last) == ("2016", date(2016, 1, 1), date(2016, 3, 4))
    assert so_far(parsed("2015"), date(2016, 3, 5)) == parsed("2015")


@pytest.mark.parametrize("today", [date(2016, 1, 1), date(2015, 6, 1)])
def test_a_period_without_a_day_that_is_over_is_refused(today: date) -> None:
    with pytest.raises(InputError, match=f"the last whole day is {today - timedelta(days=1)}"):
        so_far(parsed("2016"), today)


def test_a_season_is_told_from_other_periods() -> None:
    assert is_season(parsed("heating-2016"))
    assert not is_season(parsed("2016-11-15..2017-03-15"))


def test_the_heating_season_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RegionSettings.load().heating_last == "03-15"
    monkeypatch.setenv("LANTIAN_REGIONS_HEATING_LAST", "03-31")
    own = RegionSettings.load()
    assert parse_period("heating-2016", Heating(own.heating_first, own.heating_last)).last == date(2017, 3, 31)


@pytest.mark.parametrize("wrong", ["15-11", "1115", "02-29", "November"])
def test_a_season_begins_with_a_day_of_every_year(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTIAN_REGIONS_HEATING_FIRST", wrong)
    with pytest.raises(SettingsError, match="must be a day as MM-DD"):
        RegionSettings.load()

"""Months, quarters, years and other spans from days: against plain Python, and the rules one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import air_reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.evaluation.days import DayColumns, evaluate_days
from aggregate.evaluation.periods import PeriodColumns, Span, calendar_spans, evaluate_periods
from standards.composite import composite
from standards.editions import HOURLY_FACTORS, Editions, load_editions

NAN = math.nan
ALL = load_editions()
OLD, NEW = ALL.by_id("2012"), ALL.by_id("2026")
PM25, PM10, SO2, NO2, CO, O3 = range(6)


def columns(first: date, values: Sequence[Sequence[float]], aqi: Sequence[float] | None = None) -> DayColumns:
    """Days of one station from values [6][d] and AQI [d]; without AQI the days have none."""
    array = np.array([values], dtype=np.float64)
    indices = np.full((1, array.shape[2]), NAN) if aqi is None else np.array([aqi], dtype=np.float64)
    there = ~np.isnan(indices)
    levels = [[level.number if (level := OLD.level(value)) else 0 for value in indices[0]]]
    return DayColumns(
        first,
        array,
        np.zeros(array.shape, dtype=np.int32),
        np.full(indices.shape, NAN),
        indices,
        np.array(levels, dtype=np.uint8),
        np.zeros(indices.shape, dtype=np.uint8),
        there,
    )


def whole(first: date, end: date, absent: Sequence[date] = ()) -> DayColumns:
    """Days of 10 of everything but for those that are absent."""
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    row = [NAN if day in absent else 10.0 for day in days]
    return columns(first, [row] * 6, [NAN if day in absent else 50.0 for day in days])


def first_days(year: int, month: int, number: int) -> list[date]:
    return [date(year, month, day) for day in range(1, number + 1)]


def valid(days: DayColumns, span: Span, editions: Editions = ALL) -> bool:
    found = evaluate_periods(days, [span], editions).valid[0, :, 0]
    assert found.all() == found.any()
    return bool(found[0])


def month(year: int, number: int) -> Span:
    return next(span for span in calendar_spans(date(year, number, 1), date(year, number, 2)))


daily = st.one_of(st.just(NAN), st.sampled_from([20.0, 35.0, 160.0]), st.floats(0, 400))
indices = st.one_of(st.just(NAN), st.sampled_from([0.0, 50.0, 51.0, 100.0, 101.0, 200.0, 201.0, 300.0, 301.0, 500.0]))
starts = st.dates(date(2015, 11, 1), date(2016, 4, 1)) | st.dates(date(2025, 12, 1), date(2026, 3, 2))


@st.composite
def days_and_spans(draw: st.DrawFn) -> tuple[DayColumns, list[Span]]:
    first, number = draw(starts), draw(st.integers(0, 70))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    pool = np.array(draw(st.lists(daily, min_size=1, max_size=30)))
    of_aqi = np.array(draw(st.lists(indices, min_size=1, max_size=10)))
    days = columns(first, rng.choice(pool, (6, number)).tolist(), rng.choice(of_aqi, number).tolist())
    spans = calendar_spans(first, first + timedelta(days=number))
    for _ in range(draw(st.integers(0, 3))):
        begin = first + timedelta(days=draw(st.integers(-40, 75)))
        spans.append(Span("other", begin, begin + timedelta(days=draw(st.integers(1, 90)))))
    return days, spans


@given(days_and_spans())
@settings(derandomize=True, deadline=None, max_examples=120)
def test_every_period_is_as_hj_663_says_in_plain_words(given_: tuple[DayColumns, list[Span]]) -> None:
    days, spans = given_
    found = evaluate_periods(days, spans, ALL)
    dates = [days.first + timedelta(days=number) for number in range(days.aqi.shape[1])]
    for p, span in enumerate(spans):
        edition = ALL.at(span.last)
        inside = [number for number, day in enumerate(dates) if span.first <= day < span.end]
        counted = []
        for c, factor in enumerate(HOURLY_FACTORS):
            present = [n for n in inside if not math.isnan(days.values[0, c, n])]
            values = days.values[0, c, present].tolist()
            mean = air_reference.mean(values, 1)[0]
            upper = air_reference.percentile(values, Fraction(str(edition.period.percents[factor])))
            assert found.n_days[0, c, p] == len(present)
            np.testing.assert_array_equal([found.mean[0, c, p], found.percentile[0, c, p]], [mean, upper])
            enough = air_reference.enough_days({dates[n] for n in present}, span.first, span.end, edition)
            assert found.valid[0, c, p] == enough
            counted.append(mean if factor in edition.period.means else upper)
        _check_days(found, p, [days.aqi[0, n] for n in inside if days.valid[0, n]])
        index = composite([counted], edition.composite)
        np.testing.assert_array_equal(found.single[0, :, p], index.single[0])
        np.testing.assert_array_equal(found.composite[0, p], index.index[0])
        assert found.largest[0, p] == index.largest[0]
        assert found.days_expected[p] == (span.end - span.first).days
        assert found.mixed[p] == (ALL.at(span.first) is not edition)


def _check_days(found: PeriodColumns, p: int, aqi: list[float]) -> None:
    assert found.days_valid[0, p] == len(aqi)
    assert found.days_attained[0, p] == sum(value <= 100 for value in aqi)
    assert found.days_heavy[0, p] == sum(value > 200 for value in aqi)
    levels = [level.number for value in aqi if (level := OLD.level(value))]
    assert found.days_level[0, :, p].tolist() == [levels.count(number) for number in range(1, 7)]


def test_calendar_spans_are_all_months_quarters_and_years_that_days_touch() -> None:
    spans = calendar_spans(date(2016, 11, 30), date(2017, 2, 1))
    assert [span.label for span in spans] == ["2016-11", "2016-12", "2017-01", "2016-Q4", "2017-Q1", "2016", "2017"]
    assert spans[1] == ("2016-12", date(2016, 12, 1), date(2017, 1, 1))
    assert spans[3] == ("2016-Q4", date(2016, 10, 1), date(2017, 1, 1))
    assert spans[5] == ("2016", date(2016, 1, 1), date(2017, 1, 1))
    assert calendar_spans(date(2016, 1, 1), date(2016, 1, 1)) == []


@pytest.mark.parametrize(
    ("year", "number", "absent", "expected"),
    [(2016, 1, 4, True), (2016, 1, 5, False), (2016, 2, 4, True), (2016, 2, 5, False), (2015, 2, 3, True)],
)
def test_a_month_needs_27_valid_days_and_february_25(year: int, number: int, absent: int, expected: bool) -> None:
    span = month(year, number)
    assert valid(whole(span.first, span.end, first_days(year, number, absent)), span) == expected


@pytest.mark.parametrize(("absent", "expected"), [(3, True), (4, False)])
def test_a_year_needs_324_valid_days_beside_27_in_each_month(absent: int, expected: bool) -> None:
    # 3 less in each month leave 330 days and 27 of April's 30; 4 less leave 318 and 26
    missing = [day for number in range(1, 13) for day in first_days(2016, number, absent)]
    days = whole(date(2016, 1, 1), date(2017, 1, 1), missing)
    assert valid(days, Span("2016", date(2016, 1, 1), date(2017, 1, 1))) == expected


def test_months_alone_do_not_make_a_year() -> None:
    # 27 days a month and 25 in February are 322
    missing = [
        day
        for span in calendar_spans(date(2015, 1, 1), date(2016, 1, 1))[:12]
        for day in first_days(
            2015, span.first.month, (span.end - span.first).days - (25 if span.label[-2:] == "02" else 27)
        )
    ]
    days = whole(date(2015, 1, 1), date(2016, 1, 1), missing)
    assert len(missing) == 365 - 322
    assert all(valid(days, span) for span in calendar_spans(date(2015, 1, 1), date(2016, 1, 1))[:12])
    assert not valid(days, Span("2015", date(2015, 1, 1), date(2016, 1, 1)))


def test_one_month_with_too_few_days_makes_the_year_invalid() -> None:
    days = whole(date(2016, 1, 1), date(2017, 1, 1), first_days(2016, 7, 5))
    assert not valid(days, Span("2016", date(2016, 1, 1), date(2017, 1, 1)))
    assert not valid(days, Span("2016-Q3", date(2016, 7, 1), date(2016, 10, 1)))
    assert valid(days, Span("2016-Q2", date(2016, 4, 1), date(2016, 7, 1)))


@pytest.mark.parametrize(("absent", "expected"), [(1, True), (2, False)])
def test_a_month_cut_by_the_period_needs_its_share_rounded_up(absent: int, expected: bool) -> None:
    # 15 of November's 30 days need 27 · 15 / 30 = 13.5 days, that is 14
    span = Span("heating", date(2016, 11, 16), date(2017, 1, 1))
    missing = [date(2016, 11, day) for day in range(16, 16 + absent)]
    assert valid(whole(span.first, span.end, missing), span) == expected


def test_a_station_that_began_in_march_has_no_valid_year_but_valid_months() -> None:
    days = whole(date(2013, 3, 1), date(2014, 1, 1))
    assert not valid(days, Span("2013", date(2013, 1, 1), date(2014, 1, 1)))
    assert valid(days, month(2013, 3))


def test_days_outside_the_columns_are_days_without_values() -> None:
    found = evaluate_periods(
        whole(date(2016, 1, 1), date(2016, 1, 3)), [Span("later", date(2017, 1, 1), date(2017, 2, 1))], ALL
    )
    assert (found.n_days[0, 0, 0], found.days_valid[0, 0], found.days_expected[0]) == (0, 0, 31)
    assert np.isnan([found.mean[0, 0, 0], found.percentile[0, 0, 0], found.composite[0, 0]]).all()
    assert not found.valid.any()


def test_a_period_across_the_change_of_editions_is_mixed_and_judged_by_the_last_day() -> None:
    days = whole(date(2026, 1, 1), date(2026, 4, 1))
    quarter, march = Span("2026-Q1", date(2026, 1, 1), date(2026, 4, 1)), month(2026, 3)
    found = evaluate_periods(days, [quarter, march, month(2026, 2)], ALL)
    assert found.mixed.tolist() == [True, False, False]
    old, new = (composite([[10.0] * 6], edition.composite).index[0] for edition in (OLD, NEW))
    assert old != new
    assert found.composite[0].tolist() == [new, new, old]
    alone = evaluate_periods(days, [quarter], Editions((OLD,)))
    assert (alone.mixed[0], alone.composite[0, 0]) == (False, old)


def test_the_index_takes_means_of_four_and_percentiles_of_co_and_ozone() -> None:
    # C1 of the published examples: Heyuan 2023-10, index 2.40, ozone the largest
    values = [[22.0] * 31, [33.0] * 31, [6.0] * 31, [13.0] * 31, [0.2] * 15 + [0.8] * 16, [50.0] * 15 + [108.0] * 16]
    found = evaluate_periods(columns(date(2023, 10, 1), values), [month(2023, 10)], ALL)
    assert (found.composite[0, 0], found.largest[0, 0]) == (2.40, 1 << O3)


def test_figures_are_given_whatever_the_validity_says() -> None:
    found = evaluate_periods(whole(date(2016, 1, 1), date(2016, 1, 2)), [month(2016, 1)], ALL)
    assert (found.mean[0, PM25, 0], found.days_attained[0, 0], found.valid[0, PM25, 0]) == (10.0, 1, False)
    assert not math.isnan(found.composite[0, 0])


def test_a_span_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="a span must have days"):
        evaluate_periods(
            whole(date(2016, 1, 1), date(2016, 1, 2)), [Span("none", date(2016, 1, 2), date(2016, 1, 2))], ALL
        )


def test_no_spans_and_no_stations_give_empty_columns() -> None:
    days = whole(date(2016, 1, 1), date(2016, 1, 3))
    assert evaluate_periods(days, [], ALL).mean.shape == (1, 6, 0)
    nobody = evaluate_days(np.zeros((0, 6, 48)), date(2016, 1, 1), ALL)
    assert evaluate_periods(nobody, [month(2016, 1)], ALL).days_level.shape == (0, 6, 1)

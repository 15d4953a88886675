"""Hours from readings: how much makes an hour valid, whose value goes first, what is still waited for."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import CO, HOUR, MIDNIGHT, MINUTE, NO2, OZONE, PM10, PM25, SO2

from aggregate.hours import HourInput, Readings, compute_hours, lacking
from aggregate.statistic import WIND_DIRECTION, WIND_SPEED, Computed, Reason
from standards.editions import edition_at, load_editions
from truth.statistics import Reading, hour_cells

START = MIDNIGHT + 9 * HOUR
UNTIL = START + HOUR + 300
OLD = load_editions().by_id("2012")
NAN = math.nan


def row(
    minute: int,
    values: Mapping[str, float],
    *,
    period: int = MINUTE,
    flags: str = "",
    mask: str = "",
    origin: int = 0,
    start: int = START,
) -> Readings:
    return Readings(start + minute * MINUTE, period, tuple(values), list(values.values()), flags, mask, origin)


def minutes(count: int, first: int = 0, **values: float) -> list[Readings]:
    return [row(minute, values) for minute in range(first, first + count)]


def hour(*rows: Readings, has_aqi: bool = False, until: int = 0, start: int = START) -> Computed:
    return compute_hours([HourInput(start, rows, has_aqi, until)], [edition_at(start)])[0]


def cells(found: Computed) -> dict[str, tuple[Any, ...]]:
    """Value, counts and reason by factor."""
    content = found.content
    columns = zip(content.values, content.n_valid, content.n_expected, content.reasons, strict=True)
    return dict(zip(content.factors, columns, strict=True))


def waits(found: Computed) -> dict[str, int]:
    return dict(zip(found.content.factors, found.open_until, strict=True))


# --- enough values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "reason"), [(45, Reason.VALID), (44, Reason.TOO_FEW_MINUTES)])
def test_an_hour_needs_45_minutes_of_values(count: int, reason: Reason) -> None:
    value = 80.0 if reason == Reason.VALID else None
    assert cells(hour(*minutes(count, a34002=80.0))) == {PM10: (value, count, 60, reason)}


@pytest.mark.parametrize(("count", "reason"), [(9, Reason.VALID), (8, Reason.TOO_FEW_MINUTES)])
def test_nine_values_of_five_minutes_are_45_minutes(count: int, reason: Reason) -> None:
    rows = [row(place * 5, {PM10: 80.0}, period=300) for place in range(count)]
    assert cells(hour(*rows))[PM10][1:] == (count, 12, reason)


def test_flagged_values_are_received_but_do_not_count() -> None:
    rows = minutes(50, a34002=80.0) + [row(minute, {PM10: 500.0}, flags="M") for minute in range(50, 60)]
    found = hour(*rows, until=UNTIL)
    assert cells(found) == {PM10: (80.0, 50, 60, Reason.VALID)}
    assert waits(found) == {PM10: 0}


def test_an_hour_flagged_throughout_has_a_count_of_nought_and_no_value() -> None:
    found = hour(*(row(minute, {PM10: NAN}, flags="D") for minute in range(60)))
    assert cells(found) == {PM10: (None, 0, 60, Reason.NO_VALUES)}


def test_superseded_values_do_not_count_and_those_superseded_by_a_person_do() -> None:
    rows = [
        *minutes(59, a34002=80.0),
        row(59, {PM10: 1000.0}, mask="S"),
        row(59, {PM10: 140.0}, mask="P"),
    ]
    assert cells(hour(*rows))[PM10] == ((59 * 80.0 + 140.0) / 60, 60, 60, Reason.VALID)


def test_corrections_with_fewer_factors_leave_the_others_where_they_are() -> None:
    rows = [
        *minutes(59, a34002=80.0, a21005=1.0),
        row(59, {PM10: 900.0, CO: 1.0}, mask="SC"),
        row(59, {PM10: 80.0}),
    ]
    assert cells(hour(*rows)) == {PM10: (80.0, 60, 60, Reason.VALID), CO: (1.0, 60, 60, Reason.VALID)}


def test_reports_of_different_factors_each_make_their_own() -> None:
    found = hour(*minutes(60, a34002=80.0), *minutes(30, a21005=0.5), until=UNTIL)
    assert cells(found)[PM10] == (80.0, 60, 60, Reason.VALID)
    assert waits(found) == {PM10: 0, CO: UNTIL}


def test_empty_reports_alone_make_no_hour() -> None:
    assert cells(hour(row(0, {}), row(1, {}))) == {}


# --- several periods -----------------------------------------------------------------------------------------------


def test_a_loggers_own_hour_value_goes_before_the_mean_of_its_minutes() -> None:
    found = hour(*minutes(60, a34002=80.0), row(0, {PM10: 77.7}, period=HOUR))
    assert cells(found) == {PM10: (77.7, 1, 1, Reason.VALID)}


def test_a_loggers_flagged_hour_value_leaves_the_mean_of_its_minutes() -> None:
    found = hour(*minutes(60, a34002=80.0), row(0, {PM10: 77.7}, period=HOUR, flags="M"))
    assert cells(found) == {PM10: (80.0, 60, 60, Reason.VALID)}


def test_of_two_valid_periods_the_shorter_goes_first() -> None:
    fives = [row(place * 5, {PM10: 90.0}, period=300) for place in range(12)]
    assert cells(hour(*fives, *minutes(45, a34002=80.0)))[PM10] == (80.0, 45, 60, Reason.VALID)


def test_where_the_shorter_period_is_not_valid_the_one_that_covers_more_is_taken() -> None:
    fives = [row(place * 5, {PM10: 90.0}, period=300) for place in range(9)]
    assert cells(hour(*fives, *minutes(44, a34002=80.0)))[PM10] == (90.0, 9, 12, Reason.VALID)
    assert cells(hour(*fives[:2], *minutes(30, a34002=80.0)))[PM10] == (None, 30, 60, Reason.TOO_FEW_MINUTES)


def test_a_loggers_hour_value_does_not_touch_the_factors_that_it_leaves_out() -> None:
    found = hour(*minutes(60, a34002=80.0, a21005=0.5), row(0, {PM10: 77.7}, period=HOUR))
    assert cells(found)[CO] == (0.5, 60, 60, Reason.VALID)


# --- open ----------------------------------------------------------------------------------------------------------


def test_while_values_are_missing_a_factor_is_open_and_shows_nothing() -> None:
    found = hour(*minutes(59, a34002=80.0), until=UNTIL)
    assert waits(found) == {PM10: UNTIL}
    assert cells(found) == {PM10: (None, 0, 60, Reason.NO_VALUES)}


def test_with_the_last_value_in_nothing_is_waited_for() -> None:
    assert waits(hour(*minutes(60, a34002=80.0), until=UNTIL)) == {PM10: 0}


def test_a_loggers_hour_value_is_all_that_is_waited_for() -> None:
    assert waits(hour(*minutes(3, a34002=80.0), row(0, {PM10: 77.7}, period=HOUR), until=UNTIL)) == {PM10: 0}


def test_a_loggers_flagged_hour_value_leaves_its_minutes_waited_for() -> None:
    rows = [row(0, {PM10: 95.0}, period=HOUR, flags="D"), *minutes(50, a34002=80.0)]
    assert waits(hour(*rows, until=UNTIL)) == {PM10: UNTIL}


def test_after_the_grace_nothing_is_waited_for() -> None:
    assert waits(hour(*minutes(10, a34002=80.0), until=0)) == {PM10: 0}


def test_the_index_waits_for_each_of_its_pollutants() -> None:
    found = hour(*minutes(60, a34002=80.0), *minutes(59, a21005=0.5), has_aqi=True, until=UNTIL)
    assert waits(found)["AQI"] == UNTIL
    assert waits(found)["IAQI_a34002"] == UNTIL


def test_only_a_live_value_that_counts_makes_an_hour_live() -> None:
    resent = [row(minute, {PM10: 80.0, CO: 1.0}, origin=1) for minute in range(57)]
    for live in (
        [row(57, {PM10: 80.0, CO: 1.0}, flags="NM")],
        [row(57, {PM10: 80.0, CO: 1.0}, mask="CS"), row(57, {CO: 1.0}, origin=1)],
    ):
        found = hour(*resent, *live)
        assert dict(zip(found.content.factors, found.live, strict=True)) == {PM10: True, CO: False}


# --- the hourly AQI ------------------------------------------------------------------------------------------------

SIX = {PM25: 35.0, PM10: 80.0, SO2: 12.0, NO2: 40.0, CO: 0.7, OZONE: 90.0}


def complete(values: Mapping[str, float], start: int = START) -> list[Readings]:
    return [row(0, values, period=HOUR, start=start)]


def test_an_air_stations_hour_has_the_aqi_of_its_means_and_every_iaqi() -> None:
    found = cells(hour(*complete(SIX), has_aqi=True))
    iaqi = {name.removeprefix("IAQI_"): cell[0] for name, cell in found.items() if name.startswith("IAQI_")}
    assert set(iaqi) == set(SIX)
    assert found["AQI"] == (max(iaqi.values()), 6, 6, Reason.VALID)


def test_by_hj_633_2026_the_aqi_with_a_pollutant_missing_is_published_only_above_100() -> None:
    few = {name: value for name, value in SIX.items() if name != CO}
    low, high = (cells(hour(*complete(few | {PM10: value}), has_aqi=True))["AQI"] for value in (80.0, 400.0))
    assert low == (None, 5, 6, Reason.POLLUTANT_MISSING)
    assert high[0] > 100
    assert high[1:] == (5, 6, Reason.VALID)


def test_by_hj_633_2012_the_aqi_is_the_largest_of_what_there_is() -> None:
    start = OLD.start if OLD.start > 0 else MIDNIGHT - 365 * 24 * HOUR
    few = {name: value for name, value in SIX.items() if name != CO}
    found = hour(*complete(few, start), has_aqi=True, start=start)
    assert found.content.edition == "2012"
    assert cells(found)["AQI"][1:] == (5, 6, Reason.VALID)


def test_hours_before_and_after_an_edition_begins_are_judged_each_by_its_own() -> None:
    change = load_editions().by_id("2026").start
    starts = [change - HOUR, change]
    inputs = [HourInput(start, complete(SIX, start), True, 0) for start in starts]
    found = compute_hours(inputs, [edition_at(start) for start in starts])
    assert [of.content.edition for of in found] == ["2012", "2026"]
    assert found == [hour(*complete(SIX, start), has_aqi=True, start=start) for start in starts]


def test_a_station_without_any_of_the_six_has_no_aqi() -> None:
    assert set(cells(hour(*minutes(60, a01001=12.0), has_aqi=True))) == {"a01001"}


def test_only_air_stations_have_an_aqi() -> None:
    assert set(cells(hour(*complete(SIX)))) == set(SIX)


# --- any hour ------------------------------------------------------------------------------------------------------

readings = st.builds(
    Reading,
    st.integers(0, 59).map(lambda minute: START + minute * MINUTE),
    st.sampled_from([60, 60, 300, 900, 3600]),
    st.sampled_from([PM10, CO, OZONE, WIND_SPEED, WIND_DIRECTION]),
    st.one_of(st.floats(0, 900), st.just(NAN)),
    st.sampled_from("NNND"),
)


def as_rows(chosen: list[Reading], among: random.Random) -> list[Readings]:
    """Current readings in reports of any layout; those that share a slot often share a report."""
    by_report: dict[tuple[int, int, int], dict[str, Reading]] = {}
    for reading in chosen:
        time = reading.time - (reading.time - START) % reading.period
        by_report.setdefault((reading.period, time, among.randint(0, 1)), {})[reading.factor] = reading
    rows = []
    for (period, time, _), of in by_report.items():
        flags = "".join(reading.flag if not math.isnan(reading.value) else "D" for reading in of.values())
        values = {name: reading.value for name, reading in of.items()}
        rows.append(row((time - START) // MINUTE, values, period=period, flags=flags.strip("N") and flags))
    among.shuffle(rows)
    return rows


@given(st.lists(readings, max_size=150), st.integers(0, 1000), st.booleans())
@settings(derandomize=True, deadline=None, max_examples=100)
def test_any_hour_is_what_the_rules_say_to_the_last_bit_whatever_the_order(
    drawn: list[Reading], seed: int, has_aqi: bool
) -> None:
    current = {}
    for reading in drawn:
        time = reading.time - (reading.time - START) % reading.period
        current[reading.period, time, reading.factor] = reading._replace(time=time)
    chosen = list(current.values())
    found = hour(*as_rows(chosen, random.Random(seed)), has_aqi=has_aqi)
    slow = hour_cells(START, (r._replace(flag="D") if math.isnan(r.value) else r for r in chosen), has_aqi=has_aqi)
    assert cells(found) == {name: tuple(cell) for name, cell in slow.items()}


def test_hours_side_by_side_are_what_each_is_alone() -> None:
    lists = [
        minutes(60, a34002=80.0),
        minutes(10, a34002=70.0, a21005=1.0),
        [],
        [row(0, {PM10: 77.7}, period=HOUR)],
    ]
    inputs = [HourInput(START, rows, True, 0) for rows in lists]
    together = compute_hours(inputs, [edition_at(START)] * len(lists))
    assert together == [hour(*rows, has_aqi=True) for rows in lists]


SLOTS = [(period, minute) for period in (MINUTE, 5 * MINUTE) for minute in range(0, 60, period // MINUTE)]


@given(st.permutations(SLOTS), st.integers(1, 60), st.data())
@settings(derandomize=True, deadline=None)
def test_an_hour_waits_at_least_for_as_many_reports_as_it_lacks(
    slots: list[tuple[int, int]], first: int, data: st.DataObject
) -> None:
    here, later = slots[:first], slots[first:]
    rows = [row(minute, {NO2: 10.0}, period=period) for period, minute in here]
    lacks = lacking(rows)
    if lacks == 0:
        return
    known = [(period, minute) for period, minute in later if period in {each.period for each in rows}]
    more = known[: data.draw(st.integers(0, lacks - 1))]
    found = hour(*rows, *(row(minute, {NO2: 10.0}, period=period) for period, minute in more), until=UNTIL)
    assert all(found.open_until)


def test_an_hour_of_minutes_lacks_those_that_have_not_come() -> None:
    assert lacking(minutes(50, a21004=10.0)) == 10
    assert lacking(minutes(60, a21004=10.0)) == 0
    assert lacking([*minutes(50, a21004=10.0), *minutes(50, a21004=12.0)]) == 10

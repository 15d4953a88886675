"""Windows of hours: running 8-hour O3, daily means, the daily maximum; what they wait for, and what is a gap."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import CO, DAY, HOUR, MIDNIGHT, OZONE, PM10

from aggregate.spans import compute_days, compute_eight_hours, day_key, eight_hour_starts
from aggregate.statistic import (
    O3_1H_MAX,
    O3_8H_MAX,
    WIND_DIRECTION,
    WIND_SPEED,
    Computed,
    Content,
    Key,
    Reason,
    Statistic,
    Window,
)
from standards.editions import edition_at, load_editions
from truth.statistics import Cell, Cells, day_cells, eight_hour_cells

NAME = "station:s1"
GRACE = 300
LATER = MIDNIGHT + 30 * DAY
"""When nothing is waited for any more."""

Hours = dict[int, Statistic]


def hour(start: int, values: Mapping[str, float | None], *, states: str = "", live: bool = True) -> Statistic:
    names = tuple(sorted(values))
    content = Content(
        names,
        tuple(values[name] for name in names),
        tuple(0 if values[name] is None else 60 for name in names),
        (60,) * len(names),
        tuple(Reason.NO_VALUES if values[name] is None else Reason.VALID for name in names),
        edition_at(start).id,
    )
    key = Key(NAME, Window.HOUR, start)
    return Statistic(key, content, states or "P" * len(names), (live,) * len(names), 1, 0, None, start)


def hours(first: int, values: Sequence[float | None], name: str = OZONE) -> Hours:
    """Hours by start, from the hour `first` of the day on; no row where there is no value."""
    starts = (MIDNIGHT + (first + place) * HOUR for place in range(len(values)))
    return {s: hour(s, {name: value}) for s, value in zip(starts, values, strict=True) if value is not None}


def eight(start: int, of: Hours, now: int = LATER) -> Computed:
    key = Key(NAME, Window.EIGHT_HOURS, start)
    return compute_eight_hours([key], [of.get], [edition_at(start)], now=now, grace=[GRACE])[0]


def day(of: Hours, now: int = LATER, start: int = MIDNIGHT, *, has_aqi: bool = False) -> Computed:
    key = day_key(NAME, start)
    return compute_days([key], [of.get], [edition_at(start)], now=now, grace=[GRACE], has_aqi=[has_aqi])[0]


def cells(found: Computed) -> dict[str, tuple[Any, ...]]:
    content = found.content
    columns = zip(content.values, content.n_valid, content.n_expected, content.reasons, strict=True)
    return dict(zip(content.factors, columns, strict=True))


def waits(found: Computed) -> dict[str, int]:
    return dict(zip(found.content.factors, found.open_until, strict=True))


# --- eight hours ---------------------------------------------------------------------------------------------------


def test_an_hour_is_in_the_eight_windows_that_hold_it() -> None:
    assert list(eight_hour_starts(MIDNIGHT)) == [MIDNIGHT - 7 * HOUR + place * HOUR for place in range(8)]


@pytest.mark.parametrize(("count", "reason"), [(6, Reason.VALID), (5, Reason.TOO_FEW_HOURS)])
def test_eight_hours_need_six(count: int, reason: Reason) -> None:
    found = eight(MIDNIGHT, hours(0, [100.0] * count))
    assert cells(found) == {OZONE: (100.0 if count == 6 else None, count, 8, reason)}


def test_a_window_over_midnight_takes_hours_of_both_days() -> None:
    found = eight(MIDNIGHT - 4 * HOUR, hours(-4, [80.0] * 4 + [120.0] * 4))
    assert cells(found) == {OZONE: (100.0, 8, 8, Reason.VALID)}


def test_an_open_hour_is_a_gap() -> None:
    of = hours(0, [100.0] * 7)
    of[MIDNIGHT + 7 * HOUR] = hour(MIDNIGHT + 7 * HOUR, {OZONE: 900.0}, states="O")
    assert cells(eight(MIDNIGHT, of))[OZONE][:2] == (100.0, 7)


def test_eight_hours_wait_for_the_last_hour_that_may_still_come() -> None:
    end = MIDNIGHT + 8 * HOUR
    of = hours(0, [100.0] * 7)
    assert waits(eight(MIDNIGHT, of, end)) == {OZONE: end + GRACE}
    assert waits(eight(MIDNIGHT, of, end + GRACE - 1)) == {OZONE: end + GRACE}
    assert waits(eight(MIDNIGHT, of, end + GRACE)) == {OZONE: 0}
    assert cells(eight(MIDNIGHT, of, end))[OZONE] == (None, 0, 8, Reason.NO_VALUES)


def test_with_the_last_hour_in_eight_hours_wait_no_longer_even_if_an_earlier_one_is_overdue() -> None:
    of = hours(1, [100.0] * 7)
    assert waits(eight(MIDNIGHT, of, MIDNIGHT + 8 * HOUR)) == {OZONE: 0}


def test_an_hour_without_ozone_is_waited_for_like_one_that_is_missing() -> None:
    of = hours(0, [100.0] * 7)
    of[MIDNIGHT + 7 * HOUR] = hour(MIDNIGHT + 7 * HOUR, {PM10: 80.0})
    assert waits(eight(MIDNIGHT, of, MIDNIGHT + 8 * HOUR)) == {OZONE: MIDNIGHT + 8 * HOUR + GRACE}


# --- days ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "reason"), [(20, Reason.VALID), (19, Reason.TOO_FEW_HOURS)])
def test_a_daily_mean_needs_twenty_hours(count: int, reason: Reason) -> None:
    found = day(hours(0, [80.0] * count, PM10))
    assert cells(found) == {PM10: (80.0 if count == 20 else None, count, 24, reason)}


def test_a_day_is_shanghais() -> None:
    of = hours(-1, [900.0] + [80.0] * 24 + [900.0], PM10)
    assert cells(day(of))[PM10] == (80.0, 24, 24, Reason.VALID)


def test_indices_have_no_daily_mean() -> None:
    of = {MIDNIGHT: hour(MIDNIGHT, {PM10: 80.0, "AQI": 65.0, "IAQI_a34002": 65.0})}
    assert set(cells(day(of))) == {PM10}


def test_a_factor_that_only_some_hours_have_is_a_gap_in_the_others() -> None:
    of = hours(0, [80.0] * 24, PM10)
    of[MIDNIGHT] = hour(MIDNIGHT, {PM10: 80.0, CO: 0.5})
    assert cells(day(of)) == {PM10: (80.0, 24, 24, Reason.VALID), CO: (None, 1, 24, Reason.TOO_FEW_HOURS)}


def test_each_factor_of_a_day_waits_for_its_own_hours() -> None:
    of = hours(0, [80.0] * 24, PM10)
    last = MIDNIGHT + 23 * HOUR
    of[last] = hour(last, {PM10: 80.0, CO: 0.5}, states="OP")
    found = waits(day(of, MIDNIGHT + DAY))
    assert found[PM10] == 0
    assert found[CO] == MIDNIGHT + DAY + GRACE


def test_a_day_is_open_until_its_last_hour_is_due() -> None:
    of = hours(0, [80.0] * 10, PM10)
    assert waits(day(of, MIDNIGHT + 11 * HOUR)) == {PM10: MIDNIGHT + DAY + GRACE}
    assert waits(day(of, MIDNIGHT + DAY + GRACE)) == {PM10: 0}


def test_a_day_is_live_if_one_of_its_hours_is() -> None:
    of = {
        MIDNIGHT: hour(MIDNIGHT, {PM10: 80.0}, live=False),
        MIDNIGHT + HOUR: hour(MIDNIGHT + HOUR, {PM10: 80.0}, live=True),
    }
    assert day(of).live == (True,)
    assert day({MIDNIGHT: of[MIDNIGHT]}).live == (False,)


# --- the daily maximum ---------------------------------------------------------------------------------------------


def test_the_daily_maximum_is_the_largest_of_seventeen_windows_within_the_day() -> None:
    of = hours(-7, [500.0] * 7 + [100.0] * 16 + [180.0] * 8)
    assert cells(day(of))[O3_8H_MAX] == (180.0, 17, 17, Reason.VALID)


@pytest.mark.parametrize(
    ("value", "cell"),
    [(160.0, (None, 13, 17, Reason.TOO_FEW_WINDOWS)), (160.1, (160.1, 13, 17, Reason.VALID))],
)
def test_with_fewer_than_fourteen_windows_the_maximum_stands_only_above_the_limit(
    value: float, cell: tuple[Any, ...]
) -> None:
    # windows of 18 hours have six or more from the one that ends at 08:00 to the one that ends at 20:00
    found = cells(day(hours(0, [value] * 18)))[O3_8H_MAX]
    assert found[1:] == cell[1:]
    assert found[0] == (None if cell[0] is None else pytest.approx(cell[0]))


def test_the_maximum_stands_beside_the_mean_and_waits_with_it() -> None:
    found = day(hours(0, [100.0] * 23), MIDNIGHT + DAY)
    assert set(cells(found)) == {OZONE, O3_8H_MAX, O3_1H_MAX}
    assert set(waits(found).values()) == {MIDNIGHT + DAY + GRACE}


# --- any span ------------------------------------------------------------------------------------------------------

levels = st.one_of(st.none(), st.floats(0, 400), st.just(160.0))


@given(
    st.lists(levels, min_size=40, max_size=40), st.sampled_from([MIDNIGHT, load_editions().by_id("2026").start - DAY])
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_any_windows_are_what_the_rules_say_to_the_last_bit(values: list[float | None], start: int) -> None:
    shift = start - MIDNIGHT
    of = {s + shift: hour(s + shift, {OZONE: row.content.values[0]}) for s, row in hours(-8, values).items()}
    slow: dict[int, Cells] = {s: {OZONE: Cell(row.content.values[0], 60, 60, Reason.VALID)} for s, row in of.items()}
    expected = {name: tuple(cell) for name, cell in day_cells(start, slow, has_aqi=True).items()}
    assert cells(day(of, LATER, start, has_aqi=True)) == expected
    for place in range(-8, 25):
        window = start + place * HOUR
        if expected_cells := eight_hour_cells(window, slow):
            assert cells(eight(window, of)) == {name: tuple(cell) for name, cell in expected_cells.items()}


@given(st.lists(st.tuples(levels, st.one_of(st.none(), st.floats(0, 30))), min_size=24, max_size=24))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_any_days_wind_is_the_mean_vector_of_its_hours_to_the_last_bit(wind: list[tuple[float | None, ...]]) -> None:
    starts = [MIDNIGHT + place * HOUR for place in range(24)]
    of = {
        start: hour(start, {WIND_DIRECTION: direction, WIND_SPEED: speed})
        for start, (direction, speed) in zip(starts, wind, strict=True)
    }
    slow: dict[int, Cells] = {
        start: {
            name: Cell(row[name], 60, 60, Reason.VALID if row[name] is not None else Reason.NO_VALUES)
            for name in (WIND_DIRECTION, WIND_SPEED)
        }
        for start, row in of.items()
    }
    expected = {name: tuple(cell) for name, cell in day_cells(MIDNIGHT, slow, has_aqi=False).items()}
    assert cells(day(of)) == expected


def test_windows_side_by_side_are_what_each_is_alone_even_across_editions() -> None:
    change = load_editions().by_id("2026").start
    starts = [change - DAY, change, change + DAY]
    of = {
        start + place * HOUR: hour(start + place * HOUR, {PM10: 50.0, OZONE: 90.0})
        for start in starts
        for place in range(22)
    }
    together = compute_days(
        [day_key(NAME, start) for start in starts],
        [of.get] * 3,
        [edition_at(start) for start in starts],
        now=LATER,
        grace=[GRACE] * 3,
        has_aqi=[True] * 3,
    )
    assert together == [day(of, LATER, start, has_aqi=True) for start in starts]
    assert [found.content.edition for found in together] == ["2012", "2026", "2026"]
    assert not any(math.isnan(value) for found in together for value in found.content.values if value is not None)

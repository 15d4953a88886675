"""Hours added up as their reports come are, to the last bit, those computed from all readings at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, seed
from hypothesis import strategies as st
from reports import HOUR, MIDNIGHT

from aggregate.hours import HourInput, HourKey, Readings, compute_hours
from aggregate.plain.open_hours import Filled, OpenHours
from aggregate.plain.reports import Integers, PlainReports
from core.clock import MICROS
from standards.editions import load_editions

START = MIDNIGHT + 9 * HOUR
NEVER = START - HOUR
WIND = ("a01007", "a01008", "a34002")
DIRECTION_ALONE = ("a01008", "a34002")
NO_WIND = ("a21026", "a34002")
PLENTY = 10_000_000


def plain(names: tuple[str, ...], rows: list[tuple[int, int, int, list[float]]], period: int = 900) -> PlainReports:
    """Reports of (station, time, origin, values)."""
    station, time, origin, values = zip(*rows, strict=True)
    count = len(rows)
    zeros = np.zeros(count, dtype=np.int64)
    return PlainReports(
        names, zeros, np.array(station), zeros, np.array(time), np.full(count, period), zeros, zeros,
        np.arange(count), np.array(origin), np.array(time) * MICROS, [""] * count, np.array(values, dtype=np.float64),
    )  # fmt: skip


def never(reports: PlainReports) -> Integers:
    return np.full(len(reports.time), NEVER)


def one(hour: OpenHours, names: tuple[str, ...], *slots: int, station: int = 1, period: int = 900) -> list[Filled]:
    rows = [(station, START + slot * period, 0, [10.0 * slot] * len(names)) for slot in slots]
    reports = plain(names, rows, period)
    return hour.fill(reports, never(reports))


@st.composite
def stories(draw: st.DrawFn) -> tuple[tuple[str, ...], list[list[tuple[int, int, int, list[float]]]]]:
    """Batches of reports of two stations, each later than all of its station in the batches before."""
    names = draw(st.sampled_from((WIND, DIRECTION_ALONE, NO_WIND)))
    value = st.floats(0, 359, allow_nan=False).map(lambda number: round(number, draw(st.sampled_from((0, 1, 13)))))
    batches: list[list[tuple[int, int, int, list[float]]]] = [[] for _ in range(4)]
    for station in (1, 2):
        for slot in draw(st.sets(st.integers(0, 7), min_size=1)):
            values = draw(st.lists(value, min_size=len(names), max_size=len(names)))
            batches[slot // 2].append((station, START + slot * 450, draw(st.sampled_from((0, 1))), values))
    return names, [draw(st.permutations(batch)) for batch in batches if batch]


@seed(3)
@given(story=stories(), young=st.booleans())
def test_what_is_held_comes_to_the_same_as_all_its_readings(
    story: tuple[tuple[str, ...], list[list[tuple[int, int, int, list[float]]]]], young: bool
) -> None:
    names, batches = story
    held = OpenHours(PLENTY)
    for batch in batches:
        reports = plain(names, batch, period=450)
        held.fill(reports, never(reports))
    edition = load_editions().at(START)
    until = START + 2 * HOUR if young else 0
    for station in {row[0] for batch in batches for row in batch}:
        readings = [
            Readings(time, 450, names, values, "", "", origin)
            for batch in batches
            for of, time, origin, values in batch
            if of == station
        ]
        inputs = [HourInput(START, of, True, until) for of in (held.summed(HourKey(station, START)), readings)]
        from_sums, from_readings = compute_hours(inputs, [edition, edition])
        assert from_sums == from_readings


def test_an_hour_begins_with_its_first_report_and_is_complete_with_its_last() -> None:
    held = OpenHours(PLENTY)
    told = [one(held, NO_WIND, slot)[0] for slot in range(4)]
    assert [(each.begun, each.complete) for each in told] == [
        (True, False),
        (False, False),
        (False, False),
        (False, True),
    ]


def test_an_hour_of_a_station_that_had_something_in_it_is_not_held() -> None:
    held = OpenHours(PLENTY)
    reports = plain(NO_WIND, [(1, START + 900, 0, [1.0, 2.0])])
    [told] = held.fill(reports, np.array([START]))
    assert (told.held, HourKey(1, START) in held) == (False, False)


def test_other_factors_end_what_is_held() -> None:
    held = OpenHours(PLENTY)
    one(held, NO_WIND, 0)
    [told] = one(held, WIND, 1)
    assert (told.held, HourKey(1, START) in held) == (False, False)


def test_another_period_ends_what_is_held() -> None:
    held = OpenHours(PLENTY)
    one(held, NO_WIND, 0)
    [told] = one(held, NO_WIND, 1, period=1800)
    assert (told.held, HourKey(1, START) in held) == (False, False)


def test_with_no_room_left_an_hour_is_not_held_and_room_comes_back() -> None:
    held = OpenHours(limit_bytes=4 * (8 * 3 + 1))
    for station in range(4):
        assert one(held, NO_WIND, 0, station=station)[0].held
    assert not one(held, NO_WIND, 0, station=9)[0].held
    for station in range(4):
        held.drop(HourKey(station, START))
    assert one(held, NO_WIND, 0, station=10)[0].held


def test_periods_of_more_than_an_hour_are_no_part_of_hours() -> None:
    assert one(OpenHours(PLENTY), NO_WIND, 0, period=86_400) == []


def test_a_row_that_is_used_again_begins_empty() -> None:
    held = OpenHours(PLENTY)
    one(held, WIND, 0, 1)
    one(held, WIND, 0, station=2)
    held.drop(HourKey(1, START))
    one(held, WIND, 2, station=3)
    again = held.summed(HourKey(3, START))
    assert (again.total.tolist(), again.reports, np.isnan(again.wind).sum()) == ([20.0] * 3, 1, 6)

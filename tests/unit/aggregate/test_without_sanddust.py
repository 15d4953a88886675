"""Figures without sand-dust: an hour or day that it leaves without PM2.5 or PM10 has no AQI, and is no valid day.

The gases alone would make an attained day of every day of dust; the bulletin of 2017 deducts such days
(docs/standards.md, unconfirmed).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import CO, HOUR, NO2, OZONE, PM10, PM25, SO2

from aggregate.cities import compute_city_day, compute_city_hour
from aggregate.evaluation.periods import Span, evaluate_periods
from aggregate.evaluation.stored import day_columns
from aggregate.hours import HourInput, Readings, compute_hours
from aggregate.settle import settle
from aggregate.spans import compute_days, day_key
from aggregate.statistic import Computed, Key, Reason, Statistic, Tier, Variant, Window
from core.clock import midnight
from standards.editions import edition_at, load_editions
from truth.statistics import Cell, Cells, Reading, city_cells, city_day_cells, day_cells, hour_cells

OF_2012, OF_2026 = date(2025, 4, 11), date(2026, 4, 11)
BOTH_EDITIONS = pytest.mark.parametrize("of", [OF_2012, OF_2026])
STORM = {OZONE: 60.0, NO2: 20.0, CO: 0.5, SO2: 8.0, PM10: 900.0, PM25: 250.0}
"""A day of dust with clean gases."""
WITHOUT, REVIEWED_WITHOUT = Variant(Tier.RAW, sanddust=False), Variant(Tier.REVIEWED, sanddust=False)
ALL_DAY = range(24)

Values = Mapping[str, float]


def hour(
    start: int, values: Values, *, dusty: bool, variant: Variant = WITHOUT, person: Values | None = None
) -> Statistic:
    """A station's hour of a logger's hour values, or of what a person said in their place."""
    said = [Readings(start, HOUR, tuple(values), list(values.values()), "", "P" * len(values) if person else "", 0)]
    if person:
        said.append(Readings(start, HOUR, tuple(person), list(person.values()), "", "", 0, person=True))
    computed = compute_hours([HourInput(start, said, True, 0, variant, dusty)], [edition_at(start)])[0]
    return row(Key("station:s", Window.HOUR, start, *variant), computed)


def row(key: Key, computed: Computed) -> Statistic:
    settled = settle(key, None, computed, now=key.end, lateness=0)
    assert settled is not None
    return settled.row


def day(of: date, dusty: Collection[int], *, variant: Variant = WITHOUT, values: Values = STORM) -> Statistic:
    """A station's day of these values throughout, some of whose hours lie in sand-dust."""
    starts = {midnight(of) + n * HOUR: n in dusty for n in range(24)}
    return day_of({start: hour(start, values, dusty=is_dusty, variant=variant) for start, is_dusty in starts.items()})


def day_of(hours: Mapping[int, Statistic]) -> Statistic:
    first = hours[min(hours)].key
    key = day_key(first.object, first.start).of(first.variant)
    return row(
        key, compute_days([key], [hours.get], [edition_at(key.start)], now=key.end, grace=[0], has_aqi=[True])[0]
    )


def city_day(days: Sequence[Statistic | None], of: date) -> Statistic:
    key = Key("city:c", Window.DAY, midnight(of), *WITHOUT)
    return row(key, compute_city_day(days, edition_at(key.start), 0))


def cells(of: Statistic) -> dict[str, Cell]:
    content = of.content
    columns = zip(content.values, content.n_valid, content.n_expected, content.reasons, strict=True)
    return {name: Cell(*column) for name, column in zip(content.factors, columns, strict=True)}


def no_aqi(of: Statistic) -> None:
    aqi = cells(of)["AQI"]
    assert (aqi.value, aqi.reason) == (None, Reason.SANDDUST)


# --- hours -----------------------------------------------------------------------------------------------------------


@BOTH_EDITIONS
def test_an_hour_whose_particulates_are_left_out_has_no_aqi_and_keeps_the_iaqi_of_its_gases(of: date) -> None:
    found = hour(midnight(of), STORM, dusty=True)
    no_aqi(found)
    assert cells(found)[PM10].reason == Reason.SANDDUST
    assert {name for name in cells(found) if name.startswith("IAQI_")} == {
        f"IAQI_{gas}" for gas in (OZONE, NO2, CO, SO2)
    }


def test_gases_that_would_be_published_without_a_pollutant_do_not_bring_back_the_aqi() -> None:
    """HJ 633-2026 publishes an AQI above 100 though a pollutant is missing."""
    no_aqi(hour(midnight(OF_2026), STORM | {OZONE: 300.0}, dusty=True))


@BOTH_EDITIONS
def test_an_hour_without_particulates_anyway_is_none_of_sand_dusts(of: date) -> None:
    gases = {name: value for name, value in STORM.items() if name not in {PM10, PM25}}
    start = midnight(of)
    assert cells(hour(start, gases, dusty=True)) == cells(hour(start, gases, dusty=False))


def test_with_sand_dust_in_an_hour_is_what_was_measured() -> None:
    assert (
        cells(hour(midnight(OF_2012), STORM, dusty=True, variant=Variant(Tier.RAW, sanddust=True)))["AQI"].value == 500
    )


# --- days ------------------------------------------------------------------------------------------------------------


@BOTH_EDITIONS
def test_a_day_of_dust_has_no_aqi_and_keeps_the_iaqi_of_its_gases(of: date) -> None:
    found = day(of, ALL_DAY)
    no_aqi(found)
    assert cells(found)[PM10] == Cell(None, 0, 24, Reason.SANDDUST)
    assert cells(found)[f"IAQI_{NO2}"].value == 25.0


@BOTH_EDITIONS
def test_a_day_of_dust_is_neither_valid_nor_attained(of: date) -> None:
    start = midnight(of)
    columns = day_columns([{start: day(of, ALL_DAY)}], of, 1, load_editions())
    assert (columns.valid[0, 0], columns.level[0, 0], columns.primary[0, 0]) == (False, 0, 0)
    span = Span("", of, of.replace(day=of.day + 1))
    periods = evaluate_periods(columns, [span], load_editions())
    assert (periods.days_valid[0, 0], periods.days_attained[0, 0]) == (0, 0)


@BOTH_EDITIONS
@pytest.mark.parametrize(("dusty", "reason"), [(4, Reason.VALID), (5, Reason.SANDDUST)])
def test_a_day_stands_with_twenty_hours_besides_those_of_dust(of: date, dusty: int, reason: Reason) -> None:
    found = cells(day(of, range(dusty), values=STORM | {PM10: 80.0, PM25: 40.0}))
    assert found[PM10][1:] == (24 - dusty, 24, reason)
    assert found["AQI"].reason == reason


def test_one_hour_of_dust_is_the_reason_of_a_day_that_lacks_others_too() -> None:
    start = midnight(OF_2012)
    hours = {start + n * HOUR: hour(start + n * HOUR, STORM, dusty=n == 7) for n in range(20)}
    assert cells(day_of(hours))[PM10] == Cell(None, 19, 24, Reason.SANDDUST)
    no_aqi(day_of(hours))


def test_a_day_that_lacks_hours_without_any_dust_has_the_reason_it_had() -> None:
    start = midnight(OF_2012)
    hours = {start + n * HOUR: hour(start + n * HOUR, STORM, dusty=False) for n in range(19)}
    assert cells(day_of(hours))[PM10].reason == Reason.TOO_FEW_HOURS


def test_what_a_person_said_of_particulates_is_left_out_with_them() -> None:
    start = midnight(OF_2012)
    starts = range(start, start + 24 * HOUR, HOUR)
    said = {PM10: 700.0, PM25: 200.0, SO2: 60.0}
    hours = {at: hour(at, STORM, dusty=True, variant=REVIEWED_WITHOUT, person=said) for at in starts}
    found = day_of(hours)
    no_aqi(found)
    assert cells(found)[SO2].value == 60.0


# --- cities ----------------------------------------------------------------------------------------------------------


@BOTH_EDITIONS
def test_a_city_whose_stations_lie_in_dust_has_no_aqi(of: date) -> None:
    start = midnight(of)
    dust = hour(start, STORM, dusty=True)
    found = row(Key("city:c", Window.HOUR, start, *WITHOUT), compute_city_hour([dust, dust], edition_at(start), 0))
    no_aqi(found)
    no_aqi(city_day([day(of, ALL_DAY)] * 2, of))
    assert cells(found)[PM10].reason == cells(city_day([day(of, ALL_DAY)], of))[PM10].reason == Reason.SANDDUST


@BOTH_EDITIONS
@pytest.mark.parametrize(("dusty", "reason"), [(1, Reason.VALID), (2, Reason.SANDDUST)])
def test_a_city_stands_with_three_of_four_stations_besides_those_in_dust(of: date, dusty: int, reason: Reason) -> None:
    found = cells(city_day([day(of, ALL_DAY)] * dusty + [day(of, ())] * (4 - dusty), of))
    assert (found[PM10].reason, found["AQI"].reason) == (reason, reason)


def test_a_city_that_lacks_stations_without_any_dust_has_the_reason_it_had() -> None:
    assert cells(city_day([day(OF_2012, ()), None], OF_2012))[PM10].reason == Reason.TOO_FEW_STATIONS


# --- against the rules in plain words --------------------------------------------------------------------------------

_values = st.dictionaries(st.sampled_from(list(STORM)), st.sampled_from([5.0, 80.0, 300.0]), min_size=1)
_some = st.sets(st.integers(0, 23), max_size=6)


@st.composite
def _hours(draw: st.DrawFn) -> list[tuple[Values | None, bool]]:
    """A station's day: whether each hour is there, what it lacks, and whether it lies in dust."""
    values, silent, dusty = draw(_values), draw(_some), draw(_some | st.just(set(ALL_DAY)))
    lacking = draw(st.dictionaries(st.integers(0, 23), st.sampled_from(list(values)), max_size=6))
    return [
        (None if n in silent else {name: value for name, value in values.items() if name != lacking.get(n)}, n in dusty)
        for n in ALL_DAY
    ]


def plain(start: int, hours: Sequence[tuple[Values | None, bool]]) -> dict[int, Cells]:
    starts = [start + n * HOUR for n in range(24)]
    return {
        at: hour_cells(at, [Reading(at, HOUR, name, value, "N") for name, value in values.items()], has_aqi=True,
                       without_dust=dusty)
        for at, (values, dusty) in zip(starts, hours, strict=True)
        if values
    }  # fmt: skip


@given(st.sampled_from([OF_2012, OF_2026]), st.lists(_hours(), min_size=1, max_size=4))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_any_hours_days_and_cities_are_what_the_rules_say(of: date, stations: list[Any]) -> None:
    start = midnight(of)
    days: list[Statistic | None] = []
    nights: list[Statistic | None] = []
    slow = [plain(start, hours) for hours in stations]
    for hours, expected in zip(stations, slow, strict=True):
        made = {
            start + n * HOUR: hour(start + n * HOUR, values, dusty=dusty)
            for n, (values, dusty) in enumerate(hours)
            if values
        }
        assert {at: cells(found) for at, found in made.items()} == expected
        days.append(day_of(made) if made else None)
        nights.append(made.get(start))
    slow_days = [day_cells(start, expected, has_aqi=True) if expected else {} for expected in slow]
    assert [cells(found) if found else {} for found in days] == slow_days
    if any(days):
        assert cells(city_day(days, of)) == city_day_cells(start, slow_days)
    if any(nights):
        found = row(Key("city:c", Window.HOUR, start, *WITHOUT), compute_city_hour(nights, edition_at(start), 0))
        assert cells(found) == city_cells(start, [expected.get(start, {}) for expected in slow])

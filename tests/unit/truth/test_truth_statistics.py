"""The slow statistics on worked examples: hours of several kinds at once, cities, and all windows of a station."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, NO2, OZONE, PM10, PM25, SO2

from aggregate.statistic import Reason
from standards.editions import load_editions
from truth.statistics import (
    EIGHT_HOUR_MAXIMUM,
    HOURLY_MAXIMUM,
    Cell,
    Cells,
    Reading,
    all_windows,
    city_cells,
    city_day_cells,
    day_cells,
    hour_cells,
)

NINE = MIDNIGHT + 9 * HOUR


def minutes(values: Sequence[float], *, factor: str = PM10, start: int = NINE, flag: str = "N") -> list[Reading]:
    return [Reading(start + place * MINUTE, MINUTE, factor, value, flag) for place, value in enumerate(values)]


def test_an_hour_is_the_mean_of_its_valid_minutes() -> None:
    found = hour_cells(NINE, minutes([10.0] * 30 + [20.0] * 30), has_aqi=False)
    assert found == {PM10: Cell(15.0, 60, 60, Reason.VALID)}


@pytest.mark.parametrize(("count", "cell"), [
    (45, Cell(10.0, 45, 60, Reason.VALID)),
    (44, Cell(None, 44, 60, Reason.TOO_FEW_MINUTES)),
])  # fmt: skip
def test_45_minutes_make_an_hour(count: int, cell: Cell) -> None:
    assert hour_cells(NINE, minutes([10.0] * count), has_aqi=False) == {PM10: cell}


def test_minutes_flagged_otherwise_than_normal_or_without_a_value_do_not_count() -> None:
    flagged = Reading(NINE + 50 * MINUTE, MINUTE, PM10, 900.0, "C")
    empty = Reading(NINE + 51 * MINUTE, MINUTE, PM10, math.nan, "N")
    readings = [*minutes([10.0] * 50), flagged, empty]
    assert hour_cells(NINE, readings, has_aqi=False) == {PM10: Cell(10.0, 50, 60, Reason.VALID)}


def test_an_hour_flagged_throughout_has_no_values_but_stands() -> None:
    assert hour_cells(NINE, minutes([10.0] * 60, flag="M"), has_aqi=False) == {
        PM10: Cell(None, 0, 60, Reason.NO_VALUES)
    }


def test_the_loggers_own_valid_hour_goes_before_minutes_and_its_invalid_one_does_not() -> None:
    own = Reading(NINE, HOUR, PM10, 99.0, "N")
    assert hour_cells(NINE, [own, *minutes([10.0] * 60)], has_aqi=False)[PM10] == Cell(99.0, 1, 1, Reason.VALID)
    flagged = own._replace(flag="D")
    assert hour_cells(NINE, [flagged, *minutes([10.0] * 60)], has_aqi=False)[PM10].value == 10.0


def test_the_hour_of_an_air_station_has_the_aqi_of_its_six_means() -> None:
    six = {PM25: 60.0, PM10: 120.0, SO2: 10.0, NO2: 20.0, CO: 0.5, OZONE: 100.0}
    readings = [Reading(NINE, HOUR, factor, value, "N") for factor, value in six.items()]
    found = hour_cells(NINE, readings, has_aqi=True)
    assert found["AQI"] == Cell(100.0, 6, 6, Reason.VALID)
    assert (found[f"IAQI_{PM25}"].value, found[f"IAQI_{PM10}"].value) == (100.0, 100.0)


def test_without_a_pollutant_the_aqi_of_2026_is_published_above_100_alone() -> None:
    readings = [Reading(NINE, HOUR, PM10, 80.0, "N")]
    assert hour_cells(NINE, readings, has_aqi=True)["AQI"] == Cell(None, 1, 6, Reason.POLLUTANT_MISSING)


def direction_of(*directions: float, speeds: Sequence[float] = ()) -> Cell:
    quarters = [NINE + place * 900 for place in range(4)]
    readings = [Reading(time, 900, "a01008", value, "N") for time, value in zip(quarters, directions, strict=True)]
    readings += [Reading(time, 900, "a01007", value, "N") for time, value in zip(quarters, speeds, strict=False)]
    return hour_cells(NINE, readings, has_aqi=False)["a01008"]


def test_wind_directions_are_averaged_as_vectors() -> None:
    assert direction_of(350.0, 350.0, 10.0, 10.0).value == pytest.approx(0.0, abs=1e-9)
    assert direction_of(0.0, 0.0, 90.0, 90.0, speeds=(1.0, 1.0, 3.0, 3.0)).value == pytest.approx(71.565, abs=1e-3)
    assert direction_of(0.0, 0.0, 90.0, 90.0, speeds=(1.0, 1.0, 3.0)).value == pytest.approx(45.0)
    assert direction_of(0.0, 180.0, 90.0, 270.0) == Cell(None, 4, 4, Reason.NO_DIRECTION)


# --- days ----------------------------------------------------------------------------------------------------------


def day_of(values: Sequence[float | None], factor: str = OZONE) -> Cells:
    hours = {
        MIDNIGHT + place * HOUR: {factor: Cell(value, 60, 60, Reason.VALID)}
        for place, value in enumerate(values)
        if value is not None
    }
    return day_cells(MIDNIGHT, hours, has_aqi=False)


def test_a_day_is_the_mean_of_at_least_twenty_hours() -> None:
    assert day_of([10.0] * 20, PM10) == {PM10: Cell(10.0, 20, 24, Reason.VALID)}
    assert day_of([10.0] * 19, PM10) == {PM10: Cell(None, 19, 24, Reason.TOO_FEW_HOURS)}


def test_the_daily_maximum_is_of_the_eight_hours_that_end_at_8_to_24_and_are_valid() -> None:
    assert day_of([*[0.0] * 16, *[80.0] * 8])[EIGHT_HOUR_MAXIMUM] == Cell(80.0, 17, 17, Reason.VALID)
    # the hours before 08:00 of the day alone: windows that end at 08:00 … 10:00 have six of eight hours
    assert day_of([50.0] * 8)[EIGHT_HOUR_MAXIMUM] == Cell(None, 3, 17, Reason.TOO_FEW_WINDOWS)
    assert day_of([161.0] * 8)[EIGHT_HOUR_MAXIMUM] == Cell(161.0, 3, 17, Reason.VALID)


def test_all_windows_of_a_station_are_its_hours_days_and_for_ozone_the_running_means() -> None:
    readings = [Reading(MIDNIGHT + HOUR, HOUR, factor, 50.0, "N") for factor in (PM10, OZONE)]
    found = all_windows(readings, has_aqi=False)
    eights = {("8h", MIDNIGHT + place * HOUR) for place in range(-6, 2)}
    assert set(found) == {("hour", MIDNIGHT + HOUR), ("day", MIDNIGHT)} | eights
    assert found["8h", MIDNIGHT] == {OZONE: Cell(None, 1, 8, Reason.TOO_FEW_HOURS)}
    assert set(found["day", MIDNIGHT]) == {PM10, OZONE, EIGHT_HOUR_MAXIMUM, HOURLY_MAXIMUM}


def test_samples_longer_than_an_hour_are_in_no_window() -> None:
    assert all_windows([Reading(MIDNIGHT, 4 * HOUR, PM10, 1.0, "N")], has_aqi=False) == {}


# --- cities --------------------------------------------------------------------------------------------------------


def member(value: float | None) -> Cells:
    return {PM10: Cell(value, 60, 60, Reason.VALID)} if value is not None else {}


def test_a_citys_hour_is_the_mean_of_its_stations_means() -> None:
    found = city_cells(NINE, [member(value) for value in (10.0, 20.0, 60.0, None)])
    assert found[PM10] == Cell(30.0, 3, 4, Reason.VALID)
    assert found["AQI"].n_expected == 6


def test_a_city_needs_three_quarters_of_its_stations() -> None:
    assert city_cells(NINE, [member(10.0)] * 2 + [member(None)])[PM10] == Cell(None, 2, 3, Reason.TOO_FEW_STATIONS)


# --- without sand-dust ----------------------------------------------------------------------------------------------


def dusty_hours(number: int, of: int) -> dict[int, Cells]:
    """A day of dust from its first hour on, taken out; gases are clean."""
    six = {PM25: 40.0, PM10: 80.0, SO2: 8.0, NO2: 20.0, CO: 0.5, OZONE: 60.0}
    starts = [of + place * HOUR for place in range(24)]
    return {
        start: hour_cells(start, [Reading(start, HOUR, factor, value, "N") for factor, value in six.items()],
                          has_aqi=True, without_dust=place < number)
        for place, start in enumerate(starts)
    }  # fmt: skip


@pytest.mark.parametrize("of", [MIDNIGHT, MIDNIGHT - 365 * DAY])
def test_what_dust_leaves_without_particulates_has_no_aqi_and_names_it_as_the_reason(of: int) -> None:
    hour = dusty_hours(1, of)[of]
    assert hour["AQI"] == Cell(None, 4, 6, Reason.SANDDUST)
    day = day_cells(of, dusty_hours(5, of), has_aqi=True)
    assert (day[PM10], day["AQI"].reason) == (Cell(None, 19, 24, Reason.SANDDUST), Reason.SANDDUST)
    assert day[f"IAQI_{NO2}"].value == 25.0
    city = city_day_cells(of, [day, day, {}])
    assert (city[PM10], city["AQI"].reason) == (Cell(None, 0, 3, Reason.SANDDUST), Reason.SANDDUST)


def test_a_day_that_keeps_twenty_hours_besides_those_of_dust_stands() -> None:
    day = day_cells(MIDNIGHT, dusty_hours(4, MIDNIGHT), has_aqi=True)
    assert (day[PM10].n_valid, day["AQI"].reason) == (20, Reason.VALID)
    assert (
        city_day_cells(MIDNIGHT, [day] * 3 + [day_cells(MIDNIGHT, dusty_hours(5, MIDNIGHT), has_aqi=True)])[
            "AQI"
        ].reason
        == Reason.VALID
    )


def test_a_city_whose_stations_said_nothing_has_no_hour() -> None:
    assert city_cells(NINE, [{}, {"a01001": Cell(20.0, 60, 60, Reason.VALID)}]) == {}


def test_the_edition_is_that_of_the_windows_start() -> None:
    before = load_editions().by_id("2026").start - DAY
    readings = [Reading(before, HOUR, PM10, 80.0, "N")]
    assert hour_cells(before, readings, has_aqi=True)["AQI"].reason == Reason.VALID

"""A city's hour: the mean of its stations, open until each has its own, and its AQI from the means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from reports import CO, HOUR, MIDNIGHT, NO2, OZONE, PM10, PM25, SO2

from aggregate.cities import compute_city_hour
from aggregate.statistic import Computed, Content, Key, Reason, Statistic, Window
from standards.editions import edition_at

START = MIDNIGHT + 9 * HOUR
UNTIL = START + HOUR + 300
EDITION = edition_at(START)
SIX = {PM25: 35.0, PM10: 80.0, SO2: 12.0, NO2: 40.0, CO: 0.7, OZONE: 90.0}


def hour(values: Mapping[str, float | None], *, states: str = "", live: bool = True) -> Statistic:
    names = tuple(sorted(values))
    counts = tuple(0 if values[name] is None else 60 for name in names)
    reasons = tuple(Reason.NO_VALUES if values[name] is None else Reason.VALID for name in names)
    content = Content(names, tuple(values[name] for name in names), counts, (60,) * len(names), reasons, EDITION.id)
    key = Key("station:s", Window.HOUR, START)
    return Statistic(key, content, states or "P" * len(names), (live,) * len(names), 1, 0, None, START)


def city(*hours: Statistic | None, until: int = 0) -> Computed:
    return compute_city_hour(hours, EDITION, until)


def cells(found: Computed) -> dict[str, tuple[Any, ...]]:
    content = found.content
    columns = zip(content.values, content.n_valid, content.n_expected, content.reasons, strict=True)
    return dict(zip(content.factors, columns, strict=True))


def test_a_city_is_the_mean_of_its_stations() -> None:
    found = cells(city(hour({PM10: 80.0}), hour({PM10: 100.0})))
    assert found[PM10] == (90.0, 2, 2, Reason.VALID)


@pytest.mark.parametrize(("silent", "reason"), [(1, Reason.VALID), (2, Reason.TOO_FEW_STATIONS)])
def test_a_city_needs_three_of_four_stations(silent: int, reason: Reason) -> None:
    hours = [hour({PM10: 80.0})] * (4 - silent) + [None] * silent
    assert cells(city(*hours))[PM10][1:] == (4 - silent, 4, reason)


def test_an_invalid_value_counts_as_a_silent_station() -> None:
    assert cells(city(hour({PM10: 80.0}), hour({PM10: None})))[PM10][1:] == (1, 2, Reason.TOO_FEW_STATIONS)


def test_the_citys_aqi_comes_from_its_means() -> None:
    found = cells(city(hour(SIX | {PM10: 40.0}), hour(SIX | {PM10: 160.0})))
    alone = cells(city(hour(SIX | {PM10: 100.0})))
    assert found["AQI"] == alone["AQI"]
    assert found["AQI"][1:] == (6, 6, Reason.VALID)


def test_other_factors_are_no_business_of_the_citys() -> None:
    assert set(cells(city(hour({PM10: 80.0, "a01001": 12.0})))) == {PM10, "IAQI_a34002", "AQI"}


def test_stations_that_have_said_nothing_of_the_six_make_no_city() -> None:
    assert cells(city(None, hour({"a01001": 12.0}))) == {}


@pytest.mark.parametrize(
    "waited_for", [None, hour({PM10: None}, states="O"), hour({PM10: 80.0, CO: None}, states="OP")]
)
def test_a_city_waits_for_all_its_stations(waited_for: Statistic | None) -> None:
    found = city(hour({PM10: 80.0}), waited_for, until=UNTIL)
    assert set(found.open_until) == {UNTIL}
    assert cells(found)[PM10][0] is None


def test_a_city_waits_no_longer_when_all_have_their_hour() -> None:
    assert set(city(hour({PM10: 80.0}), hour({PM10: None}), until=UNTIL).open_until) == {0}


def test_after_the_grace_a_city_is_what_its_stations_have_said() -> None:
    hours = [hour({PM10: 80.0})] * 3
    found = city(*hours, hour({PM10: None}, states="O"), until=0)
    assert set(found.open_until) == {0}
    assert cells(found)[PM10] == (80.0, 3, 4, Reason.VALID)


def test_a_city_is_live_if_one_of_its_stations_is() -> None:
    assert set(city(hour({PM10: 80.0}, live=False), hour({PM10: 80.0})).live) == {True}
    assert set(city(hour({PM10: 80.0}, live=False), None).live) == {False}

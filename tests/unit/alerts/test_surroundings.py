"""Whom a station stands against, and what stands for all of them."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_facts import DUST, changed

from alerts.surroundings import Surroundings, in_scope, median_without
from ingest.kinds import Kind
from ingest.registry import Registry
from ingest.station import Station


def station(name: str = "s1", **changes: object) -> Station:
    """A dust monitor of a county of Jincheng."""
    known: dict[str, object] = {
        "version_key": 1, "station_id": hash(name) % 1000, "station": name, "valid_from": 0.0, "active": True,
        "mn": None, "name_zh": "站", "name_en": None, "kind": Kind.DUST, "region": "140502", "city": "晋城市",
        "county": "城区", "longitude": None, "latitude": None, "operator": None, "enterprise": "厂",
        "control_level": None, "control_point": False, "camera": None, "reporting_period": 60, "acks": "station",
        "valid_ranges": {}, "limits": {}, "target_class": None,
        "tags": ("秋冬季重点", "高架源"), **changes,
    }  # fmt: skip
    return Station(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        ({"regions": ["1405"]}, True),
        ({"regions": ["1406"]}, False),
        ({"cities": ["晋城市"], "enterprises": ["厂"]}, True),
        ({"cities": ["晋城市"], "enterprises": ["别厂"]}, False),
        ({"stations": ["s1"]}, True),
        ({"stations": ["s2"]}, False),
        ({"tags": ["高架源", "别组"]}, True),
        ({"tags": ["别组"]}, False),
        ({"tags": ["高架源"], "cities": ["太原市"]}, False),
    ],
)
def test_a_scope_holds_a_station_that_every_list_names(scope: dict[str, list[str]], holds: bool) -> None:
    rule = changed(scope=scope)
    assert rule.scope is not None
    assert in_scope(rule.scope, station()) is holds
    assert Surroundings(Registry(1, [station()])).watching(rule, "station:s1", 10) is holds


def test_of_a_kind_that_a_rule_does_not_watch_nothing_is_watched() -> None:
    known = Surroundings(Registry(1, [station(kind=Kind.AIR)]))
    assert not known.watching(DUST, "station:s1", 10)


def test_a_city_is_in_no_scope_that_names_stations() -> None:
    watch = {"kinds": ["city"], "window": "hour", "factor": "AQI"}
    nobody = Surroundings(Registry.empty())
    assert nobody.watching(changed(watch=watch, scope={"cities": ["晋城市"]}), "city:晋城市", 10)
    assert not nobody.watching(changed(watch=watch, scope={"stations": ["s1"]}), "city:晋城市", 10)
    assert not nobody.watching(changed(watch=watch, scope={"tags": ["高架源"]}), "city:晋城市", 10)


LAWS = settings(max_examples=200, derandomize=True, deadline=None)
numbers = st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0, 7.0, 40.0]), min_size=1, max_size=9)


@LAWS
@given(numbers, st.integers(0, 8))
def test_the_median_leaves_the_station_itself_out(values: list[float], place: int) -> None:
    own = values[place % len(values)]
    others = [*values]
    others.remove(own)
    expected = median(others) if others else None
    assert median_without(sorted(values), own, 1) == expected


@LAWS
@given(numbers)
def test_of_a_station_without_a_value_all_others_count(values: list[float]) -> None:
    assert median_without(sorted(values), None, 1) == median(values)


@pytest.mark.parametrize(("least", "found"), [(2, 3.0), (3, None)])
def test_with_too_few_others_there_is_nothing_to_stand_against(least: int, found: float | None) -> None:
    assert median_without([1.0, 2.0, 4.0], 1.0, least) == found

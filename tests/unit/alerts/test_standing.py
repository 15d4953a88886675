"""Rules that watch while a warning or an order is in force: by the start of the window, at one city or station."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from rule_facts import DUST, changed
from test_surroundings import station

from alerts.rules import book
from alerts.rules.device import DeviceRule
from alerts.standing import Span, Standing
from alerts.surroundings import Surroundings
from ingest.kinds import Kind
from ingest.registry import Registry

REGISTRY = Registry(1, [station(), station("s2", city="长治市"), station("a1", kind=Kind.AIR)])
STANDING = Standing(
    {"晋城市": [Span("orange", 100, 200), Span("red", 200, 300)]}, {"s1": [Span("stop-work", 150, 250)]}
)  # fmt: skip


def watches(start: int, name: str = "station:s1", **scope: object) -> bool:
    return Surroundings(REGISTRY, STANDING).watching(changed(scope=scope), name, start)


@pytest.mark.parametrize(("start", "holds"), [(199, False), (200, True), (299, True), (300, False)])
def test_a_rule_for_red_watches_windows_that_begin_while_it_is_in_force(start: int, holds: bool) -> None:
    assert watches(start, warnings=["red"]) is holds


def test_of_several_levels_any_will_do_and_of_another_city_none() -> None:
    assert watches(150, warnings=["orange", "red"])
    assert not watches(50, warnings=["orange", "red"])
    assert not watches(250, "station:s2", warnings=["red"])


@pytest.mark.parametrize(("start", "holds"), [(149, False), (150, True), (249, True), (250, False)])
def test_a_rule_for_an_order_watches_the_station_that_has_it(start: int, holds: bool) -> None:
    assert watches(start, order="stop-work") is holds


def test_an_order_at_one_station_is_none_at_another() -> None:
    assert not watches(200, "station:s2", order="stop-work")


def test_all_that_a_scope_names_must_be_met() -> None:
    assert watches(220, warnings=["red"], order="stop-work", stations=["s1"])
    assert not watches(180, warnings=["red"], order="stop-work")
    assert not watches(220, warnings=["red"], stations=["s2"])


def test_a_citys_own_statistics_may_be_watched_while_it_has_a_warning() -> None:
    rule = changed(watch={"kinds": ["city"], "window": "hour", "factor": "AQI"}, scope={"warnings": ["red"]})
    known = Surroundings(REGISTRY, STANDING)
    assert [known.watching(rule, "city:晋城市", start) for start in (150, 250)] == [False, True]
    assert not known.watching(rule, "city:长治市", 250)


def test_who_asks_what_a_rule_may_ever_watch_is_not_asked_when() -> None:
    assert Surroundings(REGISTRY).watching(changed(scope={"warnings": ["red"]}), "station:s1", 50)
    assert not Surroundings(REGISTRY).watching(changed(scope={"warnings": ["red"]}), "station:a1", 50)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scope": {"warnings": ["control"]}}, "control is no warning; take of blue, yellow, orange, red"),
        ({"scope": {"warnings": ["purple"]}}, "Input should be 'control', 'blue', 'yellow', 'orange' or 'red'"),
        ({"scope": {"order": "go-home"}}, "Input should be 'stop-work'"),
        ({"scope": {"warnings": []}}, "names nothing"),
        (
            {"scope": {"order": "stop-work"}, "watch": {"kinds": ["city"], "window": "hour", "factor": "AQI"}},
            "a city has no order",
        ),
    ],
)
def test_a_scope_that_makes_no_sense_is_refused_with_the_remedy(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        changed(DUST, **changes)


def test_a_rule_about_devices_asks_for_nothing_in_force() -> None:
    rule = book.load().devices[0]
    with pytest.raises(ValidationError, match="let scope name no warnings and no order"):
        DeviceRule.model_validate({**rule.model_dump(exclude_none=True), "scope": {"warnings": ["red"]}})

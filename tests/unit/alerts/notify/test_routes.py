"""Who is told of what, from when on."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tellings import NIGHT, NOON, TARGETS, routes_of, telling

from alerts.notify.telling import About
from alerts.severity import Severity
from core.errors import InputError

ALL = '[[route]]\nid = "all"\nto = ["zhang"]\n'


def route(conditions: str, to: str = "robot", name: str = "one") -> str:
    return f'[[route]]\nid = "{name}"\nto = ["{to}"]\n{conditions}\n'


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ("", True),
        ('severity = "warning"', True),
        ('severity = "severe"', False),
        ('cities = ["晋城市"]', True),
        ('cities = ["太原市"]', False),
        ('regions = ["1405"]', True),
        ('regions = ["1406", "140502"]', True),
        ('regions = ["1401"]', False),
        ('kinds = ["dust", "cems"]', True),
        ('kinds = ["city"]', False),
        ('stations = ["site-1"]', True),
        ('stations = ["site-2"]', False),
        ('rules = ["dust-stop-work"]', True),
        ('rules = ["silent"]', False),
        ('happenings = ["opened"]', True),
        ('happenings = ["raised"]', False),
        ('about = ["order"]', False),
        ('kinds = ["dust"]\nregions = ["1401"]', False),
    ],
)
def test_a_route_tells_what_meets_all_its_conditions(tmp_path: Path, conditions: str, told: bool) -> None:
    found = routes_of(tmp_path, route(conditions)).told(telling(), (), NOON)
    assert [one.target for one in found] == (["robot"] if told else [])


def test_all_routes_count_and_a_target_is_told_once(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, ALL + route("", "zhang", "two") + route("", "robot", "three"))
    assert [one.target for one in routes.told(telling(), (), NOON)] == ["zhang", "robot"]


def test_who_is_told_by_name_and_by_duty_is_told_once_as_both(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, '[[route]]\nid = "both"\nto = ["zhang", "duty:air"]\n')
    (told,) = routes.told(telling(), (), NOON)
    assert (told.target, told.addressees) == ("zhang", ("zhang", "duty:air"))
    cleared = telling(news=False, happening="cleared")
    assert [one.target for one in routes.told(cleared, told.addressees, NIGHT)] == ["zhang", "li"]


def test_what_meets_a_route_that_stops_goes_no_further(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route("stop = true") + ALL)
    assert [one.target for one in routes.told(telling(), (), NOON)] == ["robot"]


def test_a_dispatch_is_told_only_where_a_route_asks_for_it(tmp_path: Path) -> None:
    dispatch = telling(about=About.DISPATCH)
    assert not routes_of(tmp_path, ALL).told(dispatch, (), NOON)
    assert routes_of(tmp_path, route('about = ["dispatch"]')).told(dispatch, (), NOON)


def test_a_leader_named_by_a_target_is_told_whatever_the_routes_say(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route('rules = ["none"]'))
    overdue = telling(about=About.OVERDUE, targets=("boss", "13900000001"))
    assert [one.target for one in routes.told(overdue, (), NOON)] == ["boss"]


def test_a_duty_is_whoever_has_it_now(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route("", "duty:air"))
    assert [one.target for one in routes.told(telling(), (), NOON)] == ["zhang"]
    assert [one.target for one in routes.told(telling(), (), NIGHT)] == ["li"]


def test_the_next_shift_hears_that_what_the_last_was_told_is_over(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route("", "duty:air"))
    cleared = telling(news=False, happening="cleared")
    assert [one.target for one in routes.told(cleared, ["duty:air"], NIGHT)] == ["li"]


def test_what_nobody_is_on_duty_for_goes_to_the_last_resort(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route("", "duty:air"))
    later = NOON + timedelta(days=3)
    assert [(one.addressees, one.target) for one in routes.told(telling(), (), later)] == [(("duty:air",), "boss")]


def test_who_heard_nothing_of_an_alert_does_not_hear_that_it_is_over(tmp_path: Path) -> None:
    assert routes_of(tmp_path, ALL).told(telling(news=False, happening="cleared"), (), NOON) == []


def test_who_was_told_hears_the_end_though_it_is_less_grave_by_then(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route('severity = "critical"'))
    lowered = telling(news=False, happening="lowered", severity=Severity.INFO)
    assert [one.target for one in routes.told(lowered, ["robot"], NOON)] == ["robot"]


def test_who_wants_openings_alone_does_not_hear_the_end(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route('happenings = ["opened"]'))
    assert routes.told(telling(news=False, happening="cleared"), ["robot"], NOON) == []


def test_what_is_told_is_held_back_for_its_company(tmp_path: Path) -> None:
    (told,) = routes_of(tmp_path, ALL).told(telling(), (), NOON)
    assert told.due == NOON + timedelta(seconds=5)


def test_quiet_hours_past_midnight_hold_back_until_the_morning(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route("", "li"))
    morning = datetime.fromisoformat("2026-03-02T07:00:00+08:00")
    assert routes.told(telling(), (), NIGHT)[0].due == morning
    assert routes.told(telling(), (), NIGHT + timedelta(hours=3))[0].due == morning
    assert routes.told(telling(), (), morning)[0].due == morning + timedelta(seconds=5)


def test_quiet_hours_at_noon_end_the_same_day(tmp_path: Path) -> None:
    routes = routes_of(tmp_path, route(""))
    assert routes.told(telling(), (), NOON + timedelta(hours=1))[0].due == NOON + timedelta(minutes=90)


def test_what_is_grave_is_told_in_quiet_hours(tmp_path: Path) -> None:
    (told,) = routes_of(tmp_path, route("", "li")).told(telling(severity=Severity.CRITICAL), (), NIGHT)
    assert told.due == NIGHT + timedelta(seconds=5)


def test_that_something_grave_is_over_wakes_nobody(tmp_path: Path) -> None:
    cleared = telling(severity=Severity.CRITICAL, urgency=Severity.INFO, news=False, happening="cleared")
    (told,) = routes_of(tmp_path, route("", "li")).told(cleared, ["li"], NIGHT)
    assert told.due.hour == 7


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('to = ["zhang"]', 'to = ["zhnag"]', "route all: zhnag is no target"),
        ('to = ["zhang"]', 'to = ["duty:water"]', "no shift of this duty stands in the roster"),
        ('url_secret = "notify-boss"', 'url = "mailto://x"', "notify.toml:4: target boss: url_secret: Field required"),
        ('id = "zhang"', 'id = "boss"', "target boss stands twice"),
        ('last_resort = "boss"', 'last_resort = "chef"', "last_resort: chef is no target"),
        ('begins = "22:00:00"', 'begins = "07:00:00"', "target li: quiet"),
        ('gather = "PT5S"', 'gather = "5 s"', "gather"),
    ],
)
def test_a_fault_of_the_file_is_named_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        routes_of(tmp_path, ALL.replace(old, new), targets=TARGETS.replace(old, new))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_url_in_the_file_is_not_shown_in_the_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        routes_of(tmp_path, ALL, targets=TARGETS.replace('url_secret = "notify-boss"', 'url = "mailto://a:geheim@b"'))
    assert "geheim" not in str(error.value)

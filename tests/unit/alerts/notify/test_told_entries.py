"""What entries of the alerts' log have to tell people."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tellings import NOON

from alerts.handling.chain import Chained, Line, Subject
from alerts.happening import Happening
from alerts.notify.entries import UNTELLABLE, Concerned, checked, telling_of
from alerts.notify.telling import About, Telling
from alerts.severity import Severity

HOUR = timedelta(hours=1)


def alert(**more: Any) -> Concerned:
    given: dict[str, Any] = {
        "alert_id": 12, "rule_id": "dust-stop-work", "city": "晋城市", "region": "140502", "object": "station:site-1",
        "station": "site-1", "kind": "dust", "severity": "critical", "state": "open", "origin": "live",
        "time_window": "hour", "opened_at": NOON, "factor": "a34002", "value": 312.0, "threshold": 250.0,
        "unit": "µg/m³", "name_zh": "工地一", "name_en": "Site 1", "title_zh": "扬尘停工：工地一",
        "title_en": "Stop dust work",
        "detail_zh": "PM10 312", "detail_en": "PM10 is 312", "todo_zh": "停工", "todo_en": "stop",
        "legal_basis": "第28项", "camera": "",
    }  # fmt: skip
    return Concerned(**(given | more))


def entry(subject: Subject, happening: str, detail: dict[str, Any] | str | None = None, **more: Any) -> Chained:
    given: dict[str, Any] = {
        "city": "晋城市", "at": NOON, "subject": subject, "happening": happening, "alert_id": 12,
        "detail": json.dumps(detail) if isinstance(detail, dict) else detail,
    }  # fmt: skip
    return Chained(7, b"", Line(**(given | more)))


def by_data(happening: Happening, *, ended: timedelta = timedelta(minutes=5), **more: Any) -> Chained:
    """What data did by an hour that had ended so long before."""
    return entry(Subject.DATA, happening.value, time_window="hour", start=NOON - ended - HOUR, **more)


def told(found: Telling | None) -> Telling:
    assert found is not None
    return found


def test_an_opening_is_news_under_a_name_that_is_its_place_in_the_log() -> None:
    found = told(telling_of(by_data(Happening.OPENED), alert()))
    assert (found.key, found.thread, found.about, found.news) == ("晋城市#7", "alert:12", About.ALERT, True)
    assert (found.severity, found.urgency, found.region) == (Severity.CRITICAL, Severity.CRITICAL, "140502")
    assert found.words.title_zh == "【触发】扬尘停工：工地一"


@pytest.mark.parametrize("happening", [Happening.EXTENDED, Happening.CORRECTED, Happening.SPLIT])
def test_that_something_goes_on_or_was_divided_is_no_news(happening: Happening) -> None:
    assert telling_of(by_data(happening), alert()) is None


@pytest.mark.parametrize("happening", [Happening.CLEARED, Happening.LOWERED, Happening.MERGED])
def test_that_it_is_over_may_wait_for_the_morning(happening: Happening) -> None:
    found = told(telling_of(by_data(happening), alert()))
    assert (found.news, found.urgency, found.severity) == (False, Severity.INFO, Severity.CRITICAL)


def test_that_a_grave_alert_was_none_may_not_wait() -> None:
    found = told(telling_of(by_data(Happening.WITHDRAWN), alert(state="withdrawn")))
    assert (found.news, found.undone, found.urgency) == (False, True, Severity.CRITICAL)


def test_history_is_told_to_nobody() -> None:
    assert telling_of(by_data(Happening.OPENED), alert(origin="history")) is None


def test_what_a_correction_finds_in_the_day_before_yesterday_is_told_to_nobody() -> None:
    assert telling_of(by_data(Happening.OPENED, ended=timedelta(hours=24)), alert()) is not None
    assert telling_of(by_data(Happening.OPENED, ended=timedelta(hours=24, seconds=1)), alert()) is None


def test_a_days_window_ends_with_the_day() -> None:
    started = NOON - timedelta(hours=40)
    opened = entry(Subject.DATA, "opened", time_window="day", start=started)
    assert telling_of(opened, alert(time_window="day")) is not None


def test_a_device_is_told_of_by_the_look_that_found_it() -> None:
    opened = entry(Subject.DATA, "opened", time_window="device", start=NOON - timedelta(days=3))
    assert telling_of(opened, alert(time_window="device")) is not None


def test_a_proposed_order_says_how_to_decide() -> None:
    found = told(telling_of(entry(Subject.ORDER, "propose"), alert()))
    assert (found.about, found.news, found.thread) == (About.ORDER, True, "order:12")
    assert "lantian alerts order confirm 12" in found.words.todo_zh


@pytest.mark.parametrize(
    ("happening", "news", "over"),
    [("confirm", False, False), ("issue", True, False), ("receive", False, False), ("lift", True, True),
     ("decline", False, True), ("flag", True, False), ("withdraw", False, True)],
)  # fmt: skip
def test_orders_in_force_and_lifted_are_news(happening: str, news: bool, over: bool) -> None:
    found = told(telling_of(entry(Subject.ORDER, happening, who="王五"), alert()))
    assert (found.news, found.over) == (news, over)


def test_an_order_that_goes_on_with_a_later_alert_says_with_which_and_its_thread_is_over() -> None:
    found = told(telling_of(entry(Subject.ORDER, "hand-on", {"alert": "15"}), alert()))
    assert (found.news, found.over) == (False, True)
    assert "停工令转入后一次报警（#15），报警 #12" in found.words.line_zh


def test_an_escalation_names_the_leader_and_goes_to_their_contact() -> None:
    detail = {"step": "acknowledge", "since": NOON.isoformat(), "due": NOON.isoformat(), "rung": 2, "town": "城区",
              "leader": "钱区长", "contact": "qian"}  # fmt: skip
    found = told(telling_of(entry(Subject.ESCALATION, "overdue", detail), alert()))
    assert (found.about, found.targets, found.thread) == (About.OVERDUE, ("qian",), "overdue-acknowledge:12")
    assert found.words.line_zh == "工地一：报警 #12 应于 2026-03-01 12:00 前确认，第 2 次提醒，报 城区 钱区长"


def test_an_escalation_without_a_leader_is_told_all_the_same() -> None:
    detail = {"step": "acknowledge", "since": NOON.isoformat(), "due": NOON.isoformat(), "rung": 1}
    assert told(telling_of(entry(Subject.ESCALATION, "overdue", detail), alert())).targets == ()


def test_a_dispatch_goes_to_its_unit() -> None:
    detail = {"unit": "zhujian", "deadline": NOON.isoformat()}
    found = told(telling_of(entry(Subject.HANDLING, "dispatch", detail, who="张三"), alert()))
    assert (found.about, found.targets) == (About.DISPATCH, ("zhujian",))
    assert "2026-03-01 12:00 前反馈" in found.words.line_zh


@pytest.mark.parametrize("happening", ["acknowledge", "feedback", "verify", "comment", "return"])
def test_other_steps_of_handling_disturb_nobody(happening: str) -> None:
    assert telling_of(entry(Subject.HANDLING, happening, {"text": "x"}, who="张三"), alert()) is None


def test_a_silence_is_told_to_nobody() -> None:
    assert telling_of(entry(Subject.SILENCE, "silence", alert_id=None), None) is None


@pytest.mark.parametrize("said", ['{"unit": "\\ud800 住建局"}', '{"unit": "住建局\\u0000\\n"}'])
def test_what_is_said_is_told_in_letters_that_can_be_shown(said: str) -> None:
    found = checked(told(telling_of(entry(Subject.HANDLING, "dispatch", detail=said), alert())))
    assert found.words.line_zh.isprintable()
    assert found.targets[0].isprintable()


@pytest.mark.parametrize(
    "said",
    ["[1]", '"x"', "{", '{"unit": ["x"]}', '{"unit": 5}', '{"deadline": "x"}', '{"unit": "x", "more": ["\\u0000"]}'],
)
def test_what_cannot_be_told_is_found_before_it_stands_in_everybodys_way(said: str) -> None:
    with pytest.raises(UNTELLABLE):
        checked(told(telling_of(entry(Subject.HANDLING, "dispatch", detail=said), alert())))

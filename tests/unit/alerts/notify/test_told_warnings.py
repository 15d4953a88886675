"""What entries about a city's heavy-pollution warning have to tell people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tellings import NOON

from alerts.handling.chain import Chained, Line, Subject
from alerts.notify.telling import About, Telling
from alerts.notify.warning_entries import warning_telling_of
from alerts.severity import Severity


def entry(happening: str, who: str | None = None, **detail: Any) -> Chained:
    given = {"action": "start", "level": "orange", "reason": "CONDITION_EXPECTED", "condition": "AQI > 200 72 h"}
    line = Line(city="晋城市", at=NOON, subject=Subject.WARNING, happening=happening, who=who,
                detail=json.dumps(given | detail, ensure_ascii=False))  # fmt: skip
    return Chained(7, b"", line)


def told(entry_: Chained) -> Telling:
    found = warning_telling_of(entry_, "1405")
    assert found is not None
    return found


def test_a_proposal_says_what_is_proposed_why_and_what_to_do() -> None:
    found = told(entry("proposed", first_day="2026-03-02"))
    assert (found.about, found.news, found.severity, found.region) == (About.WARNING, True, Severity.SEVERE, "1405")
    assert found.words.title_zh == "【重污染天气预警建议】晋城市 启动橙色预警"
    assert "首日 2026-03-02（预计达到条件：AQI > 200 72 h）" in found.words.line_zh
    assert "lantian alerts warning issue --city 晋城市" in found.words.todo_zh


def test_what_a_person_issued_is_news_of_its_own_with_name_and_reason() -> None:
    found = told(entry("issued", "王五", level="red", action="upgrade", said="会商一致"))
    assert (found.news, found.severity, found.thread) == (True, Severity.CRITICAL, "晋城市#7")
    assert "，王五：会商一致" in found.words.line_zh


def test_the_end_of_a_warning_is_as_grave_as_the_warning_was() -> None:
    found = told(entry("issued", "王五", level=None, action="end", level_before="red"))
    assert found.severity is Severity.CRITICAL
    assert found.words.title_zh == "【重污染天气预警发布】晋城市 解除预警"


def test_a_proposal_that_is_withdrawn_unheard_need_not_be_told() -> None:
    found = told(entry("withdrawn", why="NOT_SUPPORTED"))
    assert (found.news, found.undone, found.thread) == (
        False,
        True,
        told(entry("proposed")).thread,
    )


def test_that_a_person_said_no_is_told_to_who_heard_the_proposal() -> None:
    assert told(entry("declined", "王五", said="不采纳")).news is False


@pytest.mark.parametrize("happening", ["plan-imported", "receipts-imported", "listed"])
def test_plans_and_receipts_disturb_nobody(happening: str) -> None:
    assert warning_telling_of(entry(happening), "1405") is None

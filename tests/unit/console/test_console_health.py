"""The pipeline's health on the page: what is well, and what is not."""

from __future__ import annotations

from typing import Any

from console.health_view import HealthRow, health_groups, health_note
from console.language import Language
from console.snapshot import Consumer, Health, Process, Server, Shown


def pipeline(**given: Any) -> Health:
    """A pipeline that is well but for what is given."""
    well: dict[str, Any] = {
        "servers": (Server("postgres", answers=True),),
        "processes": (Process("aggregate", answers=True, lacks=()),),
        "consumers": (Consumer("worker", "lantian.reports.v1", 0, 0.0),),
        "outbox": 0,
        "overdue": 0,
        "newest_report_s": 70.0,
        "ledger_holds": True,
    }
    return Health(**well | given)


def rows(**given: Any) -> dict[str, HealthRow]:
    """The rows of such a pipeline by name."""
    return {row.name: row for group in health_groups(pipeline(**given), Language.ZH) for row in group.rows}


def test_a_pipeline_that_is_well_has_nothing_in_red() -> None:
    found = rows()
    assert all(row.well for row in found.values())
    assert found["aggregate"].said == "就绪"
    assert found["最新报文"].said == "70 秒前"


def test_a_server_that_is_silent_and_a_process_that_waits_for_it_are_named() -> None:
    found = rows(
        servers=(Server("postgres", answers=False),), processes=(Process("alerts", answers=True, lacks=("postgres",)),)
    )
    assert (found["postgres"].said, found["postgres"].well) == ("无响应", False)
    assert (found["alerts"].said, found["alerts"].well) == ("等待 postgres", False)


def test_a_consumer_that_works_is_well_and_one_that_stands_still_is_not() -> None:
    assert rows(consumers=(Consumer("worker", "t", 12, 3.0),))["worker"] == HealthRow("worker", "落后 12 条", well=True)
    still = rows(consumers=(Consumer("worker", "t", 12, 90.0),))["worker"]
    assert (still.said, still.well) == ("落后 12 条，90 秒未前进", False)
    assert not rows(consumers=(Consumer("worker", "t", None, 0.0),))["worker"].well


def test_what_could_not_be_asked_is_not_well() -> None:
    found = rows(outbox=None, overdue=None, newest_report_s=None)
    assert not any(found[name].well for name in ("待发消息", "逾期窗口", "最新报文"))


def test_a_ledger_that_was_never_checked_says_nothing_and_one_that_does_not_balance_does() -> None:
    assert "账目核对" not in rows(ledger_holds=None)
    assert not rows(ledger_holds=False)["账目核对"].well


def test_nothing_known_is_no_health() -> None:
    assert health_groups(None, Language.ZH) == ()


def note(shown: Shown, monotonic: float, language: Language = Language.ZH) -> str:
    return health_note(shown, language, monotonic=monotonic, refresh_s=2.0)


def test_health_that_is_fresh_or_not_asked_yet_needs_no_word() -> None:
    assert note(Shown(health=pipeline(), health_at=100.0), 110.0) == ""
    assert note(Shown(), 110.0) == ""


def test_health_that_stands_still_is_said_to_be_old_with_its_age() -> None:
    shown = Shown(health=pipeline(), health_at=100.0)
    assert "运行状态已 5 分钟未更新" in note(shown, 400.0)
    assert "not looked at for 5 min" in note(shown, 400.0, Language.EN)


def test_a_pipeline_that_could_not_be_looked_at_is_said() -> None:
    assert "未能查看运行状态" in note(Shown(health_at=100.0, health_away="broken"), 101.0)

"""The pipeline's health on the page: what is well, and what is not."""

from __future__ import annotations

from typing import Any

from console.health_view import HealthRow, health_groups
from console.language import Language
from console.snapshot import Consumer, Health, Process, Server


def rows(**given: Any) -> dict[str, HealthRow]:
    """The rows of a pipeline that is well but for what is given, by name."""
    well: dict[str, Any] = {
        "servers": (Server("postgres", answers=True),),
        "processes": (Process("aggregate", answers=True, lacks=()),),
        "consumers": (Consumer("worker", "lantian.reports.v1", 0, 0.0),),
        "outbox": 0,
        "overdue": 0,
        "newest_report_s": 70.0,
        "ledger_holds": True,
    }
    health = Health(**well | given)
    return {row.name: row for group in health_groups(health, Language.ZH) for row in group.rows}


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

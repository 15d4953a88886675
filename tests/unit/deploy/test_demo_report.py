"""The ledger in a few lines, the judge's word, and where the pictures are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aggregate.ledger.balance import Books, Counts, balance
from deploy import demo_report
from deploy.totals import Totals
from ingest.envelope import Source
from ingest.ranges import RangeSet

DEVICE = int(Source.DEVICE)
A, B = ("a", DEVICE, 0), ("b", DEVICE, 0)
READINGS = {
    ("a", DEVICE): Counts(9, 1_000, 30, 900, 40, 30, 0, 0),
    ("b", DEVICE): Counts(8, 500, 0, 499, 0, 0, 0, 1),
}


def totals() -> Totals:
    received = {A: RangeSet([(1, 9)]), B: RangeSet([(1, 5), (7, 9)])}
    books = Books(received, {A: 12}, {A: RangeSet([(10, 12)])}, READINGS, unreadable={("b", DEVICE): 1})
    return Totals.of(balance(books))


def test_report_numbers_add_up_to_those_due() -> None:
    found = totals()
    assert (found.due, found.received, found.in_flight, found.missing) == (21, 17, 3, 1)
    assert found.unreadable == 1


def test_a_reading_too_many_in_one_account_does_not_make_up_for_one_missing_in_another() -> None:
    readings = {("a", DEVICE): Counts(1, 9, 0, 10, unaccounted=1), ("b", DEVICE): Counts(1, 9, 0, 8, unaccounted=1)}
    assert Totals.of(balance(Books({}, {}, {}, readings))).difference == 2


def test_the_ledger_shows_both_balances_and_what_is_wrong() -> None:
    lines = list(demo_report.ledger(totals(), [("OUT_OF_RANGE", 29), ("MALFORMED", 1)]))
    assert "应到 21 = 已到 17 + 在途 3 + 缺号 1" in lines[1]
    assert "收到 1,500 = 当前 1,399 + 被更正 40 + 重复 30 + 拒收 30 + 已封存 0" in lines[2]
    assert "对不上 1，一数多值 0，不平的账户 1" in lines[3]
    assert lines[4].endswith("OUT_OF_RANGE 29，MALFORMED 1")


def test_where_nothing_was_rejected_no_reasons_are_told() -> None:
    assert len(list(demo_report.ledger(totals(), []))) == 4


def test_the_judges_own_line_stands_by_itself_behind_what_is_not_yet() -> None:
    lines = list(demo_report.verdict(["not yet: rule cems-twice-the-limit: 1", "judge: 0 differences in 9 figures"]))
    assert lines[1:] == ["  not yet: rule cems-twice-the-limit: 1", "judge: 0 differences in 9 figures"]


def test_pictures_are_named_under_their_folder() -> None:
    lines = list(demo_report.pictures([Path("/x/1-city.png"), Path("/x/2-dust.png")]))
    assert lines[:3] == ["\n图 2 张：/x", "  1-city.png", "  2-dust.png"]


class Rows:
    """A cursor that finds these rows."""

    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self._rows = rows

    def execute(self, *_asked: Any) -> None:
        pass

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)


def test_alerts_are_told_to_operators_in_chinese() -> None:
    opened, cleared = (datetime(2026, 11, 18, hour, tzinfo=UTC) for hour in (12, 14))
    texts = ("情况", "停工", "第28项")
    count, lines = demo_report.alerts(
        Rows(
            ("dust", "critical", "cleared", "扬尘停工：甲", texts[0], opened, cleared, "live", *texts[1:], 1),
            ("dust", "severe", "open", "扬尘停工：乙", texts[0], opened, None, "history", *texts[1:], 2),
        )
    )
    assert count == 2
    assert lines[1] == "- [紧急] 扬尘停工：甲，11-18 20:00 起，11-18 22:00 解除（已解除，实时）"
    assert lines[5] == "- [严重] 扬尘停工：乙，11-18 20:00 起（未解除，历史）"


def test_messages_are_counted_and_the_gravest_is_shown() -> None:
    lines = demo_report.messages(Rows(("〔紧急〕【触发】扬尘停工：甲", 28, 27)))
    assert lines == ["\n通知 28 条，27 条送达（MQTT 现场屏）", "- 〔紧急〕【触发】扬尘停工：甲"]
    assert demo_report.messages(Rows()) == ["\n通知 0 条"]


def test_the_mark_of_an_hour_that_still_waits_is_explained_above_the_table() -> None:
    start = int(datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp())
    rows = Rows(("city:甲市", start, ["a34002"], [120.0], "O"), ("city:甲市", start + 3600, ["a34002"], [130.0], "F"))
    heading, _, waiting, settled = demo_report.day_table(rows, start, start + 7200)
    assert "带 * 的小时数据尚未收齐" in heading
    assert waiting.split()[0] == "21*"
    assert settled.split()[0] == "22"

"""The ledger in a few lines, the judge's word, and where the pictures are."""

from __future__ import annotations

from pathlib import Path

from aggregate.ledger import balance
from deploy import demo_report
from deploy.totals import Totals
from ingest.envelope import Source
from ingest.ranges import RangeSet

DEVICE = int(Source.DEVICE)
A, B = ("a", DEVICE, 0), ("b", DEVICE, 0)
READINGS = {
    # reports, readings, repeats, current, superseded, rejected, closed, unreadable
    ("a", DEVICE): (9, 1_000, 30, 900, 40, 30, 0, 0),
    ("b", DEVICE): (8, 500, 0, 499, 0, 0, 0, 1),
}


def totals() -> Totals:
    received = {A: RangeSet([(1, 9)]), B: RangeSet([(1, 5), (7, 9)])}
    return Totals.of(balance(received, {A: 12}, {A: RangeSet([(10, 12)])}, READINGS, {}))


def test_report_numbers_add_up_to_those_due() -> None:
    found = totals()
    assert (found.due, found.received, found.in_flight, found.missing) == (21, 17, 3, 1)
    assert found.unreadable == 1


def test_a_reading_too_many_in_one_account_does_not_make_up_for_one_missing_in_another() -> None:
    readings = {("a", DEVICE): (1, 9, 0, 10, 0, 0, 0, 0), ("b", DEVICE): (1, 9, 0, 8, 0, 0, 0, 0)}
    assert Totals.of(balance({}, {}, {}, readings, {})).difference == 2


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

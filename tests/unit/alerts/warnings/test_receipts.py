"""Receipts for a dispatch list: who has answered, who late, whom to call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.warnings.dispatch import Dispatch, dispatch
from alerts.warnings.plan import read_plan
from alerts.warnings.receipts import Answer, Receipt, answers, read_receipts
from alerts.warnings.scheme import Level
from core.clock import SHANGHAI
from core.errors import InputError

ISSUED = datetime(2026, 12, 3, 9, tzinfo=SHANGHAI)
DUE = timedelta(hours=2)


@pytest.fixture
def sent(tmp_path: Path) -> Dispatch:
    path = tmp_path / "plan.csv"
    path.write_text("企业,级别,减排措施\n甲,黄色,停产\n乙,黄色,停产\n丙,橙色,停产\n", encoding="utf-8")
    return dispatch(read_plan(path), None, Level.YELLOW)


def answer(sent: Dispatch, minutes: list[int], now: int) -> Answer:
    receipts = [Receipt("甲", ISSUED + timedelta(minutes=number), "王") for number in minutes]
    told = answers(sent, receipts, issued=ISSUED, due=DUE, now=ISSUED + timedelta(minutes=now))
    return told["甲"][0]


@pytest.mark.parametrize(
    ("minutes", "now", "expected"),
    [
        ([], 0, Answer.WAITING),
        ([], 120, Answer.WAITING),
        ([], 121, Answer.OVERDUE),
        ([0], 300, Answer.RECEIVED),
        ([120], 300, Answer.RECEIVED),
        ([121], 300, Answer.LATE),
        ([121, 60], 300, Answer.RECEIVED),
        ([-1], 60, Answer.WAITING),
        ([90], 60, Answer.WAITING),
    ],
)
def test_the_earliest_receipt_since_the_issue_counts(
    sent: Dispatch, minutes: list[int], now: int, expected: Answer
) -> None:
    assert answer(sent, minutes, now) is expected


def test_only_enterprises_that_something_is_asked_of_have_to_answer(sent: Dispatch) -> None:
    assert set(answers(sent, (), issued=ISSUED, due=DUE, now=ISSUED)) == {"甲", "乙"}


def test_a_file_of_receipts_is_read_and_bad_rows_are_told(tmp_path: Path) -> None:
    path = tmp_path / "receipts.csv"
    path.write_text(
        "企业,签收时间,签收人,说明\n甲,2026-12-03T10:00,王,已停\n乙,2026-12-03T02:30Z,李,\n丁,2026-12-03T10:00,赵,\n"
        "甲,十点,王,\n甲,2026-12-03T10:00,,\n甲,2026-12-03T10:00,王,,多\n",
        encoding="utf-8",
    )
    found = read_receipts(path, {"甲", "乙"})
    assert found.receipts == [
        Receipt("甲", datetime(2026, 12, 3, 10, tzinfo=SHANGHAI), "王", "已停"),
        Receipt("乙", datetime(2026, 12, 3, 2, 30, tzinfo=UTC), "李"),
    ]
    told = [str(error) for error in found.errors]
    assert "row 4, enterprise: is none of the plan's (got '丁'); write its name as the plan does" in told[0]
    assert "row 5, received_at: is not an ISO 8601 time (got '十点')" in told[1]
    assert "row 6, received_by: is empty" in told[2]
    assert "row 7, row: has more cells than the heading" in told[3]


def test_a_file_without_who_took_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "receipts.csv"
    path.write_text("企业,签收时间\n", encoding="utf-8")
    with pytest.raises(InputError, match="the column received_by is missing"):
        read_receipts(path, set())

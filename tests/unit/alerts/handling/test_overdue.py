"""Steps that are overdue: since when, and who is told next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.handling.grid import Leader
from alerts.handling.machine import Action, DataState, Entry, Handling, Mark, after
from alerts.handling.overdue import Step, due, overdue
from alerts.happening import Happening
from alerts.rules.deadlines import Deadlines

NIGHT = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
"""Eleven in the evening, Asia/Shanghai."""
DEADLINES = Deadlines(acknowledge=600, dispatch=1200, feedback=7200, verify=86400)
TOWN, DISTRICT = Leader("北石店镇", "赵", "1"), Leader("城区", "钱", "2")


def at(minutes: float) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


def mark(minutes: float) -> Mark:
    return Mark("张三", at(minutes))


ACKNOWLEDGED = Handling(acknowledged=mark(5))
DISPATCHED = msgspec.structs.replace(ACKNOWLEDGED, dispatched=mark(10))
FED_BACK = msgspec.structs.replace(DISPATCHED, fed_back=mark(60))


@pytest.mark.parametrize(
    ("handling", "step", "minute"),
    [
        (Handling(), Step.ACKNOWLEDGE, 10),
        (Handling(reopened_at=at(30)), Step.ACKNOWLEDGE, 40),
        (ACKNOWLEDGED, Step.DISPATCH, 25),
        (DISPATCHED, Step.FEEDBACK, 130),
        (msgspec.structs.replace(DISPATCHED, dispatched=Mark("张三", at(10), deadline=at(45))), Step.FEEDBACK, 45),
        (FED_BACK, Step.VERIFY, 60 + 1440),
        (Handling(doubted=mark(7)), Step.VERIFY, 7 + 1440),
    ],
)
def test_each_step_is_due_so_long_after_the_one_before(handling: Handling, step: Step, minute: float) -> None:
    waiting = due(handling, DataState.OPEN, DEADLINES, NIGHT)
    assert waiting is not None
    assert (waiting.step, waiting.at) == (step, at(minute))


@pytest.mark.parametrize(
    ("handling", "data"),
    [
        (Handling(), DataState.WITHDRAWN),
        (msgspec.structs.replace(FED_BACK, closed=mark(90)), DataState.CLEARED),
        (msgspec.structs.replace(FED_BACK, closed=mark(90)), DataState.OPEN),
    ],
)
def test_nothing_waits_for_what_is_withdrawn_or_closed(handling: Handling, data: DataState) -> None:
    assert due(handling, data, DEADLINES, NIGHT) is None


def test_a_rule_without_deadlines_hurries_nobody() -> None:
    assert due(Handling(), DataState.OPEN, Deadlines(), NIGHT) is None


def test_what_data_opens_again_after_it_was_closed_is_to_be_looked_at() -> None:
    closed = msgspec.structs.replace(FED_BACK, closed=mark(90))
    reopened = after(closed, Entry(Happening.REOPENED, at(120)))
    waiting = due(reopened, DataState.OPEN, DEADLINES, NIGHT)
    assert waiting is not None
    assert (waiting.step, waiting.at) == (Step.RECHECK, at(130))
    doubted = msgspec.structs.replace(reopened, doubted=mark(50))
    assert due(doubted, DataState.OPEN, DEADLINES, NIGHT) is None, "a false alarm may go on"


def test_a_unit_whose_deadline_lies_before_the_reopening_has_its_time_anew() -> None:
    promised = msgspec.structs.replace(DISPATCHED, dispatched=Mark("张三", at(10), deadline=at(45)))
    again = after(after(promised, Entry(Happening.REOPENED, at(60))), Entry(Action.ACKNOWLEDGE, at(65), "李四"))
    waiting = due(again, DataState.OPEN, DEADLINES, NIGHT)
    assert waiting is not None
    assert (waiting.step, waiting.at) == (Step.FEEDBACK, at(65 + 120))


@pytest.mark.parametrize(
    ("minute", "told"),
    [(9.9, []), (10, ["北石店镇"]), (19, ["北石店镇"]), (20, ["北石店镇", "城区"]), (500, ["北石店镇", "城区"])],
)
def test_at_night_the_town_is_told_first_and_then_who_stands_above_it(minute: float, told: list[str]) -> None:
    waiting = due(Handling(), DataState.OPEN, DEADLINES, NIGHT)
    found = overdue(waiting, [TOWN, DISTRICT], at(minute))
    assert [one.leader and one.leader.town for one in found] == told
    assert [one.due_at for one in found] == [at(10), at(20)][: len(told)]


def test_where_nobody_is_named_it_is_written_once_all_the_same() -> None:
    (only,) = overdue(due(Handling(), DataState.OPEN, DEADLINES, NIGHT), [], at(500))
    assert (only.rung, only.leader) == (1, None)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.floats(0, 5000), st.floats(0, 5000), st.integers(0, 4))
def test_who_was_told_stays_told_as_time_goes_on(one: float, other: float, leaders: int) -> None:
    earlier, later = sorted((one, other))
    waiting = due(Handling(), DataState.OPEN, DEADLINES, NIGHT)
    before = overdue(waiting, [TOWN] * leaders, at(earlier))
    assert overdue(waiting, [TOWN] * leaders, at(later))[: len(before)] == before

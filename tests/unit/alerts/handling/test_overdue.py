"""Steps that are overdue: since when, and who is told next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.handling.answers import Entry
from alerts.handling.grid import Leader
from alerts.handling.machine import Action, DataState, Handling, replay
from alerts.handling.overdue import Due, Step, due, overdue, waiting_since
from alerts.happening import Happening
from alerts.rules.deadlines import Deadlines

NIGHT = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
"""Eleven in the evening, Asia/Shanghai."""
DEADLINES = Deadlines(acknowledge=600, dispatch=1200, feedback=7200, verify=86400)
TOWN, DISTRICT = Leader("北石店镇", "赵", "1"), Leader("城区", "钱", "2")


def at(minutes: float) -> datetime:
    return NIGHT + timedelta(minutes=minutes)


def story(*steps: tuple[float, str], deadline: datetime | None = None) -> list[Entry]:
    """What happened when, in minutes after eleven; a dispatch has this deadline."""
    detail = {"deadline": deadline.isoformat()} if deadline else {}
    return [Entry(step, at(minute), "张三", detail if step == Action.DISPATCH else {}) for minute, step in steps]


def waiting(entries: list[Entry], data: DataState = DataState.OPEN) -> Due | None:
    return due(replay(entries), data, DEADLINES, waiting_since(entries, NIGHT))


def asked(entries: list[Entry], data: DataState = DataState.OPEN) -> tuple[Step, float]:
    """The step that waits, and in how many minutes after eleven it is due."""
    found = waiting(entries, data)
    assert found is not None
    return found.step, (found.at - NIGHT) / timedelta(minutes=1)


ACKNOWLEDGED = [(5, Action.ACKNOWLEDGE)]
DISPATCHED = [*ACKNOWLEDGED, (10, Action.DISPATCH)]
FED_BACK = [*DISPATCHED, (60, Action.FEEDBACK)]
CLOSED = [*FED_BACK, (90, Action.VERIFY)]
FALSE_ALARM = [(7, Action.FALSE_ALARM), (90, Action.VERIFY)]


@pytest.mark.parametrize(
    ("steps", "step", "minute"),
    [
        ([], Step.ACKNOWLEDGE, 10),
        ([*ACKNOWLEDGED, (30, Happening.REOPENED)], Step.ACKNOWLEDGE, 40),
        (ACKNOWLEDGED, Step.DISPATCH, 25),
        (DISPATCHED, Step.FEEDBACK, 130),
        (FED_BACK, Step.VERIFY, 60 + 1440),
        ([(7, Action.FALSE_ALARM)], Step.VERIFY, 7 + 1440),
    ],
)
def test_each_step_is_due_so_long_after_the_one_before(
    steps: list[tuple[float, str]], step: Step, minute: float
) -> None:
    assert asked(story(*steps)) == (step, minute)


def test_a_dispatch_that_names_its_own_deadline_is_held_to_it() -> None:
    assert asked(story(*DISPATCHED, deadline=at(45))) == (Step.FEEDBACK, 45)


def test_what_data_reopens_before_anybody_handled_it_has_waited_since_it_was_opened() -> None:
    assert asked(story((30, Happening.REOPENED))) == (Step.ACKNOWLEDGE, 10)


@pytest.mark.parametrize(
    ("steps", "step", "minute"),
    [
        (DISPATCHED, Step.DISPATCH, 200 + 20),
        (FED_BACK, Step.FEEDBACK, 200 + 120),
        ([(7, Action.FALSE_ALARM)], Step.ACKNOWLEDGE, 200 + 10),
    ],
)
def test_a_step_that_is_taken_back_is_due_from_then_on(
    steps: list[tuple[float, str]], step: Step, minute: float
) -> None:
    assert asked(story(*steps, (200, Action.RETURN))) == (step, minute)


def test_a_feedback_that_is_taken_back_before_the_units_deadline_leaves_it() -> None:
    assert asked(story(*FED_BACK, (70, Action.RETURN), deadline=at(300))) == (Step.FEEDBACK, 300)


@pytest.mark.parametrize(
    ("before", "again", "step", "minute"),
    [
        ([], Action.FALSE_ALARM, Step.ACKNOWLEDGE, 101 + 10),
        (DISPATCHED, Action.FEEDBACK, Step.FEEDBACK, 101 + 120),
    ],
)
def test_who_says_it_and_takes_it_back_again_and_again_puts_nothing_off(
    before: list[tuple[float, str]], again: Action, step: Step, minute: float
) -> None:
    rounds = [(100.0 * n + odd, what) for n in range(1, 40) for odd, what in ((0, again), (1, Action.RETURN))]
    assert asked(story(*before, *rounds)) == (step, minute)
    assert asked(story(*before, *rounds, (5000, again))) == (Step.VERIFY, 200 + 1440)


@pytest.mark.parametrize("closed", [CLOSED, FALSE_ALARM])
@pytest.mark.parametrize("data", [DataState.CLEARED, DataState.OPEN])
def test_nothing_waits_for_what_is_closed(closed: list[tuple[float, str]], data: DataState) -> None:
    assert waiting(story(*closed), data) is None


def test_nothing_waits_for_what_is_withdrawn() -> None:
    assert waiting([], DataState.WITHDRAWN) is None


def test_a_rule_without_deadlines_hurries_nobody() -> None:
    assert due(Handling(), DataState.OPEN, Deadlines(), NIGHT) is None


@pytest.mark.parametrize("closed", [CLOSED, FALSE_ALARM])
def test_what_data_opens_again_after_it_was_closed_is_to_be_looked_at_until_somebody_does(
    closed: list[tuple[float, str]],
) -> None:
    reopened = [*closed, (120, Happening.REOPENED)]
    assert asked(story(*reopened)) == (Step.RECHECK, 130)
    assert waiting(story(*reopened), DataState.CLEARED) is None
    assert asked(story(*reopened, (125, Action.ACKNOWLEDGE))) == (Step.DISPATCH, 145)


def test_what_was_reopened_before_it_was_closed_is_not_looked_at_again() -> None:
    assert waiting(story((2, Action.COMMENT), (3, Action.ACKNOWLEDGE), (4, Happening.REOPENED), *FALSE_ALARM)) is None


def test_a_unit_whose_deadline_lies_before_the_reopening_has_its_time_anew() -> None:
    again = story(*DISPATCHED, (60, Happening.REOPENED), (65, Action.ACKNOWLEDGE), deadline=at(45))
    assert asked(again) == (Step.FEEDBACK, 65 + 120)


@pytest.mark.parametrize(
    ("minute", "told"),
    [(9.9, []), (10, ["北石店镇"]), (19, ["北石店镇"]), (20, ["北石店镇", "城区"]), (500, ["北石店镇", "城区"])],
)
def test_at_night_the_town_is_told_first_and_then_who_stands_above_it(minute: float, told: list[str]) -> None:
    found = overdue(waiting([]), [TOWN, DISTRICT], at(minute))
    assert [one.leader and one.leader.town for one in found] == told
    assert [one.due_at for one in found] == [at(10), at(20)][: len(told)]


def test_where_nobody_is_named_it_is_written_once_all_the_same() -> None:
    (only,) = overdue(waiting([]), [], at(500))
    assert (only.rung, only.leader) == (1, None)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.floats(0, 5000), st.floats(0, 5000), st.integers(0, 4))
def test_who_was_told_stays_told_as_time_goes_on(one: float, other: float, leaders: int) -> None:
    earlier, later = sorted((one, other))
    before = overdue(waiting([]), [TOWN] * leaders, at(earlier))
    assert overdue(waiting([]), [TOWN] * leaders, at(later))[: len(before)] == before

"""What persons may do to an alert: the stages one by one, and laws for any sequence of wishes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.handling.answers import Already, Entry, Mark, Refusal, Refused, Taken
from alerts.handling.machine import (
    Action,
    DataState,
    Handling,
    Request,
    Situation,
    Stage,
    after,
    replay,
    take,
)
from alerts.handling.store import handling_of, row_of
from alerts.happening import Happening

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
EXCEEDS, CLEARED, WITHDRAWN = Situation(DataState.OPEN), Situation(DataState.CLEARED), Situation(DataState.WITHDRAWN)
ZHANG, LI, WANG = "张三", "李四", "王五"


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def done(handling: Handling, request: Request, who: str, when: datetime, situation: Situation = EXCEEDS) -> Handling:
    answer = take(handling, situation, request, who, when)
    assert isinstance(answer, Taken), answer
    return answer.now


def refusal(handling: Handling, request: Request, who: str, situation: Situation = EXCEEDS) -> Refused:
    answer = take(handling, situation, request, who, at(500))
    assert isinstance(answer, Refused), answer
    return answer


ACKNOWLEDGE = Request(Action.ACKNOWLEDGE)
DISPATCH = Request(Action.DISPATCH, unit="住建局", deadline=at(120))
FEEDBACK = Request(Action.FEEDBACK, "已覆盖裸土")
VERIFY = Request(Action.VERIFY)
FALSE_ALARM = Request(Action.FALSE_ALARM, "采样管堵塞")

acknowledged = done(Handling(), ACKNOWLEDGE, ZHANG, at(5))
dispatched = done(acknowledged, DISPATCH, ZHANG, at(10))
fed_back = done(dispatched, FEEDBACK, LI, at(60))
closed = done(fed_back, VERIFY, WANG, at(90), CLEARED)
doubted = done(Handling(), FALSE_ALARM, ZHANG, at(5))
REOPENED = Entry(Happening.REOPENED, at(100))


def test_an_alert_goes_from_open_to_closed_step_by_step() -> None:
    stages = [one.stage for one in (Handling(), acknowledged, dispatched, fed_back, closed)]
    assert stages == [Stage.OPEN, Stage.ACKNOWLEDGED, Stage.DISPATCHED, Stage.FED_BACK, Stage.CLOSED]
    assert closed.closed == Mark(WANG, at(90))


def test_no_step_is_left_out() -> None:
    for handling, request in ((Handling(), DISPATCH), (acknowledged, FEEDBACK), (dispatched, VERIFY)):
        refused = refusal(handling, request, WANG)
        assert (refused.reason, refused.value) == (Refusal.TOO_EARLY, handling.stage)


@pytest.mark.parametrize("who", [LI, ZHANG, " 张三 "])
def test_who_gave_the_feedback_or_dispatched_it_does_not_verify(who: str) -> None:
    assert refusal(fed_back, VERIFY, who, CLEARED).reason is Refusal.SAME_PERSON


def test_what_still_exceeds_is_not_verified() -> None:
    assert refusal(fed_back, VERIFY, WANG, EXCEEDS).reason is Refusal.STILL_EXCEEDS


def test_nothing_is_verified_while_its_stop_work_order_stands() -> None:
    for handling in (fed_back, doubted):
        situation = Situation(DataState.CLEARED, order_stands=True)
        assert refusal(handling, VERIFY, WANG, situation).reason is Refusal.ORDER_STANDS


def test_a_false_alarm_needs_a_reason_and_a_second_person_and_may_still_exceed() -> None:
    assert refusal(Handling(), Request(Action.FALSE_ALARM, " "), ZHANG).reason is Refusal.NO_TEXT
    assert doubted.stage is Stage.DOUBTED
    assert refusal(doubted, VERIFY, ZHANG).reason is Refusal.SAME_PERSON
    assert done(doubted, VERIFY, LI, at(10)).stage is Stage.FALSE_ALARM


def test_doing_the_same_again_changes_nothing_and_says_so() -> None:
    for handling, request, who in (
        (acknowledged, ACKNOWLEDGE, ZHANG),
        (dispatched, DISPATCH, ZHANG),
        (fed_back, FEEDBACK, LI),
        (closed, VERIFY, WANG),
        (doubted, FALSE_ALARM, ZHANG),
    ):
        assert isinstance(take(handling, EXCEEDS, request, who, at(500)), Already)


def test_of_two_at_once_the_second_is_told_who_was_first_and_when() -> None:
    refused = refusal(acknowledged, ACKNOWLEDGE, LI)
    assert (refused.reason, refused.before) == (Refusal.ANOTHER_WAS_FIRST, Mark(ZHANG, at(5)))


def test_the_same_person_saying_it_otherwise_is_not_lost_in_silence() -> None:
    refused = refusal(dispatched, Request(Action.DISPATCH, unit="城管局"), ZHANG)
    assert (refused.reason, refused.value) == (Refusal.SAID_OTHERWISE, "住建局")


def test_the_same_words_with_another_reference_are_not_lost_in_silence() -> None:
    with_photo = Request(Action.FEEDBACK, "已覆盖裸土", reference="file:1.jpg")
    told = done(dispatched, with_photo, LI, at(60))
    assert isinstance(take(told, EXCEEDS, with_photo, LI, at(70)), Already)
    assert isinstance(take(told, EXCEEDS, FEEDBACK, LI, at(70)), Already)
    for handling in (told, fed_back):
        another = Request(Action.FEEDBACK, "已覆盖裸土", reference="file:2.jpg")
        assert refusal(handling, another, LI).reason is Refusal.SAID_OTHERWISE


def test_a_dispatch_names_a_unit_and_a_time_to_come() -> None:
    assert refusal(acknowledged, Request(Action.DISPATCH), ZHANG).reason is Refusal.NO_UNIT
    for deadline in (at(1), at(500), timedelta(0)):
        late = Request(Action.DISPATCH, unit="住建局", deadline=deadline)
        assert refusal(acknowledged, late, ZHANG).reason is Refusal.DEADLINE_PAST


def test_a_feedback_and_a_comment_say_something() -> None:
    assert refusal(dispatched, Request(Action.FEEDBACK, " "), LI).reason is Refusal.NO_TEXT
    assert refusal(dispatched, Request(Action.COMMENT), LI).reason is Refusal.NO_TEXT


def test_a_deadline_may_be_how_long_from_now_and_the_same_command_is_the_same_wish() -> None:
    in_two_hours = Request(Action.DISPATCH, unit="住建局", deadline=timedelta(hours=2))
    handling = done(acknowledged, in_two_hours, ZHANG, at(10))
    assert handling.dispatched is not None
    assert handling.dispatched.deadline == at(130)
    assert isinstance(take(handling, EXCEEDS, in_two_hours, ZHANG, at(20)), Already)


def test_what_data_reopens_needs_acknowledging_again_and_the_unit_keeps_it() -> None:
    assert after(acknowledged, REOPENED).stage is Stage.OPEN
    reopened = after(fed_back, REOPENED)
    assert reopened.stage is Stage.OPEN
    assert done(reopened, ACKNOWLEDGE, LI, at(110)).stage is Stage.DISPATCHED
    assert after(doubted, REOPENED).stage is Stage.OPEN


def test_an_acknowledgement_outlasts_the_clearing() -> None:
    assert after(acknowledged, Entry(Happening.CLEARED, at(60))) == acknowledged


def test_a_step_is_taken_back_with_a_reason() -> None:
    back = Request(Action.RETURN, "照片看不清")
    assert refusal(fed_back, Request(Action.RETURN), WANG).reason is Refusal.NO_TEXT
    assert done(fed_back, back, WANG, at(70)) == dispatched
    assert done(dispatched, back, WANG, at(70)) == acknowledged
    assert done(doubted, back, WANG, at(70)) == Handling()
    assert refusal(acknowledged, back, WANG).reason is Refusal.NOTHING_TO_RETURN


def test_what_is_withdrawn_or_closed_is_only_commented() -> None:
    comment = Request(Action.COMMENT, "见附件", reference="file:photo.jpg")
    for handling, situation, reason in (
        (acknowledged, WITHDRAWN, Refusal.WITHDRAWN),
        (closed, CLEARED, Refusal.CLOSED),
    ):
        assert refusal(handling, Request(Action.FALSE_ALARM, "误报"), LI, situation).reason is reason
        assert done(handling, comment, LI, at(500), situation) == handling


@pytest.mark.parametrize("who", [ZHANG, LI])
def test_who_acknowledges_what_data_reopened_after_it_was_closed_begins_the_case_anew(who: str) -> None:
    for before in (closed, done(doubted, VERIFY, LI, at(90))):
        assert not isinstance(take(before, EXCEEDS, ACKNOWLEDGE, who, at(95)), Taken), "data has said nothing new"
        reopened = after(before, REOPENED)
        again = done(reopened, ACKNOWLEDGE, who, at(110))
        assert again == Handling(acknowledged=Mark(who, at(110)), reopened_at=at(100))
        assert isinstance(take(again, EXCEEDS, ACKNOWLEDGE, who, at(111)), Already)
        assert not isinstance(take(reopened, CLEARED, ACKNOWLEDGE, "赵六", at(110)), Taken), "it is over by itself"


def test_nobody_acts_without_a_name() -> None:
    assert refusal(Handling(), ACKNOWLEDGE, " ").reason is Refusal.NO_NAME
    assert refusal(Handling(), ACKNOWLEDGE, "张\u200b三").reason is Refusal.NAME_UNREADABLE


LAWS = settings(max_examples=300, derandomize=True, deadline=None)
people = st.sampled_from([ZHANG, LI, WANG])
requests = st.builds(
    Request,
    st.sampled_from(Action),
    text=st.sampled_from(["", "因为", "已整改"]),
    unit=st.sampled_from(["", "住建局"]),
    deadline=st.sampled_from([None, at(10_000), timedelta(hours=2)]),
    reference=st.sampled_from(["", "函〔2026〕3号"]),
)
wishes = st.tuples(requests, people, st.booleans())
by_data = st.sampled_from([Happening.CLEARED, Happening.REOPENED, Happening.EXTENDED, Happening.WITHDRAWN])
stories = st.lists(wishes | wishes | wishes | by_data, max_size=40)
Story = list[tuple[Request, str, bool] | Happening]


def lived(story: Story) -> tuple[list[Handling], list[Entry]]:
    """Every handling there was, and the log."""
    states, log, data = [Handling()], [], DataState.OPEN
    for minute, each in enumerate(story):
        if isinstance(each, Happening):
            data = {Happening.CLEARED: DataState.CLEARED, Happening.WITHDRAWN: DataState.WITHDRAWN}.get(
                each, DataState.OPEN
            )
            log.append(Entry(each, at(minute)))
            states.append(after(states[-1], log[-1]))
            continue
        request, who, order_stands = each
        answer = take(states[-1], Situation(data, order_stands), request, who, at(minute))
        if isinstance(answer, Taken):
            log.append(answer.entry)
            states.append(answer.now)
    return states, log


@LAWS
@given(stories)
def test_the_log_replays_to_the_same_handling(story: Story) -> None:
    states, log = lived(story)
    assert replay(log) == states[-1]


@LAWS
@given(stories)
def test_what_the_database_keeps_is_the_whole_of_it(story: Story) -> None:
    for handling in lived(story)[0]:
        assert handling_of(row_of(handling)) == handling


@LAWS
@given(stories)
def test_nobody_closes_alone(story: Story) -> None:
    last = lived(story)[0][-1]
    if last.closed:
        others = [last.doubted] if last.doubted else [last.fed_back, last.dispatched]
        assert all(mark and mark.who != last.closed.who for mark in others)


@LAWS
@given(stories)
def test_what_is_closed_stays_closed_until_a_person_takes_it_up_after_data_has_reopened_it(story: Story) -> None:
    states, _ = lived(story)
    for before, then in pairwise(states):
        if before.closed and not (before.reopened_at and then.stage is Stage.ACKNOWLEDGED):
            assert msgspec.structs.replace(then, reopened_at=before.reopened_at) == before


@LAWS
@given(stories, requests, people)
def test_whatever_was_just_done_is_already_done(story: Story, request: Request, who: str) -> None:
    last = lived(story)[0][-1]
    answer = take(last, CLEARED, request, who, at(1000))
    if isinstance(answer, Taken) and request.action not in {Action.COMMENT, Action.RETURN}:
        assert isinstance(take(answer.now, CLEARED, request, who, at(1001)), Already)

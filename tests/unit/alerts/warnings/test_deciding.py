"""What a person may decide about a city's warning: issue, decline, be told who was first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
import pytest
from course_stage import at, day, warned
from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.warnings.course import Action, ActiveWarning, Proposal, Reason, State
from alerts.warnings.decide import Already, Answer, Refusal, Refused, Taken, Wish, decline, issue
from alerts.warnings.happening import Happening
from alerts.warnings.scheme import Level
from alerts.warnings.store import Decision

CITY, NINE = "晋城市", at(day(2), 9)
START = Proposal(
    Action.START, Level.YELLOW, day(4), Reason.CONDITION_EXPECTED, "AQI>200 持续 48 h 以上", (day(4), day(5)),
    at(day(2)), at(day(2), 7),
)  # fmt: skip
END = Proposal(Action.END, None, None, Reason.BELOW_AND_STAYS, "", (), at(day(2)), at(day(2), 7))
PROPOSED = State(proposal=START)
ASKED = Wish("会商同意")
change = msgspec.structs.replace


def asks(state: State, wish: Wish = ASKED, who: str = "张三", last: Decision | None = None) -> Answer:
    return issue(CITY, state, last, wish, who, NINE)


def decided(
    happening: Happening = Happening.ISSUED,
    action: Action = Action.START,
    level: Level | None = Level.YELLOW,
    *,
    latest: bool = True,
) -> Decision:
    """What Zhang San decided at half past eight."""
    return Decision(happening, action, level, "张三", NINE - timedelta(minutes=30), latest)


def test_what_is_proposed_is_issued_with_its_level_its_first_day_and_its_ground() -> None:
    taken = asks(PROPOSED)
    assert isinstance(taken, Taken)
    assert (taken.state.in_force, taken.state.proposal) == (ActiveWarning(Level.YELLOW, day(4), NINE), None)
    entry = taken.entry
    assert (entry.happening, entry.who, entry.said, entry.at) == (Happening.ISSUED, "张三", "会商同意", NINE)
    assert (entry.reason, entry.condition, entry.days, entry.forecast) == (
        START.reason, START.condition, START.days, START.issued,
    )  # fmt: skip
    assert (entry.level_before, entry.level, entry.first_day) == (None, Level.YELLOW, day(4))


def test_another_level_than_the_proposed_one_is_the_persons_own_ground() -> None:
    taken = asks(PROPOSED, change(ASKED, level=Level.ORANGE))
    assert isinstance(taken, Taken)
    assert taken.state.in_force == ActiveWarning(Level.ORANGE, day(4), NINE)
    assert (taken.entry.reason, taken.entry.condition, taken.entry.days) == (None, "", ())


def test_what_was_not_proposed_may_be_issued_and_a_start_then_begins_today() -> None:
    taken = asks(State(), change(ASKED, action=Action.START, level=Level.RED))
    assert isinstance(taken, Taken)
    assert taken.state.in_force == ActiveWarning(Level.RED, day(2), NINE)


def test_an_end_names_the_level_that_it_ends() -> None:
    taken = asks(replace(warned(Level.ORANGE), proposal=END))
    assert isinstance(taken, Taken)
    assert taken.state.in_force is None
    assert (taken.entry.action, taken.entry.level_before, taken.entry.level) == (Action.END, Level.ORANGE, None)


@pytest.mark.parametrize(
    ("state", "wish", "reason", "value"),
    [
        (State(), {}, Refusal.NOTHING_PROPOSED, ""),
        (State(), {"action": Action.END}, Refusal.NONE_IN_FORCE, ""),
        (State(), {"action": Action.START}, Refusal.NO_LEVEL, ""),
        (State(), {"action": Action.START, "level": Level.RED, "first_day": date(2062, 12, 2)}, Refusal.FAR_DAY,
         "2062-12-02"),
        (warned(), {"action": Action.START, "level": Level.RED}, Refusal.IN_FORCE, "yellow"),
        (warned(), {"action": Action.UPGRADE}, Refusal.NO_LEVEL, ""),
        (warned(), {"action": Action.UPGRADE, "level": Level.YELLOW}, Refusal.NOT_HIGHER, "yellow"),
        (warned(), {"action": Action.DOWNGRADE, "level": Level.RED}, Refusal.NOT_LOWER, "yellow"),
        (warned(), {"action": Action.END, "first_day": day(2)}, Refusal.NO_FIRST_DAY, "2026-12-02"),
        (PROPOSED, {"reason": " "}, Refusal.NO_REASON, ""),
    ],
)  # fmt: skip
def test_what_cannot_follow_is_refused_with_its_reason(
    state: State, wish: dict[str, object], reason: Refusal, value: str
) -> None:
    assert asks(state, change(ASKED, **wish)) == Refused(reason, value)


def test_nobody_decides_without_a_name() -> None:
    assert asks(PROPOSED, who=" ") == Refused(Refusal.NO_NAME)
    assert decline(CITY, PROPOSED, None, "再观察", "", NINE) == Refused(Refusal.NO_NAME)
    assert asks(PROPOSED, who="张三\u202e") == Refused(Refusal.NAME_UNREADABLE)


def test_of_two_that_issue_what_is_proposed_the_second_is_told_who_was_first() -> None:
    state = State(ActiveWarning(Level.YELLOW, day(4), NINE))
    second = asks(state, who="李四", last=decided())
    assert isinstance(second, Refused)
    assert second.before is not None
    assert (second.reason, second.before.who) == (Refusal.ANOTHER_WAS_FIRST, "张三")
    assert asks(state, last=decided()) == Already(decided()), "the same person again"
    assert asks(state, who="ＺＨＡＮＧ", last=decided()._replace(who="zhang")) == Already(
        decided()._replace(who="zhang")
    )


def test_the_same_with_the_action_named() -> None:
    state, wish = warned(), change(ASKED, action=Action.START, level=Level.YELLOW)
    second = asks(state, wish, who="李四", last=decided())
    assert isinstance(second, Refused)
    assert second.reason is Refusal.ANOTHER_WAS_FIRST
    other = asks(state, change(wish, level=Level.RED), who="李四", last=decided())
    assert isinstance(other, Refused)
    assert other.before is not None
    assert (other.reason, other.value, other.before.who) == (Refusal.IN_FORCE, "yellow", "张三")


def test_who_comes_after_the_engine_withdrew_is_not_told_of_an_old_decision() -> None:
    assert asks(State(), last=decided(latest=False)) == Refused(Refusal.NOTHING_PROPOSED)


def test_what_somebody_declined_is_issued_only_by_who_names_it() -> None:
    state = State(proposal=replace(START, declined=NINE))
    last = decided(Happening.DECLINED)
    refused = asks(state, who="李四", last=last)
    assert isinstance(refused, Refused)
    assert refused.before is not None
    assert (refused.reason, refused.before.who) == (Refusal.DECLINED, "张三")
    named = asks(state, change(ASKED, action=Action.START), who="李四", last=last)
    assert isinstance(named, Taken)
    assert named.state.in_force == ActiveWarning(Level.YELLOW, day(4), NINE)


def test_a_no_is_kept_with_its_time_and_said_once() -> None:
    taken = decline(CITY, PROPOSED, None, "再观察", "张三", NINE)
    assert isinstance(taken, Taken)
    assert taken.state.proposal == replace(START, declined=NINE)
    assert (taken.entry.happening, taken.entry.said, taken.entry.condition) == (
        Happening.DECLINED, "再观察", START.condition,
    )  # fmt: skip
    last = decided(Happening.DECLINED)
    assert decline(CITY, taken.state, last, "再观察", "张三", NINE) == Already(last)
    other = decline(CITY, taken.state, last, "再观察", "李四", NINE)
    assert isinstance(other, Refused)
    assert other.reason is Refusal.ANOTHER_WAS_FIRST


def test_who_declines_what_another_has_just_issued_is_told_so() -> None:
    refused = decline(CITY, warned(), decided(), "再观察", "李四", NINE)
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.ANOTHER_WAS_FIRST
    assert decline(CITY, State(), None, "再观察", "李四", NINE) == Refused(Refusal.NOTHING_PROPOSED)


states = st.builds(
    State,
    st.sampled_from([None, *(ActiveWarning(level, day(1), NINE) for level in (Level.YELLOW, Level.ORANGE, Level.RED))]),
    st.sampled_from([None, START, END, replace(START, declined=NINE)]),
)
wishes = st.builds(
    Wish,
    st.just("会商同意"),
    st.sampled_from([None, *Action]),
    st.sampled_from([None, Level.YELLOW, Level.ORANGE, Level.RED]),
    st.sampled_from([None, day(2), day(5)]),
)
lasts = st.sampled_from([None, decided(), decided(Happening.DECLINED), decided(latest=False)])


@given(states, wishes, lasts, st.sampled_from(["张三", "李四"]))
def test_whatever_is_wished_it_is_done_or_refused_and_never_fails(
    state: State, wish: Wish, last: Decision | None, who: str
) -> None:
    # what the engine proposes can follow on what is in force
    assume(state.proposal is None or (state.proposal.action is Action.START) == (state.in_force is None))
    answer = issue(CITY, state, last, wish, who, NINE)
    if isinstance(answer, Taken):
        level = answer.state.in_force.level if answer.state.in_force else None
        assert (answer.entry.level, answer.state.proposal) == (level, None)
        assert answer.entry.level_before == (state.in_force.level if state.in_force else None)
        again = issue(
            CITY, answer.state, Decision(Happening.ISSUED, answer.entry.action, level, who, NINE, True), wish, who, NINE
        )
        assert not isinstance(again, Taken), "the same wish again changes nothing"


def test_times_are_those_that_are_given() -> None:
    later = datetime(2026, 12, 2, 3, tzinfo=NINE.tzinfo)
    taken = issue(CITY, PROPOSED, None, ASKED, "张三", later)
    assert isinstance(taken, Taken)
    assert taken.entry.at == later

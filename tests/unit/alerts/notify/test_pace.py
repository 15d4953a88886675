"""When a message is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tellings import NOON

from alerts.notify.message import Failure, Outcome
from alerts.notify.pace import FIRST, LONGEST, PATIENCE, REFUSALS, Fate, Stand, after

AWAY = [Failure.UNREACHABLE, Failure.BUSY, Failure.UNKNOWN]


def test_what_was_confirmed_is_done_and_the_target_is_well() -> None:
    assert after(Outcome(), tries=4, failures=3, now=NOON) == Stand(Fate.DELIVERED, None, 0, None)


@pytest.mark.parametrize("failure", AWAY)
def test_who_does_not_answer_is_left_in_peace_twice_as_long_each_time(failure: Failure) -> None:
    waits = [after(Outcome(failure), tries=n + 1, failures=n, now=NOON) for n in range(10)]
    assert [one.failures for one in waits] == list(range(1, 11))
    assert [one.paused == one.again and one.paused for one in waits[:3]] == [
        NOON + FIRST, NOON + 2 * FIRST, NOON + 4 * FIRST
    ]  # fmt: skip
    assert waits[-1].paused == NOON + LONGEST


def test_who_asks_for_patience_is_given_it_within_bounds() -> None:
    def until(seconds: float) -> object:
        return after(Outcome(Failure.BUSY, "", seconds), tries=1, failures=0, now=NOON).paused

    assert until(90) == NOON + timedelta(seconds=90)
    assert until(1) == NOON + FIRST
    assert until(-5) == NOON + FIRST
    assert until(1e9) == NOON + PATIENCE


def test_who_refuses_one_message_is_sent_the_others() -> None:
    found = after(Outcome(Failure.REFUSED), tries=1, failures=2, now=NOON)
    assert found == Stand(Fate.TO_SEND, NOON + FIRST, 0, None)


def test_what_is_refused_again_and_again_is_given_up() -> None:
    assert after(Outcome(Failure.REFUSED), tries=REFUSALS, failures=0, now=NOON).fate is Fate.GIVEN_UP


def test_a_thousand_failures_are_no_overflow() -> None:
    assert after(Outcome(Failure.UNREACHABLE), tries=1000, failures=999, now=NOON).paused == NOON + LONGEST

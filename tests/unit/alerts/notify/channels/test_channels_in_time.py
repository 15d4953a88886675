"""A try that takes too long is left to itself."""

from __future__ import annotations

import threading
import time

import pytest
from notify_receivers import SLACK_S, message
from waiting import eventually

from alerts.notify.channels.in_time import InTime
from alerts.notify.message import Failure, Message, Outcome


class Stuck:
    """A channel that sends when it is let go, and ends with `error` if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.go = threading.Event()
        self.sent = threading.Semaphore(0)
        self.tries = 0
        self._error = error

    def send(self, message: Message, timeout_s: float) -> Outcome:
        del message, timeout_s
        self.tries += 1
        self.go.wait()
        self.sent.release()
        if self._error:
            raise self._error
        return Outcome()

    def close(self) -> None:
        self.go.set()


class Busy:
    """A channel that is never done, one small step after the other, until `quick`."""

    def __init__(self) -> None:
        self.quick = False
        self.thread: threading.Thread | None = None

    def send(self, message: Message, timeout_s: float) -> Outcome:
        del message, timeout_s
        self.thread = threading.current_thread()
        pause = threading.Event()
        while not self.quick:
            pause.wait(0.001)
        return Outcome()

    def close(self) -> None:
        """Nothing to let go of."""


def test_the_call_returns_in_time_and_says_that_the_message_may_have_arrived() -> None:
    stuck = Stuck()
    started = time.monotonic()
    assert InTime(stuck).send(message(), 0.2).failure is Failure.UNKNOWN
    assert time.monotonic() - started < SLACK_S
    stuck.close()


def test_nothing_is_sent_beside_a_try_that_still_runs() -> None:
    stuck = Stuck()
    channel = InTime(stuck)
    channel.send(message("m-1"), 0.05)
    assert channel.send(message("m-2"), 0.05).failure is Failure.UNREACHABLE
    assert stuck.tries == 1
    stuck.close()


def test_the_channel_serves_again_when_the_late_try_has_ended() -> None:
    stuck = Stuck()
    channel = InTime(stuck)
    channel.send(message("m-1"), 0.05)
    stuck.go.set()
    eventually("it serves again", lambda: channel.send(message("m-2"), SLACK_S) == Outcome(), SLACK_S)


def test_what_hangs_does_not_keep_the_process_from_ending() -> None:
    stuck = Stuck()
    before = set(threading.enumerate())
    InTime(stuck).send(message(), 0.05)
    (hanging,) = set(threading.enumerate()) - before
    assert hanging.daemon
    stuck.close()


def test_a_try_that_goes_on_and_on_is_ended_and_the_channel_serves_again() -> None:
    busy = Busy()
    channel = InTime(busy)
    assert channel.send(message("m-1"), 0.1).failure is Failure.UNKNOWN
    eventually("the thread ends", lambda: busy.thread and not busy.thread.is_alive(), SLACK_S)
    busy.quick = True
    assert channel.send(message("m-2"), SLACK_S) == Outcome()


def test_an_error_of_the_program_comes_to_whoever_sends() -> None:
    stuck = Stuck(error=KeyError("a mistake"))
    stuck.go.set()
    with pytest.raises(KeyError, match="a mistake"):
        InTime(stuck).send(message(), SLACK_S)

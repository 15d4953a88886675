"""What the console's threads do with what they did not expect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from waiting import eventually

from console.poll import Poller
from console.snapshot import Health
from core.clock import Clock
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

WELL = Health(
    servers=(), processes=(), consumers=(), outbox=0, overdue=0, newest_report_s=1.0, ledger_holds=True
)  # fmt: skip


@contextmanager
def polling(settings: CoreSettings, look: Callable[[], Health], clock: Clock) -> Iterator[Poller]:
    stop = threading.Event()
    poller = Poller(settings, clock, look, refresh_s=0.01, most=10, stop=stop)
    threads = poller.start()
    try:
        yield poller
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    assert not poller.alive


def test_a_look_that_fails_drops_what_was_known_keeps_its_thread_and_the_next_shows_again(
    stack: CoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.poll.HEALTH_EVERY_S", 0.01)
    broken = threading.Event()

    def look() -> Health:
        if broken.is_set():
            raise ZeroDivisionError("unforeseen")
        return WELL

    with polling(stack, look, Clock()) as poller:
        eventually("health is known", lambda: poller.shown.health)
        broken.set()
        eventually("it is known no more", lambda: poller.shown.health is None)
        assert "unforeseen" in poller.shown.health_away
        assert poller.alive
        broken.clear()
        eventually("it is known again", lambda: poller.shown.health)
        assert poller.shown.health_away == ""


def test_a_reading_that_fails_in_an_unforeseen_way_is_away_and_keeps_its_thread(stack: CoreSettings) -> None:
    no_time = Clock(epoch=1e30)  # OverflowError, which is none of the errors of a database
    with polling(stack, lambda: WELL, no_time) as poller:
        eventually("the database is told to be away", lambda: poller.shown.away)
        assert poller.alive

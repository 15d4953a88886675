"""How a process begins, and learns that it is to end."""

from __future__ import annotations

import gc
import signal
import sys
import threading
import traceback
from collections.abc import Iterator

import pytest
from waiting import eventually

from core.process import YOUNG_OBJECTS, Shutdown, loading

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def shutdown() -> Iterator[Shutdown]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield Shutdown().install()
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def signalled_itself() -> None:
    """The kernel may choose this thread for a signal to the process; the handler runs in the main thread alone."""
    main = threading.main_thread().ident
    assert main is not None
    eventually(
        "the main thread waits",
        lambda: traceback.extract_stack(sys._current_frames()[main])[-1].filename == threading.__file__,
    )
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)


def test_a_signal_that_another_thread_received_ends_the_waiting_for_threads(shutdown: Shutdown) -> None:
    def work() -> None:
        signalled_itself()
        asked.append(shutdown.requested.wait(20))

    asked: list[bool] = []
    thread = threading.Thread(target=work)
    thread.start()
    shutdown.join([thread])
    assert asked == [True]


def test_a_signal_that_another_thread_received_ends_the_waiting_for_it(shutdown: Shutdown) -> None:
    thread = threading.Thread(target=signalled_itself)
    thread.start()
    shutdown.wait()
    thread.join()
    assert shutdown.requested.is_set()


@pytest.fixture
def own_garbage() -> Iterator[None]:
    """As a test finds the collector, it leaves it."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("own_garbage")
def test_after_loading_garbage_is_searched_for_seldom_and_not_in_what_was_loaded() -> None:
    with loading():
        loaded: list[list[int]] = [[] for _ in range(10)]
    assert gc.get_threshold()[0] == YOUNG_OBJECTS
    assert gc.get_freeze_count() > len(loaded)


@pytest.mark.usefixtures("own_garbage")
def test_nothing_is_searched_for_garbage_while_loading_and_again_after_it() -> None:
    def load_what_is_missing() -> None:
        with loading():
            searched.append(gc.isenabled())
            raise ImportError

    searched: list[bool] = []
    with pytest.raises(ImportError):
        load_what_is_missing()
    assert searched == [False]
    assert gc.isenabled()

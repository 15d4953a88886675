"""How a long-running process begins and ends."""

from __future__ import annotations

import gc
import random
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

LOOK_S = 0.5
"""The kernel may give a signal to any thread, and only the main thread handles it, once it wakes: it never waits longer
than this (some one in a thousand SIGTERMs would else not be seen while it waits)."""


YOUNG_OBJECTS = 50_000
"""Made, and not gone, before the collector looks for cycles among them: a transaction holds some ten thousand, which it
looked through, and all that is in memory with them, again and again, for a third of the worker's time (700 is Python's
own number)."""


@contextmanager
def loading() -> Iterator[None]:
    """While modules and kernels are loaded: nothing is searched for garbage, which takes an eighth of a start.

    What is loaded stays, so it is never looked at again, and what comes is looked at seldom.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS, 20, 20)
        gc.enable()


class Shutdown:
    """Turns SIGTERM, SIGINT and SIGHUP (a closed terminal) into a request to finish what is begun and leave."""

    def __init__(self) -> None:
        self.requested = threading.Event()

    def install(self) -> Shutdown:
        """Take over the signals; only the main thread may."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means it
            signal.signal(signal.SIGHUP, self._handle)
        return self

    def wait(self) -> None:
        """In the main thread: until it is requested."""
        while not self.requested.wait(LOOK_S):
            pass

    def join(self, threads: Iterable[threading.Thread]) -> None:
        """In the main thread: until all of them have ended."""
        for thread in threads:
            while thread.is_alive():
                thread.join(LOOK_S)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.requested.set()


class Backoff:
    """Waiting times that double up to `longest` seconds, each with ±20 % jitter against reconnect storms."""

    def __init__(self, shortest: float = 0.2, longest: float = 10.0) -> None:
        self._shortest = shortest
        self._longest = longest
        self._next = shortest

    def reset(self) -> None:
        """What was away has answered."""
        self._next = self._shortest

    def delay(self) -> float:
        """The next waiting time in seconds, for a loop that has other work meanwhile."""
        delay = self._next * random.uniform(0.8, 1.2)  # noqa: S311 (jitter, no secret)
        self._next = min(self._next * 2, self._longest)
        return delay

    def wait(self, stop: threading.Event) -> None:
        """Wait the next time, or until `stop` is set."""
        stop.wait(self.delay())

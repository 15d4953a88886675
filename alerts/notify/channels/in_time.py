"""A bound on a whole try, whatever its library waits for: names that do not resolve, answers of a byte a second."""

from __future__ import annotations

import ctypes
import threading
from concurrent.futures import Future

from alerts.notify.message import Channel, Failure, Message, Outcome

_OWN_SHARE = 0.9
"""Of the limit that the channel is told: what it finds out by itself says more than that time is over."""


class InTime:
    """A channel that answers in time: each try has a thread, one at a time, and is given up when it takes too long."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._latest: _Try | None = None

    def send(self, message: Message, timeout_s: float) -> Outcome:
        """As the channel's own, within `timeout_s`; nothing is sent while a try that was given up still hangs."""
        if self._latest and self._latest.running:
            return Outcome(Failure.UNREACHABLE, "上一次发送尚未结束 the try before has not ended yet")
        self._latest = _Try(self._channel, message, timeout_s * _OWN_SHARE)
        try:
            return self._latest.outcome.result(timeout_s)
        except TimeoutError:
            self._latest.give_up()
            return Outcome(Failure.UNKNOWN, f"{timeout_s:g} 秒内无结果 no result within {timeout_s:g} s")

    def close(self) -> None:
        """Let go of the channel's connections."""
        self._channel.close()


class _GivenUpError(SystemExit):
    """Ends a thread, without a word wherever it meets it."""


class _Try:
    """One try in a thread of its own; a daemon, for what hangs must not keep the process from ending."""

    def __init__(self, channel: Channel, message: Message, timeout_s: float) -> None:
        self.outcome: Future[Outcome] = Future()
        self._ending = threading.Lock()
        self._ended = False
        self._thread = threading.Thread(target=self._run, args=(channel, message, timeout_s), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the thread is still there."""
        return self._thread.is_alive()

    def give_up(self) -> None:
        """Have the thread end at its next step.

        requests reads an answer to its end, however long it is, and its limits hold for each piece: without this a
        receiver could fill the memory, or hold the thread, for as long as it likes. What waits in the kernel ends by
        its own limit first.
        """
        with self._ending:
            if not self._ended and self._thread.ident is not None:
                given_up = ctypes.py_object(_GivenUpError)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread.ident), given_up)

    def _run(self, channel: Channel, message: Message, timeout_s: float) -> None:
        try:
            self.outcome.set_result(channel.send(message, timeout_s))
        except _GivenUpError:
            return  # nobody waits for the outcome any more
        except Exception as error:
            self.outcome.set_exception(error)
        finally:
            with self._ending:  # a number of a thread that has ended may be another's
                self._ended = True

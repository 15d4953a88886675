"""A bound on a whole try, whatever its library waits for: names that do not resolve, answers of a byte a second."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from alerts.notify.message import Channel, Failure, Message, Outcome

_OWN_SHARE = 0.9
"""Of the limit that the channel is told: what it finds out by itself says more than that time is over."""


class InTime:
    """A channel that answers in time: each try has a thread, at most one, and is left to itself when it takes too long.

    The thread is a daemon: what hangs in a receiver's hands must not keep the process from ending.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._latest: Future[Outcome] = Future()
        self._latest.set_result(Outcome())

    def send(self, message: Message, timeout_s: float) -> Outcome:
        """As the channel's own, within `timeout_s`; nothing is sent while a try that took too long still runs."""
        if not self._latest.done():
            return Outcome(Failure.UNREACHABLE, "上一次发送尚未结束 the try before has not ended yet")
        self._latest = Future()
        threading.Thread(target=self._run, args=(self._latest, message, timeout_s), daemon=True).start()
        try:
            return self._latest.result(timeout_s)
        except TimeoutError:
            return Outcome(Failure.UNKNOWN, f"{timeout_s:g} 秒内无结果 no result within {timeout_s:g} s")

    def close(self) -> None:
        """Let go of the channel's connections."""
        self._channel.close()

    def _run(self, future: Future[Outcome], message: Message, timeout_s: float) -> None:
        try:
            future.set_result(self._channel.send(message, timeout_s * _OWN_SHARE))
        except BaseException as error:
            future.set_exception(error)  # raised where the outcome is waited for

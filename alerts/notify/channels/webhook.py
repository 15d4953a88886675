"""A webhook of one's own: the message's document as JSON, signed."""

from __future__ import annotations

import time
from collections.abc import Callable

from alerts.notify.channels.answers import outcome_of
from alerts.notify.channels.posting import post
from alerts.notify.channels.signature import headers_of
from alerts.notify.message import Message, Outcome


class Webhook:
    """Posts to `url`, signed with `key` (`signature.key_of`); `now` gives Unix seconds of real time.

    A receiver refuses what was signed long before or after its own time, so a drill's data time has no place here.
    """

    def __init__(self, url: str, key: bytes, now: Callable[[], float] = time.time) -> None:
        self._url = url
        self._key = key
        self._now = now

    def send(self, message: Message, timeout_s: float) -> Outcome:
        """Post once; 2xx is delivered, see `outcome_of` for the rest."""
        signed = headers_of(self._key, message.id, int(self._now()), message.document)
        headers = {"Content-Type": "application/json; charset=utf-8", **signed}
        answer = post(self._url, message.document, headers, timeout_s, read_verdict=False)
        return answer if isinstance(answer, Outcome) else outcome_of(answer, self._now())

    def close(self) -> None:
        """Each try has a connection of its own."""

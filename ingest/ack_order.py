"""Acknowledgements to the broker in the order in which it delivered (MQTT 3.1.1, 4.6). Pure.

Batches become durable by partition, so that of what was delivered one after the other much is durable out of turn.
Mosquitto looks each acknowledged message up from the oldest on: out of turn it passes by all that wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from core.mqtt import Message

NO_CONNECTION = 0


class AckOrder:
    """Messages under way, those of the latest connection alone: the broker sends again what another left unsaid."""

    def __init__(self) -> None:
        self._connection = NO_CONNECTION
        self._waiting: deque[Message] = deque()
        self._durable: set[int] = set()
        """Out of turn, by identity: a broker may send a packet id again before it has heard of it."""

    def came(self, messages: Iterable[Message]) -> None:
        """Note what was delivered."""
        for message in messages:
            if message.connection != self._connection:
                self._connection = message.connection
                self._waiting.clear()
                self._durable.clear()
            if message.qos:
                self._waiting.append(message)

    def durable(self, messages: Iterable[Message]) -> list[Message]:
        """Note which of those that came are durable; returns those whose turn it is now."""
        connection, waiting, durable = self._connection, self._waiting, self._durable
        durable.update([id(message) for message in messages if message.qos and message.connection == connection])
        turn = []
        while waiting and id(waiting[0]) in durable:
            message = waiting.popleft()
            durable.remove(id(message))
            turn.append(message)
        return turn

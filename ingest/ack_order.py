"""Acknowledgements to the broker in the order in which it delivered (MQTT 3.1.1, 4.6). Pure.

Batches become durable by partition, so that of what was delivered one after the other much is durable out of turn.
Mosquitto looks each acknowledged message up from the oldest on: out of turn it passes by all that wait.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.mqtt import Message, Receipt

NO_CONNECTION = 0


class AckOrder:
    """What is durable and has not had its turn, of the latest connection alone: the broker sends the others again.

    Messages are numbered one after the other as they come.
    """

    def __init__(self) -> None:
        self._connection = NO_CONNECTION
        self._next = 0
        self._waiting: dict[int, Receipt] = {}

    def came(self, number: int, connection: int) -> None:
        """Note that messages from `number` on came on `connection`."""
        if connection != self._connection:
            self._connection, self._next = connection, number
            self._waiting.clear()

    def durable(self, messages: Iterable[tuple[int, Message]]) -> list[Receipt]:
        """Note numbered messages that are durable; returns those whose turn it is now."""
        connection, waiting = self._connection, self._waiting
        waiting.update([(number, message.receipt) for number, message in messages if message.connection == connection])
        turn = []
        while self._next in waiting:
            turn.append(waiting.pop(self._next))
            self._next += 1
        return turn

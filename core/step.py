"""What a stream (core.stream) runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Step(Protocol):
    """What a stream does with records; all of it inside the stream's transaction."""

    consumer: str
    topic: str

    def forget(self) -> None:
        """Drop everything in memory."""

    def gained(self, cursor: Any, partitions: Sequence[int], now: float) -> None:
        """Take on what partitions newly held owe; what would take long is left to `tick`."""

    def take(self, cursor: Any, records: Mapping[int, Sequence[Any]], now: float) -> None:
        """Take Kafka records by partition."""

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> bool:
        """Do what falls due by the clock; returns whether more of it waits, so that the next tick comes at once."""

    def committed(self, now: float) -> None:
        """What was taken, or done by the clock, stands: it may be counted, which is no work of a transaction."""

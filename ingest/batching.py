"""Entries gathered into batches of one partition, bounded in number, bytes and age."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ingest.envelope import Entry

ENTRY_OVERHEAD = 64
"""Bytes that an entry's numbers and framing take at most beside its texts and its body."""

Token = TypeVar("Token")


def size_of(entry: Entry) -> int:
    """Bytes of an entry in a record, at most."""
    return len(entry.body) + 4 * len(entry.station) + len(entry.correlation) + ENTRY_OVERHEAD


@dataclass(slots=True)
class Batch(Generic[Token]):
    """Entries of one partition, and for each the token by which its giver knows it."""

    partition: int
    opened: float
    entries: list[Entry] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    size: int = 0


class Batcher(Generic[Token]):
    """Holds at most one open batch a partition; time is passed in, in seconds."""

    def __init__(self, max_entries: int, max_bytes: int, linger: float) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._linger = linger
        self._open: dict[int, Batch[Token]] = {}

    def add(self, partition: int, entry: Entry, token: Token, now: float) -> list[Batch[Token]]:
        """Put an entry in; returns the batches that this closed, at most two."""
        size = size_of(entry)
        closed = []
        batch = self._open.get(partition)
        if batch is not None and batch.size + size > self._max_bytes:
            closed.append(self._open.pop(partition))
            batch = None
        if batch is None:
            batch = self._open[partition] = Batch(partition, now)
        batch.entries.append(entry)
        batch.tokens.append(token)
        batch.size += size
        if len(batch.entries) >= self._max_entries or batch.size >= self._max_bytes:
            closed.append(self._open.pop(partition))
        return closed

    def due(self, now: float) -> list[Batch[Token]]:
        """All open batches, taken out, once one has waited long enough: together they share Kafka's requests."""
        return self.take_all() if self.wait(now) == 0.0 else []

    def take_all(self) -> list[Batch[Token]]:
        """All open batches, taken out."""
        batches = list(self._open.values())
        self._open.clear()
        return batches

    def wait(self, now: float) -> float | None:
        """Seconds until a batch falls due; None if none is open."""
        if not self._open:
            return None
        return max(0.0, min(batch.opened for batch in self._open.values()) + self._linger - now)

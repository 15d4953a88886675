"""How many Kafka records make up a transaction. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

START = 20
MOST = 5000


class Portion:
    """So many records that they hold about `size` bytes.

    A record is a batch: of one report when little comes, of hundreds when much does. Counted in records a transaction
    would be tiny just when a backlog of quiet hours is to be worked off, or huge when a flood is.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.records = START
        """To take next."""

    def keep(self, batches: Mapping[int, Sequence[int]]) -> dict[int, int]:
        """How many of the records that were polled to take, by partition; `batches`: their sizes in bytes.

        When a flood follows quiet hours, hundreds of full records come at once. At least one is taken.
        """
        room = self._size
        kept = {}
        for partition, sizes in batches.items():
            count = 0
            for size in sizes:
                if room <= 0:
                    break
                room -= size
                count += 1
            kept[partition] = count
        return kept

    def is_small(self, records: int, size: int) -> bool:
        """Whether what was taken, `size` bytes in so many records, is far from a transaction: no more was waiting."""
        return records < self.records and size < self._size // 4

    def learn(self, records: int, size: int) -> None:
        """`records` records of `size` bytes in all have been taken; it grows to its double at most."""
        wanted = self._size * records // max(size, 1)
        self.records = max(1, min(wanted, 2 * self.records, MOST))

"""What a partition that was gained owes: its open windows, made anew slice by slice (docs/decisions/0007)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aggregate.statistic import Key
from aggregate.statistic_store import read_open_keys, weight


class Owed:
    """By partition held. No transaction can lose of it: whoever's fails gains the partitions anew."""

    def __init__(self, maker: str) -> None:
        self._maker = maker
        self._keys: dict[int, list[Key]] = {}

    def note(self, cursor: Any, partitions: Sequence[int]) -> None:
        """Note every open window of partitions."""
        self._keys.update(read_open_keys(cursor, self._maker, partitions))

    def waits(self, partitions: Sequence[int]) -> bool:
        """Whether any is left."""
        return any(self._keys[partition] for partition in partitions)

    def take(self, partitions: Sequence[int], most: int) -> list[Key]:
        """The next of them, which weigh `most` at most, or are one."""
        keys: list[Key] = []
        for partition in partitions:
            owed = self._keys[partition]
            while owed and most > 0 and (not keys or weight(owed[-1].window) <= most):
                keys.append(owed.pop())
                most -= weight(keys[-1].window)
        return keys

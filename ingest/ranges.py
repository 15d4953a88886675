"""Sets of numbers as ranges: what the bridge acknowledges and a sender forgets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence


class RangeSet:
    """A set of whole numbers kept as ascending inclusive ranges, neither overlapping nor adjoining."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, ranges: Iterable[Sequence[int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in ranges:
            self.add_range(first, last)

    def add(self, number: int) -> None:
        """Put one number in; fast where numbers come in order."""
        if self._lasts and number == self._lasts[-1] + 1:
            self._lasts[-1] = number
        else:
            self.add_range(number, number)

    def add_range(self, first: int, last: int) -> None:
        """Put `first` … `last` in; raises `ValueError` if they are the wrong way round."""
        if first > last:
            raise ValueError(f"range {first} … {last} is the wrong way round")
        low = bisect_right(self._lasts, first - 2)  # the first range that touches or adjoins from below
        high = bisect_right(self._firsts, last + 1)  # behind the last one that does
        if low < high:
            first = min(first, self._firsts[low])
            last = max(last, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]

    def merge(self, other: RangeSet) -> None:
        """Put all numbers of `other` in."""
        for first, last in other.encode():
            self.add_range(first, last)

    def encode(self) -> list[tuple[int, int]]:
        """The ranges, as they stand in an acknowledgement."""
        return list(zip(self._firsts, self._lasts, strict=True))

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]

    def __iter__(self) -> Iterator[int]:
        for first, last in zip(self._firsts, self._lasts, strict=True):
            yield from range(first, last + 1)

    def __len__(self) -> int:
        """How many numbers are in."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and self.encode() == other.encode()

    __hash__ = None  # type: ignore[assignment]  # it changes

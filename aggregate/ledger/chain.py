"""Whether the spans of `intake` follow one another up to the worker's offset. Pure.

Each transaction of the worker writes the span of offsets that it took, so what was taken twice or never shows without
a look into Kafka. Halves of a batch that was taken apart may share a record; they have one transaction's time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ingest.ranges import RangeSet


class Flaw(StrEnum):
    """What is wrong with the chain."""

    GAP = "GAP"
    """Offsets that the worker has left behind, and no row of `intake` tells of."""
    OVERLAP = "OVERLAP"
    """Offsets that two transactions say they took."""
    BEYOND = "BEYOND"
    """Offsets that a row tells of, and the worker has not reached."""


class Break(msgspec.Struct, frozen=True):
    """A place where the chain does not hold; offsets, both ends in."""

    partition: int
    flaw: Flaw
    first: int
    last: int


class Link(NamedTuple):
    """A row of `intake` that does not begin where the one before it ends."""

    partition: int
    first: int
    taken_at: float
    before: int | None
    """Where the one before ends; None if there is none."""
    before_at: float | None


class Chain(NamedTuple):
    """What is known of the chains of one cluster's partitions."""

    links: list[Link]
    """By partition, in the order in which they were taken."""
    reached: Mapping[int, int]
    """Where the last row of a partition ends."""
    folded: Mapping[int, RangeSet]


def breaks(chain: Chain, stands: Mapping[int, int]) -> list[Break]:
    """Where the chain does not hold, given where the worker stands, by partition."""
    found: list[Break] = []
    for link in chain.links:
        reached = link.before or 0
        if link.first == reached - 1 and link.taken_at == link.before_at:
            continue
        if link.first > reached:
            found.extend(_gaps(chain, link.partition, reached, link.first))
        elif link.first < reached:
            found.append(Break(link.partition, Flaw.OVERLAP, link.first, reached - 1))
    for partition, stand in sorted(stands.items()):
        reached = chain.reached.get(partition, 0)
        if reached < stand:
            found.extend(_gaps(chain, partition, reached, stand))
        elif reached > stand:
            found.append(Break(partition, Flaw.BEYOND, stand, reached - 1))
    return found


def _gaps(chain: Chain, partition: int, first: int, end: int) -> Iterator[Break]:
    folded = chain.folded.get(partition, RangeSet())
    return (Break(partition, Flaw.GAP, a, b) for a, b in without(folded.encode(), first, end))


def without(ranges: Iterable[tuple[int, int]], first: int, end: int) -> Iterator[tuple[int, int]]:
    """What of `first` … `end` - 1 is in none of the ranges, which ascend."""
    for a, b in ranges:
        if b < first:
            continue
        if a >= end:
            break
        if a > first:
            yield first, a - 1
        first = b + 1
    if first < end:
        yield first, end - 1

"""Offsets in the database, moved by compare-and-set: one writer a partition, whatever Kafka's group believes.

Delivery guarantee: a transaction that advances an offset commits only if nobody else has read on or taken the
partition since this process read it (state-model: "One writer").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import FencedError


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a consumer stands in a partition: the next offset to read, and the epoch of its ownership."""

    offset: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Position:
    """Whose offsets these are: a consumer (`worker`, `city`, `engine`) on a topic of a Kafka cluster."""

    consumer: str
    cluster: str
    topic: str


def claim(cursor: Any, position: Position, partitions: Iterable[int]) -> dict[int, Stand]:
    """Take over partitions: raise their epoch and return where to read on. The caller commits.

    What another has locked just now is left out, to be asked for again: a predecessor that is frozen in a transaction
    must keep back neither the partitions that it does not hold nor the whole group, which waits for us to join anew.
    """
    place = (position.consumer, position.cluster, position.topic, sorted(partitions))
    cursor.execute(
        "insert into consumer_offset (consumer, cluster, topic, partition, next_offset, epoch)"
        " select %s, %s, %s, unnest(%s::int[]), 0, 0 on conflict do nothing",
        place,
    )
    cursor.execute(
        "select partition from consumer_offset where consumer = %s and cluster = %s and topic = %s"
        " and partition = any(%s) for update skip locked",
        place,
    )
    free = [partition for (partition,) in cursor.fetchall()]
    cursor.execute(
        "update consumer_offset set epoch = epoch + 1 where consumer = %s and cluster = %s and topic = %s"
        " and partition = any(%s) returning partition, next_offset, epoch",
        (*place[:3], free),
    )
    return {partition: Stand(offset, epoch) for partition, offset, epoch in cursor.fetchall()}


def dispossess(cursor: Any, consumer: str, topic: str, partition: int) -> None:
    """Lock a partition's rows, of whatever cluster, and raise their epoch: whoever holds it must read again.

    For who writes beside the consumer what that remembers; the caller commits.
    """
    cursor.execute(
        "select from consumer_offset where consumer = %s and topic = %s and partition = %s order by cluster for update",
        (consumer, topic, partition),
    )
    cursor.execute(
        "update consumer_offset set epoch = epoch + 1 where consumer = %s and topic = %s and partition = %s",
        (consumer, topic, partition),
    )


def hold(cursor: Any, consumer: str, topic: str, partitions: Iterable[int]) -> None:
    """Lock partitions' rows, of whatever cluster, and leave their epoch: whoever holds them goes on after us.

    For who writes beside the consumer what that does not remember; the caller commits.
    """
    cursor.execute(
        "select from consumer_offset where consumer = %s and topic = %s and partition = any(%s)"
        " order by partition, cluster for update",
        (consumer, topic, sorted(partitions)),
    )


def read(cursor: Any, position: Position, partitions: Iterable[int]) -> dict[int, Stand]:
    """Where the partitions stand now, without taking them over."""
    cursor.execute(
        "select partition, next_offset, epoch from consumer_offset"
        " where consumer = %s and cluster = %s and topic = %s and partition = any(%s)",
        (position.consumer, position.cluster, position.topic, sorted(partitions)),
    )
    return {partition: Stand(offset, epoch) for partition, offset, epoch in cursor.fetchall()}


def lock(cursor: Any, position: Position, expected: Mapping[int, Stand]) -> None:
    """Lock the rows of the partitions and compare; raises `FencedError` if another process has moved them.

    Until its end the transaction's `lantian.cluster` is the cluster, for rows that tell of offsets.
    """
    cursor.execute(
        "select set_config('lantian.cluster', %s, true); select partition, next_offset, epoch from consumer_offset"
        " where consumer = %s and cluster = %s and topic = %s and partition = any(%s)"
        " order by partition for update",
        (position.cluster, position.consumer, position.cluster, position.topic, sorted(expected)),
    )
    found = {partition: Stand(offset, epoch) for partition, offset, epoch in cursor.fetchall()}
    for partition, stand in expected.items():
        if found.get(partition) != stand:
            raise FencedError(
                "fenced",
                f"stands at {found.get(partition)}, not at {stand}: another process owns it",
                field=f"{position.consumer} {position.topic}[{partition}]",
                hint="drop memory, read the offsets, seek",
            )


def advance(cursor: Any, position: Position, expected: Mapping[int, Stand], offsets: Mapping[int, int]) -> None:
    """Move the offsets of locked rows; `expected` as given to `lock` in the same transaction."""
    cursor.execute(
        "update consumer_offset o set next_offset = k.next_offset, moved_at = now()"
        " from unnest(%s::int[], %s::bigint[], %s::bigint[]) as k(partition, next_offset, epoch)"
        " where o.consumer = %s and o.cluster = %s and o.topic = %s"
        " and (o.partition, o.epoch) = (k.partition, k.epoch)",
        (
            list(offsets),
            list(offsets.values()),
            [expected[partition].epoch for partition in offsets],
            position.consumer,
            position.cluster,
            position.topic,
        ),
    )
    if cursor.rowcount != len(offsets):
        partitions = ", ".join(map(str, sorted(offsets)))
        raise FencedError("fenced", "a row is gone", field=f"{position.topic}[{partitions}]")

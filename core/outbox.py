"""The outbox: what a transaction tells others is written with it and relayed to Kafka afterwards.

Delivery guarantee: at least once, in the order written a source partition; receivers ignore what is not newer than
what they have judged. A message is deleted only after Kafka has acknowledged it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection

from core.kafka import partition_of
from core.postgres import copy

RELAY_MESSAGES = 500
"""Relayed at once."""
RELAY_BYTES = 8 * 1024 * 1024
"""Of messages in memory at once; a single larger one goes alone."""
RELAY_TIMEOUT_S = 10
"""How long to wait for Kafka before the messages are left to the next try."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to Kafka: `key` decides the partition by murmur2."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()


def enqueue(cursor: Any, consumer: str, partition: int, messages: Iterable[Message]) -> None:
    """Write messages in the caller's transaction; `consumer` and `partition` say who relays them."""
    rows = [
        (consumer, partition, m.topic, m.key, m.value, "\n".join(f"{k}={v}" for k, v in m.headers)) for m in messages
    ]
    if rows:
        copy(cursor, "outbox", "consumer, partition, topic, key, value, headers", rows)


def relay(
    database: connection, producer: Any, consumer: str, partitions: Sequence[int], limit: int = RELAY_MESSAGES
) -> int:
    """Send the oldest messages of `partitions` to Kafka, wait for its acknowledgement, delete them.

    Returns how many were sent; raises Kafka's error, leaving them for the next try. Two relays at once (a zombie's
    and its successor's) send twice and delete once. Kafka is waited for between two transactions, not in one: a
    transaction that stands still is ended by the database.
    """
    with database, database.cursor() as cursor:
        cursor.execute(
            "select id, topic, key, value, headers from (select *, sum(octet_length(value)) over (order by id)"
            " - octet_length(value) as before from (select * from outbox where consumer = %s and partition = any(%s)"
            " order by id limit %s) as oldest) as summed where before < %s order by id",
            (consumer, list(partitions), limit, RELAY_BYTES),
        )
        rows = cursor.fetchall()
    if not rows:
        return 0
    sent = [
        producer.send(
            topic,
            key=key.encode(),
            value=bytes(value),
            headers=[(k, v.encode()) for k, _, v in (line.partition("=") for line in headers.splitlines())],
            partition=partition_of(key),
        )
        for _, topic, key, value, headers in rows
    ]
    producer.flush(timeout=RELAY_TIMEOUT_S)
    for future in sent:
        future.get(timeout=RELAY_TIMEOUT_S)
    with database, database.cursor() as cursor:
        # not waited for: what a crash brings back is sent again
        cursor.execute("set local synchronous_commit = off")
        cursor.execute("delete from outbox where id = any(%s)", ([row[0] for row in rows],))
    return len(rows)

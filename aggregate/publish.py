"""What the worker tells others, written to the outbox in its transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from aggregate.recompute import Told
from aggregate.rejection import Rejection
from aggregate.statistic import Statement, StatementBatch, encode_statements
from core.kafka import MAX_RECORD_BYTES, REJECTED, STATISTICS, partition_of
from core.outbox import Message, enqueue

STATEMENTS_A_RECORD = 400
"""Of some 500 bytes each; if they are larger, a record holds fewer."""
BEGINNING_BYTES = 1024
HEADERS = (("v", "1"),)


def publish_rejected(cursor: Any, consumer: str, rejections: Iterable[Rejection]) -> None:
    """One record a report, key = station; by the partition that the report came from."""
    messages: dict[int, list[Message]] = defaultdict(list)
    for rejection in rejections:
        headers = (
            *HEADERS,
            ("source", str(rejection.source)),
            ("received", str(rejection.received)),
            ("correlation", rejection.correlation),
        )
        message = Message(REJECTED, rejection.station, _encoded(rejection), headers)
        messages[rejection.partition].append(message)
    for partition, of_partition in messages.items():
        enqueue(cursor, consumer, partition, of_partition)


def _encoded(rejection: Rejection) -> bytes:
    """The rejection as JSON; of one too large for a record, which would hold up all behind it, the beginning."""
    value = msgspec.json.encode(rejection)
    if len(value) <= MAX_RECORD_BYTES:
        return value
    return msgspec.json.encode(
        msgspec.structs.replace(
            rejection,
            factors=[],
            reasons=[],
            values=[],
            flags="",
            detail=f"too large for a record, the whole is in the database: {rejection.detail}"[:BEGINNING_BYTES],
            body=rejection.body[:BEGINNING_BYTES],
        )
    )


def publish_statistics(cursor: Any, consumer: str, made: Iterable[Told]) -> None:
    """Batches of statements of one city; each city's go out by the partition of the station that changed."""
    groups: dict[tuple[int, str], list[Statement]] = defaultdict(list)
    for settled, station in made:
        if settled.told:
            groups[partition_of(station.station), station.city].append(settled.row.statement(station.kind))
    for (partition, city), statements in groups.items():
        enqueue(cursor, consumer, partition, batches(city, statements))


def batches(city: str, statements: Sequence[Statement]) -> list[Message]:
    """Statements of one city as records, in order."""
    found = []
    for first in range(0, len(statements), STATEMENTS_A_RECORD):
        found += _records(city, statements[first : first + STATEMENTS_A_RECORD])
    return found


def _records(city: str, statements: Sequence[Statement]) -> list[Message]:
    value = encode_statements(StatementBatch(city, list(statements)))
    if len(value) <= MAX_RECORD_BYTES or len(statements) == 1:
        return [Message(STATISTICS, city, value, HEADERS)]
    half = len(statements) // 2
    return _records(city, statements[:half]) + _records(city, statements[half:])

"""What the worker tells others, written to the outbox in its transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from aggregate.recompute import Told
from aggregate.rejection import Rejection
from aggregate.statistic import Statement, StatementBatch, encode_statements
from core.kafka import REJECTED, STATISTICS, partition_of
from core.outbox import Message, enqueue

STATEMENTS_A_RECORD = 400
"""Of some 500 bytes each: far below what a record may hold."""
HEADERS = (("v", "1"),)


def publish_rejected(cursor: Any, consumer: str, partition: int, rejections: Iterable[Rejection]) -> None:
    """One record a report, key = station."""
    messages = [
        Message(
            REJECTED,
            rejection.station,
            msgspec.json.encode(rejection),
            (
                *HEADERS,
                ("source", str(rejection.source)),
                ("received", str(rejection.received)),
                ("correlation", rejection.correlation),
            ),
        )
        for rejection in rejections
    ]
    enqueue(cursor, consumer, partition, messages)


def publish_statistics(cursor: Any, consumer: str, made: Iterable[Told]) -> None:
    """Batches of statements of one city; each city's go out by the partition of the station that changed."""
    groups: dict[tuple[int, str], list[Statement]] = defaultdict(list)
    for settled, station in made:
        if settled.told:
            groups[partition_of(station.station), station.city].append(settled.row.statement(station.kind))
    for (partition, city), statements in groups.items():
        enqueue(cursor, consumer, partition, batches(city, statements))


def batches(city: str, statements: Sequence[Statement]) -> list[Message]:
    """Statements of one city as records."""
    return [
        Message(
            STATISTICS,
            city,
            encode_statements(StatementBatch(city, list(statements[first : first + STATEMENTS_A_RECORD]))),
            HEADERS,
        )
        for first in range(0, len(statements), STATEMENTS_A_RECORD)
    ]

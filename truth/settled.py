"""Whether a pipeline has come to rest: everything read, everything told, nothing that only waits for a value."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import TopicPartition

from core import kafka
from core.errors import UnavailableError
from core.settings import CoreSettings

CONSUMERS = {"worker": kafka.REPORTS, "city": kafka.STATISTICS, "period": kafka.STATISTICS, "engine": kafka.STATISTICS}


def at_rest(cursor: Any, consumer: Any, cluster: str) -> bool:
    """Whether every offset is at its log's end and every outbox empty; `consumer` is any `KafkaConsumer` of `cluster`.

    Offsets of another cluster say nothing of this one's log.
    """
    cursor.execute("select count(*) from outbox")
    if cursor.fetchone()[0]:
        return False
    ends = {
        topic: {p: end for p, end in consumer.end_offsets(_partitions(topic)).items() if end}
        for topic in set(CONSUMERS.values())
    }
    cursor.execute("select consumer, topic, partition, next_offset from consumer_offset where cluster = %s", (cluster,))
    stands = {(name, topic, partition): offset for name, topic, partition, offset in cursor.fetchall()}
    return all(
        stands.get((name, topic, tp.partition), 0) >= end
        for name, topic in CONSUMERS.items()
        for tp, end in ends[topic].items()
    )


def nothing_overdue(cursor: Any, moment: float) -> bool:
    """Whether no window still waits for values at `moment` (UTC seconds) although it may no longer."""
    cursor.execute(
        "select not exists (select from statistic where due <= to_timestamp(%s) and strpos(states, 'O') > 0)",
        (moment,),
    )
    return bool(cursor.fetchone()[0])


@contextmanager
def rest(
    settings: CoreSettings, database: Any, timeout_s: float, check: Callable[[], None], also: Callable[[Any], bool]
) -> Iterator[Any]:
    """Wait until the pipeline is at rest and `also(cursor)` holds, and give a cursor in that very transaction.

    With a connection of isolation level `repeatable read` all that is read with the cursor stands as it was at rest.
    `check` may raise what makes waiting useless; raises `UnavailableError` after `timeout_s` of the machine's time.
    """
    pause = threading.Event()
    deadline = time.monotonic() + timeout_s
    cluster, consumer = kafka.cluster_id(settings), kafka.consumer(settings, group=None)
    try:
        while time.monotonic() < deadline:
            check()
            with database, database.cursor() as cursor:
                if also(cursor) and at_rest(cursor, consumer, cluster):
                    yield cursor
                    return
            pause.wait(0.2)
    finally:
        consumer.close()
    raise UnavailableError("unsettled", f"the pipeline did not come to rest within {timeout_s:.0f} s",
                           hint="run `lantian status` and read the processes' logs")  # fmt: skip


def wait_at_rest(
    settings: CoreSettings, database: Any, timeout_s: float, check: Callable[[], None], also: Callable[[Any], bool]
) -> None:
    """Wait as `rest` does, and look at nothing."""
    with rest(settings, database, timeout_s, check, also):
        pass


def _partitions(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for partition in range(kafka.PARTITIONS)]

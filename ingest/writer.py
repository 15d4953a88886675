"""Batches on their way to Kafka: sent, repeated from memory if Kafka gave up on them, told when they are durable."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from kafka.errors import KafkaError

from core import kafka
from core.logs import get_logger
from core.process import Backoff
from core.settings import CoreSettings
from ingest.batching import Batch
from ingest.envelope import encode_batch, headers

log = get_logger(__name__)

Token = TypeVar("Token")


class KafkaWriter(Generic[Token]):
    """Owned by one thread; Kafka's thread only appends outcomes and calls `wake`.

    A batch is kept until Kafka has acknowledged it. Where a send fails for good the producer is made anew and every
    batch of the old one is sent again: perhaps twice, never lost.
    """

    def __init__(self, settings: CoreSettings, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._wake = wake
        self._producer: Any = None
        self._failing = False
        self._outcomes: deque[tuple[Batch[Token], Exception | None]] = deque()
        self._waiting: deque[Batch[Token]] = deque()
        self._under_way = 0
        self._backoff = Backoff(shortest=0.5, longest=10.0)
        self._due = 0.0

    @property
    def ready(self) -> bool:
        """Whether there is a producer and nothing waits to be repeated."""
        return self._producer is not None and not self._failing and not self._waiting

    def write(self, batch: Batch[Token]) -> None:
        """Send a batch, or keep it until there is a producer."""
        self._waiting.append(batch)
        self._send_waiting()

    def turn(self) -> list[Batch[Token]]:
        """The batches that have become durable since the last turn; repeats what failed."""
        durable = []
        while self._outcomes:
            batch, error = self._outcomes.popleft()
            self._under_way -= 1
            if error is None:
                durable.append(batch)
                continue
            self._waiting.append(batch)
            self._abandon(error)
        if self._failing and not self._under_way:
            self.close()
        if self._waiting:
            self.open()
            self._send_waiting()
        return durable

    def open(self) -> bool:
        """Make the producer if it is time to try; may take as long as Kafka takes to answer."""
        if self._producer is not None:
            return True
        if time.monotonic() < self._due:
            return False
        try:
            producer = kafka.producer(self._settings, linger_ms=0)
            producer.partitions_for(kafka.REPORTS)
        except KafkaError as error:
            self._due = time.monotonic() + self._backoff.delay()
            log.warning("kafka does not answer", error=repr(error))
            return False
        self._backoff.reset()
        self._producer = producer
        log.info("kafka producer ready")
        return True

    def close(self) -> None:
        """Leave; what is not durable by now stays with the broker."""
        producer, self._producer, self._failing = self._producer, None, False
        if producer is not None:
            kafka.abandon(producer)

    def _send_waiting(self) -> None:
        while self._waiting and self._producer is not None and not self._failing:
            batch = self._waiting.popleft()
            try:
                future = self._producer.send(
                    kafka.REPORTS,
                    value=encode_batch(batch.entries),
                    partition=batch.partition,
                    headers=headers(len(batch.entries)),
                )
            except (KafkaError, ValueError) as error:  # ValueError: metadata without the partition, in a restart
                self._waiting.appendleft(batch)
                self._abandon(error)
                return
            self._under_way += 1
            future.add_callback(self._done, batch)
            future.add_errback(self._failed, batch)

    def _done(self, batch: Batch[Token], _metadata: Any) -> None:
        self._outcomes.append((batch, None))
        self._wake()

    def _failed(self, batch: Batch[Token], error: Exception) -> None:
        self._outcomes.append((batch, error))
        self._wake()

    def _abandon(self, error: Exception) -> None:
        """Send no more with this producer: it goes when all that it holds has come to an end."""
        if not self._failing:
            log.error("kafka gave up on a batch; it is kept and sent again", error=repr(error))
            self._due = time.monotonic() + self._backoff.delay()
        self._failing = True

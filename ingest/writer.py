"""Batches on their way to Kafka: sent, repeated from memory if Kafka gave up on them, told when they are durable."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from kafka.errors import KafkaError, KafkaTimeoutError

from core import kafka
from core.logs import get_logger
from core.process import Backoff
from core.settings import CoreSettings
from ingest.batching import Batch
from ingest.envelope import encode_batch, headers

log = get_logger(__name__)

Token = TypeVar("Token")


LAST_OUTCOMES_S = 10.0
"""How long a producer that gave up on one batch may take to tell what becomes of the others."""
SILENT_S = 180.0
"""A batch of which nothing was heard for so long, more than the delivery time-out, is taken for given up: kafka-python
has been seen to forget some when Kafka stays away for longer than that time-out."""


class KafkaWriter(Generic[Token]):
    """Owned by one thread; Kafka's thread only appends outcomes and calls `wake`.

    A batch is kept until Kafka has acknowledged it. Where a send fails for good, or is never heard of again, the
    producer is made anew and every batch of the old one is sent again: perhaps twice, never lost.
    """

    def __init__(self, settings: CoreSettings, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._wake = wake
        self._producer: Any = None
        self._failing_since: float | None = None
        self._numbers = itertools.count()
        self._outcomes: deque[tuple[int, Exception | None]] = deque()
        self._waiting: deque[Batch[Token]] = deque()
        self._sent: dict[int, tuple[Batch[Token], float]] = {}
        """By number, in the order of sending, with the moment: of these Kafka has not said what became of them."""
        self._backoff = Backoff(shortest=0.5, longest=10.0)
        self._due = 0.0

    @property
    def ready(self) -> bool:
        """Whether there is a producer and nothing waits to be repeated."""
        return self._producer is not None and self._failing_since is None and not self._waiting

    def write(self, batch: Batch[Token]) -> None:
        """Send a batch, or keep it until there is a producer."""
        self._waiting.append(batch)
        self._send_waiting()

    def turn(self) -> list[Batch[Token]]:
        """The batches that have become durable since the last turn; repeats what failed."""
        durable = self._heard()
        now = time.monotonic()
        if self._sent and now - next(iter(self._sent.values()))[1] > SILENT_S:
            self._abandon(KafkaTimeoutError(f"nothing was heard of a batch for {SILENT_S:.0f} s"))
        if self._failing_since is not None and (not self._sent or now - self._failing_since > LAST_OUTCOMES_S):
            self.close()
            durable += self._heard()
            self._waiting.extendleft(reversed([batch for batch, _ in self._sent.values()]))
            self._sent.clear()
        if self._waiting:
            self.open()
            self._send_waiting()
        return durable

    def _heard(self) -> list[Batch[Token]]:
        """The durable ones among those of which Kafka has told; what it tells of a producer long gone is late."""
        durable = []
        while self._outcomes:
            number, error = self._outcomes.popleft()
            if number not in self._sent:
                continue
            batch, _ = self._sent.pop(number)
            if error is None:
                durable.append(batch)
                continue
            self._waiting.append(batch)
            self._abandon(error)
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
            log.warning("kafka_away", error=repr(error))
            return False
        self._backoff.reset()
        self._producer = producer
        log.info("kafka_ready")
        return True

    def close(self) -> None:
        """Leave; what is not durable by now stays with the broker."""
        producer, self._producer, self._failing_since = self._producer, None, None
        if producer is not None:
            kafka.abandon(producer)

    def _send_waiting(self) -> None:
        while self._waiting and self._producer is not None and self._failing_since is None:
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
            number = next(self._numbers)
            self._sent[number] = (batch, time.monotonic())
            future.add_callback(self._done, number)
            future.add_errback(self._failed, number)

    def _done(self, number: int, _metadata: Any) -> None:
        self._outcomes.append((number, None))
        self._wake()

    def _failed(self, number: int, error: Exception) -> None:
        self._outcomes.append((number, error))
        self._wake()

    def _abandon(self, error: Exception) -> None:
        """Send no more with this producer: it goes when it has told of all that it holds, or after a while."""
        if self._failing_since is None:
            log.error("records_repeated", error=repr(error))
            self._due = time.monotonic() + self._backoff.delay()
            self._failing_since = time.monotonic()

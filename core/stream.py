"""A consumer of Kafka whose offsets live in the database beside what it writes.

Delivery guarantee: what a step writes, what it tells others (the outbox) and the offsets it came from are one
transaction, which commits only if offset and epoch are still those that this process's memory stands on. After a
fence, a failed or an unknown commit, memory is dropped, the partitions are taken over anew and Kafka is sought back.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.errors import KafkaError, OffsetOutOfRangeError
from psycopg2.extensions import connection

from core import kafka, offsets
from core.clock import Clock
from core.deadline import deadline
from core.errors import FencedError, LantianError, UnavailableError
from core.logs import get_logger
from core.offsets import Position, Stand
from core.outbox import RELAY_MESSAGES, relay
from core.portion import Portion
from core.postgres import Gone, connect, end_frozen, probe_by_key
from core.process import Backoff
from core.settings import CoreSettings
from core.step import Step
from core.stream_metrics import BATCHES, COMMITS, FENCED, HELD, LAG, RECORDS, RELAYED, TRANSACTIONS, TURNED

PROVEN_SECONDS = 5.0
"""Only what has worked for so long resets the back-off: on a full disk partitions can be claimed and nothing stored."""

PACE_S = 0.1
"""From one transaction's beginning to the next one's, while little comes: what a transaction costs by itself, half a
dozen waits for the disk and statements among it, would take the processors from those whose work it is."""
TURN_S = 300.0
"""By then Kafka has given the partitions of a member that does not poll to others (max.poll.interval.ms)."""
SILENT_S = 10.0
"""A member of the group whose heartbeats were not answered for so long is told as one without Kafka."""
CLAIM_S = 0.5
"""How often a partition is asked for that another still has locked."""
FROZEN_S = 10.0
"""A transaction that stands still for so long, of a process that Kafka has expelled, is ended from outside."""


class Stream:
    """Runs one step against Kafka and the database until told to stop."""

    def __init__(
        self,
        settings: CoreSettings,
        step: Step,
        *,
        role: str,
        clock: Clock,
        transaction_bytes: int,
        tick_s: float = 0.5,
    ) -> None:
        self.name = step.consumer
        self._settings = settings
        self._step = step
        self._role = role
        self._clock = clock
        self._portion = Portion(transaction_bytes)
        self._tick_s = tick_s
        self._log = get_logger(__name__).bind(consumer=step.consumer)
        self._database: connection | None = None
        self._consumer: Any = None
        self._producer: Any = None
        self._cluster = ""
        self._stands: dict[int, Stand] = {}
        self._gained: set[int] = set()
        self._next_tick = 0.0
        self._tick_again = False
        """Whether more waits for a tick, and no more is to be told than goes at once: that has precedence."""
        self._next_claim = 0.0
        self._rest_until = 0.0
        self._subscribed = -math.inf
        self._to_relay = True
        """Whether there may be messages: what others leave to be relayed is seen at the next tick."""
        self._backoff = Backoff()
        self._doubted_until = 0.0

    def ready(self) -> dict[str, bool]:
        """Whether the dependencies answer; Kafka, whose client says nothing of a broker that is away, by heartbeats."""
        consumer = self._consumer
        answered = max(self._subscribed, kafka.answered(consumer)) if consumer is not None else -math.inf
        return {"kafka": time.monotonic() - answered < SILENT_S, "postgres": self._database is not None}

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; raises `LantianError` where waiting cannot help (an offset that Kafka has no more)."""
        try:
            while not stop.is_set():
                TURNED.labels(self._step.consumer).set_to_current_time()
                try:
                    self._turn()
                    if time.monotonic() > self._doubted_until:
                        self._backoff.reset()
                    stop.wait(max(0.0, self._rest_until - time.monotonic()))
                except FencedError as error:
                    FENCED.labels(self._step.consumer).inc()
                    self._log.warning("fenced", error=str(error))
                    self._drop()
                except (*Gone, UnavailableError) as error:
                    self._log.warning("server_away", error=str(error).strip())
                    self._close_database()
                    self._pause(stop)
                except OffsetOutOfRangeError as error:
                    raise LantianError(
                        "offset",
                        f"Kafka no longer has, or does not yet have, an offset: {error}",
                        hint="run `lantian doctor`",
                    ) from error
                except KafkaError as error:
                    self._log.warning("kafka_away", error=str(error))
                    self._close_producer()
                    self._pause(stop)
        finally:
            self._close()

    def _pause(self, stop: threading.Event) -> None:
        self._backoff.wait(stop)
        self._doubted_until = time.monotonic() + PROVEN_SECONDS

    def _turn(self) -> None:
        database = self._open()
        polled = kafka.poll(self._consumer, timeout_ms=50, max_records=self._portion.records)
        # of what is claimed only now, Kafka may have given what lies beyond the place where reading goes on
        records = {tp.partition: batch for tp, batch in polled.items() if tp.partition in self._stands and batch}
        with deadline(database, TURN_S):
            if self._gained and time.monotonic() >= self._next_claim:
                self._claim()
            if records:
                self._take(self._cut(records))
            if self._stands and (self._tick_again or time.monotonic() >= self._next_tick):
                self._tick()
            self._relay()
        self._tell_stands()

    def _tell_stands(self) -> None:
        """Each turn: what comes while nothing can be taken is behind as well."""
        HELD.labels(self._step.consumer).set(len(self._stands))
        for partition, stand in self._stands.items():
            end = self._consumer.highwater(TopicPartition(self._step.topic, partition))
            LAG.labels(self._step.consumer, partition).set(max(0, (end or stand.offset) - stand.offset))

    def _open(self) -> connection:
        if self._database is None:
            self._database = connect(self._settings, self._role, application=f"lantian {self._step.consumer}")
            with self._database, self._database.cursor() as cursor:
                probe_by_key(cursor)
        if self._consumer is None:
            self._cluster = kafka.cluster_id(self._settings)
            consumer = kafka.consumer(self._settings, group=f"lantian-{self._step.consumer}")
            try:
                kafka.subscribe(consumer, self._step.topic, _Listener(self._on_assigned, self._on_revoked))
            except BaseException:
                consumer.close()
                raise
            self._consumer = consumer
            self._subscribed = time.monotonic()
        if self._producer is None:
            self._producer = kafka.producer(self._settings)
        return self._database

    def _on_assigned(self, partitions: Sequence[TopicPartition]) -> None:
        for partition in partitions:
            # fetched from only after the claim has told where to read on
            self._consumer.seek(partition, 0)
            self._consumer.pause(partition)
        self._gained.update(partition.partition for partition in partitions)
        self._next_claim = 0.0

    def _on_revoked(self, partitions: Sequence[TopicPartition]) -> None:
        for partition in partitions:
            self._stands.pop(partition.partition, None)
            self._gained.discard(partition.partition)
            LAG.remove(self._step.consumer, str(partition.partition))
        self._step.forget()

    def _position(self) -> Position:
        return Position(self._step.consumer, self._cluster, self._step.topic)

    def _claim(self) -> None:
        """Take over what was gained or is in doubt: the epoch is raised, so that nobody else's memory stands on it."""
        wanted = sorted(self._gained)
        now = self._clock.now()

        def work(cursor: Any) -> dict[int, Stand]:
            stands = offsets.claim(cursor, self._position(), wanted)
            if len(stands) < len(wanted) and (ended := end_frozen(cursor, "consumer_offset", FROZEN_S)):
                self._log.warning("frozen_sessions_ended", sessions=ended)
            if stands:
                self._step.forget()
                self._step.gained(cursor, sorted(stands), now)
            return stands

        stands = self._transact(work)
        self._next_claim = time.monotonic() + CLAIM_S
        self._stands.update(stands)
        self._gained.difference_update(stands)
        for partition, stand in stands.items():
            self._seek(partition, stand)
        if stands:
            self._log.info("partitions_gained", partitions={p: s.offset for p, s in stands.items()})

    def _seek(self, partition: int, stand: Stand) -> None:
        topic_partition = TopicPartition(self._step.topic, partition)
        self._consumer.seek(topic_partition, stand.offset)
        self._consumer.resume(topic_partition)

    def _cut(self, records: Mapping[int, Sequence[Any]]) -> dict[int, Sequence[Any]]:
        """As many as make up a transaction; the others are read again."""
        kept = self._portion.keep({p: [_size(record) for record in batch] for p, batch in records.items()})
        for partition, batch in records.items():
            if kept[partition] < len(batch):
                self._consumer.seek(TopicPartition(self._step.topic, partition), batch[kept[partition]].offset)
        return {partition: batch[: kept[partition]] for partition, batch in records.items() if kept[partition]}

    def _take(self, records: Mapping[int, Sequence[Any]]) -> None:
        expected = {partition: self._stands[partition] for partition in records}
        for partition, batch in records.items():
            if batch[0].offset != expected[partition].offset:
                self._drop()
                self._log.warning("offset_jumped", partition=partition, stand=expected[partition].offset,
                                  polled=batch[0].offset)  # fmt: skip
                return
        began = time.monotonic()
        after = {partition: batch[-1].offset + 1 for partition, batch in records.items()}
        now = self._clock.now()

        def work(cursor: Any) -> None:
            offsets.lock(cursor, self._position(), expected)
            self._step.take(cursor, records, now)
            offsets.advance(cursor, self._position(), expected, after)

        self._transact(work)
        for partition, offset in after.items():
            self._stands[partition] = Stand(offset, expected[partition].epoch)
        self._step.committed(self._clock.now())
        taken = [record for batch in records.values() for record in batch]
        size = sum(map(_size, taken))
        self._rest_until = began + PACE_S if self._portion.is_small(len(taken), size) else 0.0
        self._portion.learn(len(taken), size)
        RECORDS.labels(self._step.consumer).inc(len(taken))
        BATCHES.labels(self._step.consumer).observe(len(taken))

    def _tick(self) -> None:
        now = self._clock.now()
        held = dict(self._stands)

        def work(cursor: Any) -> bool:
            offsets.lock(cursor, self._position(), held)
            return self._step.tick(cursor, sorted(held), now)

        self._tick_again = self._transact(work)
        self._step.committed(self._clock.now())
        self._next_tick = time.monotonic() + self._tick_s

    def _relay(self) -> None:
        if self._database is None or not self._stands or not self._to_relay:
            return
        sent = relay(self._database, self._producer, self._step.consumer, sorted(self._stands))
        RELAYED.labels(self._step.consumer).inc(sent)
        self._to_relay = sent > 0
        if sent >= RELAY_MESSAGES:
            self._tick_again = False

    def _transact(self, work: Callable[[Any], Any]) -> Any:
        if self._database is None:
            raise UnavailableError("postgres", "the connection is closed")
        try:
            return self._timed(self._database, work)
        except BaseException:
            # whether the commit went through is unknown, and memory may hold what was rolled back
            self._drop()
            raise

    def _timed(self, database: connection, work: Callable[[Any], Any]) -> Any:
        began = time.monotonic()
        with database, database.cursor() as cursor:
            self._to_relay = True
            result = work(cursor)
            worked = time.monotonic()
        ended = time.monotonic()
        TRANSACTIONS.labels(self._step.consumer).observe(ended - began)
        COMMITS.labels(self._step.consumer).observe(ended - worked)
        return result

    def _drop(self) -> None:
        """Forget everything, and take over anew what is held: nobody stands on an epoch that another has raised.

        Who only read the row again would share the epoch of its successor, and both would write by the clock.
        """
        self._step.forget()
        if self._consumer is not None:
            # what came of them meanwhile would be thrown away, by a loop that never waits
            self._consumer.pause(*self._consumer.assignment())
        self._gained.update(self._stands)
        for partition in self._stands:
            LAG.remove(self._step.consumer, str(partition))
        HELD.labels(self._step.consumer).set(0)
        self._stands.clear()

    def _close_database(self) -> None:
        self._drop()
        if self._database is not None:
            self._database.close()
            self._database = None

    def _close_producer(self) -> None:
        if self._producer is not None:
            kafka.abandon(self._producer)
            self._producer = None

    def _close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
        self._close_producer()
        self._close_database()


def _size(record: Any) -> int:
    return len(record.value or b"")


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(
        self,
        assigned: Callable[[Sequence[TopicPartition]], None],
        revoked: Callable[[Sequence[TopicPartition]], None],
    ) -> None:
        self._assigned = assigned
        self._revoked = revoked

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._assigned(assigned)

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self._revoked(revoked)

"""The engine as a process: statements from Kafka, judged batch by batch, alerts out through the outbox.

Delivery guarantees: offsets, judgements, alerts, their log and the outbox are one transaction, fenced by offset and
epoch; so each statement is judged once, whatever dies when. `lantian.alerts.v1` is told at least once: a notice
carries the alert's version, and receivers ignore what is not above the last one they saw.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeVar

import msgspec
import psycopg2
from kafka import ConsumerRebalanceListener, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError
from prometheus_client import Counter, Gauge, Histogram
from psycopg2.extensions import connection

from aggregate.statistic import State, StatementBatch, decode_statements
from alerts import store
from alerts.judging import Judge, Result, encode_notice
from alerts.rules import book
from alerts.settings import AlertsSettings
from core import kafka, offsets, outbox
from core.clock import clock_of
from core.errors import FencedError, LantianError, UnavailableError
from core.health import HealthServer
from core.logs import configure, get_logger
from core.postgres import Gone, connect
from core.process import Backoff, Shutdown
from core.settings import CoreSettings
from ingest.registry import Registry, read_version

CONSUMER = "engine"
GROUP = "lantian-alerts"
HEADERS = (("v", "1"),)
_STATES = frozenset(State)

T = TypeVar("T")
log = get_logger("alerts")

STATEMENTS = Counter("lantian_alerts_statements", "Statements by what the engine did with them.", ["outcome"])
EVENTS = Counter("lantian_alerts_events", "What happened to alerts.", ["happening", "severity"])
UNREADABLE = Counter("lantian_alerts_unreadable_records", "Records of the statistics topic that are none of ours.")
BATCH_SECONDS = Histogram("lantian_alerts_batch_seconds", "From a batch's arrival to its commit.")
REREADS = Counter("lantian_alerts_rereads", "Memory dropped and offsets read again.", ["why"])
NOTICES = Counter("lantian_alerts_notices", "Notices that Kafka has acknowledged.")
HELD = Gauge("lantian_alerts_partitions", "Partitions of the statistics topic that this engine holds.")


def run(settings: CoreSettings, own: AlertsSettings) -> None:
    """`lantian alerts run`: work until SIGTERM or SIGINT."""
    configure(settings, "alerts")
    judge = Judge(book.load(own.rules_dir))
    stop = Shutdown().install().requested
    engine = Engine(settings, own, judge, stop)
    server = HealthServer(settings, "alerts", own.metrics_port, engine.ready).start()
    try:
        engine.run()
    finally:
        server.stop()
    log.info("stopped")


class Engine:
    """Reads, judges, commits; the database holds all its memory but the offsets that it expects there."""

    def __init__(self, settings: CoreSettings, own: AlertsSettings, judge: Judge, stop: threading.Event) -> None:
        self._settings = settings
        self._own = own
        self._judge = judge
        self._stop = stop
        self._clock = clock_of(settings)
        self._backoff = Backoff()
        self._connection: connection | None = None
        self._registry = Registry.empty()
        self._registry_due = 0.0
        self._position = offsets.Position(CONSUMER, "", kafka.STATISTICS)
        self._stands: dict[int, offsets.Stand] = {}
        self._untold = False
        self._producer: Any = None

    def run(self) -> None:
        """Work until told to stop; raises `LantianError` where waiting does not help."""
        self._persist(lambda cursor: cursor.execute("select 1"))
        consumer = self._reach(lambda: kafka.consumer(self._settings, group=GROUP, max_records=self._own.batch_records))
        cluster = self._reach(lambda: kafka.cluster_id(self._settings))
        if consumer is None or cluster is None:
            return
        with closing(consumer):
            self._position = offsets.Position(CONSUMER, cluster, kafka.STATISTICS)
            listener = _Listener(self, consumer)
            self._reach(lambda: kafka.subscribe(consumer, kafka.STATISTICS, listener))
            while not self._stop.is_set():
                if polled := self._poll(consumer):
                    self._take(consumer, polled)
                self._relay()
        self._drop_producer()
        self._disconnect()

    def ready(self) -> dict[str, bool]:
        """Of each dependency whether it answered last."""
        return {"postgres": self._connection is not None, "kafka": bool(self._stands)}

    def gain(self, consumer: Any, partitions: Iterable[int]) -> None:
        """Take partitions over: raise their epoch and read on where the last owner committed."""
        stands = self._persist(lambda cursor: offsets.claim(cursor, self._position, partitions)) or {}
        self._stands.update(stands)
        self._untold = True
        self._seek(consumer, stands)
        log.info("partitions_gained", partitions=sorted(stands))

    def lose(self, partitions: Iterable[int]) -> None:
        """Forget partitions that another engine is about to own."""
        for partition in partitions:
            self._stands.pop(partition, None)
        HELD.set(len(self._stands))

    def _poll(self, consumer: Any) -> Mapping[TopicPartition, Sequence[Any]]:
        try:
            polled: dict[TopicPartition, list[Any]] = consumer.poll(timeout_ms=self._own.poll_ms)
        except OffsetOutOfRangeError as error:
            raise LantianError(
                "offset_gone",
                f"Kafka no longer has, or does not yet have, what the database says was read: {error}",
                field=kafka.STATISTICS,
                hint="run `lantian doctor`",
            ) from error
        except KafkaError as error:
            log.warning("kafka_away", error=str(error))
            self._backoff.wait(self._stop)
            return {}
        return {place: records for place, records in polled.items() if place.partition in self._stands}

    def _take(self, consumer: Any, polled: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Judge and commit what was polled; where that fails, forget it and read again from what is committed."""
        try:
            with BATCH_SECONDS.time(), self._connected() as database, database.cursor() as cursor:
                results, moved = self._judged(database, cursor, polled)
        except (FencedError, UnavailableError, psycopg2.IntegrityError, *Gone) as error:
            # of a lost connection it is unknown whether the commit happened: only the database can say
            why = "fenced" if isinstance(error, FencedError | psycopg2.IntegrityError) else "database"
            REREADS.labels(why).inc()
            log.warning("reread", why=why, error=str(error).strip())
            if why == "database":
                self._disconnect()
            self._backoff.wait(self._stop)
            self._reread(consumer)
            return
        self._backoff.reset()
        self._stands.update(moved)
        for result in results:
            self._report(result)

    def _judged(
        self, database: connection, cursor: Any, polled: Mapping[TopicPartition, Sequence[Any]]
    ) -> tuple[list[Result], dict[int, offsets.Stand]]:
        expected = {place.partition: self._stands[place.partition] for place in polled}
        offsets.lock(cursor, self._position, expected)
        self._renew_registry(database)
        results = []
        now = self._clock.now()
        for place, records in polled.items():
            batches = [batch for record in records if (batch := self._decoded(cursor, record, now))]
            result = self._judge.judge(cursor, batches, self._registry, now)
            messages = [
                outbox.Message(kafka.ALERTS, notice.alert.city, encode_notice(notice), HEADERS)
                for notice in result.notices
            ]
            outbox.enqueue(cursor, CONSUMER, place.partition, messages)
            results.append(result)
        next_offsets = {place.partition: records[-1].offset + 1 for place, records in polled.items()}
        offsets.advance(cursor, self._position, expected, next_offsets)
        return results, {p: offsets.Stand(offset, expected[p].epoch) for p, offset in next_offsets.items()}

    def _decoded(self, cursor: Any, record: Any, now: float) -> StatementBatch | None:
        try:
            return well_formed(decode_statements(record.value))
        except (msgspec.MsgspecError, ValueError) as error:
            UNREADABLE.inc()
            log.warning("record_unreadable", partition=record.partition, offset=record.offset, error=str(error))
            cluster = self._position.cluster
            store.save_unreadable(cursor, cluster, record.partition, record.offset, now, str(error), record.value)
            return None

    def _report(self, result: Result) -> None:
        self._untold = self._untold or bool(result.notices)
        for outcome, count in result.outcomes.items():
            STATEMENTS.labels(outcome).inc(count)
        for notice in result.notices:
            alert = notice.alert
            EVENTS.labels(notice.happening, alert.severity).inc()
            log.info(
                f"alert_{notice.happening}",
                alert_id=notice.alert_id,
                rule=alert.rule_id,
                object=alert.object,
                value=alert.value,
                state=alert.state,
                pages=alert.pages,
            )

    def _relay(self) -> None:
        if not self._untold or not self._stands:
            return
        try:
            if self._producer is None:
                self._producer = kafka.producer(self._settings)
            sent = outbox.relay(self._connected(), self._producer, CONSUMER, sorted(self._stands))
        except (KafkaError, ValueError) as error:  # ValueError: metadata without the topic, while Kafka starts
            log.warning("kafka_away", error=str(error))
            self._drop_producer()
            self._backoff.wait(self._stop)
        except (UnavailableError, *Gone) as error:
            log.warning("database_away", error=str(error).strip())
            self._disconnect()
            self._backoff.wait(self._stop)
        else:
            NOTICES.inc(sent)
            self._untold = sent > 0

    def _drop_producer(self) -> None:
        """A producer that gave up may not take up its numbering again: the next one starts afresh."""
        if self._producer is not None:
            self._producer.close(timeout=1)
            self._producer = None

    def _reread(self, consumer: Any) -> None:
        held = sorted(self._stands)
        stands = self._persist(lambda cursor: offsets.read(cursor, self._position, held))
        if stands is not None:
            self._stands = stands
            self._untold = True
            self._seek(consumer, stands)

    def _seek(self, consumer: Any, stands: Mapping[int, offsets.Stand]) -> None:
        HELD.set(len(self._stands))
        for partition, stand in stands.items():
            consumer.seek(TopicPartition(kafka.STATISTICS, partition), stand.offset)

    def _renew_registry(self, database: connection) -> None:
        if time.monotonic() < self._registry_due:
            return
        self._registry_due = time.monotonic() + self._own.registry_seconds
        if read_version(database) != self._registry.version:
            self._registry = Registry.load(database)

    def _persist(self, work: Callable[[Any], T]) -> T | None:
        """Do `work` in a transaction, however long the database is away; None if told to stop meanwhile."""
        while not self._stop.is_set():
            try:
                with self._connected() as database, database.cursor() as cursor:
                    result = work(cursor)
            except (UnavailableError, *Gone) as error:
                log.warning("database_away", error=str(error).strip())
                self._disconnect()
                self._backoff.wait(self._stop)
            else:
                self._backoff.reset()
                return result
        return None

    def _reach(self, ask: Callable[[], T]) -> T | None:
        """What Kafka answers, however long it is away; None if told to stop meanwhile."""
        while not self._stop.is_set():
            try:
                return ask()
            except (KafkaError, UnavailableError) as error:
                log.warning("kafka_away", error=str(error))
                self._backoff.wait(self._stop)
        return None

    def _connected(self) -> connection:
        if self._connection is None:
            self._connection = connect(self._settings, "engine", application="lantian alerts")
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    def __init__(self, engine: Engine, consumer: Any) -> None:
        self._engine = engine
        self._consumer = consumer

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._engine.lose(place.partition for place in revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._engine.gain(self._consumer, [place.partition for place in assigned])


def well_formed(batch: StatementBatch) -> StatementBatch:
    """The batch, if the arrays of its statements are parallel and its states known; else raises `ValueError`."""
    for statement in batch.statements:
        arrays = (
            statement.states,
            statement.values,
            statement.n_valid,
            statement.n_expected,
            statement.reasons,
            statement.live,
        )
        if any(len(array) != len(statement.factors) for array in arrays) or not _STATES.issuperset(statement.states):
            raise ValueError(f"the statement of {statement.object} at {statement.start} is not well formed")
    return batch

"""A thin adapter for Kafka: topics, partitions, and clients with the house's settings.

Delivery guarantees: producers write idempotently with `acks=all`; consumers never commit to Kafka (offsets live in
the database) and never jump: an offset that Kafka no longer has is an error.
"""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.partitioner import murmur2
from kafka.protocol.api_header import ResponseClassRegistry

from core.errors import SettingsError, UnavailableError
from core.logs import get_logger
from core.settings import CoreSettings

_log = get_logger(__name__)

REPORTS = "lantian.reports.v1"
REJECTED = "lantian.rejected.v1"
STATISTICS = "lantian.statistics.v1"
ALERTS = "lantian.alerts.v1"
TOPICS = (REPORTS, REJECTED, STATISTICS, ALERTS)

PARTITIONS = 6
"""Fixed when the topics are made: a station's partition must never change."""
RETENTION_MS = 30 * 86_400_000
MAX_RECORD_BYTES = 1_000_000
"""Below the broker's and the consumer's default of 1 MiB, with room for headers."""

ABANDON_TIMEOUT_S = 5
BOOTSTRAP_TIMEOUT_MS = 5000
"""How long a new client waits for a broker before it says that Kafka is away."""
BLOCK_MS = 10_000
"""How long `send` waits for a broker to tell of a topic, and for room."""


def _make_answers() -> None:
    """Have kafka-python make its classes of answers once, in one thread.

    kafka-python 3.0.12 makes the class of an answer's version when it is first wanted, and knows it by a weak
    reference: where two threads want it at once it may keep one class and know the other, and once that is collected
    this process can read no such answer any more. A worker whose streams started together never became ready.
    """
    for answer in [known[None] for known in ResponseClassRegistry._response_class_registry.values()]:
        for version in range(answer.max_version + 1):
            answer[version]


_make_answers()


@lru_cache(maxsize=131_072)
def partition_of(key: str, partitions: int = PARTITIONS) -> int:
    """Kafka's murmur2 partition of `key`."""
    return (int(murmur2(key.encode())) & 0x7FFFFFFF) % partitions


def _bootstrap(settings: CoreSettings) -> str:
    if not settings.kafka:
        raise SettingsError(
            "address", "no Kafka is known", field="LANTIAN_KAFKA", hint="run `lantian up`, or set the address"
        )
    return settings.kafka


def _connected(kind: Any, settings: CoreSettings, **configuration: Any) -> Any:
    """A client of kafka-python's that has reached a broker; raises `KafkaTimeoutError` if none answers.

    Of a client whose constructor raises, kafka-python 3.0.12 leaves thread and sockets behind for good.
    """
    begun: list[Any] = []

    def begin(**inner: Any) -> Any:
        begun.append(kind.DEFAULT_CONFIG["kafka_client"](**inner))
        return begun[-1]

    try:
        return kind(
            bootstrap_servers=_bootstrap(settings),
            kafka_client=begin,
            **{"bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS, **configuration},
        )
    except BaseException:
        for client in begun:
            client.close()
        raise


def producer(settings: CoreSettings, *, linger_ms: int = 5) -> Any:
    """A `KafkaProducer` that loses and repeats nothing."""
    return _connected(
        KafkaProducer,
        settings,
        acks="all",
        enable_idempotence=True,
        linger_ms=linger_ms,
        max_block_ms=BLOCK_MS,
        batch_size=256 * 1024,
        max_request_size=MAX_RECORD_BYTES + 48_576,
        reconnect_backoff_max_ms=1000,
        allow_auto_create_topics=False,
    )


def abandon(producer: Any) -> None:
    """Give a producer up with whatever it still holds; what it was told to send may or may not arrive.

    kafka-python's `close` waits for what is under way, and raises without ending the producer's thread when Kafka is
    away: the thread would live on and send, perhaps minutes later, what a successor has long sent again.
    """
    producer._sender.force_close()
    try:
        producer.close(timeout=ABANDON_TIMEOUT_S)
    except KafkaError as error:
        _log.warning("producer_stays", error=repr(error))


def consumer(settings: CoreSettings, *, group: str | None) -> Any:
    """A `KafkaConsumer` without offsets of its own; the caller subscribes or assigns, and seeks.

    It gives all that was fetched of one partition before it turns to the next, so a fetch is about what a transaction
    takes: else a partition of a backlog would stand still while others are worked off.
    """
    return _connected(
        KafkaConsumer,
        settings,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="none",
        session_timeout_ms=6000,
        heartbeat_interval_ms=500,
        reconnect_backoff_max_ms=1000,
        fetch_max_wait_ms=100,
        metadata_max_age_ms=30_000,
        max_partition_fetch_bytes=1024 * 1024,
        allow_auto_create_topics=False,
    )


def subscribe(consumer: Any, topic: str, listener: Any) -> None:
    """Join the consumer's group for `topic`; raises `UnavailableError` while Kafka does not know the topic.

    The topic's partitions are asked for first: a member that leads the group before it knows them assigns none, and
    kafka-python does not always ask again until its metadata are too old.
    """
    if not consumer.partitions_for_topic(topic):
        raise UnavailableError("topic", "Kafka does not know the topic", field=topic, hint="run `lantian up`")
    consumer.subscribe([topic], listener=listener)


def poll(consumer: Any, *, timeout_ms: int, max_records: int) -> Any:
    """Poll a member of a group; returns records by `TopicPartition`.

    kafka-python 3.0.12 forgets a join that outlasts the time-out if nothing but fresh metadata had asked for it: no
    listener is called, no heartbeat sent, and the broker expels a member that goes on polling for ever. Asking for the
    join again makes the next poll wait for the one under way.
    """
    polled = consumer.poll(timeout_ms=timeout_ms, max_records=max_records)
    coordinator = consumer._coordinator
    if coordinator.rejoining:
        coordinator.request_rejoin()
    return polled


def answered(consumer: Any) -> float:
    """When the group last answered a heartbeat of its member, by the monotonic clock; minus infinity if never."""
    return float(consumer._coordinator.heartbeat.last_receive)


def admin(settings: CoreSettings, *, patience_s: float | None = None) -> Any:
    """A `KafkaAdminClient`; `patience_s`: how long to wait for a broker, and for each answer."""
    if patience_s is None:
        return _connected(KafkaAdminClient, settings)
    patience_ms = int(patience_s * 1000)
    return _connected(KafkaAdminClient, settings, bootstrap_timeout_ms=patience_ms, request_timeout_ms=patience_ms)


def answers(settings: CoreSettings, *, patience_s: float) -> bool:
    """Whether a broker tells of itself: its listener is open while it still starts, and while it is frozen."""
    try:
        admin(settings, patience_s=patience_s).close()
    except KafkaError:
        return False
    return True


def create_topics(settings: CoreSettings, *, replication: int = 1) -> list[str]:
    """Make the topics that are missing; returns their names."""
    made = []
    with closing(admin(settings)) as client:
        for name in TOPICS:
            topic = NewTopic(name, PARTITIONS, replication, topic_configs={"retention.ms": str(RETENTION_MS)})
            try:
                client.create_topics([topic])
                made.append(name)
            except TopicAlreadyExistsError:
                continue
    return made


def cluster_id(settings: CoreSettings) -> str:
    """The id of the cluster: offsets are kept by it, so that another cluster's log is never taken for this one's."""
    with closing(admin(settings)) as client:
        return str(client.describe_cluster()["cluster_id"])

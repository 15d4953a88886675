"""A member of a consumer group, on real Kafka: joined whatever the time-outs of its polls."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing

import pytest
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from waiting import eventually

from core import kafka
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

EVERY_PARTITION = set(range(kafka.PARTITIONS))


class Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Seeks, as the offsets are kept elsewhere, and remembers what is held."""

    def __init__(self) -> None:
        self.held: set[int] = set()
        self.consumer: object = None

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self.held -= {place.partition for place in revoked}

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self.held |= {place.partition for place in assigned}
        for place in assigned:
            self.consumer.seek(place, 0)  # type: ignore[attr-defined]
            self.consumer.pause(place)  # type: ignore[attr-defined]


@pytest.mark.parametrize("timeout_ms", [1, 5, 50])
def test_a_member_stays_joined_however_short_its_polls(stack: CoreSettings, timeout_ms: int) -> None:
    assignments = Assignments()
    with closing(kafka.consumer(stack, group=f"short-polls-{timeout_ms}")) as consumer:
        assignments.consumer = consumer
        eventually("the topic is known", lambda: consumer.partitions_for_topic(kafka.STATISTICS))
        kafka.subscribe(consumer, kafka.STATISTICS, assignments)
        eventually("all is held", lambda: held_after_a_poll(consumer, assignments, timeout_ms), every=0)
        # fresh metadata ask for a second join soon after the first: it is over within these polls too
        stop = threading.Event()
        timer = threading.Timer(2.0, stop.set)
        timer.start()
        while not stop.is_set():
            kafka.poll(consumer, timeout_ms=timeout_ms, max_records=1)
        assert assignments.held == EVERY_PARTITION
        assert not consumer._coordinator.rejoining


def held_after_a_poll(consumer: KafkaConsumer, assignments: Assignments, timeout_ms: int) -> bool:
    kafka.poll(consumer, timeout_ms=timeout_ms, max_records=1)
    return assignments.held == EVERY_PARTITION

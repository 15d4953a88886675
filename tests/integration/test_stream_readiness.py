"""A stream on real Kafka and the real database: what it says of them, how it waits, and what it takes first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.admin import NewTopic
from prometheus_client import REGISTRY
from serving import Servers
from waiting import eventually

from core import kafka
from core.clock import Clock
from core.postgres import connect
from core.settings import CoreSettings
from core.stream import Stream

pytestmark = pytest.mark.stack

PLACES = {TopicPartition(kafka.REPORTS, partition) for partition in range(kafka.PARTITIONS)}


class Idle:
    """A step that does nothing with what it takes."""

    consumer = "test-stream"
    topic = kafka.REPORTS

    def forget(self) -> None:
        pass

    def gained(self, cursor: Any, partitions: Sequence[int], now: float) -> None:
        pass

    def take(self, cursor: Any, records: Mapping[int, Sequence[Any]], now: float) -> None:
        pass

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> bool:
        return False

    def committed(self, now: float) -> None:
        pass


class Remembering(Idle):
    """Of each transaction, the partitions that it took of; a topic of its own."""

    consumer = "test-turns"
    topic = "lantian.test-turns"

    def __init__(self) -> None:
        self.transactions: list[set[int]] = []
        self.taken = 0

    def take(self, cursor: Any, records: Mapping[int, Sequence[Any]], now: float) -> None:
        self.transactions.append(set(records))
        self.taken += sum(map(len, records.values()))


class Owing(Idle):
    """So many ticks have something to do."""

    consumer = "test-owing"

    def __init__(self) -> None:
        self.left = 20

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> bool:
        self.left = max(0, self.left - 1)
        return self.left > 0


class Halting(Idle):
    """A tick that does not end until it may."""

    consumer = "test-halting"

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.halted_at = 0.0

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> bool:
        self.halted_at = time.time()
        self.may_end.wait(120)
        return False


@contextmanager
def running(stack: CoreSettings, step: Idle, tick_s: float = 0.1) -> Iterator[Stream]:
    """A stream in a thread of its own."""
    made = Stream(stack, step, role="worker", clock=Clock(), transaction_bytes=1_000_000, tick_s=tick_s)
    stop = threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        thread.join(120)
    assert not thread.is_alive()


@pytest.fixture
def stream(stack: CoreSettings) -> Iterator[Stream]:
    """It runs, and has all partitions."""
    with running(stack, Idle()) as made:
        eventually("it holds all", lambda: made.ready()["kafka"] and set(made._stands) == {p.partition for p in PLACES})
        yield made


def test_it_is_not_ready_while_kafka_is_away(stream: Stream, servers: Servers) -> None:
    servers.stop("kafka")
    try:
        eventually("it says so", lambda: not stream.ready()["kafka"])
    finally:
        servers.start("kafka")
    eventually("it is ready again", lambda: stream.ready()["kafka"])


def test_what_it_cannot_claim_it_does_not_fetch(stream: Stream, stack: CoreSettings) -> None:
    with closing(connect(stack, "owner", application="test")) as other, other, other.cursor() as cursor:
        cursor.execute("select 1 from consumer_offset where consumer = %s for update", (Idle.consumer,))
        with closing(connect(stack, "worker", application="test")) as server, server.cursor() as its:
            its.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s",
                (f"lantian {Idle.consumer}",),
            )
        eventually("it has lost all", lambda: not stream._stands)
        assert stream._consumer.paused() == PLACES
    eventually("it goes on", lambda: len(stream._stands) == len(PLACES) and not stream._consumer.paused())


def test_of_a_backlog_the_partitions_take_turns(stack: CoreSettings) -> None:
    each, step = 2000, Remembering()
    with closing(kafka.admin(stack)) as client:
        client.create_topics([NewTopic(step.topic, kafka.PARTITIONS, 1)])
    with closing(kafka.producer(stack)) as producer:
        for number in range(each * kafka.PARTITIONS):
            producer.send(step.topic, value=bytes(5000), partition=number % kafka.PARTITIONS)
    with running(stack, step):
        eventually("all is taken", lambda: step.taken >= each * kafka.PARTITIONS, 120)
    for partition in range(kafka.PARTITIONS):
        turns = [number for number, of in enumerate(step.transactions) if partition in of]
        assert max(after - before for before, after in pairwise([-1, *turns])) <= 2 * kafka.PARTITIONS


def test_what_waits_for_a_tick_is_done_without_a_pause(stack: CoreSettings) -> None:
    step = Owing()
    with running(stack, step, tick_s=60.0):
        eventually("all is done", lambda: step.left == 0, 30)


def test_a_turn_that_does_not_end_is_seen_by_when_it_began(stack: CoreSettings) -> None:
    def turned() -> float:
        return REGISTRY.get_sample_value("lantian_stream_turned_timestamp_seconds", {"consumer": step.consumer}) or 0.0

    step = Halting()
    with running(stack, step):
        eventually("it stands", lambda: step.halted_at)
        halted_at = step.halted_at
        assert 0 < turned() <= halted_at
        step.may_end.set()
        eventually("it goes round again", lambda: turned() > halted_at)

"""The outbox on a real database and a real Kafka: what is relayed, and what a Kafka that does not answer holds up."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from kafka.errors import KafkaError
from pipeline import frozen
from psycopg2.extensions import connection
from serving import Servers
from waiting import eventually

from core import kafka
from core.outbox import Message, enqueue, relay
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

APPLICATION = "test outbox"


@pytest.fixture
def database(stack: CoreSettings) -> Iterator[connection]:
    with closing(connect(stack, "worker", application=APPLICATION)) as made:
        yield made


@pytest.fixture
def producer(stack: CoreSettings) -> Iterator[Any]:
    with closing(kafka.producer(stack)) as made:
        made.partitions_for(kafka.STATISTICS)
        yield made


@pytest.fixture
def consumer(database: connection) -> str:
    """A name of its own, under which two messages wait."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    with database, database.cursor() as cursor:
        enqueue(cursor, name, 0, [Message(kafka.STATISTICS, name, b"1"), Message(kafka.STATISTICS, name, b"2")])
    return name


def waiting(database: connection, consumer: str) -> list[bytes]:
    with database, database.cursor() as cursor:
        cursor.execute("select value from outbox where consumer = %s order by id", (consumer,))
        return [bytes(value) for (value,) in cursor.fetchall()]


def test_what_kafka_has_acknowledged_waits_no_more(database: connection, producer: Any, consumer: str) -> None:
    assert relay(database, producer, consumer, [0]) == 2
    assert waiting(database, consumer) == []


def test_what_kafka_does_not_acknowledge_waits_for_the_next_try(
    database: connection, producer: Any, consumer: str, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.outbox.RELAY_TIMEOUT_S", 0.5)
    with frozen(servers.pid("kafka")), pytest.raises(KafkaError):
        relay(database, producer, consumer, [0])
    assert waiting(database, consumer) == [b"1", b"2"]


def test_kafka_is_waited_for_outside_any_transaction(
    database: connection, producer: Any, consumer: str, servers: Servers, stack: CoreSettings
) -> None:
    relaying = threading.Thread(target=relay, args=(database, producer, consumer, [0]))
    looking = closing(connect(stack, "worker", application="test looker"))
    with looking as looker, frozen(servers.pid("kafka")):
        looker.autocommit = True

        def stands() -> tuple[str, datetime]:
            with looker.cursor() as cursor:
                cursor.execute(
                    "select state, state_change from pg_stat_activity where application_name = %s", (APPLICATION,)
                )
                ((state, changed),) = cursor.fetchall()
                return state, changed

        def idle_since(moment: datetime) -> bool:
            state, changed = stands()
            return state == "idle" and changed > moment

        _, before = stands()
        relaying.start()
        eventually("the relay's transaction has ended", lambda: idle_since(before), 8)
        assert relaying.is_alive(), "it waits for Kafka"
    relaying.join(30)
    assert waiting(database, consumer) == []

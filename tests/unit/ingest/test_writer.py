"""Batches on their way to Kafka: kept until acknowledged, sent again where Kafka gave up."""

from __future__ import annotations

from typing import Any

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError
from kafka.future import Future

from core import kafka
from core.settings import CoreSettings
from ingest.batching import Batch
from ingest.envelope import Entry, EntryKind, Source, decode_batch
from ingest.writer import KafkaWriter


class ScriptedProducer:
    """In place of Kafka's death at a chosen moment, which a real broker cannot be asked for."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Future]] = []
        self.closed = False
        self._sender = self

    def partitions_for(self, topic: str) -> set[int]:
        assert topic == kafka.REPORTS
        return set(range(kafka.PARTITIONS))

    def send(self, _topic: str, value: bytes, **_rest: Any) -> Future:
        future = Future()
        self.sent.append((value, future))
        return future

    def force_close(self) -> None:
        """What the producer's thread holds is given up."""

    def close(self, timeout: float) -> None:
        self.closed = timeout is not None


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> list[ScriptedProducer]:
    made: list[ScriptedProducer] = []

    def make(_settings: CoreSettings, *, linger_ms: int) -> ScriptedProducer:
        assert linger_ms == 0
        made.append(ScriptedProducer())
        return made[-1]

    monkeypatch.setattr(kafka, "producer", make)
    monkeypatch.setattr("ingest.writer.Backoff.delay", lambda _self: 0.0)
    return made


def batch(number: int) -> Batch[int]:
    entry = Entry(0, EntryKind.REPORT, Source.DEVICE, "s", b"%d" % number, 0, number)
    return Batch(0, 0.0, [entry], [number], 1)


def make_writer() -> KafkaWriter[int]:
    writer: KafkaWriter[int] = KafkaWriter(CoreSettings(), lambda: None)
    assert writer.open()
    return writer


def tokens(batches: list[Batch[int]]) -> list[int]:
    return [token for one in batches for token in one.tokens]


def bodies(producer: ScriptedProducer) -> list[bytes]:
    return [entry.body for value, _ in producer.sent for entry in decode_batch(value)]


def test_a_batch_is_durable_when_kafka_says_so_and_not_before(producers: list[ScriptedProducer]) -> None:
    writer = make_writer()
    writer.write(batch(1))
    assert writer.turn() == []
    producers[0].sent[0][1].success(None)
    assert tokens(writer.turn()) == [1]
    assert writer.turn() == []


def test_what_kafka_gave_up_on_is_sent_again_by_a_new_producer(producers: list[ScriptedProducer]) -> None:
    writer = make_writer()
    for number in (1, 2, 3):
        writer.write(batch(number))
    producers[0].sent[0][1].success(None)
    producers[0].sent[1][1].failure(KafkaTimeoutError("gave up"))
    assert tokens(writer.turn()) == [1]
    assert len(producers) == 1, "the old one still holds the third"
    producers[0].sent[2][1].success(None)
    assert tokens(writer.turn()) == [3]
    assert producers[0].closed
    assert bodies(producers[1]) == [b"2"]
    producers[1].sent[0][1].success(None)
    assert tokens(writer.turn()) == [2]


def test_a_batch_written_while_kafka_is_failing_waits_its_turn(producers: list[ScriptedProducer]) -> None:
    writer = make_writer()
    writer.write(batch(1))
    writer.write(batch(2))
    producers[0].sent[0][1].failure(KafkaTimeoutError("gave up"))
    writer.turn()
    assert not writer.ready
    writer.write(batch(3))
    assert bodies(producers[0]) == [b"1", b"2"]
    producers[0].sent[1][1].failure(KafkaTimeoutError("gave up"))
    assert writer.turn() == []
    assert sorted(bodies(producers[1])) == [b"1", b"2", b"3"]


def test_a_batch_that_a_failing_producer_never_tells_of_is_sent_again(
    producers: list[ScriptedProducer], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = make_writer()
    for number in (1, 2, 3):
        writer.write(batch(number))
    producers[0].sent[0][1].failure(KafkaTimeoutError("gave up"))
    assert writer.turn() == []
    assert len(producers) == 1
    monkeypatch.setattr("ingest.writer.LAST_OUTCOMES_S", -1.0)
    assert writer.turn() == []
    assert producers[0].closed
    assert sorted(bodies(producers[1])) == [b"1", b"2", b"3"]
    for _, future in producers[1].sent:
        future.success(None)
    producers[0].sent[1][1].success(None)
    assert sorted(tokens(writer.turn())) == [1, 2, 3], "what the old one tells after all counts for nothing"
    assert writer.ready


def test_a_batch_of_which_nothing_is_heard_at_all_is_sent_again(
    producers: list[ScriptedProducer], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = make_writer()
    writer.write(batch(1))
    assert writer.turn() == []
    assert len(producers) == 1
    monkeypatch.setattr("ingest.writer.SILENT_S", -1.0)
    monkeypatch.setattr("ingest.writer.LAST_OUTCOMES_S", -1.0)
    writer.turn()
    assert bodies(producers[-1]) == [b"1"]
    assert len(producers) == 2


def test_a_kafka_that_does_not_answer_is_asked_again(
    producers: list[ScriptedProducer], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering = kafka.producer

    def absent(_settings: CoreSettings, **_rest: Any) -> ScriptedProducer:
        raise KafkaConnectionError

    monkeypatch.setattr(kafka, "producer", absent)
    writer: KafkaWriter[int] = KafkaWriter(CoreSettings(), lambda: None)
    assert not writer.open()
    writer.write(batch(1))
    assert writer.turn() == []
    monkeypatch.setattr(kafka, "producer", answering)
    writer.turn()
    assert bodies(producers[0]) == [b"1"]

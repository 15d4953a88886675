"""What the local servers are told to promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deploy.local import kafka, mosquitto, postgres
from deploy.local.addresses import Ports
from deploy.local.settings import LocalSettings

PORTS = Ports(mqtt=21001, kafka=21002, kafka_controller=21003, postgres=21004)


def properties(**settings: Any) -> dict[str, str]:
    """Kafka's configuration as a table."""
    lines = kafka.render(PORTS, Path("/data"), LocalSettings(**settings)).splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_kafka_makes_no_topic_by_itself() -> None:
    assert properties()["auto.create.topics.enable"] == "false"


def test_kafka_s_internal_topics_need_one_replica() -> None:
    found = properties()
    internal = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    assert all(found[f"{topic}.replication.factor"] == "1" for topic in internal)


def test_kafka_writes_through_to_the_disk_when_told_to() -> None:
    assert "log.flush.interval.messages" not in properties()
    assert properties(kafka_flush=True)["log.flush.interval.messages"] == "1"


def test_kafka_sends_its_clients_where_it_listens_or_where_it_is_told_to() -> None:
    assert properties()["advertised.listeners"] == "PLAINTEXT://127.0.0.1:21002"
    assert properties(kafka_advertised="proxy:9092")["advertised.listeners"] == "PLAINTEXT://proxy:9092"


def test_mosquitto_knows_no_strangers_and_keeps_what_it_took() -> None:
    common = mosquitto.SOURCE.read_text(encoding="utf-8").splitlines()
    assert {"allow_anonymous false", "persistence true"} <= set(common)
    lines = mosquitto.render(PORTS, LocalSettings()).splitlines()
    assert {"max_queued_messages 1000000", "listener 21001 127.0.0.1"} <= set(lines)


def test_postgresql_keeps_every_commit() -> None:
    lines = set(postgres.render(PORTS).splitlines())
    assert {"fsync = on", "synchronous_commit = on", "listen_addresses = '127.0.0.1'"} <= lines

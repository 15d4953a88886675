"""What is missing or wrong with the stack, each with what to do about it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError

from core import kafka
from core.errors import LantianError
from core.logs import configure
from core.migrate import pending
from core.mqtt import Connection, Login
from core.postgres import ROLES, connect
from core.settings import CoreSettings
from deploy.local.stack import Stack
from deploy.setup import places
from deploy.setup.debian import java_version

FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    subject: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(stack: Stack) -> list[Finding]:
    """Everything in the order in which it must be put right; what stands on a problem is not looked at."""
    settings = stack.settings
    configure(settings.model_copy(update={"log_level": "warning"}), "doctor")
    findings = [*_machine(stack, settings), *_servers(stack)]
    if not all(finding.ok for finding in findings):
        return findings
    checks: tuple[Callable[[CoreSettings], Iterator[Finding]], ...] = (_mqtt, _topics, _roles, _schema, _offsets)
    for check in checks:
        subject = check.__name__.removeprefix("_")
        try:
            findings += check(settings)
        except LantianError as error:
            findings.append(Finding(subject, ok=False, detail=error.message, remedy=error.hint or str(error)))
        except KafkaError as error:
            findings.append(Finding(subject, ok=False, detail=str(error), remedy="read Kafka's log in log/kafka.log"))
    return findings


def _machine(stack: Stack, settings: CoreSettings) -> Iterator[Finding]:
    if {"postgres", "mosquitto"} & set(stack.names):
        root = places.system_root(settings.cache_dir)
        yield Finding("system root", root.is_dir(), str(root), "run `make setup`")
        entered = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
        rights = os.geteuid() == 0 and entered.returncode == 0
        detail = "this user may start the servers" if rights else entered.stderr.strip() or "this is not root"
        remedy = (
            "run it as root with the right to mount (in a container: --cap-add SYS_ADMIN), "
            "or set LANTIAN_MQTT_HOST and LANTIAN_POSTGRES_HOST to servers that run"
        )
        yield Finding("rights", rights, detail, remedy)
    if "kafka" in stack.names:
        jars = places.kafka_jars(settings.cache_dir)
        yield Finding("Kafka's jars", jars.is_dir(), str(jars), "run `make setup`, or set LANTIAN_KAFKA")
        version = java_version(shutil.which("java"))
        yield Finding("Java", version >= 17, f"version {version or 'none'}", "run `make setup`; 17 or newer is needed")
    if stack.state_dir.is_dir():
        free = shutil.disk_usage(stack.state_dir).free
        detail = f"{free / 1024**3:.0f} GiB free at {stack.state_dir}"
        yield Finding("disk", free > FREE_BYTES, detail, "make room, or set LANTIAN_STATE_DIR to a larger disk")


def _servers(stack: Stack) -> Iterator[Finding]:
    for one in stack.status():
        detail = f"{one.address or 'no address'} {'answers' if one.answers else 'does not answer'}"
        if one.local:
            remedy = f"run `lantian up`; if it fails, read {stack.state_dir}/log/{one.name}.log"
        else:
            remedy = "the settings name this address: start that server, or correct LANTIAN_… or lantian.toml"
        yield Finding(one.name, one.answers, detail, remedy)


def _mqtt(settings: CoreSettings) -> Iterator[Finding]:
    connection = Connection(
        settings, Login("bridge", "lantian-doctor", keep_session=False), on_message=lambda _message: None
    )
    for _ in range(50):
        connection.poll(0.1)
        if connection.connected or connection.refused:
            break
    let_in = connection.connected
    detail = "let in" if let_in else f"not let in: {connection.refused or 'no answer'}"
    connection.disconnect()
    remedy = "the secret mqtt-bridge and the broker's passwd differ: run `lantian down` and `lantian up`"
    yield Finding("MQTT account bridge", let_in, detail, remedy)


def _topics(settings: CoreSettings) -> Iterator[Finding]:
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka)) as admin:
        found = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(kafka.TOPICS))}
    for name in kafka.TOPICS:
        partitions = found.get(name, 0)
        ok = partitions == kafka.PARTITIONS
        remedy = "run `lantian up`" if not partitions else "a station's partition must never change: make a new stack"
        yield Finding(f"topic {name}", ok, f"{partitions} of {kafka.PARTITIONS} partitions", remedy)


def _roles(settings: CoreSettings) -> Iterator[Finding]:
    for role in ROLES:
        connect(settings, role, application="lantian doctor").close()
    yield Finding("database roles", ok=True, detail=f"{len(ROLES)} let in")


def _schema(settings: CoreSettings) -> Iterator[Finding]:
    lacking = pending(settings)
    yield Finding(
        "schema", not lacking, f"lacks {', '.join(lacking)}" if lacking else "up to date", "run `lantian migrate`"
    )


def _offsets(settings: CoreSettings) -> Iterator[Finding]:
    """Offsets in the database must lie within Kafka's log, or the workers stop rather than jump."""
    query = "select consumer, cluster, topic, partition, next_offset from consumer_offset order by 1, 3, 4"
    with closing(connect(settings, "reader", application="lantian doctor")) as database, database.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
    with closing(kafka.consumer(settings, group=None)) as consumer:
        partitions = [TopicPartition(topic, partition) for _, _, topic, partition, _ in rows]
        first, last = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    outside = [
        f"{name} stands at {offset} of {topic}/{partition}, Kafka has {first[there]} to {last[there]}"
        for (name, _, topic, partition, offset), there in zip(rows, partitions, strict=True)
        if not first[there] <= offset <= last[there]
    ]
    remedy = (
        "Kafka's data was lost, replaced or expired: restore it, or set consumer_offset to where reading shall go on "
        "and let devices send again what was not acknowledged"
    )
    yield Finding("offsets", not outside, "; ".join(outside) or f"{len(rows)} within Kafka's log", remedy)

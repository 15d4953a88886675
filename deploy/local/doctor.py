"""What is missing or wrong with the stack, each with what to do about it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg2
from kafka import TopicPartition
from kafka.errors import KafkaError

from core import kafka
from core.clock import SHANGHAI, clock_of
from core.errors import LantianError
from core.logs import configure
from core.migrate import pending
from core.mqtt import Connection, Login
from core.postgres import ROLES, connect
from core.settings import CoreSettings
from deploy.local.broker_sessions import read_sessions
from deploy.local.configuration import configuration
from deploy.local.finding import Finding
from deploy.local.flow import flow, locks, processes
from deploy.local.listeners import listeners
from deploy.local.notifying import notifications
from deploy.local.remains import left_behind
from deploy.local.rights import rights
from deploy.local.stack import Stack
from deploy.local.versions import mosquitto, packages, postgres
from deploy.pipeline import read_processes
from deploy.setup import places
from deploy.setup.debian import java_version
from deploy.status_report import seconds
from ingest.bridge import GROUP

FREE_BYTES = 2 * 1024**3
FREE_SHARE = 0.05


Check = Callable[[CoreSettings], Iterator[Finding]]


def examine(stack: Stack) -> list[Finding]:
    """Everything in the order in which it must be put right.

    Settings that cannot be used end the look, and so does a server that does not answer: what follows stands on them.
    """
    settings = stack.settings
    configure(settings.model_copy(update={"log_level": "warning"}), "doctor")
    unusable = list(configuration(os.environ))
    if not all(finding.ok for finding in unusable):
        return unusable
    running = read_processes(settings)
    findings = [*unusable, *packages(), *_machine(stack, settings), *left_behind(stack), *listeners(running)]
    servers = list(_servers(stack))
    findings += servers
    if not all(server.ok for server in servers):
        return [*findings, *processes(running)]
    checks: dict[str, Check] = {
        "mqtt": _mqtt,
        "topics": _topics,
        "database version": postgres,
        "roles": _roles,
        "schema": _schema,
        "rights of roles": rights,
        "data clock": _data_clock,
        "offsets": _offsets,
        "locks": locks,
        "flow": flow,
        "notifications": notifications,
        "broker's sessions": partial(_sessions, stack),
    }
    for subject, check in checks.items():
        try:
            findings += check(settings)
        except LantianError as error:
            findings.append(Finding(subject, ok=False, detail=error.message, remedy=error.hint or str(error)))
        except (KafkaError, psycopg2.Error) as error:
            detail = str(error).strip() or repr(error)
            findings.append(Finding(subject, ok=False, detail=detail, remedy="see the server's log in log/"))
    return findings


def _machine(stack: Stack, settings: CoreSettings) -> Iterator[Finding]:
    if {"postgres", "mosquitto"} & set(stack.names):
        root = places.system_root(settings.cache_dir)
        yield Finding("system root", root.is_dir(), str(root), "run `make setup`")
        entered = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
        may_start = os.geteuid() == 0 and entered.returncode == 0
        detail = "this user may start the servers" if may_start else entered.stderr.strip() or "this is not root"
        remedy = (
            "run it as root with the right to mount (in a container: --cap-add SYS_ADMIN), "
            "or set LANTIAN_MQTT_HOST and LANTIAN_POSTGRES_HOST to servers that run"
        )
        yield Finding("rights", may_start, detail, remedy)
        if "mosquitto" in stack.names:
            yield from mosquitto(root)
    if "kafka" in stack.names:
        jars = places.kafka_jars(settings.cache_dir)
        yield Finding("Kafka's jars", jars.is_dir(), str(jars), "run `make setup`, or set LANTIAN_KAFKA")
        version = java_version(shutil.which("java"))
        yield Finding("Java", version >= 17, f"version {version or 'none'}", "run `make setup`; 17 or newer is needed")
    yield from _disks(stack)


def _disks(stack: Stack) -> Iterator[Finding]:
    """Each disk once, with what is kept on it."""
    kept: dict[int, list[Path]] = {}
    for folder in (stack.state_dir, *(stack.state_dir / name for name in stack.names)):
        if folder.is_dir():
            kept.setdefault(folder.stat().st_dev, []).append(folder)
    for folders in kept.values():
        disk = shutil.disk_usage(folders[0])
        names = ", ".join(str(folder) if folder == stack.state_dir else folder.name for folder in folders)
        free = f"{disk.free / 1024**3:.1f} GiB" if disk.free > 1024**3 else f"{disk.free / 1024**2:.0f} MiB"
        yield Finding(
            f"disk of {names}",
            disk.free > FREE_BYTES and disk.free > disk.total * FREE_SHARE,
            f"{free} free, {disk.free / disk.total:.0%}",
            "make room, or move the folder to a larger disk; until then nothing new can be kept, and devices buffer",
        )


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
        settings, Login("bridge", "lantian-doctor", keep_session=False), on_messages=lambda _messages: None
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
    with closing(kafka.admin(settings)) as admin:
        found = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(kafka.TOPICS))}
    for name in kafka.TOPICS:
        partitions = found.get(name, 0)
        ok = partitions == kafka.PARTITIONS
        remedy = "run `lantian up`" if not partitions else "a station's partition must never change: make a new stack"
        yield Finding(f"topic {name}", ok, f"{partitions} of {kafka.PARTITIONS} partitions", remedy)


def _sessions(stack: Stack, _settings: CoreSettings) -> Iterator[Finding]:
    """Absent members of the bridges' shared subscription keep their share of the reports."""
    path = stack.state_dir / "mosquitto" / "data" / "mosquitto.db"
    if "mosquitto" not in stack.names or not path.is_file():
        return
    for session in read_sessions(path):
        name = session.client.removeprefix(f"{GROUP}-")
        if name == session.client or session.absent_since is None:
            continue
        written = path.stat().st_mtime
        absent, age = seconds(written - session.absent_since), seconds(time.time() - written)
        yield Finding(
            f"bridge {name}",
            ok=False,
            detail=f"the broker wrote {age} ago that it keeps a session for it, absent for {absent}, with"
            f" {session.messages} messages; while it is absent it gets its share of what comes",
            remedy=f"start it, or, if it will not come back: `lantian ingest --name {name} --leave`",
        )


def _roles(settings: CoreSettings) -> Iterator[Finding]:
    for role in ROLES:
        connect(settings, role, application="lantian doctor").close()
    yield Finding("database roles", ok=True, detail=f"{len(ROLES)} let in")


def _schema(settings: CoreSettings) -> Iterator[Finding]:
    lacking = pending(settings)
    yield Finding(
        "schema", not lacking, f"lacks {', '.join(lacking)}" if lacking else "up to date", "run `lantian migrate`"
    )


def _data_clock(settings: CoreSettings) -> Iterator[Finding]:
    """Of a drill or a demonstration: whoever forgot it takes today's alerts for those of another day."""
    clock = clock_of(settings)
    if settings.clock_epoch:
        at = f"{clock.datetime().astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        yield Finding("data clock", ok=True, detail=f"set: it is {at} in data time, {clock.speed:g}× as fast as life")


def _offsets(settings: CoreSettings) -> Iterator[Finding]:
    """This cluster's offsets in the database must lie within its log, or the workers stop rather than jump."""
    query = "select consumer, topic, partition, next_offset from consumer_offset where cluster = %s order by 1, 2, 3"
    with closing(connect(settings, "reader", application="lantian doctor")) as database, database.cursor() as cursor:
        cursor.execute(query, (kafka.cluster_id(settings),))
        rows = cursor.fetchall()
    with closing(kafka.consumer(settings, group=None)) as consumer:
        partitions = [TopicPartition(topic, partition) for _, topic, partition, _ in rows]
        first, last = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    outside = [
        f"{name} stands at {offset} of {topic}/{partition}, Kafka has {first[there]} to {last[there]}"
        for (name, topic, partition, offset), there in zip(rows, partitions, strict=True)
        if not first[there] <= offset <= last[there]
    ]
    remedy = (
        "Kafka's data was lost, replaced or expired: restore it, or set consumer_offset to where reading shall go on "
        "and let devices send again what was not acknowledged"
    )
    yield Finding("offsets", not outside, "; ".join(outside) or f"{len(rows)} within Kafka's log", remedy)

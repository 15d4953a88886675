"""A peer that takes the generator's reports from Mosquitto and leaves them in a table, and how it is measured.

The same for all: what counts is what stands in its database in the end, from the generator's first write to the commit
of the last row, which PostgreSQL keeps. The generator goes on as fast as the broker takes; Mosquitto's queue holds more
than any peer is sent, so the pace is the peer's and nothing needs to be dropped.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import paho.mqtt.client as mqtt
import psycopg2
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bench.pipeline.field import REGION, name_of
from bench.pipeline.ground import START, Ground
from core.errors import UnavailableError
from core.secrets import read_secret
from deploy.roles import SUPERUSER, SUPERUSER_SECRET
from ingest.credentials import BRIDGE, secret_name
from ingest.kinds import Kind
from ingest.report import format_instant
from ingest.topics import SUBSCRIBED, Leaf, station_topic

DATABASE = "bench_peer"
PROBE = name_of(999_999)
"""A station that no load has: what it reports goes ahead, to tell when a peer takes reports at all."""
READY_S = 60.0
PROBE_EVERY_S = 0.5
LOOK_EVERY_S = 1.0
"""Counting costs the peer's database time; the end is read off the last commit, not off the look."""
STANDSTILL_S = 30.0
"""So long without a further row: the rest is lost."""
STOP_S = 20.0


class Command(NamedTuple):
    """A process of a peer's."""

    arguments: Sequence[str]
    environment: dict[str, str]


class Servers(msgspec.Struct, frozen=True):
    """Where a peer finds what it is to connect."""

    mqtt_host: str
    mqtt_port: int
    mqtt_user: str
    mqtt_password: str
    mqtt_topic: str
    kafka: str
    postgres: str
    """A connection string of libpq's, to a database of its own."""

    @classmethod
    def of(cls, ground: Ground) -> Servers:
        """With the bridge's account, which may read all stations."""
        settings = ground.settings
        password = read_secret(settings.state_dir, SUPERUSER_SECRET)
        return cls(
            settings.mqtt_host, settings.mqtt_port, BRIDGE, read_secret(settings.state_dir, secret_name(BRIDGE)),
            SUBSCRIBED[Leaf.REPORT], settings.kafka,
            f"host={settings.postgres_host} port={settings.postgres_port} dbname={DATABASE} user={SUPERUSER}"
            f" password={password}",
        )  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """Who takes reports from Mosquitto into PostgreSQL."""

    name: str
    lacks: str
    """What it does not do, in one line."""
    reports: int
    """So many are sent, and what fills the last period up: about ten seconds' work."""
    table: str
    key: str
    """The columns, with commas, that tell its rows apart."""
    rows_by_factor: bool
    """A row a reading, else a row a report."""
    schema: str
    """SQL that makes the table; empty where the peer does so itself."""
    commands: Callable[[Servers], Sequence[Command]]


class Outcome(NamedTuple):
    """What a peer made of the load."""

    reports: int
    readings_per_s: float
    lost: int
    """Rows that should be there and are not."""
    doubled: int


def measure(ground: Ground, peer: Peer) -> Outcome:
    """Start the peer with an empty database, send when it takes reports, wait until no more comes.

    Raises `UnavailableError` where the peer does not run.
    """
    task = ground.task
    slots = -(-peer.reports // task.stations)
    factor = task.factors if peer.rows_by_factor else 1
    with _database(ground, peer.schema) as database, _started(ground, peer) as check:
        found = f"from {peer.table} where station <> '{PROBE}'"
        _wait_ready(ground, peer, database, check)
        order = msgspec.structs.replace(ground.order(task.stations, 0, slots), by_broker=True)
        sent = ground.send(order, check)
        rows = sent.reports * factor
        _wait_rows(database, f"select count(*) {found}", rows, check)
        [[stored, ended]] = _ask(
            database, f"select count(*), extract(epoch from max(pg_xact_commit_timestamp(xmin)))::float8 {found}"
        )
        [[distinct]] = _ask(database, f"select count(*) from (select distinct {peer.key} {found}) as found")
    readings = distinct / factor * task.factors
    return Outcome(sent.reports, readings / (ended - sent.began), rows - distinct, stored - distinct)


@contextmanager
def _database(ground: Ground, schema: str) -> Iterator[Any]:
    """A connection to an empty database, which goes again."""
    with closing(ground.superuser("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f"drop database if exists {DATABASE} with (force)")
        cursor.execute(f"create database {DATABASE}")
        try:
            with closing(ground.superuser(DATABASE)) as database:
                if schema:
                    with database.cursor() as maker:
                        maker.execute(schema)
                yield database
        finally:
            cursor.execute(f"drop database {DATABASE} with (force)")


@contextmanager
def _started(ground: Ground, peer: Peer) -> Iterator[Callable[[], None]]:
    """Its processes; gives what raises `UnavailableError` when one has ended by itself."""
    log = ground.settings.state_dir / "log" / f"peer-{peer.name}.log"
    children: list[subprocess.Popen[bytes]] = []

    def check() -> None:
        for child in children:
            if child.poll() is not None:
                said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
                raise UnavailableError(peer.name, f"ended with status {child.returncode}: {' / '.join(said)}")

    with log.open("wb") as output:
        try:
            children += [
                subprocess.Popen(
                    command.arguments, env=command.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
                )
                for command in peer.commands(Servers.of(ground))
            ]
            yield check
        finally:
            for child in children:
                child.terminate()
            for child in children:
                try:
                    child.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()


def _wait_ready(ground: Ground, peer: Peer, database: Any, check: Callable[[], None]) -> None:
    """Until a report sent ahead has come out at the other end."""
    topic = station_topic(REGION, Kind.CEMS, PROBE, Leaf.REPORT)
    report = {
        "station": PROBE, "time": format_instant(START), "period": f"PT{ground.task.period}S", "seq": 1,
        "values": dict.fromkeys(ground.source.factors, 100.5),
    }  # fmt: skip
    deadline = time.monotonic() + READY_S
    with _sender(ground) as sender:
        while time.monotonic() < deadline:
            check()
            sender.publish(topic, json.dumps(report), qos=1)
            threading.Event().wait(PROBE_EVERY_S)
            with suppress(psycopg2.errors.UndefinedTable):  # Telegraf makes it with the first report
                [[there]] = _ask(database, f"select count(*) from {peer.table}")
                if there:
                    return
    raise UnavailableError(peer.name, f"took no report within {READY_S:.0f} s")


@contextmanager
def _sender(ground: Ground) -> Iterator[mqtt.Client]:
    account = ground.accounts[0]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    client.username_pw_set(account.username, account.password)
    client.connect(ground.settings.mqtt_host, ground.settings.mqtt_port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def _wait_rows(database: Any, query: str, rows: int, check: Callable[[], None]) -> None:
    """Until there are so many, or no more come."""
    last, at = -1, time.monotonic()
    while last < rows and time.monotonic() - at < STANDSTILL_S:
        check()
        threading.Event().wait(LOOK_EVERY_S)
        [[found]] = _ask(database, query)
        if found != last:
            last, at = found, time.monotonic()


def _ask(database: Any, query: str) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())

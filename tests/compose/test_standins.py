"""What stands in for an image serves as the real one does, by the configuration files that production uses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from kafka import TopicPartition
from waiting import eventually

from core.kafka import REPORTS, answers, cluster_id, consumer, create_topics, producer
from core.secrets import ensure_secret
from core.settings import CoreSettings
from deploy.local.addresses import HOST, free_port
from deploy.roles import SUPERUSER_SECRET, superuser
from ingest.broker_files import write_broker_files
from ingest.credentials import Account, AccountKind, hash_password

from . import engine, images, standin
from .container import Container, container
from .engine import EngineError, docker

pytestmark = pytest.mark.containers

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
MOSQUITTO, KAFKA, TIMESCALEDB = "eclipse-mosquitto:2.0.21", "apache/kafka:4.3.1", "timescale/timescaledb:2.19.3-pg17"
PROMETHEUS, ALERTMANAGER = "prom/prometheus:v2.53.3", "prom/alertmanager:v0.28.1"
OWNER = 10001
TOPIC = "lantian/v1/140502/dust/site/report"
PASSWORD = "of a test"
CLUSTER = "bGFudGlhbi10ZXN0LTAwMQ"


@pytest.fixture(scope="module", autouse=True)
def all_images() -> None:
    """The images, from wherever they can be had; pulling and making may take minutes."""
    engine.required()
    for tag in standin.FOLDERS:
        images.ensure(tag)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """Mosquitto with a device and a bridge, by `deploy/mosquitto`; as another than root, as in production."""
    state = tmp_path_factory.mktemp("mosquitto")
    owner = OWNER if os.geteuid() == 0 else os.geteuid()
    os.chown(state, owner, -1)
    password = hash_password(PASSWORD)
    device, bridge = Account("site", password, AccountKind.DEVICE), Account("bridge", password, AccountKind.BRIDGE)
    write_broker_files(state, [device, bridge])
    files = {
        "/etc/lantian/mosquitto.conf": str(DEPLOY / "mosquitto" / "mosquitto.conf"),
        "/etc/lantian/run.sh": str(DEPLOY / "mosquitto" / "run.sh"),
        "/srv/state/conf.d/listener.conf": str(DEPLOY / "mosquitto" / "listener.conf"),
    }
    options = ["--user", str(owner), "--volume", f"{state}:/srv/state", "--init"]
    with container(MOSQUITTO, "/bin/sh", "/etc/lantian/run.sh", options=options, files=files) as mosquitto:
        eventually("the broker listens", lambda: mosquitto.succeeds("nc", "-z", "127.0.0.1", "1883"))
        yield mosquitto


def test_a_message_arrives_that_its_account_may_publish(broker: Container) -> None:
    broker.run("mosquitto_pub", "-u", "site", "-P", PASSWORD, "-t", TOPIC, "-q", "1", "-r", "-m", "dust 80")
    heard = broker.run("mosquitto_sub", "-u", "bridge", "-P", PASSWORD, "-t", TOPIC, "-q", "1", "-C", "1", "-W", "30")
    assert heard == "dust 80"


def test_a_stranger_is_not_let_in(broker: Container) -> None:
    with pytest.raises(EngineError, match="refused"):
        broker.run("mosquitto_pub", "-u", "site", "-P", "wrong", "-t", TOPIC, "-m", "dust 80")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Container, CoreSettings]]:
    """Kafka by `deploy/kafka`, and the settings that lead to it."""
    port = free_port()
    environment = {
        "CLUSTER_ID": CLUSTER,
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{HOST}:{port}",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
        "KAFKA_HEAP_OPTS": "-Xmx256m",
        "KAFKA_JVM_PERFORMANCE_OPTS": "@/mnt/shared/config/jvm.options",
        "KAFKA_LOG4J_OPTS": "-Dlog4j2.configurationFile=/mnt/shared/config/log4j2.xml",
    }
    folders = [f"/opt/kafka/{name}:uid=1000,gid=1000" for name in ("config", "logs")]
    options = ["--publish", f"{HOST}:{port}:9092", *(word for folder in folders for word in ("--tmpfs", folder))]
    files = {"/mnt/shared/config": str(DEPLOY / "kafka")}
    settings = CoreSettings(state_dir=tmp_path_factory.mktemp("kafka"), kafka=f"{HOST}:{port}")
    with container(KAFKA, options=options, files=files, environment=environment) as kafka:
        eventually("Kafka tells of itself", lambda: answers(settings, patience_s=2))
        yield kafka, settings


def first_report(kafka: CoreSettings) -> bytes:
    """The first record of the reports' first partition."""
    with closing(consumer(kafka, group=None)) as reader:
        partition = TopicPartition(REPORTS, 0)
        reader.assign([partition])
        reader.seek_to_beginning(partition)
        records = eventually("the record comes back", lambda: reader.poll(timeout_ms=500).get(partition))
        return bytes(records[0].value)


def test_a_record_comes_back_also_after_a_restart(log: tuple[Container, CoreSettings]) -> None:
    kafka, settings = log
    create_topics(settings)
    with closing(producer(settings)) as writer:
        writer.send(REPORTS, b"dust 80", partition=0).get(timeout=30)
    assert first_report(settings) == b"dust 80"
    kafka.restart()
    eventually("Kafka tells of itself again", lambda: answers(settings, patience_s=2))
    assert first_report(settings) == b"dust 80"


def test_kafka_goes_by_the_mounted_file_and_the_variables(log: tuple[Container, CoreSettings]) -> None:
    kafka, settings = log
    made = kafka.run("cat", "/opt/kafka/config/server.properties").splitlines()
    assert "auto.create.topics.enable=false" in made
    assert "log.dirs=/var/lib/kafka/data" in made
    assert cluster_id(settings) == CLUSTER


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Container, Path]]:
    """TimescaleDB by `deploy/postgres`, and the folder of the state with the superuser's secret."""
    state = tmp_path_factory.mktemp("postgres")
    ensure_secret(state, SUPERUSER_SECRET)
    secret = state / "secrets" / SUPERUSER_SECRET
    secret.chmod(0o444)  # as Compose mounts it, for whoever runs within
    files = {
        "/etc/lantian/postgresql.conf": str(DEPLOY / "postgres" / "postgresql.conf"),
        "/run/secrets/postgres-superuser": str(secret),
    }
    environment = {
        "POSTGRES_PASSWORD_FILE": "/run/secrets/postgres-superuser",
        "POSTGRES_INITDB_ARGS": "--encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8 --data-checksums",
        "PGDATA": "/var/lib/postgresql/data",
        "NO_TS_TUNE": "true",
    }
    options = ["--user", "postgres", "--tmpfs", "/var/run/postgresql:mode=1777", "--publish", f"{HOST}::5432"]
    command = ["postgres", "-c", "config_file=/etc/lantian/postgresql.conf", "-c", "listen_addresses=*"]
    with container(TIMESCALEDB, *command, options=options, files=files, environment=environment) as postgres:
        await_database(postgres)
        yield postgres, state


def await_database(postgres: Container) -> None:
    """By TCP: while the cluster is made, it answers on its socket alone."""
    asked = ("pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres")
    eventually("PostgreSQL is ready", lambda: postgres.succeeds(*asked))


def asked(database: tuple[Container, Path], sql: str, *, name: str = "postgres") -> object:
    """The first value of the answer, if there is one, to the superuser by TCP with the password of the secret."""
    postgres, state = database
    with closing(superuser(state, postgres.port(5432), name)) as server, server.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def test_every_database_has_timescale_of_the_version_that_the_tag_names(database: tuple[Container, Path]) -> None:
    version = "select extversion from pg_extension where extname = 'timescaledb'"
    assert asked(database, version) == "2.19.3"
    asked(database, "create database later")
    assert asked(database, version, name="later") == "2.19.3"


def test_a_hypertable_can_be_made_and_keeps_its_rows_over_a_restart(database: tuple[Container, Path]) -> None:
    asked(database, "create table reading (time timestamptz not null, value float)")
    asked(database, "select create_hypertable('reading', by_range('time'))")
    asked(database, "insert into reading values ('2026-03-01', 80)")
    database[0].restart()
    await_database(database[0])
    assert asked(database, "select value from reading") == 80


def test_postgresql_goes_by_the_mounted_file(database: tuple[Container, Path]) -> None:
    assert asked(database, "show config_file") == "/etc/lantian/postgresql.conf"
    assert asked(database, "show max_connections") == "80"


def test_who_comes_by_tcp_needs_the_password(database: tuple[Container, Path]) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host=HOST, port=database[0].port(5432), user="postgres", password="wrong", dbname="postgres")


def test_without_a_password_no_cluster_is_made() -> None:
    with pytest.raises(EngineError, match=r"password is not specified|docs/current/auth-trust"):
        docker("run", "--rm", "--user", "postgres", TIMESCALEDB)


@pytest.mark.parametrize(
    ("tag", "port", "command", "files"),
    [
        (
            PROMETHEUS,
            9090,
            ("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
            {"/etc/prometheus": str(DEPLOY / "prometheus")},
        ),
        (
            ALERTMANAGER,
            9093,
            (
                "--config.file=/etc/alertmanager/alertmanager.yml",
                "--storage.path=/alertmanager",
                "--cluster.listen-address=",
            ),
            {"/etc/alertmanager/alertmanager.yml": str(DEPLOY / "prometheus" / "alertmanager.yml")},
        ),
    ],
)
def test_what_watches_is_ready_on_our_configuration(
    tag: str, port: int, command: tuple[str, ...], files: dict[str, str]
) -> None:
    look = ("wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}/-/ready")
    with container(tag, *command, files=files) as watcher:
        eventually("it says that it is ready", lambda: watcher.succeeds(*look))


@pytest.mark.parametrize(
    ("tag", "command", "version"),
    [
        (MOSQUITTO, ("sh", "-c", "mosquitto_pub --version || true"), "version 2.0.21"),  # ends with 1, and tells
        (KAFKA, ("ls", "/opt/kafka/libs"), "kafka_2.13-4.3.1.jar"),
        (PROMETHEUS, ("prometheus", "--version"), "version 2.53.3"),
        (ALERTMANAGER, ("alertmanager", "--version"), "version 0.28.1"),
    ],
)
def test_a_program_has_the_version_that_its_tag_names(tag: str, command: tuple[str, ...], version: str) -> None:
    assert version in docker("run", "--rm", "--entrypoint", command[0], tag, *command[1:], both=True)


@pytest.mark.parametrize(
    ("tag", "user", "account"),
    [
        (MOSQUITTO, "mosquitto", "1883:1883"),
        (KAFKA, "appuser", "1000:1000"),
        (TIMESCALEDB, "postgres", "70:70"),
        (PROMETHEUS, "nobody", "65534:65534"),
        (ALERTMANAGER, "nobody", "65534:65534"),
    ],
)
def test_an_account_has_the_number_that_volumes_are_owned_by(tag: str, user: str, account: str) -> None:
    told = docker("run", "--rm", "--user", user, "--entrypoint", "sh", tag, "-c", "echo $(id -u):$(id -g)")
    assert told == account

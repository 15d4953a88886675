"""The servers as containers do what tests ask of servers; and nothing of them stays."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker_engine
import pytest
from compose_file import SERVERS
from container_servers import ContainerServers
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from pipeline import frozen
from testcontainers.core.docker_client import DockerClient

from core import kafka
from core.postgres import connect
from core.settings import CoreSettings
from deploy.local import addresses

pytestmark = [pytest.mark.stack, pytest.mark.containers]

LEAVER = """
import compose_file, docker_engine, sys
from testcontainers.core.docker_client import DockerClient
labels = {docker_engine.OWNER: docker_engine.owner()}
client = DockerClient().client
volume = client.volumes.create(labels=labels)
container = client.containers.create(compose_file.image("mosquitto"), labels=labels)
print(volume.name, container.name, flush=True)
sys.stdin.read()
"""
"""A test process that makes a volume and a container, and is killed."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerServers]:
    """Containers beside those that all tests share: these tests end them."""
    obstacle = docker_engine.obstacle()
    assert obstacle is None, obstacle
    made = ContainerServers(tmp_path_factory.mktemp("own"))
    try:
        made.up()
        yield made
    finally:
        made.erase()


def write_marks(settings: CoreSettings) -> None:
    """One row in the database, one record in Kafka."""
    with closing(connect(settings, "owner", application="test")) as database, database, database.cursor() as cursor:
        cursor.execute("create table if not exists public.kept (value integer)")
        cursor.execute("truncate public.kept")
        cursor.execute("insert into public.kept values (42)")
    with closing(KafkaProducer(bootstrap_servers=settings.kafka, acks="all")) as producer:
        producer.send(kafka.ALERTS, b"kept", partition=0).get(timeout=10)


def marks(settings: CoreSettings) -> tuple[list[int], bytes]:
    """The rows, and the last record."""
    with closing(connect(settings, "owner", application="test")) as database, database.cursor() as cursor:
        cursor.execute("select value from public.kept")
        rows = [value for (value,) in cursor.fetchall()]
    place = TopicPartition(kafka.ALERTS, 0)
    with closing(KafkaConsumer(bootstrap_servers=settings.kafka)) as consumer:
        consumer.assign([place])
        consumer.seek(place, consumer.end_offsets([place])[place] - 1)
        (record,) = consumer.poll(timeout_ms=10_000)[place]
    return rows, record.value


@pytest.mark.parametrize("name", SERVERS)
def test_a_killed_server_comes_back_at_its_address_with_what_it_had(own: ContainerServers, name: str) -> None:
    write_marks(own.settings)
    before = own.settings
    own.kill(name)
    assert own.pid(name) is None
    assert not addresses.reachable(_address(before, name))
    own.start(name)
    assert own.settings == before
    assert marks(own.settings) == ([42], b"kept")


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_ends_in_order_within_seconds(own: ContainerServers, name: str) -> None:
    own.stop(name)
    state = own.state(name)
    own.start(name)
    assert state["ExitCode"] in {0, 128 + signal.SIGTERM}, "not killed for want of an answer"


@pytest.mark.parametrize("name", SERVERS)
def test_its_pid_is_that_of_the_server_itself(own: ContainerServers, name: str) -> None:
    command = Path(f"/proc/{own.pid(name)}/comm").read_text(encoding="utf-8").strip()
    assert command == {"kafka": "java"}.get(name, name)


def test_no_server_runs_as_root(own: ContainerServers) -> None:
    assert 0 not in {Path(f"/proc/{own.pid(name)}").stat().st_uid for name in SERVERS}


def test_a_frozen_server_says_nothing_and_goes_on_afterwards(own: ContainerServers) -> None:
    with frozen(own.pid("mosquitto")):
        assert not own.answers("mosquitto")
    assert own.answers("mosquitto")


def test_every_server_is_to_be_found_on_loopback_alone(own: ContainerServers) -> None:
    with closing(DockerClient().client) as client:
        published = [
            place["HostIp"]
            for container in client.containers.list(filters={"label": f"{docker_engine.OWNER}={docker_engine.owner()}"})
            for places in container.attrs["NetworkSettings"]["Ports"].values()
            for place in places or ()
        ]
    assert len(published) >= len(SERVERS)
    assert set(published) == {addresses.HOST}


def test_what_they_said_last_can_be_read(own: ContainerServers) -> None:
    assert all(own.log_tail(name, 1).strip() for name in SERVERS)


def test_a_killed_run_leaves_nothing_to_the_next(own: ContainerServers) -> None:
    leaver = subprocess.Popen(
        [sys.executable, "-c", LEAVER],
        cwd=Path(docker_engine.__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert leaver.stdout is not None
    left = leaver.stdout.readline().split()
    docker_engine.clear_up()
    assert existing() >= set(left), "it still runs"
    leaver.kill()
    leaver.communicate()
    docker_engine.clear_up()
    assert not existing() & set(left)
    assert all(own.pid(name) for name in SERVERS), "and what is ours stays"


def test_erased_servers_leave_no_container_no_volume_and_no_folder(own: ContainerServers) -> None:
    made = {name for name in existing() if name.startswith(own.prefix)}
    own.erase()
    assert len(made) == len(SERVERS) + 2, "and a volume each for what has data"
    assert not existing() & made
    assert not own.state_dir.exists()


def existing() -> set[str]:
    """Containers and volumes of all tests, by name."""
    with closing(DockerClient().client) as client:
        filters = {"label": docker_engine.OWNER}
        containers = client.containers.list(all=True, filters=filters, ignore_removed=True)
        return {one.name for one in (*containers, *client.volumes.list(filters=filters))}


def _address(settings: CoreSettings, name: str) -> str:
    return {
        "postgres": f"{settings.postgres_host}:{settings.postgres_port}",
        "kafka": settings.kafka,
        "mosquitto": f"{settings.mqtt_host}:{settings.mqtt_port}",
    }[name]

"""The local stack: what it starts, what it ends, what survives, whom it lets in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from pipeline import frozen
from waiting import eventually

from core import kafka
from core.errors import UnavailableError
from core.mqtt import Connection, Login, Message
from core.postgres import ROLES, connect
from core.secrets import write_secret
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local import process
from deploy.local.doctor import examine
from deploy.local.stack import Stack
from ingest.broker_files import write_broker_files
from ingest.credentials import Account, AccountKind, bridge_account, hash_password

pytestmark = pytest.mark.stack

SERVERS = ("postgres", "kafka", "mosquitto")


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack beside the one that all tests share: these tests take it down."""
    stack = Stack(ConfiguredSettings(state_dir=tmp_path_factory.mktemp("own")))
    stack.up()
    yield stack
    stack.erase()


@pytest.fixture(scope="module")
def stack(local_stack: Stack) -> CoreSettings:
    """Here the local stack's in either world."""
    return local_stack.settings


@pytest.fixture(scope="module")
def stack_environment(local_stack: Stack) -> dict[str, str]:
    """Here the local stack's in either world."""
    return {**os.environ, **local_stack.environment}


def login(settings: CoreSettings, username: str) -> Connection:
    """A connection after the broker's answer."""
    connection = Connection(settings, Login(username, f"test-{username}", keep_session=False), on_messages=_ignore)
    deadline = time.monotonic() + 10
    while not (connection.connected or connection.refused) and time.monotonic() < deadline:
        connection.poll(0.1)
    return connection


def _ignore(_messages: Sequence[Message]) -> None:
    """No message matters here."""


def write_marks(settings: CoreSettings) -> None:
    """One row in the database, one record in Kafka."""
    with closing(connect(settings, "owner", application="test")) as database, database, database.cursor() as cursor:
        cursor.execute("create table if not exists public.kept (value integer)")
        cursor.execute("insert into public.kept values (42)")
    with closing(KafkaProducer(bootstrap_servers=settings.kafka, acks="all")) as producer:
        producer.send(kafka.ALERTS, b"kept", partition=0).get(timeout=10)


def marks(settings: CoreSettings) -> tuple[list[int], list[bytes]]:
    """What `write_marks` has written and is still there."""
    with closing(connect(settings, "owner", application="test")) as database, database.cursor() as cursor:
        cursor.execute("select value from public.kept")
        rows = [value for (value,) in cursor.fetchall()]
    consumer = KafkaConsumer(
        kafka.ALERTS, bootstrap_servers=settings.kafka, auto_offset_reset="earliest", consumer_timeout_ms=2000
    )
    with closing(consumer):
        return rows, [record.value for record in consumer]


def test_data_survives_down_and_up(own_stack: Stack) -> None:
    write_marks(own_stack.settings)
    before = own_stack.settings
    own_stack.down()
    own_stack.up()
    assert marks(own_stack.settings) == ([42], [b"kept"])
    assert own_stack.settings == before, "the addresses are remembered"


def test_data_survives_a_system_root_whose_users_have_other_numbers(own_stack: Stack) -> None:
    own_stack.up()
    write_marks(own_stack.settings)
    own_stack.down()
    folders = [own_stack.state_dir / name for name in ("postgres", "mosquitto")]
    for path in (each for folder in folders for each in (folder, *folder.rglob("*"))):
        os.chown(path, 4101, 4101, follow_symlinks=False)
    own_stack.up()
    assert marks(own_stack.settings)[0][-1:] == [42]
    assert login(own_stack.settings, "bridge").connected


def test_down_ends_exactly_what_up_started(own_stack: Stack, local_stack: Stack) -> None:
    own_stack.up()
    pids = [own_stack.pid(name) for name in SERVERS]
    others = [local_stack.pid(name) for name in SERVERS]
    assert sorted(own_stack.down()) == sorted(SERVERS)
    assert not [pid for pid in pids if pid and Path(f"/proc/{pid}/exe").exists()]
    assert [local_stack.pid(name) for name in SERVERS] == others
    assert all(one.answers for one in local_stack.status())
    assert own_stack.down() == []


def test_nothing_stays_mounted(local_stack: Stack) -> None:
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    assert str(local_stack.state_dir) not in mounts
    assert "/srv/state" not in mounts


def test_two_stacks_share_no_port_and_no_data(own_stack: Stack, local_stack: Stack) -> None:
    own_stack.up()
    addresses = [one.address for stack in (own_stack, local_stack) for one in stack.status()]
    assert len(set(addresses)) == 2 * len(SERVERS)
    write_marks(own_stack.settings)
    with (
        closing(connect(local_stack.settings, "owner", application="test")) as database,
        database.cursor() as cursor,
        pytest.raises(psycopg2.errors.UndefinedTable),
    ):
        cursor.execute("select value from public.kept")


def test_up_leaves_alone_what_runs(local_stack: Stack) -> None:
    before = [local_stack.pid(name) for name in SERVERS]
    local_stack.up()
    assert [local_stack.pid(name) for name in SERVERS] == before


def test_a_reused_pid_is_not_taken_for_a_server(local_stack: Stack, tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        pid = local_stack.pid("kafka")
        assert pid is not None
        known = process.recall(local_stack.state_dir / "run" / "kafka.json")
        assert known is not None
        process.remember(tmp_path / "kafka.json", process.Running(stranger.pid, known.started, known.boot))
        assert process.recall(tmp_path / "kafka.json") is None
        process.send(process.Running(stranger.pid, known.started, known.boot), signal.SIGKILL)
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


@pytest.mark.parametrize("name", SERVERS)
def test_a_killed_server_comes_back_with_what_it_had(own_stack: Stack, name: str) -> None:
    own_stack.up()
    before = own_stack.settings
    own_stack.kill(name)
    assert own_stack.pid(name) is None
    own_stack.start(name)
    assert own_stack.settings == before
    assert all(one.answers for one in own_stack.status())
    assert [finding for finding in examine(own_stack) if not finding.ok] == []
    write_marks(own_stack.settings)


def test_a_frozen_kafka_does_not_answer_though_its_port_is_open(local_stack: Stack) -> None:
    def answering() -> dict[str, bool]:
        return {status.name: status.answers for status in local_stack.status()}

    with frozen(local_stack.pid("kafka")):
        assert answering() == {"postgres": True, "kafka": False, "mosquitto": True}
    eventually("Kafka answers", lambda: answering()["kafka"])


def test_servers_do_not_run_as_root(local_stack: Stack) -> None:
    for name in ("postgres", "mosquitto"):
        assert Path(f"/proc/{local_stack.pid(name)}").stat().st_uid != 0


def test_every_server_listens_on_loopback_alone(local_stack: Stack) -> None:
    ports = {int(one.address.rpartition(":")[2]) for one in local_stack.status()}
    for table, loopback in (("tcp", "0100007F"), ("tcp6", "0000000000000000FFFF00000100007F")):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            address, port = line.split()[1].split(":")
            listening = line.split()[3] == "0A"
            if listening and int(port, 16) in ports:
                assert address == loopback


def test_every_role_is_let_in_and_the_reader_cannot_write(stack: CoreSettings) -> None:
    for role in ROLES:
        connect(stack, role, application="test").close()
    with (
        closing(connect(stack, "reader", application="test")) as database,
        database.cursor() as cursor,
        pytest.raises((psycopg2.errors.ReadOnlySqlTransaction, psycopg2.errors.InsufficientPrivilege)),
    ):
        cursor.execute("create table lantian.mine (value integer)")


def test_no_role_is_a_superuser(stack: CoreSettings) -> None:
    with closing(connect(stack, "reader", application="test")) as database, database.cursor() as cursor:
        cursor.execute("select rolname from pg_roles where rolname like 'lantian%' and (rolsuper or rolcreaterole)")
        assert cursor.fetchall() == []


def test_a_wrong_password_is_refused_by_the_database(stack: CoreSettings, tmp_path: Path) -> None:
    write_secret(tmp_path, "postgres-worker", "wrong")
    with pytest.raises(UnavailableError, match="lantian_worker"):
        connect(stack.model_copy(update={"state_dir": tmp_path}), "worker", application="test")


def test_a_stranger_is_refused_by_the_broker(stack: CoreSettings, tmp_path: Path) -> None:
    write_secret(tmp_path, "mqtt-stranger", "any")
    connection = login(stack.model_copy(update={"state_dir": tmp_path}), "stranger")
    assert not connection.connected
    assert connection.refused


def test_a_device_speaks_for_its_own_station_alone(own_stack: Stack) -> None:
    own_stack.up()
    settings = own_stack.settings
    write_secret(settings.state_dir, "mqtt-140502051", "a-password")
    device = Account("140502051", hash_password("a-password"), AccountKind.DEVICE)
    assert write_broker_files(settings.state_dir / "mosquitto", [bridge_account(settings), device])
    heard: list[str] = []
    listener = Connection(
        settings,
        Login("bridge", "test-listener", keep_session=False),
        subscriptions=("lantian/v1/#",),
        on_messages=lambda messages: heard.extend(message.topic for message in messages),
    )
    sender = login(settings, "140502051")
    own, foreign = "lantian/v1/jincheng/dust/140502051/report", "lantian/v1/jincheng/dust/140502052/report"
    deadline = time.monotonic() + 20
    while own not in heard and time.monotonic() < deadline:
        listener.poll(0.05)
        if listener.connected and sender.connected:
            sender.publish(foreign, b"{}")
            sender.publish(own, b"{}")
        sender.poll(0.05)
    listener.disconnect()
    sender.disconnect()
    assert set(heard) == {own}


def test_topics_have_the_partitions_that_keys_are_spread_over(stack: CoreSettings) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka)) as admin:
        found = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(list(kafka.TOPICS))}
    assert found == dict.fromkeys(kafka.TOPICS, kafka.PARTITIONS)


def test_secrets_are_for_their_owner_alone(local_stack: Stack) -> None:
    for path in (local_stack.state_dir / "secrets").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_passwords_stand_in_no_log_and_no_command_line(local_stack: Stack) -> None:
    words = [path.read_text(encoding="utf-8").strip() for path in (local_stack.state_dir / "secrets").iterdir()]
    said = "".join(path.read_text(encoding="utf-8") for path in (local_stack.state_dir / "log").iterdir())
    said += "".join(
        Path(f"/proc/{local_stack.pid(name)}/cmdline").read_text(encoding="utf-8") for name in local_stack.names
    )
    assert not [word for word in words if word in said]


def test_a_configured_server_is_used_and_not_started(local_stack: Stack, tmp_path: Path) -> None:
    there = local_stack.settings
    stack = Stack(ConfiguredSettings(state_dir=tmp_path / "state", kafka=there.kafka))
    assert stack.names == ("postgres", "mosquitto")
    assert stack.settings.kafka == there.kafka
    assert next(one for one in stack.status() if one.name == "kafka").answers


def test_addresses_taken_from_env_still_belong_to_the_stack(local_stack: Stack) -> None:
    exported = local_stack.settings.model_dump(include={"state_dir", "kafka", "mqtt_host", "mqtt_port"})
    assert set(Stack(ConfiguredSettings(**exported)).names) == set(SERVERS)


def test_two_ups_at_once_start_one_stack(tmp_path: Path, stack_environment: dict[str, str]) -> None:
    environment = {**stack_environment, "LANTIAN_STATE_DIR": str(tmp_path / "state")}
    lantian = str(Path(sys.executable).with_name("lantian"))
    ups = [subprocess.Popen([lantian, "up"], env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        outputs = {up.communicate(timeout=120)[0] for up in ups}
        assert [up.returncode for up in ups] == [0, 0]
        assert len(outputs) == 1, "both tell the same pids"
    finally:
        Stack(ConfiguredSettings(state_dir=tmp_path / "state")).erase()


def test_env_lets_psql_read_the_database(stack_environment: dict[str, str]) -> None:
    lantian = str(Path(sys.executable).with_name("lantian"))
    said = subprocess.run([lantian, "env"], env=stack_environment, capture_output=True, text=True, check=True).stdout
    variables = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    assert "PGPASSWORD" not in variables
    dsn = f"host={variables['PGHOST']} port={variables['PGPORT']} dbname={variables['PGDATABASE']}"
    with (
        closing(psycopg2.connect(f"{dsn} user={variables['PGUSER']} passfile={variables['PGPASSFILE']}")) as database,
        database.cursor() as cursor,
    ):
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("lantian_reader",)

"""The registry and the accounts on a real database and a real broker."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection

from core.mqtt import Connection, Login, Message
from core.postgres import connect
from core.settings import CoreSettings
from ingest.credentials import issue, issue_platform, revoke
from ingest.registry import Registry, RegistryReader, read_version
from ingest.station_import import ImportResult, import_csv
from ingest.stations_cli import BROKER_FOLDER, update_broker

pytestmark = pytest.mark.stack

HEADING = "station,name_zh,kind,region,city,reporting_period,valid_ranges,limits,target_class,mn,active,valid_from,tags"
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def registry_connection(stack: CoreSettings) -> Iterator[connection]:
    with closing(connect(stack, "registry", application="test")) as conn:
        yield conn


def take(conn: connection, folder: Path, *rows: str, effective: datetime = MARCH) -> ImportResult:
    file = folder / "stations.csv"
    file.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    return import_csv(conn, file, effective=effective, user="test")


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.added, result.changed, result.unchanged, result.failed


def test_what_was_imported_is_loaded_as_it_was_given(registry_connection: connection, tmp_path: Path) -> None:
    row = "given,丹河断面,water,140525,晋城市,PT4H,pH 0..14; CODMn ..50,pH 6..9; TP class III,III,MN0001,,,国控;丹河"
    assert counts(take(registry_connection, tmp_path, row)) == (1, 0, 0, 0)
    station = Registry.load(registry_connection).at("given", -1e10)
    assert station is not None
    assert (station.name_zh, station.kind, station.reporting_period, station.mn) == (
        "丹河断面",
        "water",
        14400,
        "MN0001",
    )
    assert station.valid_ranges == {"w01001": (0, 14), "w01019": (float("-inf"), 50)}
    assert station.limits["w01001"].maximum == 9
    assert (station.limits["w21011"].water_class, station.target_class) == (3, 3)
    assert station.tags == ("丹河", "国控")


def test_the_same_file_again_changes_nothing(registry_connection: connection, tmp_path: Path) -> None:
    row = "same,站,air,140502,晋城市,PT1M,PM10 0..2000,SO2 35,,,,"
    take(registry_connection, tmp_path, row)
    before = read_version(registry_connection)
    assert counts(take(registry_connection, tmp_path, row, effective=MAY)) == (0, 0, 1, 0)
    assert read_version(registry_connection) == before


def test_a_change_holds_from_when_it_takes_effect(registry_connection: connection, tmp_path: Path) -> None:
    take(registry_connection, tmp_path, "changing,站,air,140502,晋城市,PT1M,,,,,,")
    before = read_version(registry_connection)
    assert counts(take(registry_connection, tmp_path, "changing,新站,air,140502,晋城市,PT5M,,,,,,")) == (0, 1, 0, 0)
    assert read_version(registry_connection) == before + 1
    registry = Registry.load(registry_connection)
    former = registry.at("changing", MARCH.timestamp() - 1)
    later = registry.at("changing", MARCH.timestamp())
    assert former is not None
    assert later is not None
    assert (former.name_zh, later.name_zh, later.reporting_period) == ("站", "新站", 300)
    assert former.version_key != later.version_key


def test_a_corrected_version_stays_in_the_history(registry_connection: connection, tmp_path: Path) -> None:
    for name in ("站", "站甲", "站乙"):
        take(registry_connection, tmp_path, f"corrected,{name},air,140502,晋城市,PT1M,,,,,,")
    names = [version.name_zh for version in Registry.load(registry_connection).history("corrected")]
    assert names == ["站", "站乙"]
    with registry_connection.cursor() as cursor:
        cursor.execute("select name_zh from station_version where replaced_at is not null and name_zh = '站甲'")
        assert cursor.fetchall() == [("站甲",)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_file_may_tell_a_station_s_history_in_any_order(
    registry_connection: connection, tmp_path: Path, order: tuple[int, int]
) -> None:
    name = f"history-{order[0]}"
    take(registry_connection, tmp_path, f"{name},站,air,140502,晋城市,PT1M,,,,,,")
    rows = (
        f"{name},别名,air,140502,晋城市,PT1M,,,,,,2026-02-01T00:00:00+08:00",
        f"{name},站,air,140502,晋城市,PT1M,,,,,,2026-03-01T00:00:00+08:00",
    )
    assert counts(take(registry_connection, tmp_path, *(rows[place] for place in order))) == (0, 2, 0, 0)
    assert [version.name_zh for version in Registry.load(registry_connection).history(name)] == ["站", "别名", "站"]
    assert counts(take(registry_connection, tmp_path, *rows)) == (0, 0, 2, 0)


def test_two_rows_that_begin_at_the_same_instant_are_told_and_do_not_stop_the_others(
    registry_connection: connection, tmp_path: Path
) -> None:
    take(registry_connection, tmp_path, "clash,站,air,140502,晋城市,PT1M,,,,,,")
    result = take(
        registry_connection,
        tmp_path,
        "clash,甲,air,140502,晋城市,PT1M,,,,,,",
        f"clash,乙,air,140502,晋城市,PT1M,,,,,,{MARCH.isoformat()}",
        "beside-clash,站,air,140502,晋城市,PT1M,,,,,,",
    )
    assert counts(result) == (1, 1, 0, 1)
    assert "is in the file twice" in str(result.errors[0])


def test_a_station_can_end(registry_connection: connection, tmp_path: Path) -> None:
    take(registry_connection, tmp_path, "ending,站,air,140502,晋城市,PT1M,,,,,,")
    take(registry_connection, tmp_path, "ending,站,air,140502,晋城市,PT1M,,,,,no,2026-05-01T00:00:00Z")
    registry = Registry.load(registry_connection)
    assert registry.at("ending", MAY.timestamp() - 1) is not None
    assert registry.at("ending", MAY.timestamp()) is None


def test_bad_rows_do_not_stop_good_ones(registry_connection: connection, tmp_path: Path) -> None:
    result = take(
        registry_connection, tmp_path,
        "good-1,站,air,140502,晋城市,PT1M,,,,MN0011,,",
        "bad-1,站,gas,140502,晋城市,hourly,,,,,,",
        "bad-2,站,air,140502,晋城市,PT1M,,,,MN0011,,",
        "good-1,站,air,140502,晋城市,PT1M,,,,,,",
        "good-2,站,air,140502,晋城市,PT1M,,,,,,",
    )  # fmt: skip
    assert counts(result) == (2, 0, 0, 3)
    assert [(error.row, error.field) for error in result.errors] == [
        (3, "kind"), (3, "reporting_period"), (4, "mn"), (5, "station"),
    ]  # fmt: skip
    registry = Registry.load(registry_connection)
    assert registry.knows("good-1")
    assert registry.knows("good-2")
    assert not registry.knows("bad-1")


def test_a_reader_reads_once_for_all_until_something_changes(
    stack: CoreSettings, registry_connection: connection, tmp_path: Path
) -> None:
    row = "shared,站,air,140502,晋城市,PT1M,,,,,,"
    take(registry_connection, tmp_path, row)
    reader = RegistryReader()
    with closing(connect(stack, "worker", application="test")) as other:
        first = reader.read(registry_connection)
        assert reader.read(other) is first
        registry_connection.commit()
        take(registry_connection, tmp_path, row.replace("PT1M", "PT1H"), effective=MAY)
        changed = reader.read(other)
        assert changed is not first
        station = changed.at("shared", MAY.timestamp())
        assert station is not None
        assert station.reporting_period == 3600


def test_an_mn_code_belongs_to_one_station(registry_connection: connection, tmp_path: Path) -> None:
    take(registry_connection, tmp_path, "owner,站,cems,140502,晋城市,PT1M,,,,MN0021,,")
    result = take(registry_connection, tmp_path, "claimant,站,cems,140502,晋城市,PT1M,,,,MN0021,,")
    assert [error.message for error in result.errors] == ["is the MN code of owner"]


@pytest.mark.parametrize("role", ["bridge", "worker", "engine"])
def test_processes_read_the_registry_and_cannot_write_it(stack: CoreSettings, role: str) -> None:
    with closing(connect(stack, role, application="test")) as conn, conn.cursor() as cursor:
        assert Registry.load(conn).version >= 1
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("insert into station (station) values ('forged')")


@pytest.mark.parametrize("role", ["bridge", "worker", "engine", "reader"])
def test_password_hashes_are_for_the_registry_alone(stack: CoreSettings, role: str) -> None:
    with (
        closing(connect(stack, role, application="test")) as conn,
        conn.cursor() as cursor,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
    ):
        cursor.execute("select * from mqtt_account")


def lantian(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_lists_bad_rows_on_stderr_and_says_so(stack_environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "stations.csv"
    file.write_text(
        "station,name_zh,kind,region,city,reporting_period\n"
        "cli-1,站,air,140502,晋城市,PT1M\ncli-2,站,gas,140502,晋城市,PT1M\n",
        encoding="utf-8",
    )
    done = lantian(stack_environment, "stations", "import", str(file))
    assert done.returncode == 1
    assert done.stdout == "stations: 1 added, 0 changed, 0 unchanged, 1 rows failed\n"
    assert done.stderr.startswith("stations.csv row 3, kind: ")
    shown = lantian(stack_environment, "stations", "show", "cli-1", "--json")
    assert [version["name_zh"] for version in json.loads(shown.stdout)] == ["站"]
    listed = lantian(stack_environment, "stations", "list", "--kind", "air", "--json")
    assert "cli-1" in [station["station"] for station in json.loads(listed.stdout)]


def heard_by(listener: Connection, speaker: Connection, got: list[str], topics: list[str]) -> list[str]:
    """Which of the topics the broker passes on; the speaker's last is one that it may write."""
    for topic in topics:
        speaker.publish(topic, b"{}")
    deadline = time.monotonic() + 10
    while topics[-1] not in got and time.monotonic() < deadline:
        speaker.poll(0.05)
        listener.poll(0.05)
    return got


def connected(settings: CoreSettings, username: str, *subscriptions: str, got: list[str] | None = None) -> Connection:
    """A connection after the broker's answer."""

    def take_note(messages: Sequence[Message]) -> None:
        if got is not None:
            got.extend(message.topic for message in messages)

    made = Connection(
        settings,
        Login(username, f"t-{username}", keep_session=False),
        subscriptions=subscriptions,
        on_messages=take_note,
    )
    deadline = time.monotonic() + 10
    while not (made.connected or made.refused) and time.monotonic() < deadline:
        made.poll(0.05)
    return made


def let_in(settings: CoreSettings, username: str, *, expected: bool) -> bool:
    """Whether the broker lets an account in, asked until it has read its files again."""
    deadline = time.monotonic() + 10
    while True:
        made = connected(settings, username)
        answer = made.connected
        made.disconnect()
        if answer is expected or time.monotonic() > deadline:
            return answer


def test_a_platform_speaks_for_the_stations_on_its_list(
    stack: CoreSettings, registry_connection: connection, tmp_path: Path
) -> None:
    rows = [f"pf-{n},站,air,140502,晋城市,PT1M,,,,,," for n in (1, 2, 3)]
    take(registry_connection, tmp_path, *rows)
    issue_platform(registry_connection, stack, "pf", ["pf-1", "pf-2"], replay=True)
    assert update_broker(registry_connection, stack.state_dir / BROKER_FOLDER)
    assert let_in(stack, "platform-pf", expected=True)
    got: list[str] = []
    bridge = connected(stack, "bridge", "lantian/v1/+/+/+/report", "lantian/v1/+/+/+/replay", got=got)
    platform = connected(stack, "platform-pf")
    topics = [f"lantian/v1/140502/air/{name}" for name in ("pf-3/report", "pf-3/replay", "pf-1/report", "pf-2/replay")]
    assert heard_by(bridge, platform, got, topics) == topics[2:]
    platform.disconnect()
    bridge.disconnect()


def test_a_new_password_ends_the_former_and_a_revoked_account_is_refused(
    stack: CoreSettings, registry_connection: connection, tmp_path: Path
) -> None:
    take(registry_connection, tmp_path, "renewed,站,air,140502,晋城市,PT1M,,,,,,")
    folder = stack.state_dir / BROKER_FOLDER
    issue(registry_connection, stack, "renewed")
    update_broker(registry_connection, folder)
    assert let_in(stack, "renewed", expected=True)
    shown = issue(registry_connection, stack, "renewed", keep=False)
    assert shown.secret is None
    update_broker(registry_connection, folder)
    assert not let_in(stack, "renewed", expected=False), "the secret still holds the former password"
    issue(registry_connection, stack, "renewed")
    update_broker(registry_connection, folder)
    assert let_in(stack, "renewed", expected=True)
    revoke(registry_connection, "renewed")
    update_broker(registry_connection, folder)
    assert not let_in(stack, "renewed", expected=False)


def test_the_command_lets_a_board_in_for_its_regions(stack: CoreSettings, stack_environment: dict[str, str]) -> None:
    done = lantian(stack_environment, "stations", "credentials", "--board", "cli-gate", "140502", "all", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["secret"] for one in json.loads(done.stdout)] == ["mqtt-board-cli-gate"]
    assert let_in(stack, "board-cli-gate", expected=True)


@pytest.mark.parametrize("arguments", [["--missing"], ["140502", "--replay"], ["140502", "--platform", "a"], ["14+"]])
def test_the_command_makes_no_board_that_could_say_anything(
    stack_environment: dict[str, str], arguments: list[str]
) -> None:
    done = lantian(stack_environment, "stations", "credentials", "--board", "cli-loud", *arguments)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1

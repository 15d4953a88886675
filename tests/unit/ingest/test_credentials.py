"""MQTT accounts: hashes and the broker's files."""

from __future__ import annotations

from pathlib import Path

from ingest.broker_files import render_acl, write_broker_files
from ingest.credentials import Account, AccountKind, hash_password, verify_password

KNOWN_SALT = bytes(range(12))


def account(
    name: str, kind: AccountKind = AccountKind.DEVICE, *, replay: bool = False, stations: tuple[str, ...] = ()
) -> Account:
    return Account(name, hash_password(name, KNOWN_SALT), kind, replay, stations)


def rules_of(user: str, acl: str) -> list[str]:
    """The lines that follow `user <user>`."""
    return acl.partition(f"user {user}\n")[2].partition("\n\n")[0].splitlines()


def test_a_hash_is_of_its_password_alone() -> None:
    hashed = hash_password("secret")
    assert hashed.startswith("$7$101$")
    assert verify_password("secret", hashed)
    assert not verify_password("Secret", hashed)


def test_the_same_password_never_has_the_same_hash() -> None:
    assert hash_password("secret") != hash_password("secret")


def test_the_bridge_reads_everything_and_writes_acknowledgements_alone() -> None:
    assert rules_of("bridge", render_acl([account("bridge", AccountKind.BRIDGE)])) == [
        "topic read lantian/v1/#",
        "topic write lantian/v1/+/+/+/ack",
        "topic write lantian/v1/platform/+/ack",
    ]


def test_a_device_needs_the_right_to_replay() -> None:
    acl = render_acl([account("S1"), account("S2", replay=True)])
    assert "user S1" not in acl
    assert rules_of("S2", acl) == ["topic write lantian/v1/+/+/S2/replay"]


def test_a_platform_speaks_for_its_stations() -> None:
    acl = render_acl([account("platform-a", AccountKind.PLATFORM, stations=("S1",))])
    assert rules_of("platform-a", acl) == [
        "topic read lantian/v1/platform/platform-a/ack",
        "topic write lantian/v1/+/+/S1/report",
        "topic write lantian/v1/+/+/S1/status",
        "topic read lantian/v1/+/+/S1/ack",
    ]


def test_who_replays_any_station_hears_what_is_told_to_platforms() -> None:
    acl = render_acl([account("platform-replay", AccountKind.PLATFORM, replay=True, stations=("*",))])
    rules = rules_of("platform-replay", acl)
    assert "topic read lantian/v1/platform/+/ack" in rules
    assert "topic write lantian/v1/+/+/+/replay" in rules


def test_the_notifier_writes_alerts_and_nothing_else() -> None:
    assert rules_of("notifier", render_acl([account("notifier", AccountKind.NOTIFIER)])) == [
        "topic write lantian/v1/alerts/+/+"
    ]


def test_a_board_reads_the_alerts_of_its_regions() -> None:
    acl = render_acl([account("board-a", AccountKind.BOARD, stations=("140502", "all"))])
    assert rules_of("board-a", acl) == ["topic read lantian/v1/alerts/140502/+", "topic read lantian/v1/alerts/all/+"]


def test_a_board_of_all_regions_reads_every_alert() -> None:
    acl = render_acl([account("board-a", AccountKind.BOARD, stations=("*",))])
    assert rules_of("board-a", acl) == ["topic read lantian/v1/alerts/+/+"]


def test_the_broker_s_files_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    assert not write_broker_files(tmp_path, [account("S2"), account("S1")])
    passwords = tmp_path / "passwd"
    assert [line.partition(":")[0] for line in passwords.read_text(encoding="utf-8").splitlines()] == ["S1", "S2"]
    assert passwords.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["acl", "passwd"]


def test_a_pid_file_that_outlived_its_broker_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "mosquitto.pid").write_text("1", encoding="ascii")
    assert not write_broker_files(tmp_path, [])

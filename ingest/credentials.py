"""MQTT accounts: who may connect to the broker, and what each may publish and hear.

Out come `passwd` and `acl` for Mosquitto. The database keeps only Mosquitto's hash of a password; the password itself
goes to a file that only its owner may read, or is shown once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from psycopg2.extensions import connection

from core.errors import InputError
from core.secrets import ensure_secret, read_secret, write_secret
from core.settings import CoreSettings
from ingest.registry import Registry
from ingest.station_row import BOARD_PREFIX, PLATFORM_PREFIX
from ingest.topics import check_level

BRIDGE = "bridge"
NOTIFIER = "notifier"
ALL_STATIONS = "*"
"""In a platform's list: whatever station there is, as a replay needs it. In a board's: whatever region."""

_SALT_BYTES = 12
_ITERATIONS = 101
"""Mosquitto's own default. Passwords are 192 random bits, so guessing is hopeless at any count, and a thousand monitors
that reconnect at once must not keep the broker busy."""


class AccountKind(StrEnum):
    """What an account is for."""

    DEVICE = "device"
    PLATFORM = "platform"
    """Speaks for many stations."""
    BRIDGE = "bridge"
    NOTIFIER = "notifier"
    """Publishes alerts for boards."""
    BOARD = "board"
    """Shows or sounds the alerts of some regions."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the broker. A device speaks for the station of its name, a platform for `stations`.

    For a board `stations` are the regions that it hears of.
    """

    username: str
    password_hash: str
    kind: AccountKind
    replay: bool = False
    stations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credential:
    """A password as issued; `secret` names the secret that keeps it, None if nothing does."""

    username: str
    password: str
    secret: str | None


def hash_password(password: str, salt: bytes | None = None) -> str:
    """Mosquitto's `$7$` form: PBKDF2 with HMAC-SHA512."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def verify_password(password: str, password_hash: str) -> bool:
    """Whether a hash of `hash_password` is that of `password`."""
    salt = base64.b64decode(password_hash.split("$")[3])
    return secrets.compare_digest(hash_password(password, salt), password_hash)


def issue(
    conn: connection, settings: CoreSettings, station: str, *, replay: bool = False, keep: bool = True
) -> Credential:
    """A new password for a station's device; a former one ends. With `keep` it is stored as a secret. Commits.

    Raises `InputError` if the station is not registered.
    """
    if not Registry.load(conn).knows(station):
        raise InputError(
            "unknown_station",
            "is not registered",
            field="station",
            value=station,
            hint="import it with `lantian stations import`",
        )
    with conn:
        return _issue(conn, settings, station, AccountKind.DEVICE, replay=replay, stations=(), keep=keep)


def issue_missing(conn: connection, settings: CoreSettings) -> list[Credential]:
    """Passwords, kept as secrets, for the devices of all stations registered now that have no account yet. Commits."""
    known = {account.username for account in load_accounts(conn)}
    missing = [station.station for station in Registry.load(conn).stations() if station.station not in known]
    with conn:
        return [_issue(conn, settings, name, AccountKind.DEVICE, replay=False, stations=()) for name in missing]


def issue_platform(
    conn: connection,
    settings: CoreSettings,
    name: str,
    stations: Sequence[str],
    *,
    replay: bool = False,
    keep: bool = True,
) -> Credential:
    """A new password for `platform-<name>`, which speaks for `stations` (`*`: all); a former one ends. Commits.

    Raises `InputError` if a station is not registered.
    """
    registry = Registry.load(conn)
    unknown = [station for station in stations if station != ALL_STATIONS and not registry.knows(station)]
    if unknown:
        raise InputError(
            "unknown_station",
            "is not registered",
            field="stations",
            value=unknown[0],
            hint="import it with `lantian stations import`",
        )
    username = PLATFORM_PREFIX + name.removeprefix(PLATFORM_PREFIX)
    with conn:
        return _issue(conn, settings, username, AccountKind.PLATFORM, replay=replay, stations=stations, keep=keep)


def issue_board(
    conn: connection, settings: CoreSettings, name: str, regions: Sequence[str], *, keep: bool = True
) -> Credential:
    """A new password for `board-<name>`, which hears the alerts of `regions` (`*`: all); a former one ends. Commits.

    Raises `InputError` if a region cannot stand in a topic.
    """
    for region in regions:
        if region != ALL_STATIONS:
            check_level("region", region)
    username = BOARD_PREFIX + name.removeprefix(BOARD_PREFIX)
    with conn:
        return _issue(conn, settings, username, AccountKind.BOARD, replay=False, stations=regions, keep=keep)


def ensure_own(conn: connection, settings: CoreSettings) -> None:
    """Accounts of bridge and notifier with the passwords of their secrets, which are made if missing. Commits."""
    for username, kind in ((BRIDGE, AccountKind.BRIDGE), (NOTIFIER, AccountKind.NOTIFIER)):
        password = ensure_secret(settings.state_dir, secret_name(username))
        known = {account.username: account for account in load_accounts(conn)}.get(username)
        conn.rollback()
        if not (known and verify_password(password, known.password_hash)):
            with conn:
                _store(conn, Account(username, hash_password(password), kind))


def bridge_account(settings: CoreSettings) -> Account:
    """The bridge's account by its secret alone, for a broker that starts before there is a database."""
    return Account(BRIDGE, hash_password(read_secret(settings.state_dir, secret_name(BRIDGE))), AccountKind.BRIDGE)


def secret_name(username: str) -> str:
    """The secret that holds an account's password."""
    return f"mqtt-{username}"


def load_accounts(conn: connection) -> list[Account]:
    """All accounts, in order of their names; leaves the transaction open."""
    with conn.cursor() as cursor:
        cursor.execute("select username, password_hash, kind, replay, stations from mqtt_account order by username")
        return [
            Account(name, hashed, AccountKind(kind), replay, tuple(own)) for name, hashed, kind, replay, own in cursor
        ]


def revoke(conn: connection, username: str) -> None:
    """End an account, at the next writing of the broker's files. Commits; raises `InputError` if there is none."""
    with conn, conn.cursor() as cursor:
        cursor.execute("delete from mqtt_account where username = %s", (username,))
        if not cursor.rowcount:
            raise InputError("unknown_account", "there is no such account", field="username", value=username)


def _issue(
    conn: connection,
    settings: CoreSettings,
    username: str,
    kind: AccountKind,
    *,
    replay: bool,
    stations: Iterable[str],
    keep: bool = True,
) -> Credential:
    check_level("username", username)
    password = secrets.token_urlsafe(24)
    _store(conn, Account(username, hash_password(password), kind, replay, tuple(stations)))
    if not keep:
        return Credential(username, password, None)
    write_secret(settings.state_dir, secret_name(username), password)
    return Credential(username, password, secret_name(username))


def _store(conn: connection, account: Account) -> None:
    with conn.cursor() as cursor:
        cursor.execute(
            """insert into mqtt_account (username, password_hash, kind, replay, stations)
            values (%s, %s, %s, %s, %s)
            on conflict (username) do update set password_hash = excluded.password_hash, kind = excluded.kind,
                replay = excluded.replay, stations = excluded.stations, issued_at = now()""",
            (account.username, account.password_hash, account.kind, account.replay, list(account.stations)),
        )

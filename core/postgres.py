"""A thin adapter for PostgreSQL: connections by role, and rows as COPY text."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from core.errors import SettingsError, UnavailableError
from core.secrets import read_secret
from core.settings import CoreSettings

ROLES = (
    "owner",
    "bridge",
    "worker",
    "engine",
    "operator",
    "notifier",
    "registry",
    "archive",
    "repair",
    "reader",
    "viewer",
)
"""One role a process or tool that writes; the database knows them as `lantian_<role>`."""
READERS = ("reader", "viewer")
"""They write nothing: `reader` reads every table, `viewer`, for dashboards, nothing but the views `v_…`."""

Gone = (psycopg2.OperationalError, psycopg2.InterfaceError)
"""What psycopg2 raises when the server is away: reconnect and start again from what is committed."""

_SESSION = {
    "search_path": "lantian,public",
    "timezone": "UTC",
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": "15s",
}
_HOLDS_LOCKS = ("worker", "engine", "operator", "notifier", "archive")
_LOCKS_HELD_IDLE = {"idle_in_transaction_session_timeout": "60s"}
"""A process that is frozen in a transaction must not keep its locks for ever; a successor that waits ends it sooner.
Between two statements a worker computes what one transaction holds, seconds on the smallest machine."""


def connect(settings: CoreSettings, role: str, *, application: str) -> connection:
    """A connection as `lantian_<role>`: UTC, schema `lantian`, transactions begun by the first statement.

    Raises `UnavailableError` if the server does not answer and `SettingsError` without an address.
    """
    if not settings.postgres_host:
        raise SettingsError(
            "address", "no PostgreSQL is known", field="LANTIAN_POSTGRES_HOST", hint="run `lantian up`, or set it"
        )
    name = role.removeprefix("lantian_")
    session = _SESSION | (_LOCKS_HELD_IDLE if name in _HOLDS_LOCKS else {})
    try:
        return psycopg2.connect(
            host=settings.postgres_host,
            port=settings.postgres_port,
            dbname=settings.postgres_database,
            user=f"lantian_{name}",
            password=read_secret(settings.state_dir, f"postgres-{name}"),
            sslmode=settings.postgres_sslmode,
            application_name=application,
            connect_timeout=5,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=15_000,
            options=" ".join(f"-c {key}={value}" for key, value in session.items()),
        )
    except psycopg2.OperationalError as error:
        raise UnavailableError(
            "postgres",
            f"PostgreSQL does not answer as lantian_{name}: {str(error).strip().splitlines()[0]}",
            hint="run `lantian status`",
        ) from error


def end_frozen(cursor: Any, table: str, seconds: float) -> int:
    """End this application's other sessions that keep the server waiting for `seconds` and hold rows of `table`.

    Their processes are frozen or cut off, or take it for a server that went away; what they held is free again.
    `idle_in_transaction_session_timeout` does not know of one that stands still in the middle of a COPY.
    """
    cursor.execute(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = current_user"
        " and application_name = current_setting('application_name') and pid <> pg_backend_pid()"
        " and wait_event_type = 'Client' and xact_start is not null"
        " and state_change < clock_timestamp() - make_interval(secs => %s)"
        " and pid in (select pid from pg_locks where relation = %s::regclass and mode = 'RowShareLock' and granted)",
        (seconds, table),
    )
    return int(cursor.fetchone()[0])


# PostgreSQL has no NUL in texts: a name that holds one is shown with U+FFFD; its bytes are kept as they came
_ESCAPES = str.maketrans({"\0": "\ufffd", "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_field(value: Any) -> str:
    """One value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value)


def probe_by_key(cursor: Any) -> None:
    """Have the session look rows up by key, some thousand at once: the planner's other ways read whole chunks."""
    cursor.execute("set enable_hashjoin = off; set enable_mergejoin = off; set jit = off")


_BINARY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_BINARY_END = b"\xff\xff"
_PIECE_BYTES = 1 << 18
"""Of what libpq is given at once; each piece of psycopg2's 8 KiB costs a message."""


def copy_binary(cursor: Any, table: str, columns: str, rows: Iterable[bytes]) -> None:
    """COPY rows into a table that stand in COPY's binary form already."""
    content = io.BytesIO(b"".join((_BINARY_HEAD, *rows, _BINARY_END)))
    cursor.copy_expert(f"copy {table} ({columns}) from stdin (format binary)", content, size=_PIECE_BYTES)


def copy(cursor: Any, table: str, columns: str, rows: Iterable[Iterable[Any]]) -> None:
    """COPY rows into a table.

    Encoded here, half a surrogate pair as `?`: where psycopg2 itself fails to encode, the server tells of a cancelled
    statement, which is an `OperationalError` as if it were away, and the same rows would be tried for ever.
    """
    lines = "".join("\t".join(map(_copy_field, row)) + "\n" for row in rows)
    cursor.copy_expert(f"copy {table} ({columns}) from stdin", io.BytesIO(lines.encode("utf-8", "replace")))

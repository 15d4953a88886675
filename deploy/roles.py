"""What migrations stand on, made by a superuser: the roles with their passwords, the database, the extension."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, encrypt_password

from core.postgres import READERS, ROLES
from core.secrets import ensure_secret

SUPERUSER = "postgres"
SUPERUSER_SECRET = "postgres-superuser"  # noqa: S105 (the secret's name)
VIEWER = "viewer"
VIEWER_TIMEOUT = "60s"
"""A page that asks for more than that helps nobody, and keeps the database from those who write."""


def superuser(state_dir: Path, port: int, database: str, *, host: str = "127.0.0.1") -> connection:
    """A connection to a server of our own that may do everything; each statement commits."""
    server = psycopg2.connect(
        host=host,
        port=port,
        dbname=database,
        user=SUPERUSER,
        password=ensure_secret(state_dir, SUPERUSER_SECRET),
        connect_timeout=5,
    )
    server.autocommit = True
    return server


def superuser_enters(state_dir: Path, port: int) -> bool:
    """Whether a server of our own lets the superuser in."""
    try:
        superuser(state_dir, port, "postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def provision(connect: Callable[[str], connection], state_dir: Path, database: str) -> None:
    """Make roles, database and extension, or bring them up to the secrets of `state_dir`.

    `connect`: a superuser's connection to the database of a name, each statement of which commits.
    """
    with closing(connect("postgres")) as server:
        for role in ROLES:
            _provision_role(server, state_dir, role)
        _provision_database(server, database)
    with closing(connect(database)) as server, server.cursor() as cursor:
        cursor.execute("create extension if not exists timescaledb")


def _provision_role(server: connection, state_dir: Path, role: str) -> None:
    name = f"lantian_{role}"
    password = ensure_secret(state_dir, f"postgres-{role}")
    # Hashed here, so that no statement that a log may hold carries the password.
    hashed = encrypt_password(password, name, server, "scram-sha-256")
    with server.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", (name,))
        verb = "alter" if cursor.fetchone() else "create"
        cursor.execute(
            sql.SQL("{verb} role {name} login nosuperuser nocreatedb nocreaterole password {password}").format(
                verb=sql.SQL(verb), name=sql.Identifier(name), password=sql.Literal(hashed)
            )
        )
        if role in READERS:
            cursor.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(sql.Identifier(name)))
        if role == VIEWER:
            cursor.execute(
                sql.SQL("alter role {} set statement_timeout = {}").format(
                    sql.Identifier(name), sql.Literal(VIEWER_TIMEOUT)
                )
            )


def _provision_database(server: connection, database: str) -> None:
    name = sql.Identifier(database)
    with server.cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", (database,))
        if not cursor.fetchone():
            cursor.execute(sql.SQL("create database {} owner lantian_owner").format(name))
        cursor.execute(sql.SQL("revoke all on database {} from public").format(name))
        roles = sql.SQL(", ").join(sql.Identifier(f"lantian_{role}") for role in ROLES)
        cursor.execute(sql.SQL("grant connect on database {} to {}").format(name, roles))
        workers = sql.SQL(", ").join(sql.Identifier(f"lantian_{role}") for role in ROLES if role != VIEWER)
        cursor.execute(sql.SQL("grant temporary on database {} to {}").format(name, workers))

"""The database's schema: plain SQL files in `core/migrations`, applied in order by yoyo as `lantian_owner`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg2
from yoyo import get_backend, read_migrations
from yoyo.exceptions import LockTimeout

from core.errors import LantianError, UnavailableError
from core.postgres import ROLES, connect
from core.secrets import read_secret, secret_path, variable_of
from core.settings import CoreSettings

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(settings: CoreSettings) -> list[str]:
    """Apply what is missing; returns the names of the migrations applied, in order.

    Two processes may try at once: one waits for the other. Raises `UnavailableError` if the database does not answer
    and `LantianError` naming the roles that are missing, or the migration that failed; nothing of a failed one stays.
    """
    _require_roles(settings)
    with _backend(settings) as backend:
        applied = []
        try:
            # yoyo prints the rows that a statement returns (create_hypertable); stdout is for a command's answer.
            with redirect_stdout(io.StringIO()), backend.lock():
                for migration in backend.to_apply(read_migrations(str(MIGRATIONS))):
                    try:
                        backend.apply_one(migration)
                    except psycopg2.Error as error:
                        raise LantianError(
                            "migration",
                            str(error).strip().splitlines()[0],
                            field=migration.id,
                            hint="correct the database or the migration, then run `lantian migrate`",
                        ) from error
                    applied.append(str(migration.id))
        except LockTimeout as error:
            raise UnavailableError(
                "migration_lock",
                "another migration holds the lock",
                hint="let it end; if it was killed: `yoyo break-lock`",
            ) from error
        return applied


def pending(settings: CoreSettings) -> list[str]:
    """Names of the migrations that the database lacks."""
    with _backend(settings) as backend:
        return [str(migration.id) for migration in backend.to_apply(read_migrations(str(MIGRATIONS)))]


def _require_roles(settings: CoreSettings) -> None:
    """Migrations grant rights and make no roles: the owner may not, and passwords have no business in a migration."""
    query = "select rolname from pg_roles where rolname like 'lantian%'"
    with closing(connect(settings, "owner", application="lantian migrate")) as server, server.cursor() as cursor:
        cursor.execute(query)
        there = {name for (name,) in cursor}
    lacking = [role for role in ROLES if f"lantian_{role}" not in there]
    if not lacking:
        return
    statements = "; ".join(f"create role lantian_{role} login password '…'" for role in lacking)
    places = ", ".join(
        f"{variable_of(secret)} or {secret_path(settings.state_dir, secret)}"
        for secret in (f"postgres-{role}" for role in lacking)
    )
    raise LantianError(
        "roles",
        "the database's server has no such role" if len(lacking) == 1 else "the database's server has no such roles",
        field=", ".join(f"lantian_{role}" for role in lacking),
        hint=f"as a superuser: `{statements}`; put the password in {places}; then run `lantian migrate`",
    )


@contextmanager
def _backend(settings: CoreSettings) -> Iterator[Any]:
    connect(settings, "owner", application="lantian migrate").close()
    options = urlencode({"sslmode": settings.postgres_sslmode, "application_name": "lantian migrate"})
    password = quote(read_secret(settings.state_dir, "postgres-owner"), safe="")
    host = f"{settings.postgres_host}:{settings.postgres_port}"
    backend = get_backend(f"postgresql://lantian_owner:{password}@{host}/{settings.postgres_database}?{options}")
    try:
        yield backend
    finally:
        backend.connection.close()

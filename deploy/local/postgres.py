"""TimescaleDB of the local stack: a PostgreSQL cluster in the checkout's state, run from the system root."""

from __future__ import annotations

import shutil
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, encrypt_password

from core.errors import UnavailableError
from core.postgres import READERS, ROLES
from core.secrets import ensure_secret
from deploy.local.addresses import HOST, Ports
from deploy.local.system_root import STATE, SystemRoot

USER = "postgres"
SUPERUSER = "postgres"
SUPERUSER_SECRET = "postgres-superuser"  # noqa: S105 (the secret's name)
VIEWER = "viewer"
VIEWER_TIMEOUT = "60s"
"""A page that asks for more than that helps nobody, and keeps the database from those who write."""
_BINARIES = "/usr/lib/postgresql/17/bin"


class Postgres:
    """The database."""

    name = "postgres"
    stop_signal = signal.SIGINT
    """PostgreSQL's fast shutdown: sessions are ended, nothing committed is lost."""
    ports = ("postgres",)

    def __init__(self, state_dir: Path, root: SystemRoot) -> None:
        self._state_dir = state_dir
        self._folder = state_dir / "postgres"
        self._root = root
        self.log = state_dir / "log" / "postgres.log"

    def prepare(self, ports: Ports) -> None:
        """Make the cluster the first time; write the configuration."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.own(self._folder, USER)
        if not (self._folder / "data").is_dir():
            self._make_cluster()
        configuration = self._folder / "lantian.conf"
        configuration.write_text(render(ports), encoding="utf-8")
        self._root.own(configuration, USER)

    def command(self, ports: Ports) -> list[str]:
        """PostgreSQL in the foreground."""
        del ports
        return self._root.command(USER, self._folder, [f"{_BINARIES}/postgres", "-D", f"{STATE}/data"])

    def answers(self, ports: Ports) -> bool:
        """Whether it lets the superuser in."""
        try:
            self._connect(ports, "postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def provision(self, ports: Ports, database: str) -> None:
        """Make what migrations stand on: the roles with their passwords, the database, the extension."""
        with closing(self._connect(ports, "postgres")) as server:
            for role in ROLES:
                self._provision_role(server, role)
            self._provision_database(server, database)
        with closing(self._connect(ports, database)) as server, server.cursor() as cursor:
            cursor.execute("create extension if not exists timescaledb")

    def _provision_role(self, server: connection, role: str) -> None:
        name = f"lantian_{role}"
        password = ensure_secret(self._state_dir, f"postgres-{role}")
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
                cursor.execute(
                    sql.SQL("alter role {} set default_transaction_read_only = on").format(sql.Identifier(name))
                )
            if role == VIEWER:
                cursor.execute(
                    sql.SQL("alter role {} set statement_timeout = {}").format(
                        sql.Identifier(name), sql.Literal(VIEWER_TIMEOUT)
                    )
                )

    @staticmethod
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

    def _connect(self, ports: Ports, database: str) -> connection:
        return superuser(self._state_dir, ports.postgres, database)

    def _make_cluster(self) -> None:
        """`initdb` beside the final folder, so that a cluster is there whole or not at all."""
        partial = self._folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        password = self._folder / "password.partial"
        password.touch(mode=0o600)
        password.write_text(ensure_secret(self._state_dir, SUPERUSER_SECRET), encoding="utf-8")
        self._root.own(password, USER)
        options = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={STATE}/{password.name}"]
        options += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums"]
        command = [f"{_BINARIES}/initdb", "-D", f"{STATE}/{partial.name}", *options]
        result = subprocess.run(
            self._root.command(USER, self._folder, command), capture_output=True, text=True, check=False
        )
        password.unlink()
        if result.returncode != 0:
            last = result.stderr.strip().splitlines()[-1:]
            raise UnavailableError(
                "postgres", f"the PostgreSQL cluster cannot be made: {' '.join(last)}", hint="run `lantian doctor`"
            )
        with (partial / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"include '{STATE}/lantian.conf'\n")
        partial.rename(self._folder / "data")


def superuser(state_dir: Path, port: int, database: str) -> connection:
    """A connection to a stack's own server that may do everything; each statement commits."""
    server = psycopg2.connect(
        host=HOST,
        port=port,
        dbname=database,
        user=SUPERUSER,
        password=ensure_secret(state_dir, SUPERUSER_SECRET),
        connect_timeout=5,
    )
    server.autocommit = True
    return server


def render(ports: Ports) -> str:
    """Settings for a small machine that keep every commit (fsync, synchronous_commit)."""
    lines = {
        "port": ports.postgres,
        "listen_addresses": HOST,
        "unix_socket_directories": STATE,
        "password_encryption": "scram-sha-256",
        "shared_preload_libraries": "timescaledb",
        "timescaledb.telemetry_level": "off",
        "timescaledb.max_background_workers": 4,
        "max_worker_processes": 12,
        "max_connections": 80,
        # a query over all weeks locks each chunk and its index: by the default it fails from some 2 500 weeks on, which
        # devices with wild clocks make in no time
        "max_locks_per_transaction": 256,
        # tells when a row became visible: for whoever asks how late a figure was, or who knew what when
        "track_commit_timestamp": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_compression": "lz4",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "random_page_cost": 1.1,
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %u %a ",
        "log_checkpoints": "off",
    }
    return "".join(f"{key} = '{value}'\n" for key, value in lines.items())

"""TimescaleDB of the local stack: a PostgreSQL cluster in the checkout's state, run from the system root."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

from core.errors import UnavailableError
from core.secrets import ensure_secret
from deploy.local.addresses import HOST, Ports
from deploy.local.system_root import STATE, SystemRoot
from deploy.roles import SUPERUSER, SUPERUSER_SECRET, superuser_enters

USER = "postgres"
SOURCE = Path(__file__).resolve().parents[1] / "postgres" / "postgresql.conf"
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
        return superuser_enters(self._state_dir, ports.postgres)

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


def render(ports: Ports) -> str:
    """`lantian.conf`: the settings of all, and where this one listens."""
    lines = {"port": ports.postgres, "listen_addresses": HOST, "unix_socket_directories": STATE}
    return SOURCE.read_text(encoding="utf-8") + "".join(f"{key} = '{value}'\n" for key, value in lines.items())

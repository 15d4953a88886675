"""The field of the fault suite: the whole pipeline on a fresh stack, several processes of a kind, lines that can break.

A `Field` serves many rounds. Its data clock stands past all that is sent, so that nothing is waited for.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from links import Links
from pipeline import Process
from waiting import eventually

from core.postgres import connect
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local import addresses
from deploy.local.stack import Stack
from deploy.processes import data_clock
from ingest.station_import import import_csv

COMMANDS = {"bridge": ("ingest",), "worker": ("aggregate",), "engine": ("alerts", "run")}
SETTINGS = {
    "LANTIAN_BRIDGE_METRICS_PORT": "0",
    "LANTIAN_AGGREGATE_METRICS_PORT": "0",
    "LANTIAN_ALERTS_METRICS_PORT": "0",
    # little at once, said soon: so that work is under way whenever something strikes
    "LANTIAN_BRIDGE_ACK_SECONDS": "0.3",
    "LANTIAN_SENDER_WINDOW": "400",
    "LANTIAN_SENDER_RESEND_SECONDS": "2",
}

NONE: Mapping[str, str] = MappingProxyType({})
Row = tuple[Any, ...]


class Field:
    """The pipeline under test; processes by number in `bridges`, `workers` and `engines`, lines by name in `links`.

    Lines: `bridge-mqtt`, `sender-mqtt`, `kafka` (of all), `worker-postgres`, `engine-postgres`.
    """

    def __init__(
        self, folder: Path, *, now: float, seed: int = 1, each: int = 2, settings: Mapping[str, str] = NONE
    ) -> None:
        """`now`: where the data clock stands at the start; `each`: so many processes of a kind."""
        self.dice = random.Random(seed)
        self.folder = folder
        self.probes = itertools.count(1)
        """Numbers of the reports that ask whether all works again."""
        configured = ConfiguredSettings(state_dir=folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ports = addresses.load_ports(folder)
        addresses.save(folder, ports, configured)
        targets = {
            "bridge-mqtt": ports.mqtt,
            "sender-mqtt": ports.mqtt,
            "kafka": ports.kafka,
            "worker-postgres": ports.postgres,
            "engine-postgres": ports.postgres,
        }
        self.links = Links({name: (addresses.free_port(), target) for name, target in targets.items()})
        # Kafka names to its clients where to connect: to the line
        with patch.dict(os.environ, {"LANTIAN_LOCAL_KAFKA_ADVERTISED": self.links["kafka"].address}):
            self.stack = Stack(configured)
        self.now = now
        self._clock = {
            "clock_epoch": datetime.fromtimestamp(now, UTC).isoformat(),
            "clock_started": datetime.now(UTC).isoformat(),
        }
        self._settings = {
            **SETTINGS,
            **self.stack.environment,
            **data_clock(self._clock["clock_epoch"], self._clock["clock_started"], 1.0),
            **settings,
        }
        self.bridges, self.workers, self.engines = (
            {number: self._make(role, number) for number in range(1, each + 1)} for role in COMMANDS
        )

    @property
    def core(self) -> CoreSettings:
        """Leads to the servers themselves, not through the lines; Kafka's clients end up in its line anyway."""
        return self.stack.settings.model_copy(update=self._clock)

    @property
    def processes(self) -> list[Process]:
        """All of them."""
        return [*self.bridges.values(), *self.workers.values(), *self.engines.values()]

    def of(self, role: str) -> dict[int, Process]:
        """The processes of a role: bridge, worker or engine."""
        found: dict[int, Process] = getattr(self, f"{role}s")
        return found

    def start(self, stations: Path) -> None:
        """Everything, ready; with the stations of a CSV, and the account `platform-simulator` that speaks for all."""
        self.stack.up()
        self.register(stations)
        self.run("stations", "credentials", "*", "--platform", "simulator")
        for process in self.processes:
            process.start()
        self.wait_ready()

    def register(self, stations: Path) -> None:
        """The stations of a CSV, from long ago."""
        with closing(connect(self.core, "registry", application="test")) as database:
            result = import_csv(database, stations, effective=datetime.fromtimestamp(0, UTC), user="test")
        assert not result.errors, result.errors

    def check_alive(self) -> None:
        """No process and no server has ended by itself."""
        for name in self.stack.names:
            assert self.stack.pid(name) is not None, f"{name} has ended by itself: {self.stack.log_tail(name)}"
        for process in self.processes:
            assert process.running, f"{process.name} has ended by itself: {process.tail()}"

    def wait_ready(self) -> None:
        """Every process says that it is."""
        for process in self.processes:
            process.wait_ready()

    def join(self, role: str) -> int:
        """One process more of a role, ready some time later; its number."""
        number = max(self.of(role)) + 1
        self.of(role)[number] = process = self._make(role, number)
        process.start()
        return number

    def leave(self, role: str, number: int) -> None:
        """One process less; a bridge leaves for good."""
        self.of(role).pop(number).end()
        if role == "bridge":
            self.run("ingest", "--leave", "--name", str(number))

    def environment(self, role: str) -> dict[str, str]:
        """Of a process of a role: bridge, worker, engine, sender; of any other, past all lines."""
        found = {**os.environ, **self._settings}
        if mqtt := self.links.get(f"{role}-mqtt"):
            found |= {"LANTIAN_MQTT_HOST": addresses.HOST, "LANTIAN_MQTT_PORT": str(mqtt.port)}
        if postgres := self.links.get(f"{role}-postgres"):
            found |= {"LANTIAN_POSTGRES_HOST": addresses.HOST, "LANTIAN_POSTGRES_PORT": str(postgres.port)}
        if role in COMMANDS:
            found["LANTIAN_KAFKA"] = self.links["kafka"].address
        return found

    def run(self, *arguments: str) -> str:
        """A command that must succeed; what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            env=self.environment("operator"),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"lantian {' '.join(arguments)}: {done.stderr}{done.stdout[-2000:]}"
        return done.stdout

    def rows(self, query: str, parameters: object = None) -> list[Row]:
        """What the read-only role finds."""
        with closing(connect(self.core, "reader", application="test")) as database, database.cursor() as cursor:
            cursor.execute(query, parameters)
            return list(cursor.fetchall())

    def eventually_rows(self, what: str, query: str, parameters: object = None) -> list[Row]:
        """The first rows that a query finds."""
        return eventually(what, lambda: self.rows(query, parameters), every=0.1)

    def tell_logs(self) -> str:
        """The ends of all logs, for a round that failed."""
        parts = [f"--- {process.name} ---\n{process.tail()}\n" for process in self.processes]
        parts += [f"--- {name} ---\n{self.stack.log_tail(name)}\n" for name in self.stack.names]
        return "\n".join(parts)

    def stop(self) -> None:
        """End all, whatever state it is in, and erase it."""
        for process in self.processes:
            if process.running:
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
        for name in self.stack.names:
            if pid := self.stack.pid(name):
                os.kill(pid, signal.SIGCONT)
        self.links.close()
        self.stack.erase()

    def _make(self, role: str, number: int) -> Process:
        environment = {**self.environment(role), "LANTIAN_BRIDGE_NAME": str(number)}
        return Process(f"{role}-{number}", list(COMMANDS[role]), environment, self.folder, number)


@contextmanager
def running_field(
    folder: Path, stations: Path, *, now: float, seed: int = 1, each: int = 2, settings: Mapping[str, str] = NONE
) -> Iterator[Field]:
    """A field of its own in `folder`, ready, with the stations of a CSV."""
    field = Field(folder, now=now, seed=seed, each=each, settings=settings)
    try:
        field.start(stations)
        yield field
    except BaseException:
        sys.stderr.write(field.tell_logs())
        raise
    finally:
        field.stop()

"""The local stack as one thing: up, down, and each server by itself for those who test what its death does."""

from __future__ import annotations

import fcntl
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import SettingsError, UnavailableError
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local import addresses, process
from deploy.local.component import Component
from deploy.local.kafka import Kafka
from deploy.local.mosquitto import Mosquitto
from deploy.local.postgres import Postgres
from deploy.local.prometheus import Alertmanager, Prometheus
from deploy.local.settings import LocalSettings
from deploy.local.system_root import SystemRoot
from deploy.setup import places
from deploy.within import within

START_TIMEOUT = 180.0
"""Seconds; each takes two to five, and many times that on a machine that is busy otherwise."""
STOP_TIMEOUT = 60.0
STATUS_PATIENCE = 1.5
"""Seconds for all servers, asked at once."""
_RELAUNCHES = 10
_PAUSE = 0.1


@dataclass(frozen=True)
class Status:
    """How one server stands."""

    name: str
    address: str
    local: bool
    """Whether this stack runs it; else the settings name it."""
    pid: int | None
    answers: bool


class Stack:
    """The servers that the settings leave to us; those they name are used as they are and never touched.

    `settings` is what a person configured (`ConfiguredSettings`); its `state_dir` holds everything of this stack.
    """

    def __init__(self, settings: CoreSettings) -> None:
        self.state_dir = settings.state_dir.absolute()
        settings = addresses.not_ours(settings, self.state_dir)
        self._configured = settings
        local: LocalSettings = LocalSettings.load()
        root = SystemRoot(places.system_root(settings.cache_dir))
        self.postgres = Postgres(self.state_dir, root)
        self.mosquitto = Mosquitto(settings, root, local)
        candidates: list[tuple[str, Component]] = [
            (settings.postgres_host, self.postgres),
            (settings.kafka, Kafka(self.state_dir, places.kafka_jars(settings.cache_dir), local)),
            (settings.mqtt_host, self.mosquitto),
        ]
        self._components = {part.name: part for configured, part in candidates if not configured}
        watching: list[Component] = [Prometheus(settings, root, local), Alertmanager(settings, root, local)]
        self._watching = {part.name: part for part in watching}
        """Run only where they are asked for; nothing depends on them."""

    @classmethod
    def configured(cls) -> Stack:
        """The stack of this checkout, or of the state folder that the environment names."""
        return cls(ConfiguredSettings.load())

    @property
    def settings(self) -> CoreSettings:
        """The settings with this stack's addresses in them, once it has any."""
        named = {field: value for field, value in self._configured.model_dump().items() if value}
        return CoreSettings.model_validate({**addresses.known(self.state_dir), **named})

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point a process at this stack."""
        return {"LANTIAN_STATE_DIR": str(self.state_dir), "LANTIAN_CACHE_DIR": str(self._configured.cache_dir)}

    def up(self, *, with_metrics: bool = False) -> CoreSettings:
        """Start what does not run, make database and topics ready; returns the settings that lead to it.

        `with_metrics`: Prometheus and Alertmanager as well. Does nothing to what runs already. Raises
        `UnavailableError` naming the server that does not answer.
        """
        from deploy.prepare import make_roles, prepare  # noqa: PLC0415 (slow to import; status and down do without)

        with self._locked():
            wanted = {**self._components, **(self._watching if with_metrics else {})}
            idle = [part for part in wanted.values() if self.pid(part.name) is None]
            ports = addresses.renew(self._ports, *(port for part in idle for port in part.ports))
            addresses.save(self.state_dir, ports, self._configured)
            with ThreadPoolExecutor(len(idle) or 1) as pool:
                list(pool.map(self._start, idle))
            settings = self.settings
            if self.postgres.name in self._components:
                make_roles(settings)
            prepare(settings, self.mosquitto.folder if self.mosquitto.name in self._components else None)
        return settings

    def down(self) -> list[str]:
        """End exactly what `up` started, data kept; returns the names of what was ended."""
        if not self.state_dir.is_dir():
            return []
        with self._locked():
            running = [name for name in (*self._watching, *self._components) if self.pid(name) is not None]
            with ThreadPoolExecutor(len(running) or 1) as pool:
                list(pool.map(self.stop, running))
        return running

    def erase(self) -> None:
        """End what runs and remove all data of this stack."""
        if self.state_dir.is_dir():
            self.down()
            shutil.rmtree(self.state_dir)

    def start(self, name: str) -> None:
        """Start one server of a stack that has been up, and wait until it answers."""
        if self.pid(name) is None:
            self._start(self._component(name))

    def stop(self, name: str) -> None:
        """End one server in order."""
        component = self._component(name)
        self._end(component, component.stop_signal)

    def kill(self, name: str) -> None:
        """End one server with SIGKILL: it writes nothing down any more."""
        self._end(self._component(name), signal.SIGKILL)

    def pid(self, name: str) -> int | None:
        """The pid of a server that this stack started and that still runs."""
        running = process.recall(self._record(self._component(name)))
        return running.pid if running else None

    def remains(self, name: str) -> process.Running | None:
        """What this stack started as that server, did not stop, and runs no more; None if it runs or was stopped."""
        component = self._component(name)
        return process.left_behind(self._record(component))

    def status(self) -> list[Status]:
        """How each server stands; one that says nothing in time, such as a frozen one, does not answer."""
        settings, ports = self.settings, self._ports
        places_of = {
            "postgres": f"{settings.postgres_host}:{settings.postgres_port}" if settings.postgres_host else "",
            "kafka": settings.kafka,
            "mosquitto": f"{settings.mqtt_host}:{settings.mqtt_port}" if settings.mqtt_host else "",
        }
        for name, part in self._watching.items():
            if self.pid(name) is not None or self.remains(name) is not None:
                places_of[name] = f"{addresses.HOST}:{getattr(ports, part.ports[0])}"
        asked = {name: partial(self._status, name, address) for name, address in places_of.items()}
        said = within(STATUS_PATIENCE, asked)
        return [
            found
            if isinstance(found := said[name], Status)
            else Status(name, address, name in self._local, self._pid_of(name), answers=False)
            for name, address in places_of.items()
        ]

    def log_tail(self, name: str, lines: int = 40) -> str:
        """The last lines of a server's log."""
        log = self._component(name).log
        return (
            "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]) if log.exists() else ""
        )

    @property
    def ports(self) -> addresses.Ports:
        """Where its servers listen."""
        return self._ports

    @property
    def names(self) -> tuple[str, ...]:
        """The servers that this stack runs itself, for the pipeline."""
        return tuple(self._components)

    def _pid_of(self, name: str) -> int | None:
        return self.pid(name) if name in self._local else None

    @property
    def _local(self) -> dict[str, Component]:
        return {**self._components, **self._watching}

    def _status(self, name: str, address: str) -> Status:
        if name in self._local:
            pid = self.pid(name)
            answers = pid is not None and self._local[name].answers(self._ports)
            return Status(name, address, local=True, pid=pid, answers=answers)
        return Status(name, address, local=False, pid=None, answers=addresses.reachable(address))

    def _start(self, component: Component) -> None:
        """Launch and wait.

        A server that ends at once is launched again: the remains of one that was killed (PostgreSQL's children, a
        port) may need a moment to go.
        """
        ports = self._ports
        component.prepare(ports)
        deadline = time.monotonic() + START_TIMEOUT
        for _ in range(_RELAUNCHES):
            running = process.launch(component.command(ports), log=component.log)
            process.remember(self._record(component), running)
            while not process.wait_end(running, _PAUSE):
                if component.answers(ports):
                    return
                if time.monotonic() > deadline:
                    process.send(running, signal.SIGKILL)
                    raise self._failed(component, f"does not answer within {START_TIMEOUT:.0f} s")
            time.sleep(_PAUSE)
        raise self._failed(component, "ends as soon as it is started")

    def _failed(self, component: Component, how: str) -> UnavailableError:
        last = self.log_tail(component.name, 1)
        return UnavailableError(component.name, f"{component.name} {how}: {last}", hint=f"read {component.log}")

    def _end(self, component: Component, number: signal.Signals) -> None:
        record = self._record(component)
        if running := process.recall(record):
            process.send(running, number)
            if not process.wait_end(running, STOP_TIMEOUT):
                process.send(running, signal.SIGKILL)
                process.wait_end(running, STOP_TIMEOUT)
        record.unlink(missing_ok=True)

    def _component(self, name: str) -> Component:
        if name not in self._local:
            raise SettingsError(
                "component", "is not a server of this stack", field=name, hint=f"those are: {', '.join(self._local)}"
            )
        return self._local[name]

    def _record(self, component: Component) -> Path:
        return self.state_dir / "run" / f"{component.name}.json"

    @property
    def _ports(self) -> addresses.Ports:
        return addresses.load_ports(self.state_dir)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One `up` or `down` at a time."""
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.state_dir / "lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

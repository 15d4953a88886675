"""The servers as containers: images, files and environment of docker-compose.yml, at fixed ports of loopback."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from compose_file import SERVERS, files, image, service, volumes
from docker_engine import OWNER, clear_up, owner
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.exceptions import ContainerStartException
from testcontainers.core.labels import create_labels
from waiting import eventually

from core.kafka import answers as kafka_answers
from core.secrets import ensure_secret
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local import addresses
from deploy.prepare import make_roles, prepare
from deploy.roles import SUPERUSER_SECRET, superuser_enters
from ingest.broker_files import write_broker_files
from ingest.credentials import BRIDGE, bridge_account, secret_name
from ingest.stations_cli import BROKER_FOLDER

BROKER_USER = 10001
"""As in docker-compose.yml, where tests are root; else the broker runs as whoever runs them, whose files it reads."""
START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 60
_ASK_S = 2.0
_STRANGER = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01t"
"""MQTT: a client without a name that is let in nowhere asks to be let in; a broker that serves refuses it."""


class ContainerServers:
    """Three containers of this test process; `state_dir` holds what else a stack has: secrets, addresses, accounts."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir.absolute()
        self._configured = ConfiguredSettings(state_dir=self.state_dir)
        self.prefix = f"lantian-test-{uuid4().hex[:8]}-"
        """Of the names of containers and volumes."""
        self._containers: dict[str, DockerContainer] = {}
        self._volumes: list[str] = []

    @property
    def settings(self) -> CoreSettings:
        """The settings that lead to them."""
        return CoreSettings.model_validate({**self._configured.model_dump(), **addresses.known(self.state_dir)})

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead a process to them."""
        return {"LANTIAN_STATE_DIR": str(self.state_dir), "LANTIAN_CACHE_DIR": str(self._configured.cache_dir)}

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return SERVERS

    def up(self) -> CoreSettings:
        """Make and start them, and make them ready by the functions that `lantian up` uses."""
        clear_up()
        for folder in ("log", "run"):
            (self.state_dir / folder).mkdir(mode=0o700, parents=True)
        ports = addresses.load_ports(self.state_dir)
        addresses.save(self.state_dir, ports, self._configured)
        self._provide_broker_folder()
        self._containers = {
            "postgres": self._postgres(ports.postgres),
            "kafka": self._kafka(ports.kafka),
            "mosquitto": self._mosquitto(ports.mqtt),
        }
        for container in self._containers.values():
            container.start()
        for name in self.names:
            self._wait(name)
        settings = self.settings
        make_roles(settings)
        prepare(settings, self.state_dir / BROKER_FOLDER)
        return settings

    def start(self, name: str) -> None:
        """Start one that was ended, and wait until it answers."""
        if self.pid(name) is None:
            self._containers[name].get_wrapped_container().start()
            self._wait(name)

    def stop(self, name: str) -> None:
        """End one by its own signal for that."""
        self._containers[name].get_wrapped_container().stop(timeout=STOP_TIMEOUT_S)

    def kill(self, name: str) -> None:
        """End one with SIGKILL."""
        if self.pid(name) is not None:
            container = self._containers[name].get_wrapped_container()
            container.kill("SIGKILL")
            container.wait(timeout=STOP_TIMEOUT_S)

    def pid(self, name: str) -> int | None:
        """Its main process as this machine numbers it."""
        state = self.state(name)
        return int(state["Pid"]) if state["Running"] else None

    def state(self, name: str) -> dict[str, Any]:
        """What the engine knows of one now: `Running`, `Pid`, `ExitCode`."""
        container = self._containers[name].get_wrapped_container()
        container.reload()
        state: dict[str, Any] = container.attrs["State"]
        return state

    def answers(self, name: str) -> bool:
        """Whether one serves."""
        ask: dict[str, Callable[[], bool]] = {
            "postgres": partial(superuser_enters, self.state_dir, self.settings.postgres_port),
            "kafka": partial(kafka_answers, self.settings, patience_s=_ASK_S),
            "mosquitto": self._mosquitto_answers,
        }
        return ask[name]()

    def log_tail(self, name: str, lines: int = 40) -> str:
        """The last lines that it has said."""
        try:
            said: bytes = self._containers[name].get_wrapped_container().logs(tail=lines)
        except (KeyError, ContainerStartException):
            return ""  # it was never made
        return said.decode(errors="replace")

    def erase(self) -> None:
        """Remove containers, volumes and folder."""
        for container in self._containers.values():
            container.stop()
        with closing(DockerClient().client) as client:
            for volume in self._volumes:
                client.volumes.get(volume).remove()
        self._containers, self._volumes = {}, []
        shutil.rmtree(self.state_dir, ignore_errors=True)

    def _wait(self, name: str) -> None:
        def ready() -> bool:
            assert self.pid(name) is not None, f"{name} has ended:\n{self.log_tail(name)}"
            return self.answers(name)

        eventually(f"{name} answers", ready, START_TIMEOUT_S)

    def _mosquitto_answers(self) -> bool:
        """Whether the broker itself says something: the engine takes connections for a server that still starts."""
        address = (self.settings.mqtt_host, self.settings.mqtt_port)
        try:
            with socket.create_connection(address, timeout=_ASK_S) as client:
                client.sendall(_STRANGER)
                return bool(client.recv(1))
        except OSError:
            return False

    def _provide_broker_folder(self) -> None:
        """The broker's folder as `lantian up` makes it: before there is a register, the bridge's account alone."""
        folder = self.state_dir / BROKER_FOLDER
        for each in (folder, folder / "data", folder / "conf.d"):
            each.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(each, BROKER_USER, BROKER_USER)
        ensure_secret(self.state_dir, secret_name(BRIDGE))
        write_broker_files(folder, [bridge_account(self._configured)])

    def _postgres(self, port: int) -> DockerContainer:
        told = service("postgres")
        made = self._container("postgres", user=told["user"], shm_size=told["shm_size"])
        made.with_command(told["command"])
        password = ensure_secret(self.state_dir, SUPERUSER_SECRET).encode()
        made.with_copy_into_container(password, told["environment"]["POSTGRES_PASSWORD_FILE"])
        self._give_volumes("postgres", made)
        return _published(made, 5432, port)

    def _kafka(self, port: int) -> DockerContainer:
        made = self._container("kafka")
        made.with_envs(
            CLUSTER_ID=base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).rstrip(b"=").decode(),
            # it speaks to itself by the address that it tells its clients: that must be good within as well
            KAFKA_LISTENERS=f"PLAINTEXT://:{port},CONTROLLER://:9093",
            KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{addresses.HOST}:{port}",
        )
        self._give_volumes("kafka", made)
        return _published(made, port, port)

    def _mosquitto(self, port: int) -> DockerContainer:
        user = BROKER_USER if os.geteuid() == 0 else os.geteuid()
        # Whoever changes the accounts tells the broker by a signal (ingest.broker_files): the pid that it writes down
        # must mean the same to both, as it does where both run on one machine. In Compose run.sh looks instead.
        made = self._container("mosquitto", user=f"{user}:{user}", pid_mode="host")
        made.with_command(["/usr/sbin/mosquitto", "-c", "/etc/lantian/mosquitto.conf"])
        ((_, place),) = volumes("mosquitto")
        made.with_volume_mapping(self.state_dir / BROKER_FOLDER, place, "rw")
        return _published(made, 1883, port)

    def _container(self, name: str, **options: object) -> DockerContainer:
        """One with what docker-compose.yml says of its image, files and environment."""
        made = DockerContainer(image(name)).with_name(f"{self.prefix}{name}")
        made.with_kwargs(network="bridge", labels={OWNER: owner()}, **options)
        made.with_envs(**service(name).get("environment", {}))
        for file, place in files(name):
            made.with_volume_mapping(file, place)
        return made

    def _give_volumes(self, name: str, container: DockerContainer) -> None:
        with closing(DockerClient().client) as client:
            for source, place in volumes(name):
                volume = f"{self.prefix}{source}-data"
                client.volumes.create(volume, labels=create_labels("", {OWNER: owner()}))
                self._volumes.append(volume)
                container.with_volume_mapping(volume, place, "rw")


def _published(container: DockerContainer, inside: int, port: int) -> DockerContainer:
    """The port that one listens at within, to be found at `port` of loopback alone."""
    container.ports[str(inside)] = (addresses.HOST, port)  # type: ignore[assignment] # its own method knows no address
    return container

"""A whole centre in containers, as a server runs it: docker-compose.yml under a project name of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from waiting import eventually

from .engine import ENVIRONMENT, docker

ROOT = Path(__file__).resolve().parents[2]
VERSION = "tested"
ANYWHERE = "127.0.0.1:0"
PORTS = ("MQTT", "POSTGRES", "CONSOLE", "PROMETHEUS", "ALERTMANAGER")
COMES_BACK_S = 180.0
_OURS = re.compile(r"lantian-(life|page)-(?P<pid>[0-9]+)")


class FailedError(AssertionError):
    """A command failed; its last words."""


def said_by(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    checkout: Path = ROOT,
    given: str = "",
    seconds: float = 600,
) -> str:
    """The standard output of a command in a checkout, which is `given` its input; raises `FailedError` if it fails."""
    done = subprocess.run(
        command,
        cwd=checkout,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise FailedError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


@dataclass(frozen=True)
class Centre:
    """The stack of one Compose project; `folder` holds its secrets, settings and what tools read and write."""

    project: str
    folder: Path
    version: str = VERSION
    clock: Mapping[str, str] = field(default_factory=dict)
    """Of the data: variables of deploy.processes.data_clock."""

    @property
    def environment(self) -> dict[str, str]:
        """What leads `make` and `docker compose` to this centre."""
        return {
            **os.environ,
            "COMPOSE_PROJECT_NAME": self.project,
            "LANTIAN_VERSION": self.version,
            "LANTIAN_TEST_STAND_INS": "1",
            "LANTIAN_SECRETS": str(self.folder / "secrets"),
            "LANTIAN_CONFIGURATION": str(self.folder / "configuration"),
            **{f"LANTIAN_PUBLISH_{name}": ANYWHERE for name in PORTS},
            **self.clock,
        }

    def ask(self, *command: str, more: Mapping[str, str] | None = None) -> str:
        """What a command in the checkout says with this centre's environment; raises `FailedError` if it fails."""
        return said_by(command, {**self.environment, **(more or {})})

    def up(self, *profiles: str, more: Mapping[str, str] | None = None) -> None:
        """Bring the profiles up as documented, and wait until all is healthy."""
        self.ask("make", "compose-up", f"PROFILES={' '.join(profiles)}", more=more)

    def compose(self, *arguments: str) -> str:
        """`docker compose …` with all profiles."""
        return self.ask("docker", "compose", "--profile", "*", *arguments)

    def remove(self) -> None:
        """End it, and leave nothing of it."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")

    def tool(self, *arguments: str) -> str:
        """`lantian …` in a container of its own, which sees `folder/data` at `/data`."""
        return self.ask(*self.tool_command(*arguments))

    def tool_command(self, *arguments: str) -> Sequence[str]:
        """The same, for who runs it beside something else."""
        mount = f"{self.folder / 'data'}:/data"
        return ("docker", "compose", "run", "--rm", "-T", "--quiet-pull", "-v", mount, "tools", *arguments)

    def containers(self, service: str = "") -> list[dict[str, Any]]:
        """What the engine says of the project's containers, those of tools left out."""
        labels = [f"label=com.docker.compose.project={self.project}", "label=com.docker.compose.oneoff=False"]
        if service:
            labels.append(f"label=com.docker.compose.service={service}")
        filters = [word for label in labels for word in ("--filter", label)]
        names = self.ask("docker", "ps", "--all", "--quiet", *filters).split()
        found: list[dict[str, Any]] = json.loads(self.ask("docker", "inspect", *names)) if names else []
        return found

    def healthy(self, service: str) -> bool:
        """Whether every container of a service runs and says that it is well."""
        states = [one["State"] for one in self.containers(service)]
        return bool(states) and all(one.get("Health", {}).get("Status") == "healthy" for one in states)

    def kill(self, *services: str) -> None:
        """Kill the first process of each container of the services at once; the engine starts them again.

        As the kernel would: `docker kill` would count as a person's wish, and the engine would leave them dead.
        """
        containers = [container for service in services for container in self.containers(service)]
        pids = " ".join(str(container["State"]["Pid"]) for container in containers)
        before = {container["Id"]: container["State"]["StartedAt"] for container in containers}
        killer = ("--user", "0", "--pid", "host", "--network", "none", "--cap-add", "KILL", "--entrypoint", "sh")
        self.ask("docker", "run", "--rm", *killer, f"lantian/lantian:{self.version}", "-c", f"kill -9 {pids}")
        for service in services:
            eventually(f"{service} was started again", partial(self._begun_since, service, before))
            eventually(f"{service} is healthy again", partial(self.healthy, service), COMES_BACK_S, 0.5)

    def address(self, service: str, port: int) -> tuple[str, int]:
        """Where a port of a service is published."""
        host, _, published = self.compose("port", service, str(port)).strip().rpartition(":")
        return host, int(published)

    def left(self) -> dict[str, list[str]]:
        """What the engine still has of the project: containers, volumes, networks by name."""
        chosen = ("--filter", f"label=com.docker.compose.project={self.project}", "--format")
        return {
            "containers": self.ask("docker", "ps", "--all", *chosen, "{{.Names}}").split(),
            "volumes": self.ask("docker", "volume", "ls", *chosen, "{{.Name}}").split(),
            "networks": self.ask("docker", "network", "ls", *chosen, "{{.Name}}").split(),
        }

    def _begun_since(self, service: str, before: Mapping[str, str]) -> bool:
        return all(one["State"]["StartedAt"] != before[one["Id"]] for one in self.containers(service))


class Stored(NamedTuple):
    """How many rows of each the database holds."""

    readings: int
    hours: int
    alerts: int


def stored(centre: Centre) -> Stored:
    """What a centre has of readings, hours and alerts."""
    counts = ", ".join(f"(select count(*) from lantian.{view})" for view in ("v_readings", "v_hourly", "v_alerts"))
    psql = ("psql", "--username", "postgres", "--dbname", "lantian", "-Atc", f"select {counts}")
    return Stored(*map(int, centre.compose("exec", "-T", "postgres", *psql).strip().split("|")))


@contextmanager
def centre(name: str, folder: Path, clock: Callable[[], Mapping[str, str]] = dict) -> Iterator[Centre]:
    """A centre that is not up yet, and of which nothing is left afterwards; its image is built.

    `clock`: asked once the image is there, and the centre is about to come up.
    """
    _end_the_forgotten()
    build_image(VERSION)
    found = Centre(f"lantian-{name}-{os.getpid()}", folder, clock=clock())
    (folder / "configuration").mkdir()
    (folder / "configuration" / "lantian.toml").touch()
    (folder / "data").mkdir()
    (folder / "data").chmod(0o777)  # the tools' user is another than ours
    try:
        yield found
    finally:
        found.remove()


def _end_the_forgotten() -> None:
    """Remove what a test run that was killed has left running; the engine would start it again for ever."""
    said = docker("ps", "--all", "--format", '{{.Label "com.docker.compose.project"}}')
    for project in set(said.split()):
        made = _OURS.fullmatch(project)
        if made and not Path(f"/proc/{made['pid']}").exists():
            Centre(project, ROOT).remove()


def build_image(version: str) -> None:
    """Build Lantian's image as documented, over the machine's own network: a container's may lead nowhere."""
    told = {"LANTIAN_VERSION": version, "DOCKER_BUILD": "--network host"}
    said_by(["make", "image"], {**os.environ, **ENVIRONMENT, **told}, seconds=1800)

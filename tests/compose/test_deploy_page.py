"""docs/deploy.md: every command runs in order, as written, on a fresh checkout, and does what the page says."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import eventually

from .centre import ANYWHERE, PORTS, ROOT, VERSION, Centre, said_by, stored
from .device import let_in
from .engine import ENVIRONMENT

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1200)]

PAGE = "docs/deploy.md"
DEVICE = "Aotizhongxin"
PROCESSES = ("ingest", "aggregate", "alerts", "console")
_BLOCK = re.compile(r"^## ([^\n]+)$|^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Server:
    """An empty server with a checkout on it, and the reader of the page."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        subprocess.run(["git", "clone", "--quiet", ROOT, self.checkout], check=True)
        # of a machine that has another centre: the page's reader has one version of the image for himself
        (self.checkout / ".env").write_text(f"LANTIAN_VERSION={VERSION}\n", encoding="utf-8")
        self.centre = Centre(f"lantian-page-{os.getpid()}", folder)
        self._left: dict[str, list[str]] = {}
        heading = ""
        for title, commands in _BLOCK.findall((self.checkout / PAGE).read_text(encoding="utf-8")):
            heading = title or heading
            if commands:
                self._left.setdefault(heading, []).append(commands)

    def follow(self, heading: str) -> str:
        """Run the next block under a heading; what it said."""
        commands = self._left[heading].pop(0)
        return said_by(["sh", "-eux"], self._environment, checkout=self.checkout, given=commands, seconds=900)

    def unread(self) -> dict[str, list[str]]:
        """The blocks that were not run."""
        return {heading: blocks for heading, blocks in self._left.items() if blocks}

    def tool(self, *arguments: str) -> str:
        """`lantian …` as the page has it run."""
        command = ["docker", "compose", "run", "--rm", "tools", *arguments]
        return said_by(command, self._environment, checkout=self.checkout)

    def send(self, day: str, until: str) -> None:
        """A day of the registered stations, by the account of the page."""
        self.tool("simulate", "--from", day, "--to", until, "--platform", "history", "--as-fast-as-possible")

    @property
    def _environment(self) -> dict[str, str]:
        """What tells this server from another on the same machine; Grafana has no stand-in."""
        return {
            **os.environ,
            **ENVIRONMENT,
            "COMPOSE_PROJECT_NAME": self.centre.project,
            "LANTIAN_TEST_STAND_INS": "1",
            "DOCKER_BUILD": "--network host",
            "PROFILES": "core metrics",
            **{f"LANTIAN_PUBLISH_{name}": ANYWHERE for name in (*PORTS, "MQTTS")},
        }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of all tests of this page, which they take in order."""
    found = Server(tmp_path_factory.mktemp("page"))
    try:
        yield found
    finally:
        found.centre.remove()


@pytest.fixture(scope="module")
def password(server: Server) -> str:
    """The device's, as it is shown once."""
    blocks = server.follow("Stations, and who may send")
    return blocks.split("password ")[1].split()[0]


def test_an_empty_server_becomes_a_centre(server: Server) -> None:
    server.follow("First start")
    assert [name for name in PROCESSES if not server.centre.healthy(name)] == []


def test_the_tools_find_nothing_wrong(server: Server) -> None:
    said = server.follow("First start")
    assert "PROBLEM" not in said
    assert sorted(re.findall(r"^(\w+) +port \d+ +ready", said, re.MULTILINE)) == sorted(PROCESSES)


def test_a_device_is_let_in_by_the_password_that_was_shown(server: Server, password: str) -> None:
    eventually("it is let in", lambda: let_in(server.centre.address("mosquitto", 1883), DEVICE, password), every=0.5)


def test_devices_from_outside_come_in_by_tls(server: Server, password: str) -> None:
    server.follow("Devices from outside")
    trusted = server.checkout / "secrets" / "mqtt-certificate"

    def by_tls() -> bool:
        return let_in(_localhost(server.centre.address("mosquitto", 8883)), DEVICE, password, trusted=trusted)

    eventually("it is let in by TLS", by_tls, every=0.5)


def test_a_renewed_certificate_is_shown_without_a_restart(server: Server) -> None:
    former = (server.checkout / "secrets" / "mqtt-certificate").read_text(encoding="ascii")
    server.follow("Devices from outside")
    renewed = (server.checkout / "secrets" / "mqtt-certificate").read_text(encoding="ascii")
    assert renewed != former
    address = _localhost(server.centre.address("mosquitto", 8883))
    eventually("it is shown", lambda: ssl.get_server_certificate(address) == renewed, every=0.5)
    server.centre.kill("mosquitto")


def test_settings_of_one_s_own_are_read_by_every_process(server: Server) -> None:
    server.follow("Settings, and who is told")
    own = str(server.checkout.parent / "lantian-configuration")
    for name in PROCESSES:
        [one] = server.centre.containers(name)
        assert own in {mount["Source"] for mount in one["Mounts"]}, name


def test_a_restored_backup_gets_from_kafka_what_came_after_it(server: Server) -> None:
    server.send("2026-11-18", "2026-11-19")
    server.follow("Backup")
    assert (server.checkout / "backup" / "lantian.dump").stat().st_size > 100_000
    server.send("2026-11-19", "2026-11-20")
    both = stored(server.centre)
    assert both.readings > 12 * 24
    assert "balanced" in server.follow("Backup")
    eventually("all is there again", lambda: stored(server.centre) == both, every=1.0)


def test_an_upgrade_keeps_what_is_stored(server: Server) -> None:
    before = stored(server.centre)
    server.follow("Upgrade")
    assert stored(server.centre) == before


def test_a_second_worker_is_one_command(server: Server) -> None:
    server.follow("More of a kind")
    assert len(server.centre.containers("aggregate")) == 2
    assert server.centre.healthy("aggregate")


def test_the_end_leaves_the_data(server: Server) -> None:
    server.follow("The end")
    left = server.centre.left()
    assert left["containers"] == []
    assert f"{server.centre.project}_postgres" in left["volumes"]


def test_every_block_of_the_page_was_run(server: Server) -> None:
    assert server.unread() == {}


def _localhost(address: tuple[str, int]) -> tuple[str, int]:
    """By the name in the certificate."""
    return "localhost", address[1]

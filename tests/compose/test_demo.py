"""`make demo` in containers: the same story as on a machine's own servers, and nothing is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_told import PICTURES, Told
from waiting import eventually

from .centre import ROOT, VERSION, Centre
from .engine import ENVIRONMENT

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

FOLDER = ROOT / ".local" / "demo-containers"
COMMAND = ("make", "--no-print-directory", "demo", "ON=containers", "ONCE=1", "DOCKER_BUILD=--network host")
ANOTHER_STACK = {
    "COMPOSE_PROJECT_NAME": "lantian-of-somebody",
    "COMPOSE_FILE": "compose-of-somebody.yml",
    "LANTIAN_SECRETS": "/nowhere/secrets",
    "LANTIAN_KAFKA": "192.0.2.1:9092",
}
"""What a person who runs a centre on this machine may have set."""


def environment() -> dict[str, str]:
    return {**os.environ, **ENVIRONMENT, **ANOTHER_STACK, "LANTIAN_VERSION": VERSION}


def left() -> list[str]:
    """What the engine still has of the demonstration."""
    return [name for names in Centre("lantian-demo", FOLDER).left().values() for name in names]


@pytest.fixture(scope="module")
def told() -> Told:
    """The whole demonstration."""
    said = subprocess.run(
        COMMAND, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return Told(said, FOLDER)


def test_nothing_is_lost_or_duplicated_in_containers_either(told: Told) -> None:
    counts = told.counts()
    assert counts.reports > 1_420 * 20
    assert counts.readings > counts.reports
    assert counts.alerts > 0
    assert told.said.returncode == 0


def test_the_judge_finds_no_difference_in_containers_either(told: Told) -> None:
    assert told.figures_judged() > 100_000


def test_the_pictures_come_out_and_belong_to_who_called(told: Told) -> None:
    assert told.pictures() == list(PICTURES)
    assert {file.stat().st_uid for file in FOLDER.glob("*.png")} == {os.geteuid()}
    assert f"图 {len(PICTURES)} 张：{FOLDER}" in told.said.stdout


def test_boards_hear_of_the_dust(told: Told) -> None:
    assert "条送达（MQTT 现场屏）" in told.said.stdout


def test_no_container_no_network_and_no_volume_is_left(told: Told) -> None:
    assert told.said.stdout
    assert left() == []


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A demonstration that has registered its stations, at a terminal, and what it says."""
    said = tmp_path / "said"
    with said.open("wb") as output:
        running = subprocess.Popen(
            COMMAND, cwd=ROOT, env=environment(), stdout=output, stderr=output, start_new_session=True
        )
    try:
        eventually("the stations are registered", lambda: "registered" in said.read_text(encoding="utf-8"), 600, 0.5)
        yield running, said
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGINT)
            running.wait(120)


def test_ctrl_c_ends_all_in_order_and_leaves_nothing(begun: tuple[subprocess.Popen[bytes], Path]) -> None:
    running, said = begun
    assert left() != []
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(180) != 0
    assert left() == []
    assert "Traceback" not in said.read_text(encoding="utf-8")

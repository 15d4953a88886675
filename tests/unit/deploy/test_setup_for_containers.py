"""Compose and an engine are taken where they are, made where they can be, and else it is said what to do."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.setup import debian, for_containers
from deploy.setup.step import StepFailedError


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing but the programs that a test puts into this folder, and root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(for_containers, "PLUGINS", ())
    monkeypatch.setattr(for_containers, "SYSTEMD", tmp_path / "systemd")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return folder


def program(path: Path, said: str, *, status: int = 0) -> Path:
    """A program that says something on both outputs, and ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{said}'\necho '{said}' >&2\nexit {status}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def running_with(argument: str) -> list[str]:
    """The processes that were started with an argument, by their number."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            if argument.encode() in line.read_bytes().split(b"\0"):
                found.append(line.parent.name)
    return found


@pytest.mark.parametrize("version", ["2.40.3", "v2.26.1", "5.0.1"])
def test_a_compose_of_version_2_or_newer_is_taken(machine: Path, tmp_path: Path, version: str) -> None:
    plugin = program(tmp_path / "docker" / "cli-plugins" / "docker-compose", version)
    assert for_containers.compose() == plugin


def test_the_first_compose_is_not_taken(machine: Path) -> None:
    program(machine / "docker-compose", "1.29.2")
    assert for_containers.compose() is None


def test_a_compose_that_another_checkout_built_is_linked_and_not_built_again(machine: Path, tmp_path: Path) -> None:
    built = program(tmp_path / "cache" / f"compose-{for_containers.COMPOSE}" / "docker-compose", for_containers.COMPOSE)
    program(machine / "go", "must not run", status=1)
    for_containers.build_compose(tmp_path / "cache")
    found = for_containers.compose()
    assert found is not None
    assert found.resolve() == built


def test_a_compose_whose_build_fails_leaves_nothing_behind(machine: Path, tmp_path: Path) -> None:
    program(machine / "go", "no such proxy", status=1)
    with pytest.raises(StepFailedError, match="no such proxy"):
        for_containers.build_compose(tmp_path / "cache")
    assert not (tmp_path / "cache" / f"compose-{for_containers.COMPOSE}").exists()
    assert for_containers.compose() is None


def test_without_go_it_is_said_what_to_install(machine: Path, tmp_path: Path) -> None:
    with pytest.raises(StepFailedError, match="no Go") as failure:
        for_containers.build_compose(tmp_path / "cache")
    assert "docker-compose-plugin" in failure.value.remedy


def test_a_foreign_program_in_composes_place_is_not_overwritten(machine: Path, tmp_path: Path) -> None:
    program(tmp_path / "cache" / f"compose-{for_containers.COMPOSE}" / "docker-compose", for_containers.COMPOSE)
    foreign = program(tmp_path / "docker" / "cli-plugins" / "docker-compose", "1.29.2")
    program(machine / "go", "must not run", status=1)
    with pytest.raises(StepFailedError, match="no Compose v2"):
        for_containers.build_compose(tmp_path / "cache")
    assert "1.29.2" in foreign.read_text(encoding="utf-8")


def test_an_engine_that_answers_is_used(machine: Path) -> None:
    program(machine / "docker", "20.10.24")
    assert for_containers.engine_silence() is None


def test_an_engine_that_does_not_answer_is_quoted(machine: Path) -> None:
    program(machine / "docker", "Cannot connect to the Docker daemon", status=1)
    assert for_containers.engine_silence() == "Cannot connect to the Docker daemon"


def test_a_machine_without_docker_has_no_engine(machine: Path) -> None:
    assert for_containers.engine_silence() == "docker is not installed"


def test_who_is_not_root_is_told_why_no_engine_answers(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(machine / "docker", "permission denied", status=1)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(StepFailedError, match=r"permission denied.*only root may start one"):
        for_containers.start_engine(tmp_path / "cache")


def test_an_engine_elsewhere_that_is_silent_is_not_replaced_by_one_here(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://engine.test:2375")
    program(machine / "docker", "no such host", status=1)
    with pytest.raises(StepFailedError, match=r"DOCKER_HOST=tcp://engine\.test:2375 does not answer: no such host"):
        for_containers.start_engine(tmp_path / "cache")


@pytest.mark.parametrize(
    ("programs", "packages"),
    [
        ((), [["docker.io", "iptables", "runc"], ["docker-cli"]]),
        (("docker",), [["docker.io", "iptables", "runc"]]),
        (("dockerd", "docker"), []),
    ],
)
def test_what_is_missing_of_the_engine_is_installed_and_systemd_starts_it_where_there_is_one(
    machine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    programs: tuple[str, ...],
    packages: list[list[str]],
) -> None:
    asked: list[list[str]] = []
    for name in programs:
        program(machine / name, "no engine", status=1)
    (machine / "systemctl").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/started\n', encoding="utf-8")
    (machine / "systemctl").chmod(0o755)
    (tmp_path / "systemd").mkdir()
    monkeypatch.setattr(debian, "install", asked.append)
    for_containers.start_engine(tmp_path / "cache")
    assert asked == packages
    assert (tmp_path / "started").read_text(encoding="utf-8") == "start docker\n"


def test_an_engine_that_ends_is_told_by_its_last_line(machine: Path, tmp_path: Path) -> None:
    program(machine / "docker", "no engine", status=1)
    dies = [sys.executable, "-c", "print('starting'); print('iptables: permission denied'); raise SystemExit(3)"]
    with pytest.raises(StepFailedError, match="ended with 3: iptables: permission denied"):
        for_containers.start(dies, tmp_path / "log")


def test_an_engine_that_never_answers_is_ended(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine / "docker", "no engine", status=1)
    monkeypatch.setattr(for_containers, "ENGINE_S", 0.1)
    with pytest.raises(StepFailedError, match="does not answer after"):
        for_containers.start([sys.executable, "-c", "import signal; signal.pause()", str(tmp_path)], tmp_path / "log")
    assert not running_with(str(tmp_path))


def test_compose_comes_before_the_engine_because_it_may_be_had_where_an_engine_may_not() -> None:
    assert [step.name for step in for_containers.steps()] == ["Docker Compose v2", "Docker engine"]

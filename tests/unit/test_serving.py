"""In which world tests run: what is asked for, and what is to be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import docker_engine
import pytest
from serving import AUTO, VARIABLE, World, choose

ROOT = Path(__file__).resolve().parents[2]
NO_ENGINE = "unix:///nowhere/docker.sock"


def collected(asked: str) -> subprocess.CompletedProcess[str]:
    """What pytest says before the first test where no engine answers and `asked` is the variable's value."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "tests/unit/core/test_clock.py"],
        cwd=ROOT,
        env={**os.environ, VARIABLE: asked, "DOCKER_HOST": NO_ENGINE},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("asked", [AUTO, World.CONTAINERS])
def test_containers_are_taken_where_they_can_be_had(asked: str) -> None:
    assert choose(asked, None).world is World.CONTAINERS


def test_the_local_stack_is_taken_where_it_is_asked_for_though_containers_can_be_had() -> None:
    assert choose(World.LOCAL, None).world is World.LOCAL


def test_without_a_wish_the_local_stack_is_taken_where_containers_cannot_be_had_and_the_reason_is_told() -> None:
    choice = choose(AUTO, "no Docker engine answers")
    assert (choice.world, choice.why) == (World.LOCAL, "no Docker engine answers")


def test_containers_that_are_asked_for_and_cannot_be_had_are_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=f"{VARIABLE}=containers: no Docker engine answers"):
        choose(World.CONTAINERS, "no Docker engine answers")


def test_an_unknown_wish_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=r"'podman'.*containers, local or auto"):
        choose("podman", None)


def test_an_engine_that_does_not_answer_is_an_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NO_ENGINE)
    assert docker_engine.obstacle() == "no Docker engine answers"


def test_servers_that_the_settings_name_are_an_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTIAN_KAFKA", "kafka.example:9092")
    assert docker_engine.obstacle() == "the settings name servers of their own"


def test_a_run_says_at_its_beginning_where_its_servers_are_and_why() -> None:
    assert "servers: local (no Docker engine answers)" in collected(AUTO).stdout.splitlines()


def test_a_run_that_asks_for_containers_in_vain_ends_before_the_first_test() -> None:
    done = collected(World.CONTAINERS)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{VARIABLE}=containers: no Docker engine answers" in done.stderr

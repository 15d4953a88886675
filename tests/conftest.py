"""What tests share: fresh servers for the whole run, and the real measurements."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from serving import AUTO, VARIABLE, Choice, Servers, World, choose

from core.settings import ConfiguredSettings, CoreSettings
from deploy.local.stack import Stack

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CHOICE = pytest.StashKey[Choice]()
AnyServers = TypeVar("AnyServers", bound=Servers)


def pytest_configure(config: pytest.Config) -> None:
    """Choose the world of this run; a process of pytest-xdist is told."""
    told: dict[str, Any] = getattr(config, "workerinput", {})
    try:
        config.stash[CHOICE] = Choice(World(told["servers"]), "as chosen before") if told else _choice()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of pytest-xdist."""
    node.workerinput["servers"] = node.config.stash[CHOICE].world.value


def pytest_report_header(config: pytest.Config) -> str:
    """Say what was chosen, and why."""
    choice = config.stash[CHOICE]
    return f"servers: {choice.world} ({choice.why})"


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Fresh servers of the chosen world, migrated, with their topics; for tests that kill and start them."""
    with _up(request, _fresh(request.config.stash[CHOICE].world, tmp_path_factory.mktemp("stack"))) as made:
        yield made


@pytest.fixture(scope="session")
def local_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A local stack in either world: for tests of its commands, its files and what is said of its servers."""
    if request.config.stash[CHOICE].world is World.LOCAL:
        yield request.getfixturevalue("servers")
        return
    with _up(request, Stack(ConfiguredSettings(state_dir=tmp_path_factory.mktemp("local")))) as made:
        yield made


@pytest.fixture(scope="session")
def stack(servers: Servers) -> CoreSettings:
    """The settings that lead to fresh servers."""
    return servers.settings


@pytest.fixture(scope="session")
def stack_environment(servers: Servers) -> dict[str, str]:
    """The environment of a process that works on the fresh servers."""
    return {**os.environ, **servers.environment}


@pytest.fixture
def in_stack(stack_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands called within the test work on the fresh servers."""
    for name, value in stack_environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real measurements: `LANTIAN_TEST_DATA`, or `../shared/data` beside the checkout."""
    folder = Path(os.environ.get("LANTIAN_TEST_DATA") or SHARED_DATA)
    if folder.is_dir():
        return folder
    missing = f"no real data at {folder}; set LANTIAN_TEST_DATA to a folder that has it"
    if os.environ.get("LANTIAN_REQUIRE_DATA") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def _choice() -> Choice:
    """What the environment asks for, as far as it is to be had."""
    asked = os.environ.get(VARIABLE) or AUTO
    if asked == World.LOCAL:
        return choose(asked, None)
    import docker_engine  # noqa: PLC0415 (only who may take containers pays for the client)

    choice = choose(asked, docker_engine.obstacle())
    if choice.world is World.CONTAINERS:
        return Choice(choice.world, f"{choice.why}; {docker_engine.settle_ryuk()}")
    return choice


def _fresh(world: World, folder: Path) -> Servers:
    if world is World.LOCAL:
        return Stack(ConfiguredSettings(state_dir=folder))
    from container_servers import ContainerServers  # noqa: PLC0415

    return ContainerServers(folder)


@contextmanager
def _up(request: pytest.FixtureRequest, made: AnyServers) -> Iterator[AnyServers]:
    """Servers that run; erased in the end, with what they said last where a test failed."""
    try:
        made.up()
        yield made
    finally:
        if request.session.testsfailed:
            for name in made.names:
                sys.stderr.write(f"\n--- {name} ---\n{made.log_tail(name)}\n")
        made.erase()

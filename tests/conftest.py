"""What tests share: one fresh stack for the whole run, and the real measurements."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ConfiguredSettings, CoreSettings
from deploy.local.stack import Stack

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def local_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A fresh stack, migrated, with its topics; for tests that kill and start its servers."""
    stack = Stack(ConfiguredSettings(state_dir=tmp_path_factory.mktemp("stack")))
    try:
        stack.up()
        yield stack
    finally:
        if request.session.testsfailed:
            for name in stack.names:
                sys.stderr.write(f"\n--- {name} ---\n{stack.log_tail(name)}\n")
        stack.erase()


@pytest.fixture(scope="session")
def stack(local_stack: Stack) -> CoreSettings:
    """The settings that lead to a fresh stack."""
    return local_stack.settings


@pytest.fixture(scope="session")
def stack_environment(local_stack: Stack) -> dict[str, str]:
    """The environment of a process that works on the fresh stack."""
    return {**os.environ, **local_stack.environment}


@pytest.fixture
def in_stack(stack_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands called within the test work on the fresh stack."""
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

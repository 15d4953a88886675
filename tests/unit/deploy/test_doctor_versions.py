"""The doctor compares versions, and names ports that others have taken."""

from __future__ import annotations

import socket
from importlib import metadata
from pathlib import Path

import pytest

from deploy.local import versions
from deploy.local.listeners import listeners
from deploy.local.versions import mosquitto, packages
from deploy.pipeline import ProcessState

DPKG = "Package: libfoo\nVersion: 9.9.9\n\nPackage: mosquitto\nStatus: install ok installed\nVersion: {}-1\n\n"


def root_with(folder: Path, version: str) -> Path:
    status = folder / "var" / "lib" / "dpkg" / "status"
    status.parent.mkdir(parents=True)
    status.write_text(DPKG.format(version), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("version", "ok"), [("2.0.11", False), ("2.0.18", True), ("2.1.0", True), ("1.6.20", False)])
def test_a_broker_that_forgets_what_is_in_flight_is_named(tmp_path: Path, version: str, ok: bool) -> None:
    (found,) = mosquitto(root_with(tmp_path, version))
    assert (found.ok, found.detail) == (ok, f"Mosquitto {version}")
    assert "2.0.18" in found.remedy


def test_of_a_broker_that_is_not_there_nothing_is_said(tmp_path: Path) -> None:
    assert list(mosquitto(tmp_path)) == []


def test_the_packages_that_are_installed_are_those_that_are_asked_for() -> None:
    (found,) = packages()
    assert found.ok, found.detail


def test_a_package_that_is_too_old_and_one_that_is_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["pydantic>=99", "not-there>=1", "rich>=1", 'pandas>=99 ; extra == "dev"']
    monkeypatch.setattr(versions, "requires", lambda _name: asked)
    (found,) = packages()
    assert not found.ok
    assert f"pydantic {metadata.version('pydantic')} is there, pydantic>=99 is needed" in found.detail
    assert "not-there is missing" in found.detail
    assert "pandas" not in found.detail
    assert "make setup" in found.remedy


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port on which another program listens, and which our worker is told to take."""
    listening = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr("socket.socket.kept", listening, raising=False)  # as long as the test
    port = int(listening.getsockname()[1])
    for name in ("BRIDGE", "ALERTS", "CONSOLE"):
        monkeypatch.setenv(f"LANTIAN_{name}_METRICS_PORT", "0")
    monkeypatch.setenv("LANTIAN_CONSOLE_PORT", "0")
    monkeypatch.setenv("LANTIAN_AGGREGATE_METRICS_PORT", str(port))
    return port


def test_a_port_that_another_program_has_is_named_with_the_setting(taken: int) -> None:
    (found,) = listeners([])
    assert (found.ok, found.subject) == (False, "port of aggregate")
    assert str(taken) in found.detail
    assert "LANTIAN_AGGREGATE_METRICS_PORT" in found.remedy


def test_a_port_of_a_process_that_answers_is_its_own(taken: int) -> None:
    running = ProcessState("aggregate", 1, taken, 1, answers=True, ready=True, lacks=[])
    (found,) = listeners([running])
    assert found.ok

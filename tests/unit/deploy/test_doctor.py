"""The doctor names what is missing, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import ConfiguredSettings
from deploy.local.addresses import free_port
from deploy.local.doctor import examine
from deploy.local.finding import Finding
from deploy.local.stack import Stack


def problems(tmp_path: Path, **settings: object) -> dict[str, Finding]:
    """What the doctor finds wrong, by subject."""
    stack = Stack(ConfiguredSettings.model_validate({"state_dir": tmp_path / "state", **settings}))
    return {finding.subject: finding for finding in examine(stack) if not finding.ok}


def test_a_machine_that_was_not_set_up_is_sent_to_the_setup(tmp_path: Path) -> None:
    found = problems(tmp_path, cache_dir=tmp_path / "empty")
    assert "make setup" in found["system root"].remedy
    assert "make setup" in found["Kafka's jars"].remedy


def test_a_missing_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.doctor.shutil.which", lambda _name: None)
    found = problems(tmp_path)
    assert found["Java"].detail == "version none"
    assert "make setup" in found["Java"].remedy


def test_servers_that_were_not_started_are_sent_to_up(tmp_path: Path) -> None:
    found = problems(tmp_path)
    assert {"postgres", "kafka", "mosquitto"} <= set(found)
    assert "lantian up" in found["postgres"].remedy
    assert "log/postgres.log" in found["postgres"].remedy


def test_a_configured_server_that_is_away_is_not_ours_to_start(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    found = problems(tmp_path, kafka=address)
    assert address in found["kafka"].detail
    assert "start that server" in found["kafka"].remedy


def test_looking_changes_nothing(tmp_path: Path) -> None:
    problems(tmp_path)
    assert not (tmp_path / "state").exists()

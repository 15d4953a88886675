"""Secrets come from the environment, the state folder or what a container engine mounted, in this order."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import secrets
from core.errors import SettingsError
from core.secrets import ensure_secret, read_secret, secret_path, write_secret


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that an engine gives a container."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    monkeypatch.setattr(secrets, "MOUNTED", folder)
    return folder


def test_a_secret_that_was_mounted_is_read(tmp_path: Path, mounted: Path) -> None:
    (mounted / "mqtt-bridge").write_text("of the engine\n", encoding="utf-8")
    assert read_secret(tmp_path, "mqtt-bridge") == "of the engine"


def test_the_state_folder_goes_before_what_was_mounted(tmp_path: Path, mounted: Path) -> None:
    (mounted / "mqtt-bridge").write_text("of the engine\n", encoding="utf-8")
    write_secret(tmp_path, "mqtt-bridge", "own")
    assert read_secret(tmp_path, "mqtt-bridge") == "own"


def test_the_environment_goes_before_both(tmp_path: Path, mounted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mounted / "mqtt-bridge").write_text("of the engine\n", encoding="utf-8")
    monkeypatch.setenv("LANTIAN_SECRET_MQTT_BRIDGE", "of the environment")
    assert read_secret(tmp_path, "mqtt-bridge") == "of the environment"


def test_none_is_made_where_one_was_mounted(tmp_path: Path, mounted: Path) -> None:
    (mounted / "postgres-worker").write_text("of the engine\n", encoding="utf-8")
    assert ensure_secret(tmp_path, "postgres-worker") == "of the engine"
    assert not secret_path(tmp_path, "postgres-worker").exists()


def test_one_that_is_nowhere_is_made_once_for_its_owner_alone(tmp_path: Path, mounted: Path) -> None:
    assert mounted.is_dir()
    made = ensure_secret(tmp_path, "postgres-worker")
    assert ensure_secret(tmp_path, "postgres-worker") == made
    assert secret_path(tmp_path, "postgres-worker").stat().st_mode & 0o077 == 0


def test_one_that_is_missing_is_named_with_the_variable_that_may_hold_it(tmp_path: Path, mounted: Path) -> None:
    assert mounted.is_dir()
    with pytest.raises(SettingsError, match=r"mqtt-bridge is missing.*LANTIAN_SECRET_MQTT_BRIDGE"):
        read_secret(tmp_path, "mqtt-bridge")


def test_where_none_can_be_kept_a_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "secrets").touch()
    with pytest.raises(SettingsError, match="the secret mqtt-x cannot be kept"):
        write_secret(tmp_path, "mqtt-x", "value")

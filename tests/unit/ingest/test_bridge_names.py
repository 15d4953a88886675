"""What a bridge is called: the broker keeps its session under that name."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import SettingsError
from ingest.bridge import client_id
from ingest.bridge_cli import run_bridges
from ingest.commands import app
from ingest.settings import BridgeSettings


def test_a_bridge_is_named_after_its_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTIAN_INSTANCE", "3")
    assert client_id(BridgeSettings.load()) == "lantian-bridge-3"


def test_a_name_that_is_set_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTIAN_INSTANCE", "3")
    monkeypatch.setenv("LANTIAN_BRIDGE_NAME", "north")
    assert client_id(BridgeSettings.load()) == "lantian-bridge-north"


def test_several_bridges_cannot_have_one_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LANTIAN_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("LANTIAN_BRIDGE_NAME", "north")
    with pytest.raises(SettingsError, match=r"LANTIAN_BRIDGE_NAME: is one name for several bridges.*unset it"):
        run_bridges(2)


@pytest.mark.parametrize("option", [["--name", "north"], ["--leave"]])
def test_several_bridges_neither_share_a_name_nor_leave_by_hand(option: list[str]) -> None:
    done = CliRunner().invoke(app, ["ingest", "--processes", "2", *option])
    assert done.exit_code == 2

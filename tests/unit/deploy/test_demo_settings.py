"""What the demonstration refuses before it starts anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from core.errors import SettingsError
from deploy.demo import run


@pytest.mark.parametrize("variable", ["LANTIAN_MQTT_HOST", "LANTIAN_KAFKA", "LANTIAN_POSTGRES_HOST"])
def test_the_demonstration_refuses_configured_servers_and_names_the_setting(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "192.0.2.1")
    with pytest.raises(SettingsError, match=f"{variable}.*unset it"):
        run(once=True, speed=60)


def test_without_matplotlib_it_names_the_extra_and_leaves_what_the_last_one_drew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANTIAN_STATE_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in [name for name in sys.modules if name.startswith("deploy.charts")]:
        monkeypatch.delitem(sys.modules, name)
    drawn = tmp_path / "demo" / "1-city.png"
    drawn.parent.mkdir()
    drawn.touch()
    with pytest.raises(SettingsError, match=r"no module matplotlib.*make setup.*lantian\[demo\]"):
        run(once=True, speed=60)
    assert drawn.exists()

"""The demonstration never touches servers that somebody configured."""

from __future__ import annotations

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

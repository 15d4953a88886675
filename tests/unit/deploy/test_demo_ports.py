"""The demonstration's processes beside those that run already."""

from __future__ import annotations

import pytest

from aggregate.settings import AggregateSettings
from alerts.settings import AlertsSettings
from core.settings import SectionSettings
from deploy.processes import FREE_PORTS
from ingest.settings import BridgeSettings


@pytest.mark.parametrize("settings", [BridgeSettings, AggregateSettings, AlertsSettings])
def test_every_process_of_the_demonstration_takes_a_free_port(
    monkeypatch: pytest.MonkeyPatch, settings: type[SectionSettings]
) -> None:
    for name, value in FREE_PORTS.items():
        monkeypatch.setenv(name, value)
    assert settings.load().metrics_port == 0

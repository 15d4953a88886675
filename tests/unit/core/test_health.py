"""A process's health, served."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.health import HealthServer
from core.settings import CoreSettings


def test_a_port_that_is_taken_is_told_with_the_remedy(tmp_path: Path) -> None:
    settings = CoreSettings(state_dir=tmp_path)
    first = HealthServer(settings, "ingest", 0, dict).start()
    try:
        with pytest.raises(SettingsError, match=r"ingest metrics_port: cannot serve .* or 0 for any free one"):
            HealthServer(settings, "ingest", first.port, dict)
    finally:
        first.stop()

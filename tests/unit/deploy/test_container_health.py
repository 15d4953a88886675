"""The image's check: a container is well while every process in it that told its port says that it lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.health import HealthServer, port_file
from core.settings import CoreSettings
from deploy.container import healthy
from deploy.local.addresses import free_port


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CoreSettings:
    monkeypatch.setattr(healthy, "RUN", tmp_path / "run")
    (tmp_path / "run").mkdir()
    return CoreSettings(state_dir=tmp_path)


def test_a_process_that_answers_is_well_even_if_it_waits_for_a_server(settings: CoreSettings) -> None:
    served = HealthServer(settings, "aggregate", 0, lambda: {"kafka": False}).start()
    try:
        assert healthy.main() == 0
    finally:
        served.stop()


def test_one_of_several_that_does_not_answer_is_not_well(settings: CoreSettings) -> None:
    served = HealthServer(settings, "ingest", 0, dict).start()
    try:
        second = settings.model_copy(update={"instance": 2})
        port_file(second, "ingest").write_text(f"{free_port()}\n", encoding="ascii")
        assert healthy.main() == 1
    finally:
        served.stop()


def test_a_container_in_which_no_process_has_begun_is_not_well(settings: CoreSettings) -> None:
    assert settings.state_dir.is_dir()
    assert healthy.main() == 1

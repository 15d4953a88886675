"""A process's health, served."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest

from core.errors import SettingsError
from core.health import HealthServer, target_file
from core.settings import CoreSettings


def test_a_port_that_is_taken_is_told_with_the_remedy(tmp_path: Path) -> None:
    settings = CoreSettings(state_dir=tmp_path)
    first = HealthServer(settings, "ingest", 0, dict).start()
    try:
        with pytest.raises(SettingsError, match=r"ingest metrics_port: cannot serve .* or 0 for any free one"):
            HealthServer(settings, "ingest", first.port, dict)
    finally:
        first.stop()


def test_prometheus_finds_a_process_by_a_file_until_it_ends(tmp_path: Path) -> None:
    settings = CoreSettings(state_dir=tmp_path, instance=2)
    server = HealthServer(settings, "aggregate", 0, dict).start()
    found = target_file(settings, "aggregate")
    assert found == tmp_path / "run" / "targets" / "aggregate-2.json"
    assert json.loads(found.read_text()) == [
        {"targets": [f"127.0.0.1:{server.port}"], "labels": {"process": "aggregate", "instance": "2"}}
    ]
    server.stop()
    assert list(found.parent.iterdir()) == []


def test_metrics_say_of_each_dependency_whether_it_answers(tmp_path: Path) -> None:
    answers = {"kafka": True, "postgres": False}
    server = HealthServer(CoreSettings(state_dir=tmp_path), "aggregate", 0, lambda: answers).start()
    try:
        with urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as answer:
            said = answer.read().decode().splitlines()
    finally:
        server.stop()
    assert 'lantian_ready{dependency="kafka"} 1.0' in said
    assert 'lantian_ready{dependency="postgres"} 0.0' in said


def test_who_listens_everywhere_is_scraped_by_the_name_of_its_machine(tmp_path: Path) -> None:
    settings = CoreSettings(state_dir=tmp_path, metrics_host="0.0.0.0")  # noqa: S104 (as in a container)
    served = HealthServer(settings, "aggregate", 0, dict).start()
    try:
        [target] = json.loads(target_file(settings, "aggregate").read_text())
        assert target["targets"] == [f"{socket.gethostname()}:{served.port}"]
    finally:
        served.stop()

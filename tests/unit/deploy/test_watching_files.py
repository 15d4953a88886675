"""What Prometheus and Alertmanager of the local stack are given to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import ConfiguredSettings
from deploy.local.addresses import Ports
from deploy.local.prometheus import SOURCE, Alertmanager, Prometheus
from deploy.local.settings import LocalSettings
from deploy.local.system_root import SystemRoot
from deploy.setup import places

PORTS = Ports(mqtt=1, kafka=2, kafka_controller=3, postgres=4, prometheus=21005, alertmanager=21006)


@pytest.fixture
def root() -> SystemRoot:
    return SystemRoot(places.system_root(ConfiguredSettings().cache_dir))


def test_the_rules_that_run_are_those_of_the_repository(tmp_path: Path, root: SystemRoot) -> None:
    Prometheus(ConfiguredSettings(state_dir=tmp_path), root, LocalSettings()).prepare(PORTS)
    for path in (SOURCE / "prometheus.yml", *(SOURCE / "rules").iterdir()):
        assert (tmp_path / "prometheus" / path.relative_to(SOURCE)).read_bytes() == path.read_bytes()
    [target] = json.loads((tmp_path / "prometheus" / "alertmanagers" / "local.json").read_text())
    assert target["targets"] == ["127.0.0.1:21006"]


def test_a_rule_that_the_repository_has_no_more_is_gone(tmp_path: Path, root: SystemRoot) -> None:
    prometheus = Prometheus(ConfiguredSettings(state_dir=tmp_path), root, LocalSettings())
    prometheus.prepare(PORTS)
    former = tmp_path / "prometheus" / "rules" / "former.yml"
    former.touch()
    prometheus.prepare(PORTS)
    assert not former.exists()


def test_who_is_told_stands_in_a_file_of_the_operators(tmp_path: Path, root: SystemRoot) -> None:
    own = tmp_path / "own.yml"
    own.write_text("route: {receiver: duty}\nreceivers: [{name: duty}]\n", encoding="utf-8")
    Alertmanager(ConfiguredSettings(state_dir=tmp_path), root, LocalSettings(alertmanager_file=own)).prepare(PORTS)
    kept = tmp_path / "alertmanager" / "alertmanager.yml"
    assert kept.read_bytes() == own.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


def test_a_file_that_is_not_there_is_told_by_its_setting(tmp_path: Path, root: SystemRoot) -> None:
    local = LocalSettings(alertmanager_file=tmp_path / "nowhere.yml")
    with pytest.raises(SettingsError, match="LANTIAN_LOCAL_ALERTMANAGER_FILE: cannot be read"):
        Alertmanager(ConfiguredSettings(state_dir=tmp_path), root, local).prepare(PORTS)

"""The doctor names settings that cannot be used and those that nobody reads."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from core.settings import ConfiguredSettings, SectionSettings
from deploy.local.configuration import SECTIONS, configuration
from deploy.local.finding import Finding

PACKAGES = ("core", "ingest", "aggregate", "alerts", "console", "deploy")


def problems(environment: dict[str, str], file: Path) -> list[Finding]:
    return [finding for finding in configuration(environment, file) if not finding.ok]


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (found,) = problems({"LANTIAN_AGREGATE_METRICS_PORT": "0"}, tmp_path / "none")
    assert "LANTIAN_AGREGATE_METRICS_PORT is set, and nothing reads it" in found.detail
    assert "write LANTIAN_AGGREGATE_METRICS_PORT" in found.remedy


def test_variables_that_are_read_and_those_of_others_are_well(tmp_path: Path) -> None:
    known = {
        "LANTIAN_KAFKA": "x:1", "LANTIAN_SECRET_NOTIFY_MAIL": "x", "LANTIAN_DATABASE": "x", "PATH": "x",
        "LANTIAN_CONSOLE_PORT": "1", "LANTIAN_KINDS_GRACE_S": "{}", "LANTIAN_LOCAL_KAFKA_HEAP": "512m",
    }  # fmt: skip
    assert problems(known, tmp_path / "none") == []


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("LANTIAN_SECRET_POSTGRES_VIEWR", "LANTIAN_SECRET_POSTGRES_VIEWER"),
        ("LANTIAN_SECRET_POSTGRE_OWNER", "LANTIAN_SECRET_POSTGRES_OWNER"),
        ("LANTIAN_SECRET_MQTT_BRIGDE", "LANTIAN_SECRET_MQTT_BRIDGE"),
    ],
)
def test_a_misspelt_secret_is_named_with_the_one_that_was_meant_and_not_shown(
    misspelt: str, meant: str, tmp_path: Path
) -> None:
    (found,) = problems({misspelt: "hunter2"}, tmp_path / "none")
    assert f"{misspelt} is set, and nothing reads it" in found.detail
    assert f"write {meant}" in found.remedy
    assert "hunter2" not in f"{found}"


def test_a_secret_of_no_role_is_named(tmp_path: Path) -> None:
    (found,) = problems({"LANTIAN_SECRET_POSTGRES_X": "x"}, tmp_path / "none")
    assert "nothing reads it" in found.detail


def test_secrets_of_roles_accounts_and_targets_are_known(tmp_path: Path) -> None:
    names = (
        "POSTGRES_VIEWER",
        "MQTT_BRIDGE",
        "MQTT_NOTIFIER",
        "MQTT_140502051",
        "MQTT_BOARD_140502",
        "MQTT_PLATFORM_A",
    )
    known = {f"LANTIAN_SECRET_{name}": "x" for name in (*names, "NOTIFY_HOOK", "WECOM")}
    assert problems(known, tmp_path / "none") == []


def test_a_section_that_is_no_table_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lantian.toml").write_text("console = 3\n", encoding="utf-8")
    (found,) = problems({}, Path("lantian.toml"))
    assert "[console] must be a table" in found.detail


def test_misspelt_tables_and_names_of_the_file_are_named(tmp_path: Path) -> None:
    file = tmp_path / "lantian.toml"
    file.write_text("[alert]\nx = 1\n[aggregate]\nmetric_port = 1\n", encoding="utf-8")
    table, name = problems({}, file)
    assert "[alert], and nothing reads it" in table.detail
    assert "write alerts" in table.remedy
    assert "[aggregate] has metric_port" in name.detail
    assert "write metrics_port" in name.remedy


def test_a_file_that_is_no_toml_is_said(tmp_path: Path) -> None:
    file = tmp_path / "lantian.toml"
    file.write_text("[core\n", encoding="utf-8")
    (found,) = problems({}, file)
    assert "cannot be read" in found.detail


def test_a_value_that_cannot_be_used_is_named_with_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANTIAN_CONSOLE_PORT", "ninety")
    (found,) = problems({}, tmp_path / "none")
    assert "[console] port" in found.detail
    assert "'ninety'" in found.detail
    assert "set LANTIAN_CONSOLE_PORT" in found.remedy


def test_without_faults_there_is_one_line_that_says_so(tmp_path: Path) -> None:
    (found,) = configuration({"LANTIAN_KAFKA": "x:1"}, tmp_path / "none")
    assert (found.ok, found.detail[:11]) == (True, "1 variables")


def test_the_doctor_knows_the_settings_of_every_package() -> None:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if module.name.endswith(("settings", "kinds")):
                importlib.import_module(module.name)
    there = {made for made in SectionSettings.__subclasses__() if made.__module__.partition(".")[0] in PACKAGES}
    assert there == set(SECTIONS), "name it in deploy.local.configuration.SECTIONS"
    assert ConfiguredSettings.section in {made.section for made in SECTIONS}

"""docker-compose.yml holds together: whatever it names is in the project, and each service is as tight as the others.

That Compose itself loads it, and that it runs, is shown in tests/compose.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_file import ROOT, plain

from console.settings import ConsoleSettings
from core.health import PORTS
from core.postgres import ROLES
from deploy.cli import COMMANDS
from deploy.local.configuration import PREFIXES, known_variables
from deploy.roles import SUPERUSER_SECRET
from ingest.credentials import BRIDGE, NOTIFIER, secret_name

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FILE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
LANTIAN = {name for name, service in SERVICES.items() if "build" in service}
ONCE = {"prepare", "tools"}
"""They do something and end."""


def mounts(service: dict[str, Any]) -> list[tuple[str, str]]:
    """Source and target of each mount."""
    return [(plain(mount).split(":")[0], plain(mount).split(":")[1]) for mount in service.get("volumes", ())]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_no_more_than_it_needs_to_be(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    limits = service["deploy"]["resources"]["limits"]
    assert limits["memory"]
    assert limits["pids"]
    assert service["logging"]["options"]["max-size"]
    assert "cap_add" not in service
    assert "privileged" not in service


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONCE))
def test_a_service_that_stays_comes_back_and_says_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert "healthcheck" in service or name in LANTIAN, "Lantian's image has its own check"


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_has_a_version(name: str) -> None:
    _, _, version = plain(SERVICES[name]["image"]).rpartition(":")
    assert re.search(r"[0-9]+\.[0-9]+", version)


def test_the_image_has_the_project_s_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {plain(SERVICES[name]["image"]) for name in LANTIAN} == {f"lantian/lantian:{version}"}
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"version=${{LANTIAN_VERSION:-{version}}}\n" in (ROOT / "deploy" / "container" / "image.sh").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_that_is_mounted_is_there(name: str) -> None:
    for source, _ in mounts(SERVICES[name]):
        assert (ROOT / source).exists() if source.startswith(".") else source in FILE["volumes"], source


@pytest.mark.parametrize("name", sorted(LANTIAN - {"tools"}))
def test_every_command_is_one_of_lantian(name: str) -> None:
    assert SERVICES[name]["command"][0] in COMMANDS


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_of_a_service_is_read_by_somebody(name: str) -> None:
    ours = {variable for variable in SERVICES[name].get("environment", {}) if variable.startswith("LANTIAN_")}
    read = known_variables()
    if name == "grafana":
        read = set(re.findall(r"\$(LANTIAN_[A-Z_]+)", _text(ROOT / "deploy" / "grafana" / "provisioning")))
    assert ours <= read


def test_every_variable_of_the_file_is_on_the_page_and_the_doctor_knows_it() -> None:
    asked = set(re.findall(r"\$\{(LANTIAN_[A-Z_]+)", TEXT))
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert {variable for variable in asked if variable not in page} == set()
    known = known_variables()
    assert {variable for variable in asked if variable not in known and not variable.startswith(PREFIXES)} == set()


def test_no_variable_is_required_so_that_the_file_loads_by_itself() -> None:
    assert re.findall(r"\$\{[A-Z_]+:?\?", TEXT) == []


def test_there_is_a_secret_for_every_role_and_no_other() -> None:
    wanted = {SUPERUSER_SECRET, *(f"postgres-{role}" for role in ROLES), secret_name(BRIDGE), secret_name(NOTIFIER)}
    assert set(FILE["secrets"]) == wanted | {"grafana-admin"}
    assert set(SERVICES["prepare"]["secrets"]) == wanted
    assert set(SERVICES["tools"]["secrets"]) == wanted - {SUPERUSER_SECRET}


@pytest.mark.parametrize(("name", "own"), [
    ("ingest", {"postgres-bridge", "mqtt-bridge"}),
    ("aggregate", {"postgres-worker"}),
    ("alerts", {"postgres-engine", "postgres-notifier", "mqtt-notifier"}),
    ("console", {"postgres-viewer", "postgres-reader"}),
    ("postgres", {"postgres-superuser"}),
    ("grafana", {"postgres-viewer", "grafana-admin"}),
])  # fmt: skip
def test_a_process_has_its_own_secrets_alone(name: str, own: set[str]) -> None:
    assert set(SERVICES[name]["secrets"]) == own


def test_prometheus_asks_every_process_at_its_own_port() -> None:
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "scrape" / "containers.yml").read_text(encoding="utf-8"))
    [job] = scraped["scrape_configs"]
    asked = {entry["names"][0]: entry["port"] for entry in job["dns_sd_configs"]}
    assert asked == {name: PORTS[name] for name in LANTIAN - ONCE}
    told = SERVICES["tools"]["environment"]["LANTIAN_PROCESSES"]
    assert dict(place.split("=") for place in told.split(",")) == {name: f"{name}:{asked[name]}" for name in asked}


def test_what_prometheus_is_told_of_are_services() -> None:
    for folder in ("alertmanagers", "monitoring"):
        said = json.loads((ROOT / "deploy" / "prometheus" / folder / "containers.json").read_text(encoding="utf-8"))
        for target in said:
            host, port = target["targets"][0].split(":")
            assert host == target["labels"]["process"]
            assert plain(SERVICES[host]["ports"][0]).endswith(f":{port}")


def test_the_console_is_published_at_its_own_port() -> None:
    assert plain(SERVICES["console"]["ports"][0]) == f"127.0.0.1:{ConsoleSettings().port}:{ConsoleSettings().port}"


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_published_beyond_this_machine_by_itself(name: str) -> None:
    assert all(plain(port).startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


def test_kafka_is_reached_by_nobody_but_processes() -> None:
    assert FILE["networks"]["log"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "log" in service["networks"]} == LANTIAN | {"kafka"}


@pytest.mark.parametrize("name", SERVICES)
def test_the_profiles_are_those_that_are_documented(name: str) -> None:
    [profile] = SERVICES[name]["profiles"]
    assert profile in {"core", "metrics", "dashboards", "tools"}


def _text(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.y*ml"))

"""The rules by which the processes are watched: held to promtool's judgement, to the metrics and to the runbooks."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.settings import ConfiguredSettings
from deploy import metrics_page
from deploy.local.pace import paced
from deploy.local.prometheus import SOURCE
from deploy.local.system_root import STATE, SystemRoot
from deploy.setup import places

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "tests" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"
_ALERT = re.compile(r"^\s+- alert: (\w+)$", re.MULTILINE)
_METRIC = re.compile(r"\blantian_\w+")
_PARTS = re.compile(r"_(bucket|sum|count)$")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def rules() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((SOURCE / "rules").glob("*.yml")))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a program of the system root on a copy of the rules, their cases and the configuration."""
    folder = tmp_path / "prometheus"
    shutil.copytree(SOURCE, folder)
    shutil.copytree(CASES, folder / "tests")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    root = SystemRoot(places.system_root(ConfiguredSettings().cache_dir))

    def run(*program: str) -> subprocess.CompletedProcess[str]:
        command = root.command("prometheus", folder, program)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def test_prometheus_and_alertmanager_accept_their_files(run: Run) -> None:
    for program in (
        ("/usr/bin/promtool", "check", "config", f"{STATE}/prometheus.yml"),
        *(
            ("/usr/bin/promtool", "check", "rules", "--lint=all", "--lint-fatal", f"{STATE}/rules/{path.name}")
            for path in (SOURCE / "rules").iterdir()
        ),
        ("/usr/bin/amtool", "check-config", f"{STATE}/alertmanager.yml"),
    ):
        done = run(*program)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("cases", sorted(path.name for path in CASES.glob("*.yml")))
def test_each_alert_fires_when_it_should_and_is_silent_before(run: Run, cases: str) -> None:
    done = run("/usr/bin/promtool", "test", "rules", f"{STATE}/tests/{cases}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_case() -> None:
    cases = "\n".join(path.read_text(encoding="utf-8") for path in CASES.glob("*.yml"))
    assert set(re.findall(r'alertname="(\w+)"', cases)) == set(_ALERT.findall(rules()))


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    alerts = _ALERT.findall(rules())
    assert sorted(alerts) == sorted(path.stem for path in RUNBOOKS.glob("*.md"))
    assert [f"runbook: docs/runbooks/{name}.md" in rules() for name in alerts] == [True] * len(alerts)


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_a_runbook_says_what_it_means_where_to_look_and_what_to_do(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Meaning", "Causes", "What to look at", "What to do"]
    for link in re.findall(r"\]\((\w+\.md)\)", text):
        assert (RUNBOOKS / link).is_file(), link


def test_rules_and_runbooks_name_metrics_that_the_processes_have() -> None:
    known = {metric.name for metric in metrics_page.of_processes()}
    texts = [rules(), *(page.read_text(encoding="utf-8") for page in RUNBOOKS.glob("*.md"))]
    named = {name for text in texts for name in _METRIC.findall(text)}
    assert {_PARTS.sub("", name) if _PARTS.sub("", name) in known else name for name in named} <= known


def test_the_page_of_metrics_says_what_the_processes_register() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page == metrics_page.page(), "make it anew: python -m deploy.metrics_page > docs/metrics.md"


def test_every_metric_keeps_to_prometheus_conventions() -> None:
    for metric in metrics_page.of_processes():
        assert re.fullmatch(r"lantian_[a-z0-9_]+", metric.name)
        assert not metric.name.endswith(("_ms", "_minutes", "_kb", "_percent")), metric.name
        assert "station" not in metric.labels
        assert metric.type == "counter" or not metric.name.endswith("_total")
        assert metric.documentation


def test_at_a_faster_pace_all_times_are_shorter_and_nothing_else_changes() -> None:
    text = "  expr: min_over_time((max by (source) (m))[1h:5m]) > 3600\n  for: 30m\n  scrape_interval: 15s\n"
    faster = "  expr: min_over_time((max by (source) (m))[180000ms:15000ms]) > 3600\n  for: 90000ms\n"
    assert paced(text, 20.0) == faster + "  scrape_interval: 750ms\n"
    assert paced(text, 1.0) == text

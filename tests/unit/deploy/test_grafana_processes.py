"""The count of processes that are down, as Prometheus itself reckons it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from grafana_panels import targets

from core.settings import ConfiguredSettings
from deploy.local.system_root import STATE, SystemRoot
from deploy.setup import places

UP, DOWN = "1x3", "0x3"


@pytest.mark.parametrize(
    ("processes", "down"),
    [
        ({"ingest": UP, "aggregate": UP}, 0),
        ({"ingest": UP, "aggregate": DOWN, "alerts": DOWN}, 2),
        ({}, 1),
    ],
    ids=["all run", "two are down", "none has told its port"],
)
def test_processes_down_are_counted_and_nobody_watched_is_a_fault(
    tmp_path: Path, processes: dict[str, str], down: int
) -> None:
    (panel,) = [target.promql for target in targets() if target.name == "pipeline-health/Processes down/A"]
    series = [{"series": f'up{{job="lantian", process="{name}"}}', "values": run} for name, run in processes.items()]
    case = {
        "interval": "15s",
        "input_series": series,
        "promql_expr_test": [
            {"expr": panel, "eval_time": "30s", "exp_samples": [{"labels": "{}", "value": down}]},
        ],
    }
    tmp_path.chmod(0o755)
    file = tmp_path / "down.yml"
    file.write_text(json.dumps({"tests": [case]}), encoding="utf-8")
    file.chmod(0o644)
    root = SystemRoot(places.system_root(ConfiguredSettings().cache_dir))
    command = root.command("prometheus", tmp_path, ("/usr/bin/promtool", "test", "rules", f"{STATE}/down.yml"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

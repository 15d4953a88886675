"""Scenarios through the whole pipeline, judged: what stands at the end is what must follow from what was sent.

At full speed (everything `resent`, the clock past the scenario's end), at 60× and at the pace of life.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pipeline import Pipeline, running_pipeline

from core.clock import DAY
from deploy.processes import data_clock
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import Scenario, load_scenario

HEAD_START = timedelta(seconds=40)
"""The clock stands still until servers and processes are there."""
REST_DAYS = 3
"""Past a scenario's end all its windows have ended, and nothing is waited for."""


@dataclass(frozen=True)
class Judgement:
    """What the judge said, and what the simulator said of its sending."""

    verdict: dict[str, Any]
    sent: dict[str, Any]


def judged(folder: Path, name: str, *, speed: float | None) -> Judgement:
    """A scenario sent at `speed` data seconds a second, None: at once, and judged."""
    scenario = load_scenario(name)
    stations = folder / "stations.csv"
    write_csv(scenario.network, stations)
    clock = _clock(scenario, speed)
    manner = ["--as-fast-as-possible"] if speed is None else []
    with running_pipeline(folder / "stack", stations, **clock) as pipeline:
        pipeline.engine.start()
        pipeline.engine.wait_ready()
        truth = folder / "truth"
        arguments = ["--scenario", name, "--truth", str(truth), "--platform", "replay", "--json"]
        sent = json.loads(pipeline.run("simulate", *arguments, *manner))
        return Judgement(_verdict(pipeline, truth), sent)


def _clock(scenario: Scenario, speed: float | None) -> dict[str, str]:
    if speed is None:
        after = datetime.fromtimestamp(scenario.end + REST_DAYS * DAY, UTC)
        return data_clock(after.isoformat(), datetime.now(UTC).isoformat(), 1.0)
    paced = next(span.start for span in scenario.spans if span.paced)
    epoch = datetime.fromtimestamp(paced, UTC)
    return data_clock(epoch.isoformat(), (datetime.now(UTC) + HEAD_START).isoformat(), speed)


def _verdict(pipeline: Pipeline, truth: Path) -> dict[str, Any]:
    found = pipeline.run("simulate", "--judge", str(truth), "--json")
    verdict: dict[str, Any] = json.loads(found)
    sys.stderr.write(
        f"judge: {verdict['differences']} differences in {verdict['figures']} figures, {verdict['open']} open\n"
    )
    return verdict


@pytest.mark.stack
@pytest.mark.parametrize("name", ["faults", "episodes"])
def test_a_scenario_at_full_speed_leaves_what_must_follow(tmp_path: Path, name: str) -> None:
    found = judged(tmp_path, name, speed=None)
    assert found.sent["complete"]
    assert found.verdict["shown"] == []
    assert found.verdict["differences"] == 0
    assert found.verdict["open"] == 0, "past the scenario's end nothing is waited for"
    assert found.verdict["figures"] > 1000


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "speed"), [("faults", 60.0), ("short", 1.0)])
def test_a_scenario_at_a_pace_leaves_what_must_follow(tmp_path: Path, name: str, speed: float) -> None:
    found = judged(tmp_path, name, speed=speed)
    assert found.sent["complete"]
    assert found.verdict["shown"] == []
    assert found.verdict["differences"] == 0
    assert found.verdict["figures"] > 1000

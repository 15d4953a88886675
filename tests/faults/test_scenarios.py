"""Scenarios through the whole pipeline, judged: what stands at the end is what must follow from what was sent.

At full speed (everything `resent`, the clock past the scenario's end), at 60× and at the pace of life.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pipeline import Pipeline, running_pipeline
from reports import MINUTE
from waiting import eventually

from aggregate.statistic import PERIODS
from core.clock import DAY, Clock
from deploy.processes import data_clock
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import Scenario, load_scenario

HEAD_START_S = 40.0
"""The clock stands still until servers and processes are there."""
HOURS_ARE_DONE_S = 11 * MINUTE
"""So long after the last hour no minute monitor's and no outlet's values are waited for (`ingest.kinds`)."""
REST_DAYS = 3
"""Past a scenario's end all its windows have ended, and nothing is waited for."""


@dataclass(frozen=True)
class Judgement:
    """What the judge said, and what the simulator said of its sending."""

    verdict: dict[str, Any]
    sent: dict[str, Any]


def judged(folder: Path, name: str, *, speed: float | None, until_hours_are_done: bool = False) -> Judgement:
    """A scenario sent at `speed` data seconds a second, None: at once, and judged."""
    scenario = load_scenario(name)
    stations = folder / "stations.csv"
    write_csv(scenario.network, stations)
    clock = _clock(scenario, speed)
    manner = ["--as-fast-as-possible"] if speed is None else []
    with running_pipeline(folder / "stack", stations, **_environment(clock)) as pipeline:
        pipeline.engine.start()
        pipeline.engine.wait_ready()
        truth = folder / "truth"
        arguments = ["--scenario", name, "--truth", str(truth), "--platform", "replay", "--json"]
        sent = json.loads(pipeline.run("simulate", *arguments, *manner))
        if until_hours_are_done:
            eventually("all hours are over", lambda: clock.now() > scenario.end + HOURS_ARE_DONE_S)
        return Judgement(_verdict(pipeline, truth), sent)


def _clock(scenario: Scenario, speed: float | None) -> Clock:
    now = time.time()
    if speed is None:
        return Clock(scenario.end + REST_DAYS * DAY, now)
    paced = next(span.start for span in scenario.spans if span.paced)
    return Clock(paced, now + HEAD_START_S, speed)


def _environment(clock: Clock) -> dict[str, str]:
    epoch, started = (datetime.fromtimestamp(moment, UTC).isoformat() for moment in (clock.epoch, clock.started))
    return data_clock(epoch, started, clock.speed)


def _verdict(pipeline: Pipeline, truth: Path) -> dict[str, Any]:
    found = pipeline.run("simulate", "--judge", str(truth), "--json")
    verdict: dict[str, Any] = json.loads(found)
    sys.stderr.write(
        f"judge: {verdict['differences']} differences in {verdict['figures']} figures, {verdict['open']} open\n"
    )
    return verdict


@pytest.mark.stack
@pytest.mark.parametrize("name", [pytest.param("faults", marks=pytest.mark.slow), "episodes"])
def test_a_scenario_at_full_speed_leaves_what_must_follow(tmp_path: Path, name: str) -> None:
    found = judged(tmp_path, name, speed=None)
    assert found.sent["complete"]
    assert found.verdict["shown"] == []
    assert found.verdict["differences"] == 0
    waited_for = set(found.verdict["open_of"])
    assert waited_for <= set(PERIODS), "past the scenario's end nothing shorter than a month is waited for"
    assert found.verdict["figures"] > 1000
    assert found.verdict["of"]["statistic"] > 0
    assert found.verdict["of"].get("alert", 0) > 0 or name != "episodes"


@pytest.mark.stack
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "speed"), [("faults", 60.0), ("short", 1.0)])
def test_a_scenario_at_a_pace_leaves_what_must_follow(tmp_path: Path, name: str, speed: float) -> None:
    fast = speed > 1.0  # at the pace of life waiting would take too long
    found = judged(tmp_path, name, speed=speed, until_hours_are_done=fast)
    assert found.sent["complete"]
    assert found.verdict["shown"] == []
    assert found.verdict["differences"] == 0
    assert found.verdict["figures"] > 500
    assert found.verdict["of"]["statistic"] > 0
    if fast:
        assert "hour" not in found.verdict["open_of"]

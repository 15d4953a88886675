"""Quix Streams: the hourly window over the records that Lantian's bridge wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from bench.pipeline.field import name_of
from bench.pipeline.ground import START, Ground
from bench.pipeline.peers.sql import differences
from core import kafka
from core.errors import UnavailableError
from deploy.setup.step import building, call

VERSION = "3.28.1"
LACKS = (
    "means of whole hours alone, from Kafka to memory: no database, no readings, no validity, no revisions, no repeats"
    " recognised, what comes late is left out, no alerts"
)
REPORTS = 150_000
"""Of so many stations' hour that this is about what it counts; the topic's other stations it skips undecoded."""
PATIENCE_S = 180.0


class Quix(NamedTuple):
    """What it made of the hour."""

    readings_per_s: float
    reports: int
    different: int
    """Means that are missing or differ from a plain sum over what was sent."""


def build(cache: Path) -> Path:
    """A Python that has it, made once; raises `StepFailedError` where the package cannot be had."""
    folder = cache / f"quixstreams-{VERSION}"
    with building(folder) as unfinished:
        if unfinished is not None:
            call([sys.executable, "-m", "venv", str(unfinished)])
            python = str(unfinished / "bin" / "python")
            call([python, "-m", "pip", "install", "--quiet", f"quixstreams=={VERSION}", "msgspec"])
    return folder / "bin" / "python"


def run(ground: Ground) -> Quix:
    """Raises `StepFailedError` where it cannot be had, `UnavailableError` where it does not come to its end."""
    python, task, settings = build(ground.settings.cache_dir), ground.task, ground.settings
    stations = min(task.stations, -(-REPORTS // task.slots))
    with tempfile.TemporaryDirectory() as folder:
        order = {
            "broker": settings.kafka, "topic": kafka.REPORTS, "group": "peer-quix", "stations_below": name_of(stations),
            "windows": stations, "start": START, "period": task.period, "state_dir": folder,
        }  # fmt: skip
        log = settings.state_dir / "log" / "peer-quix.log"
        with log.open("wb") as errors:
            try:
                done = subprocess.run(
                    [str(python), str(Path(__file__).with_name("quix_window.py"))],
                    input=json.dumps(order).encode(), stdout=subprocess.PIPE, stderr=errors, cwd=folder,
                    timeout=PATIENCE_S, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired as error:
                raise UnavailableError("quix", f"not done within {PATIENCE_S:.0f} s", hint=f"read {log}") from error
    if done.returncode:
        raise UnavailableError("quix", f"ended with status {done.returncode}", hint=f"read {log}")
    found = json.loads(done.stdout.splitlines()[-1])
    if len(found["windows"]) < stations:
        raise UnavailableError("quix", f"closed {len(found['windows'])} of {stations} hours", hint=f"read {log}")
    means = means_of(found["windows"])
    readings = found["reports"] * task.factors
    return Quix(readings / found["seconds"], found["reports"], differences(ground, means, stations))


def means_of(windows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[float, int]]:
    """(mean, count) by station and factor."""
    return {
        (window["station"], factor): (total / window["count"], window["count"])
        for window in windows
        for factor, total in window["sums"].items()
    }

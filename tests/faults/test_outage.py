"""The database or Kafka away while devices go on: memory stays flat, nothing is lost, live data do not starve.

`make test` has some seconds of it, `make test-outage MINUTES=60 SERVER=both` the hour; figures, samples and a picture
go to `LANTIAN_OUTAGE_DIR` (by default `.local/outage`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import outage_load
import pytest
from outage_load import Slots
from outage_report import Figures, figures, waiting, write
from outage_watch import Watch
from pipeline import ROOT, Pipeline, running_pipeline
from waiting import eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(14_400)]

WINDOW = 2000
"""Reports on their way to the centre at most; the devices buffer the rest."""
PACE = 10
"""Times its live rate at which a field sends what it has buffered."""

LIVE_FIRST_S, LIVE_BEHIND_S = 180, 300
"""After an hour without Kafka: until live data of every partition stand again, and how far they may then be behind."""

KAFKA_MIB = 512 + 256
"""Its heap (`LANTIAN_LOCAL_KAFKA_HEAP`), and what a JVM has beside it."""


@dataclass(frozen=True)
class Outage:
    """One server's absence under a load."""

    server: str
    minutes: float
    monitors: int
    period: int
    before_s: float
    every: float
    """Seconds between samples."""
    drift: float
    """MiB that a process may grow over the outage after its warm-up: far less than what is made meanwhile."""
    patience: float
    """Seconds for the backlog."""


def _slice(server: str) -> Outage:
    return Outage(server, 0.2, 600, 10, 8, 1, 40, 240)


def _long(server: str) -> Outage:
    minutes = float(os.environ.get("MINUTES", "10"))
    monitors = int(os.environ.get("MONITORS", "6000"))
    return Outage(server, minutes, monitors, 60, 180, 5, 32, 60 * minutes + 600)


def _asked() -> list[Outage]:
    server = os.environ.get("SERVER", "both")
    return [_long(name) for name in ("postgres", "kafka") if server in {name, "both"}]


@contextmanager
def loaded(folder: Path, outage: Outage) -> Iterator[tuple[Pipeline, Slots, subprocess.Popen[bytes], Path]]:
    """A pipeline with a field of monitors that reports; and where the field tells how it stands."""
    registry = outage_load.write_registry(folder / "registry.csv", outage.monitors, outage.period)
    with running_pipeline(folder / "stack", registry) as pipeline:
        pipeline.engine.start()
        pipeline.engine.wait_ready()
        now = int(time.time())
        slots = Slots(outage.monitors, outage.period, now - now % outage.period - outage.period)
        told = folder / "load.jsonl"
        options = {"monitors": slots.monitors, "period": slots.period, "begin": slots.begin, "window": WINDOW}
        command = [sys.executable, outage_load.__file__, "--pace", str(PACE * slots.rate)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        environment = {**os.environ, **pipeline.stack.environment, "LANTIAN_SENDER_GIVE_UP_SECONDS": "86400"}
        log = pipeline.stack.state_dir / "log" / "load.log"
        with told.open("wb") as lines, log.open("wb") as errors:
            load = subprocess.Popen(command, env=environment, cwd=folder, stdout=lines, stderr=errors)
        try:
            yield pipeline, slots, load, told
        finally:
            load.kill()
            load.wait()


def endure(folder: Path, outage: Outage) -> Figures:
    """The outage, its figures written; asserts that nothing is lost and nothing doubled."""
    results = Path(os.environ.get("LANTIAN_OUTAGE_DIR") or ROOT / ".local" / "outage")
    results.mkdir(parents=True, exist_ok=True)
    samples = results / f"{outage.server}-{outage.minutes:g}.samples.jsonl"
    with loaded(folder, outage) as (pipeline, slots, load, told):
        with Watch(pipeline, slots, load.pid, told, samples, outage.every) as watch:
            eventually("live data come through", lambda: watch.last and watch.last.stored, 300)
            load_runs_for(load, outage.before_s)
            pipeline.stack.stop(outage.server)
            watch.phase = "away"
            load_runs_for(load, outage.minutes * 60)
            watch.phase = "starting"
            pipeline.stack.start(outage.server)
            watch.phase = "back"
            eventually(
                "the backlog is worked off",
                lambda: (last := watch.last) and last.stored is not None and waiting(last) < 2 * slots.rate,
                outage.patience,
                every=0.5,
            )
            load_runs_for(load, outage.before_s)
            load.send_signal(signal.SIGTERM)
            assert load.wait(300) == 0, "the field ends once all it made is durable"
            logs = log_sizes(pipeline)
        pipeline.wait_settled(300)
        made = json.loads(told.read_text(encoding="utf-8").splitlines()[-1])["made"]
        assert_whole(pipeline, made)
    found = figures(outage.server, outage.minutes, slots.rate, made, watch.samples)
    write(found, watch.samples, results)
    sys.stderr.write(f"\noutage {json.dumps(asdict(found))}\nlogs, kB: {json.dumps(logs)}\n")
    return found


def load_runs_for(load: subprocess.Popen[bytes], seconds: float) -> None:
    """Let so much time pass; fails as soon as the load has ended."""
    try:
        status = load.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    pytest.fail(f"the load ended with status {status}")


def log_sizes(pipeline: Pipeline) -> dict[str, int]:
    """Kilobytes of every log."""
    return {path.name: path.stat().st_size // 1024 for path in (pipeline.stack.state_dir / "log").glob("*.log")}


def assert_whole(pipeline: Pipeline, made: int) -> None:
    """Every report stands once, and the ledger agrees."""
    stored, distinct = pipeline.rows("select count(*), count(distinct (station_id, source, run, seq)) from report")[0]
    assert (stored, distinct) == (made, made)
    assert pipeline.rows("select reason, count(*) from rejected group by 1") == []
    pipeline.run("ledger")


def assert_flat(found: Figures, outage: Outage) -> None:
    """No process grows while the server is away, once what has a bound has filled; a JVM takes what it was given."""
    grown = {name: of.drift for name, of in found.memory.items() if name != "kafka" and of.drift > outage.drift}
    assert not grown
    assert found.memory["kafka"].highest < KAFKA_MIB


@pytest.mark.parametrize("outage", [_slice("postgres"), _slice("kafka")], ids=lambda outage: outage.server)
def test_a_short_outage_is_worked_off_and_live_data_are_current_again(outage: Outage, tmp_path: Path) -> None:
    found = endure(tmp_path, outage)
    assert_flat(found, outage)
    assert found.backlog > found.live_rate * outage.minutes * 60 * 0.8, "work had piled up"
    assert found.worked_off_rate > found.live_rate


@pytest.mark.slow
@pytest.mark.parametrize("outage", _asked(), ids=lambda outage: outage.server)
def test_a_long_outage_leaves_memory_flat_and_its_backlog_does_not_starve_live_data(
    outage: Outage, tmp_path: Path
) -> None:
    found = endure(tmp_path, outage)
    assert_flat(found, outage)
    assert found.worked_off_rate > 3 * found.live_rate
    if outage.server == "kafka":
        # devices hold the backlog and send what is live before it: it waits only for what Kafka holds by then
        assert found.live_first_s < LIVE_FIRST_S
        assert found.behind_most < LIVE_BEHIND_S
        assert found.live_again_s < found.worked_off_s + outage.before_s
    else:
        # Kafka holds the backlog, in order: live data are current when it is worked off
        assert found.live_again_s < outage.minutes * 60 / 2 + 60

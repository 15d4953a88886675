"""What `lantian simulate` does when it sends; `truth.cli` judges, `truth.commands` declares the options."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import msgspec
import typer

from alerts.rules import book
from alerts.settings import AlertsSettings
from core.clock import clock_of, parse_time
from core.logs import configure
from core.process import Shutdown
from core.settings import CoreSettings
from ingest.period import parse_period
from ingest.simulate import of_registered, read_registry, send_scenario
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import Scenario, load_scenario, shipped_scenarios
from ingest.simulation.sending import Record, SendResult, unrecorded
from ingest.simulation.stream import Form, messages
from truth.recording import Finish, recording
from truth.write import write_expected


def list_scenarios() -> None:
    """Print the scenarios that come along."""
    for name in shipped_scenarios():
        scenario = load_scenario(name)
        typer.echo(f"{name}: {scenario.title_zh} / {scenario.title_en}, {len(scenario.network.rows)} stations")


def read_scenario(core: CoreSettings, name: str, count: int | None) -> Scenario:
    """A scenario by file or name; the database is asked only by one of registered stations."""
    return load_scenario(name, lambda: read_registry(core), count=count)


def registered(core: CoreSettings, start: str, end: str, *, period: str, seed: int, stations: str) -> Scenario:
    """An ordinary time at the registered stations."""
    return of_registered(
        read_registry(core),
        [name for name in stations.split(",") if name],
        parse_time(start, field="--from"),
        parse_time(end, field="--to"),
        period=0 if period == "own" else parse_period(period),
        seed=seed,
    )


def write_network(scenario: Scenario, path: Path) -> int:
    """Write the stations as `lantian stations import` reads them."""
    write_csv(scenario.network, path)
    typer.echo(f"simulate: {len(scenario.network.rows)} stations written to {path}")
    return 0


def send(
    core: CoreSettings,
    scenario: Scenario,
    *,
    run: int | None,
    platform: str,
    at_once: bool,
    truth: Path | None,
    as_json: bool,
) -> int:
    """Send a scenario and, with `truth`, write what was sent and what must follow; status 0 if all is durable."""
    configure(core, "simulate")
    # a device that begins anew has lost its counter: its run is the time of its start (state-model: device)
    number = int(clock_of(core).now()) if run is None else run
    result = _send(core, scenario, number, platform, at_once, truth, Shutdown().install().requested)
    if as_json:
        typer.echo(msgspec.json.encode(result).decode())
    else:
        typer.echo(
            f"simulate: reports {result.reports}, readings {result.readings}, acknowledged {result.acknowledged}, "
            f"repeated {result.repeated}, run {result.run}, {result.seconds:.1f} s"
        )
    return 0 if result.complete else 1


def _send(
    core: CoreSettings,
    scenario: Scenario,
    number: int,
    platform: str,
    at_once: bool,
    truth: Path | None,
    stop: threading.Event,
) -> SendResult:
    noted: AbstractContextManager[tuple[Record, Finish]] = (
        nullcontext((unrecorded, lambda _result: None)) if truth is None else recording(truth, scenario)
    )
    with noted as (record, finish):
        result = send_scenario(core, scenario, number, platform=platform, at_once=at_once, stop=stop, record=record)
        finish(result)
    if truth is not None:
        write_expected(truth, book.load(AlertsSettings.load().rules_dir))
    return result


def measure(scenario: Scenario, as_json: bool) -> int:
    """Make all messages and send none: what the making alone costs."""
    started = time.monotonic()
    made = reports = readings = size = 0
    for message in messages(scenario, 0, at_once=True):
        made += 1
        size += len(message.payload)
        if message.form is Form.WHOLE:
            reports += 1
            readings += message.readings
    seconds = time.monotonic() - started
    found = {
        "stations": len(scenario.network.rows),
        "messages": made,
        "reports": reports,
        "readings": readings,
        "bytes": size,
        "seconds": round(seconds, 2),
        "reports_a_second": round(reports / seconds),
        "peak_memory_mb": getrusage(RUSAGE_SELF).ru_maxrss // 1024,
    }
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        typer.echo("simulate: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items()))
    return 0

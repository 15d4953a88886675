"""A stack of its own for each curve, and the two ways of loading it: at full speed, and from a backlog."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from bench.pipeline.field import Field, factors_of
from bench.pipeline.generator import Sent
from bench.pipeline.ground import START, Ground, Tell, register
from bench.pipeline.task import Task as Load
from bench.scaling.task import Task
from core.errors import UnavailableError
from core.settings import ConfiguredSettings
from deploy.local.stack import Stack
from deploy.processes import FREE_PORTS, PROCESSES, Processes, data_clock, refuse_servers
from standards.factors import load_catalogue

READY_S = 60.0
_EARLY, _LATE = 0.1, 0.9


class Speed(NamedTuple):
    """What a load came to."""

    reports: int
    readings_per_s: float
    """Until all is stored, computed, judged and told."""
    steady_per_s: float
    """Readings stored, between the tenth and the ninetieth percent of the commits."""
    cpu_s: Mapping[str, float]
    """By process, servers too."""
    memory_mb: Mapping[str, float]
    """At the end."""


@contextmanager
def empty_stack(tell: Tell) -> Iterator[Stack]:
    """Servers without data, ended afterwards; what they hold stays until the next time.

    Raises `SettingsError` where servers are configured.
    """
    configured = ConfiguredSettings.load()
    refuse_servers(configured, "the benchmark")
    stack = Stack(configured.model_copy(update={"state_dir": configured.state_dir / "scaling"}))
    stack.erase()
    tell("starting Mosquitto, Kafka and TimescaleDB, empty")
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


@contextmanager
def ground_of(task: Task, stations: int, tell: Tell) -> Iterator[Ground]:
    """An empty stack with so many stations registered."""
    with empty_stack(tell) as stack:
        load = Load(stations=stations, factors=task.factors, period=task.period, rate=1, seed=task.seed)
        factors = tuple(factors_of(load_catalogue(), task.factors))
        ground = Ground(load, stack, stack.settings, Field(factors, task.period, START, task.seed), [], tell)
        register(ground)
        yield ground


def at_full_speed(ground: Ground, first: int, last: int) -> Speed:
    """Send slots `first` … `last` - 1 as fast as they are taken, by a clock that shows their end."""
    with ground.running(ground.source.time(last), time.time()) as (processes, meter):
        before = meter.read()
        sent = ground.send(ground.order(ground.task.stations, first, last), processes.check)
        rest = ground.rest(processes)
        after = meter.read()
    return Speed(
        sent.reports,
        sent.reports * ground.task.factors / (rest - sent.began),
        _steady(ground, first, last),
        {name: cost.cpu_seconds - before[name].cpu_seconds for name, cost in after.items()},
        {name: cost.memory_bytes / 1e6 for name, cost in after.items()},
    )


def from_backlog(ground: Ground, workers: int, first: int, last: int) -> tuple[Sent, float]:
    """Send slots `first` … `last` - 1 while no worker runs, then let so many work them off: readings stored a second.

    Between the tenth and the ninetieth percent of the commits: without the workers' start.
    """
    with _running(ground, last, {"ingest": PROCESSES["ingest"]}) as processes:
        sent = ground.send(ground.order(ground.task.stations, first, last), processes.check)
    fleet = {"aggregate": ("aggregate", "--processes", str(workers)), "alerts": PROCESSES["alerts"]}
    with _running(ground, last, fleet) as processes:
        ground.rest(processes)
    return sent, _steady(ground, first, last)


@contextmanager
def _running(ground: Ground, slot: int, wanted: Mapping[str, tuple[str, ...]]) -> Iterator[Processes]:
    """Some processes, by a clock that shows the beginning of `slot` as they start."""
    shown, now = (datetime.fromtimestamp(moment, UTC) for moment in (ground.source.time(slot), time.time()))
    clock = data_clock(shown.isoformat(), now.isoformat(), 1.0)
    environment = {**os.environ, **ground.stack.environment, **clock, **FREE_PORTS}
    processes = Processes(ground.stack.state_dir, environment, threading.Event())
    try:
        for name, arguments in wanted.items():
            processes.start(name, *arguments)
        processes.wait_ready(READY_S)
        yield processes
    finally:
        processes.stop()


def _steady(ground: Ground, first: int, last: int) -> float:
    """Readings of slots `first` … `last` - 1 stored a second, from the times at which PostgreSQL committed them."""
    with closing(ground.superuser()) as server, server.cursor() as cursor:
        cursor.execute(
            "select extract(epoch from pg_xact_commit_timestamp(xmin))::float8 from lantian.report"
            " where time >= to_timestamp(%s) and time < to_timestamp(%s)",
            (ground.source.time(first), ground.source.time(last)),
        )
        committed = np.array([at for (at,) in cursor])
    if not len(committed):
        raise UnavailableError("reports", "none of what was sent is stored", hint="read the logs of the processes")
    early, late = np.quantile(committed, (_EARLY, _LATE))
    share = np.count_nonzero((committed > early) & (committed <= late))
    return float(share * ground.task.factors / (late - early)) if late > early else float("nan")

"""A stack of its own for each curve, and the two ways of loading it: at full speed, and from a backlog."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import NamedTuple

import numpy as np

from bench.pipeline.field import Field, factors_of
from bench.pipeline.ground import REST_S, START, Ground, Tell, register
from bench.pipeline.task import Task as Load
from bench.scaling.task import Task
from core.clock import HOUR
from core.errors import UnavailableError
from core.postgres import connect
from core.settings import ConfiguredSettings
from deploy.local.stack import Stack
from deploy.processes import PROCESSES, refuse_servers
from ingest.kinds import KIND_RULES, Kind
from standards.factors import load_catalogue
from truth.settled import nothing_overdue, wait_at_rest

GRACE_S = max(rules.grace_s for kind, rules in KIND_RULES.items() if kind in {Kind.DUST, Kind.CEMS})
"""After an hour's end: then it is not waited for any more at any station of the load."""
_EARLY, _LATE = 0.1, 0.9


class Speed(NamedTuple):
    """What a load came to."""

    reports: int
    readings_per_s: float
    """Until all is stored, computed and judged."""
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


def from_backlog(ground: Ground, workers: int, first: int, last: int) -> tuple[float, float]:
    """Send slots `first` … `last` - 1 while no worker runs, then let so many work them off: readings a second.

    Until all is judged, from when the first worker was ready; and stored, between the tenth and the ninetieth percent.
    """
    end = ground.source.time(last)
    with ground.running(end, time.time(), {"ingest": PROCESSES["ingest"]}) as (processes, _):
        sent = ground.send(ground.order(ground.task.stations, first, last), processes.check)
    fleet = {"aggregate": ("aggregate", "--processes", str(workers)), "alerts": PROCESSES["alerts"]}
    with ground.running(end, time.time(), fleet) as (processes, _):
        began = time.time()
        took = ground.rest(processes) - began
    rate = sent.reports * ground.task.factors / took if took > 0 else float("nan")
    return rate, _steady(ground, first, last)


def hour_ended(ground: Ground) -> float:
    """Seconds that the first hour of all stations takes when it falls due by the clock, its reports being stored."""
    due = ground.source.start + HOUR + GRACE_S
    with (
        ground.running(due, time.time()) as (processes, _),
        closing(connect(ground.settings, "reader", application="lantian bench")) as database,
    ):
        began = time.time()
        wait_at_rest(
            ground.settings, database, REST_S, processes.check, lambda cursor: nothing_overdue(cursor, float(due))
        )
        return time.time() - began


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

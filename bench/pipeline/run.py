"""A run: the floor and the peers on the idle servers, an hour at full speed, an hour's end live, whether all is right.

On a stack of its own, emptied first, with the settings that a user gets.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np

from aggregate.worker import warm_up
from bench.machine import machine
from bench.pipeline import latency
from bench.pipeline.field import Field, factors_of
from bench.pipeline.floor import floor
from bench.pipeline.ground import START, Ground, Tell, register
from bench.pipeline.meter import Cost
from bench.pipeline.peers import contest
from bench.pipeline.report import lines
from bench.pipeline.rounds import combined
from bench.pipeline.task import QUICK, Task
from bench.pipeline.verify import verify
from core.errors import UnavailableError
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local.stack import Stack
from deploy.processes import refuse_servers
from deploy.roles import superuser
from deploy.setup import places
from standards.factors import load_catalogue

HEAD_S = 10.0
"""Between a fill that goes as fast as the hour before, half as much again, and the first live report."""

LIBRARIES = ("numpy", "numba", "kafka-python", "paho-mqtt", "psycopg2-binary")


def run(task: Task, tell: Tell, *, runs: int = 1, peers: bool = False) -> dict[str, Any]:
    """So many rounds as one; raises `UnavailableError` where something does not come to its end."""
    described = machine(*LIBRARIES)
    configured = ConfiguredSettings.load()
    refuse_servers(configured, "the benchmark")
    stack = Stack(configured.model_copy(update={"state_dir": configured.state_dir / "bench"}))
    warm_up()
    rounds = []
    for number in range(1, runs + 1):
        if runs > 1:
            tell(f"round {number} of {runs}")
        rounds.append(_round(task, stack, tell, peers=peers))
    return {
        **task._asdict(), **combined(rounds), "machine": described,
        "broker": f"apache-kafka {_kafka_version(configured)}",
    }  # fmt: skip


def main() -> None:
    """Print the figures of a quick run."""
    figures = run(QUICK, print)
    print("\n".join(lines(figures)))
    if not figures["good"]:
        sys.exit(1)


def _round(task: Task, stack: Stack, tell: Tell, *, peers: bool) -> dict[str, Any]:
    """The floor, those peers that take what monitors send, Lantian, those that start from what it has left."""
    stack.erase()
    tell("starting Mosquitto, Kafka and TimescaleDB, empty")
    try:
        settings = stack.up()
        latency.stamp_by_broker(settings)
        connect_as_superuser = partial(superuser, settings.state_dir, settings.postgres_port)
        rows = floor(connect_as_superuser, task.floor_rows, task.stations, task.factors, task.period, task.seed)
        tell(f"floor: {rows:,.0f} rows/s, one row a reading")
        factors = tuple(factors_of(load_catalogue(), task.factors))
        ground = Ground(task, stack, settings, Field(factors, task.period, START, task.seed), [], tell)
        register(ground)
        before = contest.before_lantian(ground) if peers else {}
        figures = _measure(ground)
        after = contest.after_lantian(ground) if peers else {}
    finally:
        stack.down()
    figures |= before | after
    return {
        **figures, "floor_rows_per_s": rows, "ratio": figures["readings_per_s"] / rows, **contest.ratios(figures),
    }  # fmt: skip


def _kafka_version(settings: CoreSettings) -> str:
    [jar] = places.kafka_jars(settings.cache_dir).glob("kafka-clients-*.jar")
    return jar.stem.rpartition("-")[2]


def _measure(ground: Ground) -> dict[str, Any]:
    task, slots = ground.task, ground.task.slots
    full, took = _at_full_speed(ground)
    last = task.first_live
    live_from = time.time() + HEAD_S + 1.5 * took
    with ground.running(START + 7200, live_from) as (processes, meter):
        fill = ground.send(ground.order(task.stations, slots, last), processes.check)
        ground.rest(processes)
        if time.time() > live_from - 1:
            raise UnavailableError(
                "fill", "filling the hour took much longer than the hour before", hint="run it again"
            )
        before = meter.read()
        ground.tell(f"live: {task.live_stations} stations, {task.rate:,} readings/s for {task.seconds} s")
        live_slots = -(-task.seconds // task.period)
        order = ground.order(task.live_stations, last, last + live_slots, live_from)
        live = ground.send(order, processes.check)
        ground.rest(processes)
        costs = _costs(before, meter.read(), live.ended - live_from)
    late = _lateness(ground, live_from)
    sent = full["reports"] + fill.reports + live.reports
    verdict = verify(ground.settings, ground.source, task.stations, slots, 2, sent)
    return {
        **full, **late, "lost": verdict.lost, "duplicated": verdict.duplicated, "unbalanced": verdict.unbalanced,
        "statistics": verdict.statistics, "statistics_different": verdict.different, "good": verdict.good,
        "live": {
            "stations": task.live_stations, "reports": live.reports, "late_p99": live.late_p99,
            "late_most": live.late_most, "generator_cpu_s": live.cpu_seconds, "costs": costs,
        },
    }  # fmt: skip


def _at_full_speed(ground: Ground) -> tuple[dict[str, Any], float]:
    """An hour of reports as fast as they are taken, by a clock that shows the hour's end."""
    task = ground.task
    began = time.time()
    with ground.running(START + 3600, began) as (processes, meter):
        ready = time.time() - began
        before = meter.read()
        sent = ground.send(ground.order(task.stations, 0, task.slots), processes.check)
        rest = ground.rest(processes)
        costs = _costs(before, meter.read(), rest - sent.began)
    took = rest - sent.began
    readings = sent.reports * task.factors
    with closing(ground.superuser()) as server, server.cursor() as cursor:
        cursor.execute(
            "select extract(epoch from pg_xact_commit_timestamp(xmin))::float8 from lantian.report"
            " where time < to_timestamp(%s)", (START + 3600,),
        )  # fmt: skip
        committed = np.sort(np.array([at for (at,) in cursor]))
    early, late = np.quantile(committed, (0.1, 0.9))
    figures = {
        "reports": sent.reports,
        "readings_per_s": readings / took,
        "readings_per_s_steady": 0.8 * readings / (late - early),
        "readings_per_s_durable": readings / (sent.durable - sent.began),
        "ready_s": ready,
        "generator_cpu_s": sent.cpu_seconds,
        "costs": costs,
    }
    ground.tell(f"full speed: {readings:,} readings in {took:.1f} s, {readings / took:,.0f} readings/s")
    return figures, took


def _costs(before: Mapping[str, Cost], after: Mapping[str, Cost], seconds: float) -> dict[str, dict[str, float]]:
    return {
        name: {
            "cpu_s": cost.cpu_seconds - before[name].cpu_seconds,
            "cores": (cost.cpu_seconds - before[name].cpu_seconds) / seconds,
            "memory_mb": cost.memory_bytes / 1e6,
        }
        for name, cost in after.items()
    }


def _lateness(ground: Ground, live_from: float) -> dict[str, Any]:
    task = ground.task
    start = ground.source.time(task.first_live)
    due = latency.Due.of(ground.platforms, task.live_stations, task.period, live_from, task.first_live)
    hour = START + 3600
    with closing(ground.superuser()) as server, server.cursor() as cursor:
        found = {
            "kafka": latency.to_kafka(ground.settings, due, live_from),
            "database": latency.to_database(cursor, due, start),
            "statistic": latency.to_statistic(cursor, due, hour),
            "alert": latency.to_alert(cursor, due, hour),
            "notification": latency.to_notification(cursor, due, hour),
        }
    return {
        f"{quantile}_device_to_{place}{'' if quantile == 'reports' else '_s'}": value
        for place, lateness in found.items()
        for quantile, value in lateness._asdict().items()
    }

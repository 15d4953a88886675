"""A run: the floor on the idle servers, an hour at full speed, an hour's end live, and whether all of it is right.

On a stack of its own, emptied first, with the settings that a user gets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from psycopg2.extensions import connection

from aggregate.worker import warm_up
from bench.machine import machine
from bench.pipeline import latency
from bench.pipeline.field import REGION, Field, factors_of, kind_of, name_of
from bench.pipeline.floor import floor
from bench.pipeline.generator import Account, Order, Platform, Sent
from bench.pipeline.meter import Cost, Meter
from bench.pipeline.report import lines
from bench.pipeline.task import QUICK, Task
from bench.pipeline.verify import verify
from core.clock import SHANGHAI
from core.errors import UnavailableError
from core.postgres import connect
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local.postgres import superuser
from deploy.local.stack import Stack
from deploy.processes import FREE_PORTS, PROCESSES, Processes, data_clock, refuse_servers
from deploy.setup import places
from ingest.credentials import ALL_STATIONS, issue_platform
from ingest.period import format_period
from ingest.station_import import import_csv
from ingest.stations_cli import update_broker
from ingest.topics import platform_ack_topic
from standards.factors import load_catalogue
from truth.settled import wait_at_rest

START = int(datetime(2026, 11, 18, 10, tzinfo=SHANGHAI).timestamp())
"""Of the first hour: a morning of the heating season under edition 2026."""
PLATFORMS = 4
WINDOW = 150_000
"""Reports that the platforms have sent and not yet heard to be durable."""
REST_S = 1800.0
HEAD_S = 30.0
"""Between a fill that goes as fast as the hour before, half as much again, and the first live report."""

LIBRARIES = ("numpy", "numba", "kafka-python", "paho-mqtt", "psycopg2-binary")

Tell = Callable[[str], None]


@dataclass
class Ground:
    """What a run stands on."""

    task: Task
    stack: Stack
    settings: CoreSettings
    source: Field
    accounts: list[Account]
    tell: Tell

    @property
    def platforms(self) -> Iterator[Platform]:
        """As the generator shares the live stations out."""
        for place, account in enumerate(self.accounts):
            yield Platform.share(
                account, place, len(self.accounts), self.task.live_stations, self.task.stations, self.task.first_live
            )

    def order(self, stations: int, first: int, last: int, live_from: float | None = None) -> Order:
        """For the generator: slots `first` … `last` - 1."""
        task = self.task
        return Order(
            self.settings.mqtt_host, self.settings.mqtt_port, self.accounts, self.source,
            stations, task.stations, task.first_live, first, last, WINDOW, live_from,
        )  # fmt: skip

    def superuser(self) -> connection:
        """Of Lantian's database, for what only its owner is told."""
        settings = self.settings
        return superuser(settings.state_dir, settings.postgres_port, settings.postgres_database)

    @contextmanager
    def running(self, epoch: int, started: float) -> Iterator[tuple[Processes, Meter]]:
        """Bridge, worker, engine by a clock that shows `epoch` (UTC seconds) until the machine's time `started`."""
        shown, until = (datetime.fromtimestamp(moment, UTC).isoformat() for moment in (epoch, started))
        clock = data_clock(shown, until, 1.0)
        environment = {**os.environ, **self.stack.environment, **clock, **FREE_PORTS}
        processes = Processes(self.stack.state_dir, environment, threading.Event())
        try:
            for name, arguments in PROCESSES.items():
                processes.start(name, *arguments)
            processes.wait_ready(60)
            servers = {name: pid for name in self.stack.names if (pid := self.stack.pid(name)) is not None}
            yield processes, Meter({**servers, **processes.pids})
        finally:
            processes.stop()

    def send(self, order: Order, processes: Processes) -> Sent:
        """Have the generator send, and wait until all of it is durable."""
        command = [sys.executable, "-m", "bench.pipeline.generator"]
        done = subprocess.run(command, input=msgspec.json.encode(order), stdout=subprocess.PIPE, check=False)
        processes.check()
        if done.returncode:
            raise UnavailableError("generator", f"the load ended with status {done.returncode}", hint="read above")
        return msgspec.json.decode(done.stdout, type=Sent)

    def rest(self, processes: Processes) -> float:
        """Wait until everything is told; returns when (Unix seconds)."""
        with closing(connect(self.settings, "reader", application="lantian bench")) as database:
            wait_at_rest(self.settings, database, REST_S, processes.check, lambda _cursor: True)
        return time.time()


def run(task: Task, tell: Tell) -> dict[str, Any]:
    """All of it; raises `UnavailableError` where something does not come to its end."""
    described = machine(*LIBRARIES)
    configured = ConfiguredSettings.load()
    refuse_servers(configured, "the benchmark")
    stack = Stack(configured.model_copy(update={"state_dir": configured.state_dir / "bench"}))
    stack.erase()
    warm_up()
    tell("starting Mosquitto, Kafka and TimescaleDB, empty")
    try:
        settings = stack.up()
        latency.stamp_by_broker(settings)
        connect_as_superuser = partial(superuser, settings.state_dir, settings.postgres_port)
        rows = floor(connect_as_superuser, task.floor_rows, task.stations, task.factors, task.period, task.seed)
        tell(f"floor: {rows:,.0f} rows/s, one row a reading")
        factors = tuple(factors_of(load_catalogue(), task.factors))
        ground = Ground(task, stack, settings, Field(factors, task.period, START, task.seed), [], tell)
        _register(ground)
        figures = _measure(ground)
    finally:
        stack.down()
    readings = figures["readings_per_s"]
    return {
        **task._asdict(), **figures, "floor_rows_per_s": rows, "ratio": readings / rows,
        "broker": f"apache-kafka {_kafka_version(settings)}", "machine": described,
    }  # fmt: skip


def main() -> None:
    """Print the figures of a quick run."""
    figures = run(QUICK, print)
    print("\n".join(lines(figures)))
    if not figures["good"]:
        sys.exit(1)


def _kafka_version(settings: CoreSettings) -> str:
    [jar] = places.kafka_jars(settings.cache_dir).glob("kafka-clients-*.jar")
    return jar.stem.rpartition("-")[2]


def _register(ground: Ground) -> None:
    """The stations, and platforms that speak for all of them: Mosquitto reads an account's list at each publication."""
    task = ground.task
    head = "station,name_zh,kind,region,city,control_level,reporting_period,acks\n"
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(connect(ground.settings, "registry", application="lantian bench")) as database,
    ):
        credentials = [
            issue_platform(database, ground.settings, f"bench-{n}", [ALL_STATIONS]) for n in range(PLATFORMS)
        ]
        ground.accounts = [
            Account(each.username, each.password, platform_ack_topic(each.username)) for each in credentials
        ]
        file = Path(folder) / "stations.csv"
        with file.open("w", encoding="utf-8") as rows:
            rows.write(head)
            for number in range(task.live_stations):
                platform = ground.accounts[number % PLATFORMS].username
                rows.write(
                    f"{name_of(number)},测点{number},{kind_of(number)},{REGION},测试市,city,"
                    f"{format_period(task.period)},{platform}\n"
                )
        began = time.monotonic()
        result = import_csv(database, file, effective=datetime.fromtimestamp(START, UTC), user="bench")
        if result.errors:
            raise UnavailableError("stations", str(result.errors[0]))
        update_broker(database, ground.settings.state_dir / "mosquitto")
    ground.tell(f"registered {task.live_stations} stations in {time.monotonic() - began:.1f} s")


def _measure(ground: Ground) -> dict[str, Any]:
    task, slots = ground.task, ground.task.slots
    full, took = _at_full_speed(ground)
    last = task.first_live
    live_from = time.time() + HEAD_S + 1.5 * took
    with ground.running(START + 7200, live_from) as (processes, meter):
        fill = ground.send(ground.order(task.stations, slots, last), processes)
        if ground.rest(processes) > live_from - 1:
            raise UnavailableError(
                "fill", "filling the hour took much longer than the hour before", hint="run it again"
            )
        before = meter.read()
        ground.tell(f"live: {task.live_stations} stations, {task.rate:,} readings/s for {task.seconds} s")
        live_slots = -(-task.seconds // task.period)
        order = ground.order(task.live_stations, last, last + live_slots, live_from)
        live = ground.send(order, processes)
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
        sent = ground.send(ground.order(task.stations, 0, task.slots), processes)
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
        }
    return {
        f"{quantile}_device_to_{place}{'' if quantile == 'reports' else '_s'}": value
        for place, lateness in found.items()
        for quantile, value in lateness._asdict().items()
    }

"""What the bridge costs between real servers: from Mosquitto's messages to durable records in Kafka, no worker.

Two loads of reports of ten factors by platforms: as fast as they are called durable, and live at a steady rate, each
report when it is due. The generator, Mosquitto and Kafka run on the same machine. The settings are those of the
environment: `LANTIAN_BRIDGE_LINGER_MS=100 python -m bench bridge_step`.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.pipeline.field import Field, factors_of
from bench.pipeline.generator import Order, Sent
from bench.pipeline.ground import START, Ground, register
from bench.pipeline.latency import Due, stamp_by_broker, to_kafka
from bench.pipeline.meter import Meter
from bench.pipeline.task import Task
from core.settings import ConfiguredSettings
from deploy.local.stack import Stack
from deploy.processes import FREE_PORTS, PROCESSES, Processes
from standards.factors import load_catalogue

REPORTS_PER_S = 2000
TASK = Task(stations=REPORTS_PER_S, factors=10, period=1, rate=10 * REPORTS_PER_S)
"""Each station reports once a second: so many stations, so many reports a second live."""
FULL_SLOTS, LIVE_SLOTS = 60, 10
HEAD_S = 2.0
"""From the generator's start until the first live report is due."""
ROUNDS = 3


class Round(NamedTuple):
    """Of one round: the load at full speed, then live."""

    reports_per_s: float
    """Durable."""
    full_us: Mapping[str, float]
    """Processor time by process, microseconds a report."""
    live_us: Mapping[str, float]
    p50_s: float
    p99_s: float
    """Live, from the moment a report was due until Kafka had it."""


def main() -> None:
    """Print each figure's median of the rounds, and the least and the most."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(ConfiguredSettings(state_dir=Path(folder)))
        try:
            settings = stack.up()
            stamp_by_broker(settings)
            source = Field(tuple(factors_of(load_catalogue(), TASK.factors)), TASK.period, START, TASK.seed)
            ground = Ground(TASK, stack, settings, source, [], print)
            register(ground)
            with _bridge(ground) as (processes, meter):
                rounds = [_round(ground, processes, meter, number) for number in range(ROUNDS)]
        finally:
            stack.erase()
    _show(rounds)


def _show(rounds: Sequence[Round]) -> None:
    def line(name: str, values: Sequence[float], form: str = ",.1f") -> None:
        middle, least, most = (format(value, form) for value in (statistics.median(values), min(values), max(values)))
        print(f"{name}: {middle} ({least} … {most})")

    line("full speed, reports/s durable", [each.reports_per_s for each in rounds], ",.0f")
    for process in rounds[0].full_us:
        line(f"full speed, {process}, CPU µs a report", [each.full_us[process] for each in rounds])
    for process in rounds[0].live_us:
        line(f"live, {REPORTS_PER_S} reports/s, {process}, CPU µs a report", [each.live_us[process] for each in rounds])
    line("live, due to Kafka, p50, ms", [each.p50_s * 1e3 for each in rounds])
    line("live, due to Kafka, p99, ms", [each.p99_s * 1e3 for each in rounds])


def _round(ground: Ground, processes: Processes, meter: Meter, number: int) -> Round:
    first = number * (FULL_SLOTS + LIVE_SLOTS)
    live, last = first + FULL_SLOTS, first + FULL_SLOTS + LIVE_SLOTS
    full, full_us = _send(ground, ground.order(TASK.stations, first, live), processes, meter)
    live_from = time.time() + HEAD_S
    _, live_us = _send(ground, ground.order(TASK.stations, live, last, live_from), processes, meter)
    due = Due.of(ground.platforms, TASK.stations, TASK.period, live_from, live)
    late = to_kafka(ground.settings, due, live_from)
    return Round(full.reports / (full.durable - full.began), full_us, live_us, late.p50, late.p99)


def _send(ground: Ground, order: Order, processes: Processes, meter: Meter) -> tuple[Sent, dict[str, float]]:
    """What was sent, all of it durable, and what it cost each process, microseconds a report."""
    before = meter.read()
    sent = ground.send(order, processes.check)
    after = meter.read()
    return sent, {name: (after[name].cpu_seconds - before[name].cpu_seconds) / sent.reports * 1e6 for name in after}


@contextmanager
def _bridge(ground: Ground) -> Iterator[tuple[Processes, Meter]]:
    """The bridge alone, ready; and what it, Mosquitto and Kafka cost."""
    environment = {**os.environ, **ground.stack.environment, **FREE_PORTS}
    processes = Processes(ground.stack.state_dir, environment, threading.Event())
    try:
        processes.start("ingest", *PROCESSES["ingest"])
        processes.wait_ready(60)
        servers = {name: ground.servers[name] for name in ("mosquitto", "kafka")}
        yield processes, Meter({**processes.pids, **servers})
    finally:
        processes.stop()


if __name__ == "__main__":
    main()

"""Sends a plan as the devices would: over MQTT, each report kept until the centre says that it is durable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.clock import Clock, clock_of
from core.settings import CoreSettings
from ingest.sender import Identity, ReportSender
from ingest.settings import SenderSettings
from ingest.simulation.generator import SOURCE
from ingest.simulation.plan import Plan, reports

PUMP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far sending is; `at` is the data time (UTC seconds) of the report sent last."""

    reports: int
    readings: int
    acknowledged: int
    at: int


@dataclass(frozen=True, slots=True)
class SendResult:
    """What was sent; everything in it is durable, or `complete` is false. `last` is each station's last `seq`."""

    run: int
    reports: int
    readings: int
    acknowledged: int
    repeated: int
    seconds: float
    last: dict[str, int]
    complete: bool


def send_plan(
    core: CoreSettings,
    plan: Plan,
    *,
    identity: Identity,
    sender_settings: SenderSettings | None = None,
    stop: threading.Event | None = None,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
) -> SendResult:
    """Send all reports of a plan and wait until all are durable; `stop` ends it early.

    Raises `UnavailableError` if nothing is acknowledged for too long.
    """
    clock = clock_of(core)
    stop = stop or threading.Event()
    started = time.monotonic()
    sender = ReportSender(core, sender_settings or SenderSettings.load(), identity, SOURCE)
    readings = 0
    last: dict[str, int] = {}
    try:
        for report in reports(plan):
            if report.paced:
                _wait_until(clock, report.ready, sender, stop)
            if stop.is_set():
                break
            sender.submit(report.address, report.run, report.seq, report.payload)
            readings += report.readings
            last[report.address.rpartition("/")[2]] = report.seq
            on_progress(Progress(sender.submitted, readings, sender.acknowledged, report.ready))
        sender.finish()
    except BaseException:
        sender.abandon()
        raise
    return SendResult(
        plan.run,
        sender.submitted,
        readings,
        sender.acknowledged,
        sender.repeated,
        time.monotonic() - started,
        last,
        not stop.is_set(),
    )


def _wait_until(clock: Clock, moment: float, sender: ReportSender, stop: threading.Event) -> None:
    while not stop.is_set() and (left := moment - clock.now()) > 0:
        sender.pump(min(clock.wall_seconds(left), PUMP_SECONDS))

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
    started = time.monotonic()
    sender = ReportSender(core, sender_settings or SenderSettings.load(), identity, SOURCE, stop)
    readings = 0
    sent_all = True
    last: dict[str, int] = {}
    try:
        for report in reports(plan):
            sent_all = (not report.paced or _wait_until(clock, report.ready, sender)) and sender.submit(
                report.address, report.run, report.seq, report.payload
            )
            if not sent_all:
                break
            readings += report.readings
            last[report.address.rpartition("/")[2]] = report.seq
            on_progress(Progress(sender.submitted, readings, sender.acknowledged, report.ready))
        complete = sender.finish() and sent_all
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
        complete,
    )


def _wait_until(clock: Clock, moment: float, sender: ReportSender) -> bool:
    left = moment - clock.now()
    return left <= 0 or sender.wait(clock.wall_seconds(left))

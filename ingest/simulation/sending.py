"""Sends a scenario as the devices would: over MQTT, each report kept until the centre says that it is durable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.clock import Clock, clock_of
from core.settings import CoreSettings
from ingest.envelope import Source
from ingest.sender import Identity, ReportSender
from ingest.settings import SenderSettings
from ingest.simulation.stream import Form, Message

Record = Callable[[float, str, bytes], None]
"""Is told what was handed to the broker: data time (UTC seconds), the topic's station, the payload."""


def unrecorded(at: float, station: str, payload: bytes) -> None:
    """For a sending of which nobody writes down what was sent."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """What was sent; everything in it is durable, or `complete` is false."""

    run: int
    reports: int
    readings: int
    acknowledged: int
    repeated: int
    seconds: float
    complete: bool


def send(
    core: CoreSettings,
    messages: Iterable[Message],
    run: int,
    *,
    identity: Identity,
    sender_settings: SenderSettings | None = None,
    stop: threading.Event | None = None,
    on_progress: Callable[[int, int], None] = lambda _reports, _readings: None,
    record: Record = unrecorded,
) -> SendResult:
    """Send messages and wait until all reports are durable; `stop` ends it early.

    `on_progress` hears how many reports and readings were sent. Raises `UnavailableError` if nothing is acknowledged
    for too long.
    """
    clock = clock_of(core)
    started = time.monotonic()
    sender = ReportSender(core, sender_settings or SenderSettings.load(), identity, Source.DEVICE, stop)
    readings = 0
    sent_all = True
    try:
        for message in messages:
            sent_all = (not message.paced or _wait_until(clock, message.send_at, sender)) and _hand_over(
                sender, message, clock, record
            )
            if not sent_all:
                break
            if message.form is Form.WHOLE:
                readings += message.readings
                on_progress(sender.submitted, readings)
        complete = sender.finish() and sent_all
    except BaseException:
        sender.abandon()
        raise
    seconds = time.monotonic() - started
    return SendResult(run, sender.submitted, readings, sender.acknowledged, sender.repeated, seconds, complete)


def _hand_over(sender: ReportSender, message: Message, clock: Clock, record: Record) -> bool:
    if message.form is Form.WHOLE:
        if not sender.submit(message.address, message.run, message.seq, message.payload):
            return False
    else:
        sender.send_copy(message.address, message.payload)
    record(clock.now(), message.address.rpartition("/")[2], message.payload)
    return True


def _wait_until(clock: Clock, moment: float, sender: ReportSender) -> bool:
    left = moment - clock.now()
    return left <= 0 or sender.wait(clock.wall_seconds(left))

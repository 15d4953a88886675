"""A scenario as messages in the order of sending: reports numbered as their devices do, with what goes wrong.

Equal scenarios give equal bytes. Memory holds a block of reports, and what devices with faults keep back.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from ingest.period import format_period
from ingest.report import Origin, format_instant
from ingest.simulation.faults import Draft, Faults
from ingest.simulation.generator import Generator, Row
from ingest.simulation.scenario import Scenario
from ingest.simulation.span import Span

_encoder = msgspec.json.Encoder()
_period = lru_cache(maxsize=64)(format_period)
_instant = lru_cache(maxsize=4096)(format_instant)


class Form(Enum):
    """How a message stands to its report."""

    WHOLE = "whole"
    """The report; its device keeps it until the centre says that it is durable."""
    COPY = "copy"
    """The same bytes again."""
    HALF = "half"
    """Its first half: the line broke."""


class Message(NamedTuple):
    """What is handed to the broker at `send_at` (UTC seconds); `paced`: not before the clock is there."""

    address: str
    run: int
    seq: int
    payload: bytes
    readings: int
    send_at: float
    paced: bool
    form: Form = Form.WHOLE


class _Sending(NamedTuple):
    """A draft and how its span is sent."""

    draft: Draft
    paced: bool


class Devices:
    """The devices of a network: they number their reports, and keep back what a fault holds up."""

    def __init__(self, run: int) -> None:
        """`run` is that of all devices."""
        self._run = run
        self._last: defaultdict[str, int] = defaultdict(int)
        self._order = itertools.count()
        self._made: list[tuple[float, int, _Sending]] = []
        self._kept: list[tuple[float, int, tuple[Message, ...]]] = []

    def whole(self, row: Row, span: Span) -> Message:
        """A report of a device with which nothing is wrong."""
        station = row.monitor.station
        seq = self._last[station] = self._last[station] + 1
        payload = self._payload(station, row, seq, span.origin, row.values)
        return Message(row.monitor.address, self._run, seq, payload, len(row.values), row.send_at, span.paced)

    def keep(self, drafts: Iterable[Draft], delay: float, *, paced: bool) -> None:
        """Reports that their device finishes, and so numbers, `delay` s after it has them; sent when it is time."""
        for draft in drafts:
            heapq.heappush(self._made, (draft.ready + delay, next(self._order), _Sending(draft, paced)))

    def due(self, moment: float) -> Iterator[Message]:
        """What is sent until `moment` (UTC seconds) of what was kept, in order."""
        while self._made and self._made[0][0] <= moment:
            _, order, sending = heapq.heappop(self._made)
            messages = tuple(self._messages(sending))
            heapq.heappush(self._kept, (messages[0].send_at, order, messages))
        while self._kept and self._kept[0][0] <= moment:
            yield from heapq.heappop(self._kept)[2]

    def _messages(self, sending: _Sending) -> Iterator[Message]:
        draft = sending.draft
        monitor = draft.monitor
        seq = self._last[monitor.station] = self._last[monitor.station] + 1
        values = {
            code: {"v": value, "flag": draft.flags[code]} if code in draft.flags else value
            for code, value in draft.values.items()
        }
        payload = self._payload(draft.named, draft, seq, draft.origin, values)
        whole = Message(monitor.address, self._run, seq, payload, len(values), draft.send_at, sending.paced)
        if draft.half_first:
            yield whole._replace(payload=payload[: len(payload) // 2], readings=0, form=Form.HALF)
        yield whole
        yield from itertools.repeat(whole._replace(form=Form.COPY), draft.copies)

    def _payload(self, named: str, report: Row | Draft, seq: int, origin: Origin, values: dict[str, Any]) -> bytes:
        content = {
            "station": named,
            "time": _instant(report.time),
            "period": _period(report.period),
            "run": self._run,
            "seq": seq,
            "origin": origin.value,
            "values": values,
        }
        if report.issued is not None:
            content["issued"] = _instant(report.issued)
        return _encoder.encode(content)


def messages(scenario: Scenario, run: int, *, at_once: bool = False) -> Iterator[Message]:
    """All messages of a scenario; `at_once`: as fast as they go, and then nothing is `live` but all `resent`."""
    generator = Generator(scenario.world, scenario.network.monitors, outages=scenario.gaps)
    faults = Faults(scenario.faults, scenario.seed)
    touched = {monitor.station for monitor in scenario.network.monitors if faults.touches(monitor.station)}
    devices = Devices(run)
    for span in (_hurried(span) if at_once else span for span in scenario.spans):
        for row in generator.rows(span):
            yield from devices.due(row.send_at)
            if row.monitor.station in touched:
                devices.keep(faults.apply(_draft(row, span.origin)), row.send_at - row.ready, paced=span.paced)
            else:
                yield devices.whole(row, span)
    yield from devices.due(math.inf)


def expected_reports(scenario: Scenario) -> int:
    """About how many reports a scenario has: gaps, faults and a forecast's further days are not counted."""
    return sum(span.reports_of(monitor.period) for span in scenario.spans for monitor in scenario.network.monitors)


def _hurried(span: Span) -> Span:
    origin = Origin.RESENT if span.origin is Origin.LIVE else span.origin
    return Span(span.start, span.end, span.period, origin, paced=False)


def _draft(row: Row, origin: Origin) -> Draft:
    return Draft(
        row.monitor,
        row.time,
        row.period,
        row.values,
        {},
        row.ready,
        row.send_at,
        origin,
        row.monitor.station,
        issued=row.issued,
    )

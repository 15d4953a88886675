"""Days that are closed, as a batch finds them: which numbers they hold, and what the batch adds. Pure.

The law is state-model, “Retention”: in a closed day a known number is an identical repeat, a new one is received and
its readings are rejected. Nothing of a closed day reaches its rows or its statistics.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from aggregate.reading import Judged, Number, RejectedReading, RejectReason, Resolved
from ingest.envelope import Source
from ingest.ranges import RangeSet

DayKey = tuple[str, int]
"""The topic's station and the first second of a day of Asia/Shanghai."""

RunKey = tuple[Source, int]
"""Source and run."""


@dataclass(slots=True)
class ClosedDay:
    """A station's closed day: the numbers that it holds, and what has come to it since it was read."""

    numbers: dict[RunKey, RangeSet] = field(default_factory=lambda: defaultdict(RangeSet))
    received: dict[RunKey, RangeSet] = field(default_factory=lambda: defaultdict(RangeSet))
    """Numbers that are new, to be written."""
    rejected: dict[Source, int] = field(default_factory=lambda: defaultdict(int))
    """Readings rejected, to be added to the day's counts."""
    payloads: set[tuple[Source, bytes]] = field(default_factory=set)
    """SHA-256 of payloads without a readable number, to be written."""

    def holds(self, number: Number) -> bool:
        """Whether the number has been received before."""
        ranges = self.numbers.get((number.source, number.run))
        return ranges is not None and number.seq in ranges

    def receive(self, number: Number, readings: int) -> None:
        """Take in a new number of a report with so many readings, none of which are taken."""
        of_run = (number.source, number.run)
        self.numbers[of_run].add(number.seq)
        self.received[of_run].add(number.seq)
        self.rejected[number.source] += readings

    @property
    def changed(self) -> bool:
        """Whether anything has come to it."""
        return bool(self.received or self.payloads)


def refuse(report: Judged) -> Resolved:
    """What becomes of a report with a new number: it is rejected whole, whatever else is wrong with it."""
    report.whole = RejectReason.CLOSED
    report.reasons = [RejectReason.CLOSED] * len(report.names)
    report.detail = "the day is closed"
    flags = report.flags or "N" * len(report.names)
    readings = zip(report.names, report.values, flags, strict=True)
    return Resolved(report, rejected=[RejectedReading(*reading, RejectReason.CLOSED) for reading in readings])

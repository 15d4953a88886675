"""A stretch of a scenario's time."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.report import Origin
from ingest.simulation.monitor import Monitor


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch `[start, end)` (UTC seconds) of reports of `period` seconds, 0: of each monitor's own.

    A monitor never reports more often than its own period. A report belongs to the span in which its period ends.
    `paced`: each report is sent when the clock reaches it.
    """

    start: int
    end: int
    period: int
    origin: Origin
    paced: bool

    def period_of(self, monitor: Monitor) -> int:
        """Seconds that each report of the monitor is about."""
        return max(self.period, monitor.period)

    def reports_of(self, monitor: Monitor) -> int:
        """About how many reports the monitor makes."""
        return (self.end - self.start) // self.period_of(monitor)

"""A stretch of a scenario's time."""

from __future__ import annotations

from dataclasses import dataclass

from core.clock import SHANGHAI_OFFSET
from ingest.report import Origin


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

    def period_of(self, own: int) -> int:
        """Seconds that each report of a monitor is about whose own reporting period is `own` seconds."""
        return max(self.period, own)

    def reports_of(self, own: int) -> int:
        """About how many reports such a monitor makes."""
        return (self.end - self.start) // self.period_of(own)


def begins_period(moment: int, period: int) -> bool:
    """Whether a period of `period` seconds begins at `moment` (UTC seconds): counted from Asia/Shanghai's midnight."""
    return (moment + SHANGHAI_OFFSET) % period == 0

"""What is to be measured; imports nothing, for the command's defaults."""

from __future__ import annotations

from typing import NamedTuple


class Task(NamedTuple):
    """The load of a run."""

    stations: int = 2500
    """Whose hours are reported whole: one at full speed, a second one until its last period, live."""
    factors: int = 10
    """In each report."""
    period: int = 30
    """Seconds between two reports of a station."""
    seconds: int = 90
    """Of live reports; the hour ends `period` seconds after their beginning."""
    rate: int = 20_000
    """Readings a second, live: further stations report then beside the others."""
    seed: int = 1
    """Of the values."""
    floor_rows: int = 1_000_000
    """In each of the floor's three rounds."""

    @property
    def slots(self) -> int:
        """Reports of a station in an hour."""
        return 3600 // self.period

    @property
    def first_live(self) -> int:
        """The first slot that is reported live, the last of its hour."""
        return 2 * self.slots - 1

    @property
    def live_stations(self) -> int:
        """All that report live."""
        return max(self.stations, self.rate * self.period // self.factors)

    @property
    def reports(self) -> int:
        """Sent at full speed, measured."""
        return self.stations * self.slots


QUICK = Task(stations=500, seconds=60, rate=5_000, floor_rows=200_000)
"""For a look between two changes, and for CI."""

"""What is to be measured; imports nothing, for the command's defaults."""

from __future__ import annotations

from typing import NamedTuple

CURVES = ("stations", "workers", "history", "recompute")


class Task(NamedTuple):
    """The sizes of each curve."""

    runs: int = 3
    """Of each point but those of recomputing; medians and spread are told."""
    stations: tuple[int, ...] = (600, 6_000, 60_000)
    reports: int = 360_000
    """Of all stations together, sent at full speed, for each size: fewer where an hour of theirs has not so many."""
    workers: tuple[int, ...] = (1, 2, 3, 4)
    backlog: int = 240_000
    """Reports of an hour that each number of workers finds in Kafka."""
    days: tuple[int, ...] = (1, 30, 365)
    """Of history in the database."""
    history_stations: int = 300
    """Whose hours are in it; not more than report then."""
    history_reports: int = 120_000
    """An hour's, sent at full speed, for each length of history."""
    city: int = 8
    """Air stations of a city, six factors, hourly."""
    city_days: int = 365
    province: int = 40
    """Air stations of a province of cities of that size."""
    province_days: int = 92
    """A quarter: a year takes four times as long."""
    factors: int = 10
    period: int = 30
    """Seconds between two reports of a station."""
    seed: int = 1


QUICK = Task(
    runs=1, stations=(60, 600), reports=6_000, workers=(1, 2), backlog=12_000, days=(1, 7), history_stations=20,
    history_reports=12_000, city=1, city_days=14, province=2, province_days=7,
)  # fmt: skip
"""To try the benchmark itself: its figures say nothing."""

"""The figures of the curves as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.scaling.memory import memory_per_thousand

MEASURED = ("ingest", "aggregate", "alerts")


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """What a person reads, a line a point."""
    points = figures.get("stations", ())
    for point in points:
        memory = ", ".join(f"{name} {point['memory_mb'][name]:.0f}" for name in MEASURED)
        yield (
            f"{point['stations']:,} stations: {point['readings_per_s']:,.0f} readings/s,"
            f" {point['steady_per_s']:,.0f} stored; hour ended in {point['hour_ended_s']:.1f} s; MB of memory: {memory}"
        )
    for name in MEASURED if points else ():
        if (per := memory_per_thousand(points, name)) is not None:
            yield f"{name}: {per:.2f} MB for 1 000 stations more"
    for point in figures.get("workers", ()):
        yield (
            f"{point['workers']} workers: {point['readings_per_s']:,.0f} readings/s of a backlog,"
            f" {point['steady_per_s']:,.0f} stored"
        )
    for point in figures.get("history", ()):
        rows = point["report_rows"] + point["statistic_rows"]
        answers = ", ".join(f"{name} {taken:.1f} ms" for name, taken in point["answers_ms"].items())
        yield f"{point['days']} days, {rows:,} rows: {point['readings_per_s']:,.0f} readings/s; {answers}"
    for point in figures.get("recompute", ()):
        yield (
            f"recompute of {point['days']} days of a {point['place']} of {point['stations']} stations,"
            f" {'again' if point['again'] else 'anew'}: {point['seconds']:.1f} s, {point['windows']:,} windows,"
            f" {point['changes']:,} changes"
        )

"""Figures as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.pipeline.peers.contest import LACKS

SPREAD = (
    "readings_per_s", "readings_per_s_steady", "floor_rows_per_s", "ratio", "plain_readings_per_s", "ratio_plain",
    "batched_readings_per_s", "ratio_batched", "telegraf_readings_per_s", "ratio_telegraf", "quix_readings_per_s",
    "sql_readings_per_s", "p99_device_to_database_s", "p99_device_to_statistic_s", "p99_device_to_alert_s",
    "p99_device_to_notification_s",
)  # fmt: skip
"""Of the figures in the object's `spread`, those that people are told."""


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """What `lantian bench pipeline` prints."""
    machine = figures["machine"]
    yield (
        f"machine: {machine['cores']} cores, {machine['processor']}, {machine['memory_gib']} GiB,"
        f" {machine['system']}, load {machine['load']}"
    )
    yield f"versions: {figures['broker']}, python {machine['python']}, numba {machine['numba']}"
    yield (
        f"full speed: {figures['reports']} reports of {figures['factors']} factors from {figures['stations']} stations:"
        f" {figures['readings_per_s']:,.0f} readings/s until all is judged, {figures['readings_per_s_steady']:,.0f} in"
        f" between, {figures['readings_per_s_durable']:,.0f} until durable"
    )
    yield (
        f"floor, one row a reading: {figures['floor_rows_per_s']:,.0f} rows/s; ratio {figures['ratio']:.2f};"
        f" processes ready after {figures['ready_s']:.1f} s"
    )
    yield from peer_lines(figures)
    yield from _costs("full speed", figures["costs"], {"generator": figures["generator_cpu_s"]})
    live = figures["live"]
    yield (
        f"live: {figures['rate']} readings/s for {figures['seconds']} s from {live['stations']} stations; the generator"
        f" itself late by {live['late_p99'] * 1000:.0f} ms (p99), {live['late_most'] * 1000:.0f} ms at most"
    )
    yield from _costs("live", live["costs"], {"generator": live["generator_cpu_s"]})
    yield f"{'device to':14}{'count':>9}{'p50 s':>9}{'p99 s':>9}{'p99.9 s':>9}{'most s':>9}"
    for place in ("kafka", "database", "statistic", "alert", "notification"):
        late = {key: figures[f"{key}_device_to_{place}_s"] for key in ("p50", "p99", "p999", "most")}
        yield f"{place:14}{figures[f'reports_device_to_{place}']:>9}" + "".join(f"{s:>9.3f}" for s in late.values())
    if figures["runs"] > 1:
        yield from _spread(figures)
    verdict = "nothing lost, nothing doubled" if figures["good"] else "NO RESULT"
    yield (
        f"{verdict}: lost {figures['lost']}, doubled {figures['duplicated']}, accounts unbalanced"
        f" {figures['unbalanced']}; {figures['statistics_different']} of {figures['statistics']} hourly means differ"
    )


def peer_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Each with what it does not do."""
    for name, lacks in LACKS.items():
        if (reason := figures.get(f"{name}_skipped")) is not None:
            yield f"{name}: SKIPPED: {reason}"
        if f"{name}_readings_per_s" not in figures:
            continue
        ratio = f", ratio {figures[key]:.2f}" if (key := f"ratio_{name}") in figures else ""
        wrong = "".join(
            f", {figures[key]} {fault}"
            for fault in ("lost", "doubled", "different")
            if figures.get(key := f"{name}_{fault}")
        )
        yield f"{name}: {figures[f'{name}_readings_per_s']:,.0f} readings/s{ratio}{wrong.upper()}; {lacks}"


def _spread(figures: Mapping[str, Any]) -> Iterator[str]:
    """What the rounds lie between."""
    yield f"{figures['runs']} rounds; medians above, here least … most"
    for key in SPREAD:
        if key in figures["spread"]:
            least, most = figures["spread"][key]
            yield f"  {key:34}{_short(least):>12} … {_short(most)}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"


def _costs(title: str, costs: Mapping[str, Mapping[str, float]], others: Mapping[str, float]) -> Iterator[str]:
    yield f"{title + ', by process':24}{'CPU s':>9}{'cores':>8}{'MB':>8}"
    for name, cost in costs.items():
        yield f"  {name:22}{cost['cpu_s']:>9.1f}{cost['cores']:>8.2f}{cost['memory_mb']:>8.0f}"
    for name, seconds in others.items():
        yield f"  {name:22}{seconds:>9.1f}"

"""Figures as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_NAMES = {
    "kernels": "Lantian, kernels on the grid",
    "columns": "Lantian, from long columns",
    "pandas": "pandas",
    "polars": "Polars",
}


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """What `lantian bench kernels` prints."""
    machine = figures["machine"]
    yield (
        f"machine: {machine['cores']} cores, {machine['processor']}, {machine['memory_gib']} GiB,"
        f" {machine['system']}, load {machine['load']}"
    )
    yield "versions: " + ", ".join(
        f"{name} {machine[name]}" for name in ("python", "numpy", "numba", "pyarrow", "pandas", "polars")
    )
    yield (
        f"{figures['stations']} stations × {figures['hours']} hours × {figures['factors']} factors from"
        f" {figures['first']}: {figures['rows']} rows, {figures['bytes_read'] / 1e6:.0f} MB"
    )
    yield f"{'':30}{'median s':>10}{'least … most':>18}{'CPU s':>8}{'peak MB':>9}{'kernels':>10}{'columns':>10}"
    for name, shown in _NAMES.items():
        cost = figures["costs"][name]
        spread = f"{min(cost['runs']):.3f} … {max(cost['runs']):.3f}"
        ratios = [f"{cost['seconds'] / figures[base]:.1f} ×" for base in ("seconds", "seconds_columns")]
        yield (
            f"{shown:30}{cost['seconds']:>10.3f}{spread:>18}{cost['cpu_seconds']:>8.2f}"
            f"{cost['peak_bytes'] / 1e6:>9.0f}{ratios[0]:>10}{ratios[1]:>10}"
        )
    yield (
        f"{figures['rows_per_second'] / 1e6:.1f} million rows/s,"
        f" {figures['bytes_read'] / figures['seconds'] / 1e9:.2f} GB/s:"
        f" {figures['bandwidth_share']:.0%} of the {figures['bandwidth'] / 1e9:.2f} GB/s at which one core reads"
    )
    if files := figures["files"]:
        for kind in ("parquet", "csv"):
            took = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in files[kind].items())
            yield f"{files['stations']} stations from {kind} to hourly.csv, daily.csv, period.csv: {took}"
    verdict = "the same" if figures["equal"] else "NOT the same"
    yield f"results are {verdict}; concentrations differ by {figures['largest_difference']:.1e} of themselves at most"

"""What a call costs, and on which machine."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

T = TypeVar("T")

_READS = 3
_RESET_PEAK = "5"  # what Linux takes in clear_refs for it


class Cost(NamedTuple):
    """What a call took."""

    seconds: float
    cpu_seconds: float
    """Of all threads."""
    peak_bytes: int
    """Memory at the peak above what was taken before; of several calls the first says most, later ones find room."""


def measured(call: Callable[[], T]) -> tuple[T, Cost]:
    """The call's result and cost."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    before = _memory("VmRSS")
    cpu, began = time.process_time(), time.perf_counter()
    result = call()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return result, Cost(seconds, cpu_seconds, max(0, _memory("VmHWM") - before))


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) * 1024


def summary(costs: Sequence[Cost]) -> dict[str, object]:
    """Median, and every run, for people who doubt."""
    return {
        "seconds": statistics.median(cost.seconds for cost in costs),
        "runs": [cost.seconds for cost in costs],
        "cpu_seconds": statistics.median(cost.cpu_seconds for cost in costs),
        "peak_bytes": max(cost.peak_bytes for cost in costs),
    }


@njit(nogil=True, error_model="numpy")
def _total(values: npt.NDArray[np.float64]) -> float:
    """The sum in eight lanes: adding is not what takes the time."""
    a = b = c = d = e = f = g = h = 0.0
    for i in range(0, values.size - 7, 8):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
        e += values[i + 4]
        f += values[i + 5]
        g += values[i + 6]
        h += values[i + 7]
    return (a + b) + (c + d) + (e + f) + (g + h)


def bandwidth(values: npt.NDArray[np.float64]) -> float:
    """Bytes a second at which one core reads an array and adds it up; the better of two ways, the best of few reads."""
    flat = values.reshape(-1)
    best = np.inf
    _total(flat[:8])
    for read in (_total, np.sum):
        for _ in range(_READS):
            began = time.perf_counter()
            read(flat)
            best = min(best, time.perf_counter() - began)
    return float(flat.nbytes / best)

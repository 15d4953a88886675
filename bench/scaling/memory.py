"""Memory per thousand stations, from the sizes that were measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def memory_per_thousand(points: Sequence[Mapping[str, Any]], process: str) -> float | None:
    """Megabytes that a process takes for each thousand stations more, from the least to the greatest number of them.

    None where only one number was measured.
    """
    least, most = (extreme(points, key=lambda point: point["stations"]) for extreme in (min, max))
    if least["stations"] == most["stations"]:
        return None
    more = most["memory_mb"][process] - least["memory_mb"][process]
    return float(more / (most["stations"] - least["stations"]) * 1000)

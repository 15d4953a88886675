"""Prometheus' files with every time in them shorter, so that a test need not wait as an operator would. Pure."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r"(?P<before>\b(?:scrape_interval|scrape_timeout|evaluation_interval|refresh_interval|for|interval"
    r"|group_wait|group_interval|repeat_interval|keep_firing_for): |[\[:])"
    r"(?P<times>(?:[0-9]+(?:ms|[smhdw]))+)(?=\s*[\]:\n])"
)
_PART = re.compile(r"([0-9]+)(ms|[smhdw])")
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def paced(text: str, pace: float) -> str:
    """`text` with intervals, waits and ranges divided by `pace`, at least a tenth of a second; as it is at pace 1."""
    if pace == 1.0:
        return text

    def shorter(found: re.Match[str]) -> str:
        whole = sum(int(count) * _MS[unit] for count, unit in _PART.findall(found["times"]))
        return f"{found['before']}{max(100, round(whole / pace))}ms"

    return _DURATION.sub(shorter, text)

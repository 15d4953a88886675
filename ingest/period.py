"""Averaging periods as ISO 8601 durations of fixed length."""

from __future__ import annotations

import re
from functools import lru_cache

from core.clock import DAY, HOUR
from core.errors import InputError

MAX_PERIOD = 366 * DAY
_DURATION = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.ASCII)


@lru_cache(maxsize=1024)
def parse_period(text: str) -> int:
    """Seconds of a duration such as `PT1M`, `PT1H`, `P1D`; raises `InputError`.

    Months and years have no fixed length: a monthly sample names its days, `P31D`.
    """
    found = _DURATION.fullmatch(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    total = days * DAY + hours * HOUR + minutes * 60 + seconds
    if not 0 < total <= MAX_PERIOD or text.endswith("T"):
        raise InputError(
            "period",
            "is not a duration between one second and 366 days",
            field="period",
            value=text[:40],
            hint="write it as PT1M, PT1H or P1D",
        )
    return total


def format_period(seconds: int) -> str:
    """The ISO 8601 duration of `seconds` in its largest whole unit."""
    for unit, length in (("D", DAY), ("H", HOUR), ("M", 60)):
        if seconds % length == 0:
            return f"P{seconds // length}D" if unit == "D" else f"PT{seconds // length}{unit}"
    return f"PT{seconds}S"

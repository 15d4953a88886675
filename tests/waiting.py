"""Waiting on a condition, never for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(what: str, condition: Callable[[], bool], seconds: float = 60.0, every: float = 0.05) -> None:
    """Return as soon as `condition` holds; fail, naming `what`, if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        threading.Event().wait(every)

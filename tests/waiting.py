"""Waiting on a condition, never for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 120.0


def eventually(what: str, look: Callable[[], T], seconds: float = PATIENCE, every: float = 0.05) -> T:
    """What `look` finds as soon as it is true; fails naming `what` if it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        threading.Event().wait(every)
    return found

"""Says to who waits at a terminal that kernels are being compiled."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from numba.core.event import Event, Listener, install_listener


class _Teller(Listener):
    """Tells of the first kernel that no earlier run has left in the cache."""

    def __init__(self) -> None:
        self._told = False

    def on_start(self, event: Event) -> None:
        if not self._told:
            sys.stderr.write("lantian: the kernels are being compiled for this machine, once: up to half a minute\n")
        self._told = True

    def on_end(self, event: Event) -> None:
        """Nothing."""


@contextmanager
def compiling_told() -> Iterator[None]:
    """While this lasts, the first compilation is told on stderr if that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with install_listener("numba:compile", _Teller()):
        yield

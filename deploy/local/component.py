"""What the stack needs to know of each of its servers."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Protocol

from deploy.local.addresses import Ports


class Component(Protocol):
    """A server of the stack."""

    @property
    def name(self) -> str:
        """What it is called in commands and folders."""

    @property
    def stop_signal(self) -> signal.Signals:
        """The signal that ends it in order."""

    @property
    def ports(self) -> tuple[str, ...]:
        """Its fields of `Ports`."""

    @property
    def log(self) -> Path:
        """Where its output goes."""

    def prepare(self, ports: Ports) -> None:
        """Make its folder, data and configuration; what is there stays."""

    def command(self, ports: Ports) -> list[str]:
        """The command that runs it in the foreground."""

    def answers(self, ports: Ports) -> bool:
        """Whether it serves."""

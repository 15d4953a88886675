"""What tests ask of the servers that they run on, and in which of two worlds these are: containers or the local stack.

`LANTIAN_TEST_SERVERS` says which: `containers`, `local`, or `auto` (nothing said), which is containers where they can
be had.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.settings import CoreSettings

VARIABLE = "LANTIAN_TEST_SERVERS"
AUTO = "auto"


class Servers(Protocol):
    """Mosquitto, Kafka and TimescaleDB for one test run: `deploy.local.stack.Stack` and `ContainerServers`."""

    @property
    def state_dir(self) -> Path:
        """Secrets, addresses, the broker's files and what processes tell of themselves."""

    @property
    def settings(self) -> CoreSettings:
        """The settings that lead to them."""

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead a process to them."""

    @property
    def names(self) -> tuple[str, ...]:
        """`postgres`, `kafka`, `mosquitto`."""

    def up(self) -> CoreSettings:
        """Start them and make them ready: schema, catalogue, accounts, topics."""

    def start(self, name: str) -> None:
        """Start one that was ended, at its address of before, and wait until it answers."""

    def stop(self, name: str) -> None:
        """End one in order."""

    def kill(self, name: str) -> None:
        """End one with SIGKILL."""

    def pid(self, name: str) -> int | None:
        """Its main process, which tests freeze; None if it does not run."""

    def log_tail(self, name: str, lines: int = 40) -> str:
        """The last lines that it has said."""

    def erase(self) -> None:
        """End what runs, and remove all data."""


class World(StrEnum):
    """Where the servers of a test run are."""

    CONTAINERS = "containers"
    LOCAL = "local"


@dataclass(frozen=True)
class Choice:
    """The world of a test run, and why it is this one."""

    world: World
    why: str


def choose(asked: str, obstacle: str | None) -> Choice:
    """The world for `asked`; `obstacle`: why there can be no containers, None if there can.

    Raises `ValueError` where what is asked for is unknown or cannot be had.
    """
    if asked not in {AUTO, *World}:
        raise ValueError(f"{VARIABLE}: no such servers (got {asked!r}); write {', '.join(World)} or {AUTO}")
    if asked == World.LOCAL:
        return Choice(World.LOCAL, "as asked")
    if obstacle is None:
        return Choice(World.CONTAINERS, "as asked" if asked != AUTO else "a Docker engine has or can pull the images")
    if asked == World.CONTAINERS:
        raise ValueError(f"{VARIABLE}={asked}: {obstacle}; mend that, or leave the variable out")
    return Choice(World.LOCAL, obstacle)

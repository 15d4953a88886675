"""What docker-compose.yml says of its servers, for containers that tests make without Compose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
SERVERS = ("postgres", "kafka", "mosquitto")
_VARIABLE = re.compile(r"\$\{\w+:-([^}]*)\}")


@cache
def service(name: str) -> dict[str, Any]:
    """A service, its variables replaced by what holds where they are not set."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(plain(text))["services"][name]
    return found


def plain(text: str) -> str:
    """With every variable at its default."""
    return _VARIABLE.sub(r"\1", text)


def image(name: str) -> str:
    """The image of a service, with its tag."""
    return str(service(name)["image"])


def files(name: str) -> Iterator[tuple[Path, str]]:
    """The checkout's files and folders that a service sees, and where."""
    for volume in service(name)["volumes"]:
        source, place, *_ = volume.split(":")
        if source.startswith("./"):
            yield ROOT / source, place


def volumes(name: str) -> Iterator[tuple[str, str]]:
    """The named volumes of a service, and where it sees them."""
    for volume in service(name)["volumes"]:
        source, place, *_ = volume.split(":")
        if not source.startswith("./"):
            yield source, place

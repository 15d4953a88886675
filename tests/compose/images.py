"""`python -m tests.compose.images`: the images that tests of `docker-compose.yml` need, real or stood in for.

What is there is used. Else the registry is asked. Else a stand-in is made of Debian's packages and Kafka's jars, with
the same tag: `standins/README.md` tells where it differs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

import yaml

from deploy.setup.step import StepFailedError

from . import standin
from .engine import EngineError, docker, image

COMPOSE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
TESTED = frozenset({"core", "metrics"})
"""The profiles whose images have stand-ins; there is none for Grafana."""
PULL_S = 600.0


class Origin(Enum):
    """Where an image is from."""

    THERE = "there"
    PULLED = "pulled"
    STANDS_IN = "stand-in, there"
    MADE = "stand-in, made"


def named(compose: Path = COMPOSE) -> list[str]:
    """The images that the tested profiles take from a registry, in the file's order."""
    services = yaml.safe_load(compose.read_text(encoding="utf-8"))["services"].values()
    foreign = (one for one in services if "build" not in one and TESTED.intersection(one.get("profiles", TESTED)))
    return list(dict.fromkeys(one["image"] for one in foreign))


def ensure(tag: str) -> Origin:
    """See to it that the engine has the image.

    Raises `EngineError` if it has it not, cannot pull it, and there is no stand-in; and if the registry does not know
    it: then `docker-compose.yml` is wrong, and a stand-in would hide that.
    """
    there = image(tag)
    if there and not standin.is_one(tag, there[1]):
        return Origin.THERE
    try:
        docker("pull", "--quiet", tag, seconds=PULL_S)
    except EngineError as error:
        if "manifest unknown" in str(error) or tag not in standin.FOLDERS:
            raise
        if there and standin.is_current(tag, there[1]):
            return Origin.STANDS_IN
        standin.make(tag)
        return Origin.MADE
    return Origin.PULLED


def ensure_all(tags: Sequence[str], say: Callable[[str], None]) -> bool:
    """Each image in turn, telling where it is from and how long that took; False if any cannot be had."""
    well = True
    for tag in tags:
        begun = time.monotonic()
        try:
            told = ensure(tag).value
        except (EngineError, StepFailedError) as error:
            told, well = f"FAILED: {error}", False
        say(f"{tag}: {told} ({time.monotonic() - begun:.1f} s)")
    return well


def main() -> int:
    """Exit status 0 when all images are there."""
    return 0 if ensure_all([standin.BASE, *named()], _say) else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

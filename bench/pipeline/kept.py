"""Measurements kept in the repository, one small JSON file each, and what a later one is beside the last of them."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.pipeline.task import Task
from core.errors import InputError, UnavailableError
from deploy.setup.places import CHECKOUT

FOLDER = CHECKOUT / "docs" / "benchmarks" / "pipeline"
FALL = 1 / 3
"""Of the ratio, from which on it is named: machines are noisy."""


def commit() -> str:
    """Of the checkout, with `-dirty` where files differ from it; raises `UnavailableError` where there is none."""
    command = ["git", "-C", str(CHECKOUT), "describe", "--always", "--abbrev=7", "--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError("git", done.stderr.strip(), hint="run it in a checkout")
    return done.stdout.strip()


def keep(figures: Mapping[str, Any], now: datetime, of: str, folder: Path = FOLDER) -> Path:
    """Write a run's figures, measured at `now` (aware) of the commit `of`, to a file of their own.

    Raises `InputError` where the run is no result.
    """
    if not figures["good"]:
        raise InputError("keep", "this run is no result", hint="read what was lost or differs")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%d}-{of}-{figures['stations']}.json"
    kept = {"at": now.isoformat(timespec="seconds"), "commit": of, **figures}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def last_like(figures: Mapping[str, Any], folder: Path = FOLDER) -> dict[str, Any] | None:
    """The figures kept last of the same load, if there are any."""
    load = [figures[option] for option in Task._fields]
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    alike = [kept for kept in found if [kept.get(option) for option in Task._fields] == load]
    return max(alike, key=lambda kept: datetime.fromisoformat(kept["at"]), default=None)


def compared(figures: Mapping[str, Any], kept: Mapping[str, Any] | None) -> Iterator[str]:
    """Lines that say the ratio beside the kept one, and name a large fall."""
    ratio = figures["ratio"]
    if kept is None:
        yield f"ratio to the floor {ratio:.2f}; none of this load is kept yet: `lantian bench pipeline --keep`"
        return
    share = ratio / kept["ratio"]
    yield (
        f"ratio to the floor {ratio:.2f}, kept of {kept['commit']} ({kept['at'][:10]}) {kept['ratio']:.2f}:"
        f" {share:.2f} times that"
    )
    if share < 1 - FALL or math.isnan(share):
        yield (
            f"WARNING the ratio to the floor fell by {1 - share:.0%} since {kept['commit']};"
            " run it again on an idle machine before you believe it"
        )

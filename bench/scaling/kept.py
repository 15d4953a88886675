"""The curves kept in the repository: a JSON file a measurement, and the pictures of the last one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.setup.places import CHECKOUT

FOLDER = CHECKOUT / "docs" / "benchmarks" / "scaling"
PICTURES = CHECKOUT / "docs" / "images"


def keep(figures: Mapping[str, Any], now: datetime, of: str, folder: Path = FOLDER) -> Path:
    """Write figures, measured at `now` (aware) of the commit `of`, to a file of their own; returns it.

    Curves that were measured the same day of the same commit stay in it, so that they can be measured one by one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%d}-{of}.json"
    before = read(path) if path.exists() else {}
    kept = {**before, "at": now.isoformat(timespec="seconds"), "commit": of, **figures}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> dict[str, Any]:
    """The figures of a file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found

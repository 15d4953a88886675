"""Truth folders as tests make them: stations, what was sent, and nothing that must be guessed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from truth.folder import EPISODES, RUN, SENT, STATIONS

Sent = tuple[float, str, str]
"""When (data time, UTC seconds), the topic's station, the payload."""


def known(name: str, kind: str = "air", **changes: Any) -> dict[str, Any]:
    """A station as `stations.json` holds it."""
    said = {
        "station": name,
        "kind": kind,
        "city": "晋城市",
        "control_level": "city",
        "control_point": False,
        "reporting_period": 60,
        "valid_ranges": {},
    }
    return said | changes


def write_folder(
    path: Path,
    stations: Iterable[Mapping[str, Any]],
    sent: Iterable[Sent],
    span: tuple[int, int],
    episodes: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """A folder as sending leaves it; `span` is the run's from and to."""
    path.mkdir(parents=True, exist_ok=True)
    sent = list(sent)
    run = {"format": 1, "scenario": "made-up", "seed": 1, "run": 0, "from": span[0], "to": span[1],
           "reports": len(sent), "complete": True}  # fmt: skip
    (path / RUN).write_text(json.dumps(run), encoding="utf-8")
    (path / STATIONS).write_text(json.dumps(list(stations), ensure_ascii=False), encoding="utf-8")
    (path / EPISODES).write_text(json.dumps(list(episodes)), encoding="utf-8")
    lines = (json.dumps(line, ensure_ascii=False) + "\n" for line in sent)
    with gzip.open(path / SENT, "wt", encoding="utf-8") as file:
        file.writelines(lines)
    return path

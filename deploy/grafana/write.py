"""Dashboards as Grafana reads them: equal sources give equal bytes."""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.board import Board
from deploy.grafana.boards import BOARDS

FOLDER = Path(__file__).with_name("dashboards")


def text_of(board: Board) -> str:
    """A dashboard's JSON, keys sorted."""
    return json.dumps(board.build(), cls=JSONEncoder, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def files() -> dict[str, str]:
    """What the folder holds: the JSON of each dashboard by the file's name."""
    return {f"{board.uid}.json": text_of(board) for board in BOARDS}


def write(folder: Path = FOLDER) -> list[str]:
    """Bring the folder up to date; returns the names of files that were written or taken away."""
    changed = []
    wanted = files()
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.json"):
        if file.name not in wanted:
            file.unlink()
            changed.append(file.name)
    for name, text in wanted.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            changed.append(name)
    return sorted(changed)

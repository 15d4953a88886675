"""What `lantian replay` does; `ingest.commands` declares the options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import typer

from core.clock import parse_time
from core.errors import InputError
from core.logs import configure
from core.process import Shutdown
from core.settings import CoreSettings
from ingest.importers import Layout
from ingest.kinds import Kind
from ingest.replay import Manner, replay
from ingest.replay_plan import Selection
from ingest.report import MAX_NUMBER
from ingest.rows import RowError

LAYOUTS = {"uci": Layout.BEIJING, "cnemc": Layout.CNEMC, "csv": Layout.PLAIN}
BAD_ROWS_SHOWN = 10


def run_replay(
    files: Sequence[Path],
    *,
    layout: str | None,
    start: str | None,
    end: str | None,
    stations: str,
    manner: Manner,
    run: int | None,
    platform: str,
    kind: str | None,
    region: str | None,
    as_json: bool,
) -> int:
    """Replay files; the exit status is 0 if every row was read and is durable."""
    core: CoreSettings = CoreSettings.load()
    configure(core, "replay")
    if layout not in {None, *LAYOUTS}:
        raise InputError("layout", "is not known", field="--layout", value=layout, hint=f"give {', '.join(LAYOUTS)}")
    if run is not None and not 1 <= run <= MAX_NUMBER:
        raise InputError("run", "is no run of a replay", field="--run", value=run, hint="give 1 … 2^63 − 2")
    selection = Selection(
        tuple(files),
        LAYOUTS[layout] if layout else None,
        int(parse_time(start, field="--from").timestamp()) if start else None,
        int(parse_time(end, field="--to").timestamp()) if end else None,
        frozenset(_names(stations)),
    )
    stop = Shutdown().install().requested
    bad: list[RowError] = []
    result = replay(
        core,
        selection,
        manner,
        platform=platform,
        run=run,
        kind=_kind(kind),
        region=region,
        stop=stop,
        on_error=bad.append,
    )
    for error in bad[:BAD_ROWS_SHOWN]:
        typer.echo(str(error), err=True)
    typer.echo(msgspec.json.encode(result).decode() if as_json else str(result))
    return 0 if result.complete and not bad else 1


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _kind(text: str | None) -> Kind | None:
    if text is None:
        return None
    if text not in set(Kind):
        raise InputError("kind", "is not known", field="--kind", value=text, hint=f"kinds are {', '.join(Kind)}")
    return Kind(text)

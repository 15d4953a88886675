"""`lantian archive`: closes days, and says what it closed and what waits."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import typer

from aggregate.archive.closing import Archived, Limits, Waiting, archive
from aggregate.progress import bar
from aggregate.settings import ArchiveSettings
from core.clock import clock_of
from core.errors import UnavailableError
from core.postgres import Gone, connect
from core.settings import CoreSettings

_WAITS = {Waiting.NOT_FINAL: "not final", Waiting.LATELY: "with something received lately"}


def run(keep_days: int | None, *, dry_run: bool, as_json: bool) -> None:
    """Close the days that end more than `keep_days` ago, by default the setting."""
    settings: CoreSettings = CoreSettings.load()
    days = ArchiveSettings.load().keep_days if keep_days is None else keep_days
    limits = Limits(clock_of(settings).now(), days)
    started = time.monotonic()
    with closing(connect(settings, "archive", application="lantian archive")) as database, bar("closing days") as tell:
        try:
            done = archive(database, limits, dry_run=dry_run, progress=tell)
        except Gone as error:
            what = "PostgreSQL went away" if database.closed else "PostgreSQL broke a step off"
            raise UnavailableError(
                "postgres",
                f"{what}: {str(error).strip().splitlines()[0]}",
                hint="run `lantian archive` again: what is closed stays closed",
            ) from error
    seconds = time.monotonic() - started
    if as_json:
        typer.echo(json.dumps({**_as_dict(done, limits), "dry_run": dry_run, "seconds": round(seconds, 3)}))
    else:
        typer.echo(_line(done, limits, dry_run=dry_run, seconds=seconds))


def _as_dict(done: Archived, limits: Limits) -> dict[str, Any]:
    return {
        "before": limits.first_kept.isoformat(),
        "closed": done.closed,
        "waiting": {str(reason): done.waiting[reason] for reason in Waiting},
        "intake_folded": done.folded,
        "chunks_dropped": done.chunks,
        "chunks_in_use": done.chunks_in_use,
        "rejected_deleted": done.rejected,
    }


def _line(done: Archived, limits: Limits, *, dry_run: bool, seconds: float) -> str:
    waiting = ", ".join(f"{done.waiting[reason]} {text}" for reason, text in _WAITS.items() if done.waiting[reason])
    parts = [
        f"{done.closed} station-days before {limits.first_kept} {'would be closed' if dry_run else 'closed'}",
        f"{sum(done.waiting.values())} wait" + (f" ({waiting})" if waiting else ""),
    ]
    if not dry_run:
        in_use = f" ({done.chunks_in_use} in use: run it again)" if done.chunks_in_use else ""
        parts += [f"{done.chunks} chunks of reports dropped{in_use}", f"{done.rejected} rejected reports deleted"]
    return f"archive: {'; '.join(parts)}; {seconds:.1f} s"

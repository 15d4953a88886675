"""`lantian recompute`: what it makes again, and how it tells of what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice

import typer

from aggregate.explanation.words import WINDOWS
from aggregate.given_days import given_days
from aggregate.progress import bar
from aggregate.readings.reviews import factor_named
from aggregate.rebuild.change import Change, Figure, comes_of
from aggregate.rebuild.rebuild import Rebuilder, Rebuilt, Scope
from aggregate.statistic import Reason, Tier
from core.clock import SHANGHAI, clock_of
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import KindSettings
from ingest.registry import Registry
from standards.editions import load_editions

SHOWN = 200
"""Changes told one by one; the others are counted."""


def run(first: str, last: str, station: str | None, factor: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Make the statistics of days again; of a rehearsal nothing is kept. Raises `InputError`."""
    scope = _scope(first, last, station)
    code = None if factor is None else factor_named(factor, field="--factor").code
    settings: CoreSettings = CoreSettings.load()
    with closing(connect(settings, "worker", application="lantian recompute")) as database:
        if station is not None:
            with database:
                Registry.load(database).history(station)
        rebuilder = Rebuilder(
            database, KindSettings.load().rules(), load_editions(), dry_run=dry_run, clock=clock_of(settings).now
        )
        with bar("recomputing") as tell:
            found = (each for each in rebuilder.run(scope, tell) if code is None or comes_of(each.factor, code))
            count = _tell_json(found) if as_json else _tell(found)
    _sum_up(count, rebuilder.rebuilt, dry_run=dry_run, as_json=as_json)


def _scope(first: str, last: str, station: str | None) -> Scope:
    return Scope(*given_days(first, last), None if station is None else (station,))


def _tell_json(changes: Iterator[Change]) -> int:
    count = 0
    for change in changes:
        key = change.key
        said = {
            "object": key.object,
            "window": key.window,
            "start": _time(key.start),
            "tier": key.tier,
            "sanddust": key.sanddust,
            "factor": change.factor,
            "before": _figure(change.before),
            "after": _figure(change.after),
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        count += 1
    return count


def _figure(figure: Figure | None) -> dict[str, object] | None:
    return None if figure is None else figure._asdict() | {"reason": Reason(figure.reason).name}


def _tell(changes: Iterator[Change]) -> int:
    shown = 0
    for change in islice(changes, SHOWN):
        key = change.key
        variant = "" if key.tier is Tier.RAW else "，审核"
        variant += "" if key.sanddust else "，扣除沙尘"
        typer.echo(f"{key.object} {WINDOWS[key.window][0]} {_time(key.start)}{variant} {change.factor}: "
                   f"{_text(change.before)} → {_text(change.after)}")  # fmt: skip
        shown += 1
    return shown + sum(1 for _ in changes)


def _text(figure: Figure | None) -> str:
    if figure is None:
        return "无"
    value = "无效" if figure.value is None else repr(figure.value)
    return f"{value} ({figure.n_valid}/{figure.n_expected} {Reason(figure.reason).name}, {figure.edition})"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, SHANGHAI).isoformat(timespec="minutes")


def _sum_up(count: int, rebuilt: Rebuilt, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        summary = {"windows": rebuilt.windows, "changes": count, "closed_days": rebuilt.closed, "dry_run": dry_run}
        typer.echo(json.dumps({"summary": summary}))
        return
    if count > SHOWN:
        typer.echo(f"… {count - SHOWN} more; --json prints all")
    would = "would change" if dry_run else "changed"
    closed = f", {rebuilt.closed} closed station-days stand" if rebuilt.closed else ""
    typer.echo(f"recompute: {rebuilt.windows} windows looked at, {count} figures {would}{closed}")

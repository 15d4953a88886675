"""`lantian sanddust`: periods come in or are withdrawn, and the statistics they touch are made again."""

from __future__ import annotations

import getpass
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import typer

from aggregate.progress import bar
from aggregate.rebuild.rebuild import Rebuilder, Scope
from aggregate.sanddust import table
from aggregate.sanddust.periods import Period
from core.clock import clock_of, date_of, day_start
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import Kind, KindSettings
from ingest.registry import Registry
from standards.editions import load_editions


def import_periods(path: Path, user: str | None, *, as_json: bool) -> None:
    """Add a file's periods and make the statistics that they touch; exit status 1 if a row was bad."""
    settings: CoreSettings = CoreSettings.load()
    with closing(connect(settings, "registry", application="lantian sanddust")) as database:
        with database:
            cities = {station.city for station in Registry.load(database).stations()}
        imported = table.import_csv(database, path, cities, user or getpass.getuser())
    for error in imported.errors:
        typer.echo(str(error), err=True)
    changes = _apply(settings)
    if as_json:
        said = {"added": imported.added, "unchanged": imported.unchanged, "failed": len(imported.errors)}
        typer.echo(json.dumps(said | {"figures_changed": changes}))
    else:
        typer.echo(f"sanddust: {imported.added} added, {imported.unchanged} unchanged, {len(imported.errors)} rows "
                   f"failed; {changes} figures changed")  # fmt: skip
    if imported.errors:
        raise typer.Exit(1)


def withdraw(period_id: int, user: str | None, *, as_json: bool) -> None:
    """Take a period out of force, and make the statistics that it touched."""
    settings: CoreSettings = CoreSettings.load()
    with closing(connect(settings, "registry", application="lantian sanddust")) as database:
        table.withdraw(database, period_id, user or getpass.getuser())
    changes = _apply(settings)
    typer.echo(json.dumps({"withdrawn": period_id, "figures_changed": changes}) if as_json
               else f"sanddust: period {period_id} withdrawn; {changes} figures changed")  # fmt: skip


def listing(city: str | None, *, as_json: bool) -> None:
    """Print every period, those withdrawn too."""
    with closing(connect(CoreSettings.load(), "registry", application="lantian sanddust")) as database:
        periods = table.known(database, city)
    if as_json:
        typer.echo(json.dumps([period._asdict() for period in periods], ensure_ascii=False))
        return
    for period in periods:
        state = f"  撤销 withdrawn by {period.withdrawn_by}" if period.withdrawn_by else ""
        state += "" if period.applied else "  未重算 statistics not made yet: run `lantian sanddust import` again"
        typer.echo(f"{period.period_id}  {period.city}  {period.start} … {period.end}  {period.basis}  "
                   f"{period.imported_by}{state}")  # fmt: skip


def _apply(settings: CoreSettings) -> int:
    """Make again what periods touch that statistics do not know of yet; how many figures changed."""
    with closing(connect(settings, "registry", application="lantian sanddust")) as database:
        waiting = table.unapplied(database)
    if not waiting:
        return 0
    changed = 0
    with closing(connect(settings, "worker", application="lantian sanddust")) as database:
        with database:
            registry = Registry.load(database)
        rebuilder = Rebuilder(
            database, KindSettings.load().rules(), load_editions(), dry_run=False, clock=clock_of(settings).now
        )
        with bar("recomputing") as tell:
            for scope in _scopes((each.period for each in waiting), registry):
                changed += sum(1 for _ in rebuilder.run(scope, tell))
    with closing(connect(settings, "registry", application="lantian sanddust")) as database:
        table.mark_applied(database, waiting)
    return changed


def _scopes(periods: Iterable[Period], registry: Registry) -> Iterator[Scope]:
    """The air stations of each period's city, and its days."""
    stations: dict[str, set[str]] = defaultdict(set)
    for name in registry.names():
        for version in registry.history(name):
            if version.kind == Kind.AIR:
                stations[version.city].add(name)
    for period in periods:
        first, last = date_of(day_start(period.start)), date_of(day_start(period.end - 1))
        yield Scope(first, last + timedelta(days=1), tuple(sorted(stations[period.city])))

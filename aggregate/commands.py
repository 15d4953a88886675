"""The worker's commands and those that look at what it keeps."""

from __future__ import annotations

from typing import Annotated

import typer

from aggregate.ledger.balance import By
from ingest.commands import Processes

app = typer.Typer(help="From reports to statistics.", no_args_is_help=True)
rejected = typer.Typer(help="Look at what was not accepted, and why.", no_args_is_help=True)
app.add_typer(rejected, name="rejected")

_Json = Annotated[bool, typer.Option("--json", help="One JSON value, or a line each.")]
_Station = Annotated[str | None, typer.Option(help="Only this station.")]


@app.command()
def aggregate(processes: Processes = None) -> None:
    """Run the worker: take reports from Kafka, keep them, compute statistics."""
    from aggregate.settings import AggregateSettings
    from core.process import loading
    from core.settings import CoreSettings
    from ingest.kinds import KindSettings

    settings, own, kinds = CoreSettings.load(), AggregateSettings.load(), KindSettings.load()
    if processes is None:
        with loading():
            from aggregate.worker import run

        run(settings, own, kinds)
    else:
        from core.fleet import run_fleet

        run_fleet(settings, "aggregate", ["aggregate"], processes)


@app.command()
def ledger(
    by: Annotated[
        By | None, typer.Option(help="A line for each of these; by default for each station's source.")
    ] = None,
    station: _Station = None,
    kind: Annotated[str | None, typer.Option(help="Only stations of this kind, e.g. air.")] = None,
    day: Annotated[str | None, typer.Option(help="Only this day of Asia/Shanghai, e.g. 2026-03-01.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="From this day on.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Up to this day, itself in.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Count Kafka's log again, too; half a minute a million.")] = False,
    as_json: _Json = False,
) -> None:
    """Balance what was sent against what is stored, and say what is missing; exit status 1 if it does not balance."""
    from aggregate.ledger.cli import scope_of, show

    show(scope_of(station, kind, day, first, last), by, log=log, as_json=as_json)


@app.command()
def archive(
    keep_days: Annotated[
        int | None,
        typer.Option(
            min=0, help="Close what is older than so many days.", show_default="LANTIAN_ARCHIVE_KEEP_DAYS, 400"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be closed, and what waits.")] = False,
    as_json: _Json = False,
) -> None:
    """Close days that are old and final, keep their numbers and counts, and drop their readings; run it daily."""
    from aggregate.archive.cli import run

    run(keep_days, dry_run=dry_run, as_json=as_json)


@app.command()
def recompute(
    first: Annotated[str, typer.Option("--from", help="From this day of Asia/Shanghai on, e.g. 2026-03-01.")],
    last: Annotated[str, typer.Option("--to", help="Up to this day, itself in.")],
    station: _Station = None,
    factor: Annotated[str | None, typer.Option(help="Tell what comes of this factor, e.g. PM10; all is made.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: _Json = False,
) -> None:
    """Make statistics again from what is stored, up to cities, months and years, and say what changed."""
    from aggregate.rebuild.cli import run

    run(first, last, station, factor, dry_run=dry_run, as_json=as_json)


@rejected.command("list")
def list_rejected(
    station: _Station = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason, e.g. OUT_OF_RANGE.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    as_json: _Json = False,
) -> None:
    """List rejected reports and factors."""
    from aggregate.rejected_cli import listing

    listing(station, reason, limit, as_json)


@rejected.command("show")
def show_rejected(rejected_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Print the original bytes of a rejection."""
    from aggregate.rejected_cli import show

    show(rejected_id)


@rejected.command("replay")
def replay_rejected(
    why: Annotated[str, typer.Option(help="What was repaired; kept with who asked, and when.")],
    rejected_ids: Annotated[list[int] | None, typer.Argument(metavar="ID", show_default=False)] = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason, e.g. UNKNOWN_STATION.")] = None,
    station: _Station = None,
    first: Annotated[str | None, typer.Option("--from", help="Only what was received at this time or later.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Only what was received before this time.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many reports at most, the oldest first.")] = None,
    user: Annotated[str | None, typer.Option(help="Who asks; by default the account's name.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent again.")] = False,
    as_json: _Json = False,
) -> None:
    """Have rejected reports judged again after the registry or the mapping was repaired."""
    from aggregate.rejected_cli import replay

    replay(
        rejected_ids or [], reason=reason, station=station, first=first, last=last, limit=limit, why=why, user=user,
        dry_run=dry_run, as_json=as_json,
    )  # fmt: skip

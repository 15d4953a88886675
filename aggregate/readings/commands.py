"""What people look up and say of readings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="What persons say of readings.", no_args_is_help=True)
readings = typer.Typer(help="Look at readings; flag, correct and restore them.", no_args_is_help=True)
app.add_typer(readings, name="readings")

_Station = Annotated[str, typer.Argument(metavar="STATION", show_default=False)]
_Factors = Annotated[list[str], typer.Option("--factor", help="A code or a name, e.g. PM10; may be given again.")]
_From = Annotated[str, typer.Option("--from", help="From this time on, e.g. 2026-03-01T08:00; Asia/Shanghai's.")]
_To = Annotated[str, typer.Option("--to", help="Until before this time.")]
_Reason = Annotated[str, typer.Option(help="Why; kept for ever with who said it, and when.")]
_User = Annotated[str | None, typer.Option(help="Who says it; by default the account's name.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be said.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON value, or a line each.")]


@readings.command("list")
def list_readings(
    station: _Station,
    first: _From,
    last: _To,
    factors: Annotated[list[str] | None, typer.Option("--factor", help="Only this one; may be given again.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Superseded ones, too.")] = False,
    as_json: _Json = False,
) -> None:
    """List readings with flag, source, and what of them counts."""
    from aggregate.readings.cli import listing

    listing(station, factors or [], first, last, everything=everything, as_json=as_json)


@readings.command()
def flag(
    station: _Station,
    factors: _Factors,
    first: _From,
    last: _To,
    letter: Annotated[str, typer.Option("--flag", help="A letter of HJ 212: N 正常, D 故障, C 校准 …")],
    reason: _Reason,
    user: _User = None,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Give the current readings of a time another flag; N declares them good."""
    from aggregate.readings.cli import flag as say

    say(station, factors, first, last, letter, reason=reason, user=user, dry_run=dry_run, as_json=as_json)


@readings.command()
def correct(
    reason: _Reason,
    station: Annotated[str | None, typer.Argument(metavar="STATION", show_default=False)] = None,
    factor: Annotated[str | None, typer.Option(help="A code or a name, e.g. PM10.")] = None,
    time: Annotated[str | None, typer.Option(help="Start of the reading's period; Asia/Shanghai's.")] = None,
    period: Annotated[str, typer.Option(help="Its averaging period.")] = "PT1H",
    value: Annotated[float | None, typer.Option(help="In the catalogue's unit.")] = None,
    letter: Annotated[str, typer.Option("--flag", help="A letter of HJ 212.")] = "N",
    file: Annotated[
        Path | None, typer.Option("--file", help="Instead: a CSV of station,time,period,factor,value[,flag].")
    ] = None,
    user: _User = None,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Give readings other values: one, or those of a file."""
    from aggregate.readings.cli import correct as say
    from aggregate.readings.cli import correct_file
    from core.errors import InputError

    if file is not None and (station, factor, time, value) == (None, None, None, None):
        correct_file(file, reason=reason, user=user, dry_run=dry_run, as_json=as_json)
    elif file is None and station is not None and factor is not None and time is not None and value is not None:
        say(station, factor, time, period, value, letter, reason=reason, user=user, dry_run=dry_run, as_json=as_json)
    else:
        raise InputError("usage", "name STATION, --factor, --time and --value, or --file alone")


@readings.command()
def restore(
    station: _Station,
    factors: _Factors,
    first: _From,
    last: _To,
    reason: _Reason,
    user: _User = None,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Say of readings what the devices say, where a person has said otherwise."""
    from aggregate.readings.cli import restore as say

    say(station, factors, first, last, reason=reason, user=user, dry_run=dry_run, as_json=as_json)


@readings.command()
def reviews(
    station: Annotated[str | None, typer.Option(help="Only this station.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    as_json: _Json = False,
) -> None:
    """List who said what of which readings, when, and why."""
    from aggregate.readings.cli import reviews as listing

    listing(station, limit, as_json=as_json)


@readings.command()
def show(review_id: Annotated[int, typer.Argument(metavar="ID")], as_json: _Json = False) -> None:
    """Print a review with each of its readings, before and after."""
    from aggregate.readings.cli import show as printed

    printed(review_id, as_json=as_json)


@readings.command()
def resend(
    review_ids: Annotated[list[int], typer.Argument(metavar="ID", show_default=False)], as_json: _Json = False
) -> None:
    """Send reviews that were kept and not sent; what is sent twice counts once."""
    from aggregate.readings.cli import resend as again

    again(review_ids, as_json=as_json)

"""`lantian alerts warning …`: cities' warnings, and what works on files alone; registered by `alerts.commands`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alerts.handling.commands import utf8

app = typer.Typer(
    no_args_is_help=True,
    help="Heavy-pollution warnings: what is proposed and issued, plans, dispatch lists, receipts; the past.",
)
plan_app = typer.Typer(no_args_is_help=True, help="Enterprises' plans of a city.")
receipts_app = typer.Typer(no_args_is_help=True, help="Which enterprises have the latest dispatch list.")
app.add_typer(plan_app, name="plan")
app.add_typer(receipts_app, name="receipts")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout, docs/warnings.md.")]
SchemesFile = Annotated[
    Path | None, typer.Option("--schemes", metavar="TOML", help="Schemes in place of the built-in ones.")
]
Region = Annotated[str, typer.Option(help="Administrative division, GB/T 2260: 1405 is Jincheng.")]
City = Annotated[str, typer.Option(callback=utf8, help="The city, as its stations name it.")]
User = Annotated[str | None, typer.Option(callback=utf8, help="Who does it; by default who is logged in.")]
Reason = Annotated[str, typer.Option(callback=utf8, help="Why: it is kept for ever.")]
CutsFile = Annotated[Path | None, typer.Option("--cuts", metavar="TOML", help="Cuts in place of the built-in ones.")]
CsvOut = Annotated[Path | None, typer.Option("--csv", help="Write the dispatch list here.")]
XlsxOut = Annotated[Path | None, typer.Option("--xlsx", help="Write the dispatch list and its sums here.")]
Date = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day by which scheme or cuts are chosen.")]


class Level(StrEnum):
    """Of `dispatch`."""

    NONE = "none"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class IssuedLevel(StrEnum):
    """Of `issue`."""

    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class IssuedAction(StrEnum):
    """Of `issue`."""

    START = "start"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    END = "end"


@app.command()
def show(
    city: Annotated[
        str | None, typer.Option(callback=utf8, help="Only this city's, with what became of it lately.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What is in force and what is proposed in each city."""
    from alerts.warnings import desk_cli

    desk_cli.overview(city, as_json=as_json)


@app.command()
def issue(
    city: City,
    reason: Reason,
    action: Annotated[IssuedAction | None, typer.Option(help="What to issue; by default what is proposed.")] = None,
    level: Annotated[IssuedLevel | None, typer.Option(help="Its level; by default the proposed one.")] = None,
    first_day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of a start; by default the proposed one, or today.")
    ] = None,
    cuts_file: CutsFile = None,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Issue a warning, a change of its level, or its end; makes the dispatch list of the change."""
    from alerts.warnings import desk_cli
    from alerts.warnings.course import Action
    from alerts.warnings.decide import Wish
    from alerts.warnings.scheme import Level as Of

    wish = Wish(
        reason,
        Action(action) if action else None,
        Of(level) if level else None,
        first_day.date() if first_day else None,
    )
    desk_cli.issue(city, wish, cuts_file, user, as_json=as_json)


@app.command()
def decline(city: City, reason: Reason, user: User = None, as_json: AsJson = False) -> None:
    """Say no to what is proposed; it is proposed again on a later day if it is wanted still."""
    from alerts.warnings import desk_cli

    desk_cli.decline(city, reason, user, as_json=as_json)


@app.command(name="dispatch-list")
def dispatch_list(city: City, csv: CsvOut = None, xlsx: XlsxOut = None, as_json: AsJson = False) -> None:
    """The list of the latest change as it was made; exit status 1 if a sum falls short of the city's cut."""
    from alerts.warnings import desk_cli

    if not desk_cli.dispatch_list(city, csv, xlsx, as_json=as_json):
        raise typer.Exit(1)


@plan_app.command(name="import")
def import_plan(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of the enterprises' measures, docs/warnings.md.")],
    city: City,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Put a plan in place of the city's; former editions are kept. Exit status 1 if rows cannot be used."""
    from alerts.warnings import desk_cli

    if not desk_cli.import_plan(file, city, user, as_json=as_json):
        raise typer.Exit(1)


@receipts_app.command(name="import")
def import_receipts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: enterprise,received_at,received_by,note.")],
    city: City,
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Keep who has received the latest list; exit status 1 if rows cannot be used."""
    from alerts.warnings import desk_cli

    if not desk_cli.import_receipts(file, city, user, as_json=as_json):
        raise typer.Exit(1)


@receipts_app.command(name="show")
def show_receipts(
    city: City,
    due: Annotated[str, typer.Option(help="How long an enterprise has to answer, ISO 8601.")] = "PT4H",
    as_json: AsJson = False,
) -> None:
    """Where each enterprise of the latest list stands: received, late, waiting, overdue."""
    from alerts.warnings import desk_cli

    desk_cli.receipts(city, due, as_json=as_json)


@app.command()
def schemes(schemes_file: SchemesFile = None, as_json: AsJson = False) -> None:
    """Check and list the schemes: dates, regions, conditions, sources; what is unconfirmed is named so."""
    from alerts.warnings import cli

    cli.schemes(schemes_file, as_json=as_json)


@app.command()
def dispatch(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="CSV of the enterprises' measures, docs/warnings.md.")],
    region: Region,
    date: Date,
    level: Annotated[Level, typer.Option(help="The level to be in force; none when the warning ends.")],
    before: Annotated[Level, typer.Option("--from", help="The level until now.")] = Level.NONE,
    cuts_file: CutsFile = None,
    csv: CsvOut = None,
    xlsx: XlsxOut = None,
    as_json: AsJson = False,
) -> None:
    """What each enterprise does at a level, against the level before; the sum of the plans against the city's cut.

    Exit status 1 if rows of the plan cannot be used, or the sum falls short.
    """
    from alerts.warnings import cli

    if not cli.dispatch(plan, region, date.date(), level, before, cuts_file, csv, xlsx, as_json=as_json):
        raise typer.Exit(1)


@app.command()
def past(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="daily.csv of `lantian evaluate air`; together one city.")
    ],
    scheme: Annotated[list[str] | None, typer.Option(help="Only this scheme; may be repeated.")] = None,
    schemes_file: SchemesFile = None,
    edition: Annotated[
        str, typer.Option(help="By which the means of stations are judged; auto: of the date.")
    ] = "auto",
    sanddust: Annotated[Path | None, typer.Option(help="CSV of sand-dust periods: city,start,end,basis.")] = None,
    city: Annotated[str, typer.Option(help="The city that sand-dust periods are of.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write a row a warning here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Which warnings each scheme would have given for days gone by, with perfect foresight of seven days.

    Schemes are applied to all days, also outside their dates: a comparison. Several stations are one city by their
    mean.
    """
    from alerts.warnings import cli

    cli.past(files, scheme or (), schemes_file, edition, sanddust, city, csv, as_json=as_json)

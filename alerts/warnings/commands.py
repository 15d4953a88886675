"""`lantian alerts warning …`: what works on files and needs no server; registered by `alerts.commands`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, help="Heavy-pollution warnings: schemes, dispatch lists, judgement of the past."
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout, docs/warnings.md.")]
SchemesFile = Annotated[
    Path | None, typer.Option("--schemes", metavar="TOML", help="Schemes in place of the built-in ones.")
]
Region = Annotated[str, typer.Option(help="Administrative division, GB/T 2260: 1405 is Jincheng.")]
Date = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day by which scheme or cuts are chosen.")]


class Level(StrEnum):
    """Of `dispatch`."""

    NONE = "none"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


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
    cuts_file: Annotated[
        Path | None, typer.Option("--cuts", metavar="TOML", help="Cuts in place of the built-in ones.")
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the dispatch list here.")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write the dispatch list and its sums here.")] = None,
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

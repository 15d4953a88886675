"""`lantian evaluate …`: what needs no server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aggregate.regions.commands import evaluate_period

app = typer.Typer()
evaluate = typer.Typer(no_args_is_help=True, help="Evaluate air: hours to days, periods and indices.")
app.add_typer(evaluate, name="evaluate")


@evaluate.command("air")
def evaluate_air(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="CSV (.csv, .csv.gz) or Parquet; together they are one input.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for hourly.csv, daily.csv, period.csv and evaluation.json; made if missing, and files of these"
            " names in it are replaced."
        ),
    ],
    edition: Annotated[
        str,
        typer.Option(
            help="auto: each day by the edition of its date; or an id of `lantian standards list`, for all days."
        ),
    ] = "auto",
    rounded: Annotated[
        bool,
        typer.Option("--rounded", help="Concentrations to the edition's places (GB/T 8170); else as they come out."),
    ] = False,
) -> None:
    """Evaluate hourly means of stations: IAQI, AQI, days, months, quarters, years, composite index.

    Columns: station, time (the beginning of the hour, UTC+8 without an offset)
    and any of PM2.5, PM10, SO2, NO2, O3 in µg/m³ and CO in mg/m³.

    What is wrong with the input, and what the files hold: docs/evaluation.md.
    """
    from aggregate.evaluation.cli import air

    air(files, edition, out, rounded=rounded)


@evaluate.command("index")
def evaluate_index(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with name,so2,no2,pm10,pm25,co,o3, a row a name.")],
    edition: Annotated[str, typer.Option(help="Whose method and limits: an id of `lantian standards list`.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON list of name, index, single, largest and rank.")
    ] = False,
) -> None:
    """Composite index, largest single index and rank of named rows.

    PM2.5, PM10, SO2 and NO2 are means in µg/m³, CO is the 95th percentile in
    mg/m³, O3 the 90th of the daily maximum 8-hour means in µg/m³.
    """
    from aggregate.evaluation.cli import index

    index(file, edition, as_json=as_json)


evaluate.command("period")(evaluate_period)

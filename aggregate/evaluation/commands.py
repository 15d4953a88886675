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
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV or Parquet; together they are one input.")],
    out: Annotated[Path, typer.Option(help="Folder for hourly.csv, daily.csv, period.csv and evaluation.json.")],
    edition: Annotated[
        str,
        typer.Option(help="auto: each day by the edition of its date; or one for all, see `lantian standards list`."),
    ] = "auto",
    rounded: Annotated[
        bool,
        typer.Option("--rounded", help="Concentrations to the edition's places (GB/T 8170); else as they come out."),
    ] = False,
) -> None:
    """Evaluate hourly means of stations: IAQI, AQI, days, months, quarters, years, composite index.

    Columns: station, time (beginning of the hour; UTC+8 without an offset) and any of PM2.5, PM10, SO2, NO2, CO, O3;
    µg/m³, CO mg/m³. What they hold afterwards: docs/evaluation.md.
    """
    from aggregate.evaluation.cli import air

    air(files, edition, out, rounded=rounded)


@evaluate.command("index")
def evaluate_index(
    file: Annotated[Path, typer.Argument(help="CSV with name,so2,no2,pm10,pm25,co,o3; CO and O3 are percentiles.")],
    edition: Annotated[str, typer.Option(help="Whose method and limits; see `lantian standards list`.")],
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list.")] = False,
) -> None:
    """Composite index, largest single index and rank of named rows."""
    from aggregate.evaluation.cli import index

    index(file, edition, as_json=as_json)


evaluate.command("period")(evaluate_period)

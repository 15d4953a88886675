"""`lantian bench …`: what is measured, and against what."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.util import find_spec
from typing import Annotated

import typer

from bench.kernels.task import Task
from core.errors import InputError

app = typer.Typer()
bench = typer.Typer(no_args_is_help=True, help="Measure Lantian, alone and against pandas and Polars.")
app.add_typer(bench, name="bench")

OTHERS = ("pandas", "polars")
DEFAULT = Task()


@bench.command("list")
def list_benchmarks() -> None:
    """The benchmarks that there are, and how each is called."""
    from bench.catalogue import BENCHMARKS

    for name, benchmark in BENCHMARKS.items():
        typer.echo(f"{benchmark.command} {name}".ljust(32) + benchmark.help)


@bench.command("kernels")
def kernels(
    stations: Annotated[int, typer.Option(min=1)] = DEFAULT.stations,
    days: Annotated[int, typer.Option(min=1)] = DEFAULT.days,
    first: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day; its edition judges.")
    ] = DEFAULT.first.isoformat(),  # type: ignore[assignment]  # typer reads it as what a person types
    runs: Annotated[int, typer.Option(min=1, help="Of each, in turn; the medians are told.")] = DEFAULT.runs,
    seed: Annotated[int, typer.Option(min=0, help="Of the numbers.")] = DEFAULT.seed,
    file_stations: Annotated[
        int, typer.Option(min=0, help="Of these stations, from file to files, once; 0 for none.")
    ] = DEFAULT.file_stations,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout.")] = False,
) -> None:
    """Hours of air to days and periods: Lantian's kernels on one core, pandas, Polars on all cores.

    All must make the same, else the exit status is 1. Needs no server; 2 000 stations need 8 GB. What the figures are:
    docs/performance.md.
    """
    for name in OTHERS:
        if find_spec(name) is None:
            raise InputError("bench", f"{name} is not installed", hint="run `make setup`, or install the extra `dev`")
    from bench.kernels.report import lines
    from bench.kernels.run import run

    figures = run(
        Task(stations, days, first.date(), runs, seed, file_stations), lambda line: typer.echo(line, err=True)
    )
    for difference in figures["differences"]:
        typer.echo(f"lantian: {difference}", err=True)
    typer.echo(json.dumps(figures, ensure_ascii=False) if as_json else "\n".join(lines(figures)))
    if not figures["equal"]:
        raise typer.Exit(1)

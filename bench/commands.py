"""`lantian bench …`: what is measured, and against what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Annotated

import typer

from bench.kernels.task import Task
from bench.pipeline.task import QUICK
from bench.pipeline.task import Task as Load
from bench.scaling.task import CURVES
from bench.scaling.task import QUICK as SMALL
from bench.scaling.task import Task as Sizes
from core.errors import InputError

app = typer.Typer()
bench = typer.Typer(no_args_is_help=True, help="Measure Lantian, alone and against pandas and Polars.")
app.add_typer(bench, name="bench")

OTHERS = ("pandas", "polars")
DEFAULT = Task()
LOAD = Load()
SIZES = Sizes()


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


@bench.command("pipeline")
def pipeline(
    stations: Annotated[int, typer.Option(min=10, max=999_999, help="Whose hours are reported whole.")] = LOAD.stations,
    factors: Annotated[int, typer.Option(min=1, help="In each report.")] = LOAD.factors,
    period: Annotated[
        int, typer.Option(min=1, max=600, help="Seconds between two reports of a station.")
    ] = LOAD.period,
    seconds: Annotated[int, typer.Option(min=1, help="Of live reports.")] = LOAD.seconds,
    rate: Annotated[int, typer.Option(min=1, help="Readings a second, live.")] = LOAD.rate,
    seed: Annotated[int, typer.Option(min=0, help="Of the values.")] = LOAD.seed,
    quick: Annotated[
        bool, typer.Option("--quick", help="A small load, some two minutes; goes before the others.")
    ] = False,
    runs: Annotated[int, typer.Option(min=1, help="Rounds, each on an empty stack; medians and spread are told.")] = 1,
    peers: Annotated[
        bool | None,
        typer.Option("--peers/--no-peers", help="Others on the same work; by default all but with --quick."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Into docs/benchmarks/pipeline, for later comparison.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout.")] = False,
) -> None:
    """Devices to alerts on this machine, all servers and the load itself on it: rate, lateness, cost of each process.

    An hour of reports at full speed, then an hour's end live; beside it the floor, one row a reading, and peers: plain
    scripts, Telegraf, Quix Streams, SQL alone. On a stack of its own. What is lost, doubled or wrong is told, and the
    exit status is 1; that the ratio fell since the last one kept is only told. The figures: docs/performance.md.
    """
    from bench.pipeline import kept
    from bench.pipeline.report import lines
    from bench.pipeline.run import run

    task = (
        QUICK
        if quick
        else LOAD._replace(stations=stations, factors=factors, period=period, seconds=seconds, rate=rate, seed=seed)
    )
    figures = run(
        task,
        lambda line: typer.echo(f"bench: {line}", err=True),
        runs=runs,
        peers=not quick if peers is None else peers,
    )
    beside = list(kept.compared(figures, kept.last_like(figures)))
    typer.echo("\n".join(beside if as_json else [*lines(figures), *beside]), err=as_json)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
    if keep:
        path = kept.keep(figures, datetime.now(UTC), kept.commit())
        typer.echo(f"bench: kept in {path}", err=True)
    if not figures["good"]:
        raise typer.Exit(1)


@bench.command("scaling")
def scaling(
    curves: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CURVE]…", help=f"{', '.join(CURVES)}; by default all.", show_default=False),
    ] = None,
    province_days: Annotated[
        int, typer.Option(min=1, max=365, help="Of a province, made again.")
    ] = SIZES.province_days,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, to try the benchmark itself.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Into docs/benchmarks/scaling; draw docs/images/scaling-….svg.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout.")] = False,
) -> None:
    """How cost grows: with stations, workers, history in the database, and what is recomputed.

    Each curve on stacks of its own, emptied first. What the figures are: docs/performance.md.
    """
    if quick and keep:
        raise typer.BadParameter("--keep goes not with --quick, whose figures say nothing")
    if unknown := sorted(set(curves or ()) - set(CURVES)):
        raise InputError("curves", f"there is no {', '.join(unknown)}", hint=f"there are {', '.join(CURVES)}")
    from bench.pipeline.kept import commit
    from bench.scaling import kept
    from bench.scaling.report import lines
    from bench.scaling.run import run

    of = commit() if keep else ""
    sizes = SMALL if quick else SIZES._replace(province_days=province_days)
    figures = run(sizes, lambda line: typer.echo(f"bench: {line}", err=True), curves or CURVES)
    typer.echo(json.dumps(figures, ensure_ascii=False) if as_json else "\n".join(lines(figures)))
    if keep:
        from bench.scaling.draw import draw
        from core.settings import CoreSettings
        from deploy.charts.canvas import Canvas

        path = kept.keep(figures, datetime.now(UTC), of)
        drawn = draw(kept.read(path), Canvas.configured(CoreSettings.load().cache_dir), kept.PICTURES)
        typer.echo(f"bench: kept in {path}, drawn: {', '.join(map(str, drawn))}", err=True)

"""The commands of this room; what they do is imported when they run, so that `lantian --help` is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

TOGETHER: dict[str, frozenset[str]] = {
    "judge": frozenset({"as_json"}),
    "scenarios": frozenset(),
    "network": frozenset({"scenario", "count", "start", "end", "period", "seed", "stations"}),
    "dry_run": frozenset({"scenario", "count", "fast", "start", "end", "period", "seed", "stations", "as_json"}),
    "scenario": frozenset({"truth", "network", "dry_run", "count", "fast", "run", "platform", "as_json"}),
    "start": frozenset(
        {"end", "period", "seed", "stations", "truth", "network", "dry_run", "fast", "run", "platform", "as_json"}
    ),
}
"""What may stand beside an option that says what is to be done or sent: anything else would be ignored."""


def check_together(context: typer.Context) -> None:
    """Raises `BadParameter` naming two options that do not go together."""
    names = {parameter.name: parameter.opts[0] for parameter in context.command.params if parameter.name}
    given = [name for name in names if _said(context, name)]
    for deed, beside in TOGETHER.items():
        if deed in given and (others := [name for name in given if name != deed and name not in beside]):
            raise typer.BadParameter(f"{names[deed]} and {names[others[0]]} do not go together")


def _said(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@app.command("simulate")
def simulate(
    context: typer.Context,
    scenario: Annotated[
        str | None, typer.Option(help="A scenario's file, or the name of one that comes along.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write what was sent and what must follow into a new folder.")
    ] = None,
    judge: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Compare the database with what such a folder says.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write the scenario's stations for `stations import`; send none.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Scale the scenario's counts to so many stations.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Make all reports, send none, say what it took.")] = False,
    scenarios: Annotated[bool, typer.Option("--scenarios", help="List the scenarios that come along.")] = False,
    fast: Annotated[
        bool,
        typer.Option("--as-fast-as-possible", help="All at once, as `resent`, not when the clock reaches each time."),
    ] = False,
    start: Annotated[str | None, typer.Option("--from", help="Without a scenario: first time (ISO 8601).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Without a scenario: time before which it ends.")] = None,
    period: Annotated[
        str, typer.Option(help="Without a scenario: averaging period (PT1H), or each monitor's `own`.")
    ] = "own",
    seed: Annotated[int, typer.Option(help="Without a scenario: the same seed gives the same values.")] = 1,
    stations: Annotated[str, typer.Option(help="Without a scenario: only these, with commas between.")] = "",
    run: Annotated[int | None, typer.Option(help="Of all devices; by default the time of the start.")] = None,
    platform: Annotated[str, typer.Option(help="The account `platform-NAME` that sends.")] = "simulator",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on standard output.")] = False,
) -> None:
    """Simulate a scenario or the registered monitors, and judge what became of it (模拟, 评判)."""
    check_together(context)
    if scenarios:
        from truth.simulate_cli import list_scenarios

        list_scenarios()
        return
    if judge is not None:
        from truth.cli import judge_folder

        raise typer.Exit(judge_folder(judge, as_json))
    from core.settings import CoreSettings
    from truth import simulate_cli

    core = CoreSettings.load()
    if scenario is not None:
        chosen = simulate_cli.read_scenario(core, scenario, count)
    elif start is not None and end is not None:
        chosen = simulate_cli.registered(core, start, end, period=period, seed=seed, stations=stations)
    else:
        raise typer.BadParameter("give --scenario FILE, --judge DIR, --scenarios, or --from and --to")
    if network is not None:
        raise typer.Exit(simulate_cli.write_network(chosen, network))
    if dry_run:
        raise typer.Exit(simulate_cli.measure(chosen, as_json))
    raise typer.Exit(
        simulate_cli.send(core, chosen, run=run, platform=platform, at_once=fast, truth=truth, as_json=as_json)
    )

"""The demonstration's command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


class Part(StrEnum):
    """The demonstration's parts, where others run servers and processes."""

    BEGIN = "begin"
    TELL = "tell"


OPTIONS = {None: {"once", "speed"}, Part.BEGIN: {"speed"}, Part.TELL: {"since", "pictures_at"}}
"""Of the whole, and of each part: anything else would be ignored."""


@app.command()
def demo(
    context: typer.Context,
    part: Annotated[
        Part | None,
        typer.Argument(
            help="Not all of it, where others run prepared, empty servers, as containers: `begin` registers the"
            " stations and prints the clock, as environment, with which all processes and `tell` must be started;"
            " `tell` tells the story. By default: everything, on servers and processes of its own.",
            show_default=False,
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when the story is told.")] = False,
    speed: Annotated[float, typer.Option(min=1, max=600, help="How much faster than life the evening passes.")] = 60.0,
    since: Annotated[
        float | None, typer.Option(help="`tell`: Unix time from which the last line counts; by default now.")
    ] = None,
    pictures_at: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="`tell`: the name that the pictures' folder has outside this container."),
    ] = None,
) -> None:
    """Show a day in Jincheng, from the monitor to the alert (演示)."""
    _check_options(context, part)
    if part is Part.BEGIN:
        from deploy.demo_given import begin

        for name, value in begin(speed=speed).items():
            typer.echo(f"{name}={value}")
        return
    if part is Part.TELL:
        import time

        from deploy.demo_given import go_on

        good = go_on(since=time.time() if since is None else since, pictures_at=pictures_at)
    else:
        from deploy.demo import run

        good = run(once=once, speed=speed)
    if not good:
        raise typer.Exit(1)


def _check_options(context: typer.Context, part: Part | None) -> None:
    """Raises `BadParameter` naming an option that the part does not take."""
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if name != "part" and name not in OPTIONS[part] and source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"{parameter.opts[0]} does not go with {part or 'the whole demonstration'}")

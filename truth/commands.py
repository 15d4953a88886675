"""The commands of this room; what they do is imported when they run, so that `lantian --help` is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on standard output.")]


@app.command("simulate")
def simulate(
    judge: Annotated[
        Path,
        typer.Option("--judge", metavar="DIR", help="Compare the database with what this folder says must follow."),
    ],
    as_json: AsJson = False,
) -> None:
    """Judge what has become of a simulated scenario (评判)."""
    from truth.cli import judge_folder

    raise typer.Exit(judge_folder(judge, as_json))

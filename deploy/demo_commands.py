"""The demonstration's command."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End when the story is told.")] = False,
    speed: Annotated[float, typer.Option(min=1, max=600, help="How much faster than life the evening passes.")] = 60.0,
) -> None:
    """Show a day in Jincheng, from the monitor to the alert (演示)."""
    from deploy.demo import run

    if not run(once=once, speed=speed):
        raise typer.Exit(1)

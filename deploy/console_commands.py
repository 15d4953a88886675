"""`lantian console run`: the console, which sees the pipeline as `lantian status` does."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()
console_app = typer.Typer(no_args_is_help=True, help="Show operators what is open: a page, read only.")
app.add_typer(console_app, name="console")


@console_app.callback()
def console() -> None:
    """Show operators what is open: a page, read only."""


@console_app.command()
def run(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Of the page; 0 takes any free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; there is no login.")] = None,
) -> None:
    """Serve the page until SIGTERM; its address is told on stdout."""
    from console.run import run as run_console
    from console.settings import ConsoleSettings
    from core.settings import CoreSettings
    from deploy.console_health import look

    own: ConsoleSettings = ConsoleSettings.load()
    given = {name: value for name, value in (("port", port), ("host", host)) if value is not None}
    run_console(CoreSettings.load(), own.model_copy(update=given), look)

"""The worker's commands and those that look at what it keeps."""

from __future__ import annotations

import typer

app = typer.Typer(help="From reports to statistics.", no_args_is_help=True)


@app.command()
def aggregate() -> None:
    """Run the worker: take reports from Kafka, keep them, compute statistics."""
    from aggregate.settings import AggregateSettings
    from aggregate.worker import run
    from core.settings import CoreSettings
    from ingest.kinds import KindSettings

    run(CoreSettings.load(), AggregateSettings.load(), KindSettings.load())

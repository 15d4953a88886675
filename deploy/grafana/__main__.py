"""`python -m deploy.grafana`: write the dashboards' JSON anew from their sources."""

from __future__ import annotations

import typer

from deploy.grafana.write import write

if __name__ == "__main__":
    typer.echo("\n".join(write()) or "the dashboards are up to date")

"""`lantian explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from aggregate.statistic import Tier

app = typer.Typer(help="A figure and what stands behind it.", no_args_is_help=True)


@app.command()
def explain(
    place: Annotated[str, typer.Argument(metavar="STATION", help="A station's id, or city:NAME.", show_default=False)],
    factor: Annotated[
        str, typer.Argument(metavar="FACTOR", help="A code or a name: a34002, PM10, AQI …", show_default=False)
    ],
    window: Annotated[
        str,
        typer.Argument(
            metavar="WINDOW",
            help="In Asia/Shanghai: 2026-03-10T14 (an hour), 2026-03-10T14/8h, 2026-03-10, 2026-03, 2026-Q1 or 2026.",
            show_default=False,
        ),
    ],
    tier: Annotated[Tier, typer.Option(help="Devices alone, or with what persons flagged and corrected.")] = Tier.RAW,
    without_sanddust: Annotated[bool, typer.Option("--without-sanddust", help="Sand-dust left out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, docs/explain.md.")] = False,
) -> None:
    """Say what a figure is made of and by which rules; exit status 1 if it does not come out of its inputs."""
    from aggregate.explanation.cli import explain as say

    say(place, factor, window, tier=tier, sanddust=not without_sanddust, as_json=as_json)

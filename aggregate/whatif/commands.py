"""`lantian whatif`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from aggregate.regions.level import Level
from aggregate.statistic import Tier, Variant

app = typer.Typer(no_args_is_help=True)


class By(StrEnum):
    """What is judged."""

    STATION = "station"
    CITY = "city"


class SandDust(StrEnum):
    """Whether sand-dust periods are in."""

    IN = "in"
    OUT = "out"


@app.command()
def whatif(
    edition: Annotated[str, typer.Option(help="Under which edition; see `lantian standards list`.")],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day, it is in.")],
    by: Annotated[By, typer.Option(help="What is judged.")] = By.CITY,
    only: Annotated[list[str] | None, typer.Option(help="These alone, ranked among them; may be repeated.")] = None,
    tier: Annotated[Tier, typer.Option(help="Devices alone, or with what persons said.")] = Tier.RAW,
    sanddust: Annotated[SandDust, typer.Option(help="With sand-dust periods, or without.")] = SandDust.IN,
    every: Annotated[bool, typer.Option("--all", help="All days; else those that differ.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write a row a day here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, docs/periods.md.")] = False,
) -> None:
    """Judge stored hours under another edition, beside their own: days, statistics, attainment, composite index."""
    from aggregate.whatif.cli import whatif as tell

    variant = Variant(tier, sanddust=sanddust is SandDust.IN)
    tell(edition, first, last, Level(by), only or (), variant, csv, every=every, as_json=as_json)

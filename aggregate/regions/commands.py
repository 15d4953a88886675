"""`lantian evaluate period`: registered by `aggregate.evaluation.commands`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from aggregate.regions.level import Level
from aggregate.statistic import Tier


class SandDust(StrEnum):
    """Whether sand-dust periods are in."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


_WITH = {SandDust.IN: (True,), SandDust.OUT: (False,), SandDust.BOTH: (True, False)}


def evaluate_period(
    period: Annotated[
        str,
        typer.Argument(
            metavar="PERIOD",
            help="2016, 2016-01, 2016-Q1, heating-2016 (the season that begins in 2016), or two with .. between:"
            " 2016-01..2016-05, 2016-11-15..2017-03-15 (the last day in).",
            show_default=False,
        ),
    ],
    by: Annotated[Level, typer.Option(help="What figures are of.")] = Level.CITY,
    only: Annotated[list[str] | None, typer.Option(help="These alone, ranked among them; may be repeated.")] = None,
    base: Annotated[str | None, typer.Option(help="PERIOD to compare with; by default the same a year before.")] = None,
    tier: Annotated[Tier, typer.Option(help="Devices alone, or with what persons said.")] = Tier.RAW,
    sanddust: Annotated[SandDust, typer.Option(help="With sand-dust periods, without, or both.")] = SandDust.IN,
    edition: Annotated[str, typer.Option(help="auto: each day by its date's; or one for all.")] = "auto",
    groups: Annotated[Path | None, typer.Option(help="TOML file of named groups, docs/periods.md.")] = None,
    targets: Annotated[Path | None, typer.Option(help="CSV: object,item,base,change (or target).")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write a row an object here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value, docs/periods.md.")] = False,
) -> None:
    """Evaluate any period from stored days: statistics, attainment, days, composite index, rank, change, targets."""
    from aggregate.regions.cli import period as tell
    from aggregate.regions.surveyor import Asked

    asked = Asked(period, by, only or (), base, tier, _WITH[sanddust], edition, groups, targets)
    tell(asked, csv, as_json=as_json)

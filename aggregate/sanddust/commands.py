"""`lantian sanddust`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Sand-dust periods.", no_args_is_help=True)
sanddust = typer.Typer(help="Sand-dust periods, which statistics are made with and without.", no_args_is_help=True)
app.add_typer(sanddust, name="sanddust")

_User = Annotated[str | None, typer.Option(help="Who says so; by default the account's name.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON value.")]


@sanddust.command("import")
def import_periods(
    file: Annotated[Path, typer.Argument(help="CSV: city,start,end,basis; end exclusive.", show_default=False)],
    user: _User = None,
    as_json: _Json = False,
) -> None:
    """Add the periods of a file, and make the statistics that they touch again."""
    from aggregate.sanddust import cli

    cli.import_periods(file, user, as_json=as_json)


@sanddust.command("withdraw")
def withdraw(
    period_id: Annotated[int, typer.Argument(metavar="ID", show_default=False)],
    user: _User = None,
    as_json: _Json = False,
) -> None:
    """Take a period out of force; it stays in the list with who did it."""
    from aggregate.sanddust import cli

    cli.withdraw(period_id, user, as_json=as_json)


@sanddust.command("list")
def listing(city: Annotated[str | None, typer.Option(help="Only this city's.")] = None, as_json: _Json = False) -> None:
    """List the periods, those withdrawn too."""
    from aggregate.sanddust import cli

    cli.listing(city, as_json=as_json)

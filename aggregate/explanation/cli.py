"""`lantian explain`: the database is asked once, and what it says is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import closing

import typer
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from aggregate.explanation import words
from aggregate.explanation.account import Account, account
from aggregate.explanation.document import document
from aggregate.explanation.evidence import Evidence
from aggregate.explanation.gather import gather
from aggregate.explanation.question import Question, question
from aggregate.explanation.show import plain, tables
from aggregate.explanation.table import Table
from aggregate.ledger.books import begin
from aggregate.statistic import PERIODS, Tier
from core.clock import date_of, day_start
from core.postgres import connect
from core.settings import CoreSettings
from standards.describe import UNCONFIRMED_ZH
from standards.editions import Editions, load_editions


def explain(place: str, factor: str, window: str, *, tier: Tier, sanddust: bool, as_json: bool) -> None:
    """Print the account of a figure; exit status 1 if what it is made of gives another. Raises `InputError`."""
    asked, editions = question(place, factor, window, tier=tier, sanddust=sanddust), load_editions()
    found = account(_gathered(asked, editions), editions)
    if as_json:
        typer.echo(json.dumps(document(found), ensure_ascii=False))
    else:
        _print(list(tables(found)))
    if found.agrees is False:
        typer.echo(contradiction(found), err=True)
        raise typer.Exit(1)


def _gathered(asked: Question, editions: Editions) -> Evidence:
    with (
        closing(connect(CoreSettings.load(), "reader", application="lantian explain")) as database,
        database,
        database.cursor() as cursor,
    ):
        begin(cursor)
        return gather(database, asked, editions)


def contradiction(found: Account) -> str:
    """What is wrong with a figure that does not come out of its inputs, and what to do, in a line."""
    asked, recomputed = found.evidence.question, found.recomputed
    gives = "没有此因子 no such factor" if recomputed is None else words.stored(recomputed.value)
    first, last = date_of(day_start(asked.start)), date_of(day_start(asked.key.end - 1))
    of_one = "" if asked.of_city else f" --station {asked.name}"
    remedy = f"run `lantian recompute --from {first} --to {last}{of_one} --dry-run`, then without --dry-run"
    if found.evidence.closed:
        remedy = "its day is closed, `lantian recompute` leaves it: compare with a backup"
    elif asked.of_city or asked.window in PERIODS:
        remedy = f"a change may be on its way, ask again in a minute; else {remedy}"
    return (
        f"lantian: 数值与输入不符 THE FIGURE DOES NOT COME OUT OF ITS INPUTS: stored {words.stored(found.figure.value)}"
        f" ({found.figure.n_valid}/{found.figure.n_expected}), the inputs give {gives}; {remedy}"
    )


def _print(shown: Iterable[Table]) -> None:
    if not sys.stdout.isatty():
        typer.echo("\n".join(plain(list(shown))).rstrip())
        return
    console = Console()
    for table in shown:
        console.print(_rich(table))


def _rich(table: Table) -> RichTable:
    made = RichTable(title=table.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
                     caption=table.note or None, caption_justify="left", show_header=bool(table.head))  # fmt: skip
    for name in table.head or ("", ""):
        made.add_column(name, overflow="fold")
    for row in table.rows:
        cells = [Text(cell) for cell in row]
        for cell in cells:
            cell.highlight_words([UNCONFIRMED_ZH], "bold yellow")
            cell.highlight_words(["DIFFERS"], "bold red")
        made.add_row(*cells)
    return made

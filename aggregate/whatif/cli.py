"""`lantian whatif`: the database is asked once, and what another edition would have said is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import typer

from aggregate.evaluation.editions import edition_named
from aggregate.evaluation.spans import Span
from aggregate.given_days import given_days
from aggregate.progress import bar
from aggregate.regions.level import Level
from aggregate.regions.notes import notes_of_trial
from aggregate.regions.out import print_table, write_csv
from aggregate.regions.stretch import stretch_of
from aggregate.statistic import Variant
from aggregate.whatif.document import COLUMNS, document, rows
from aggregate.whatif.show import headline, tables
from aggregate.whatif.trial import Court, Trial
from core.clock import clock_of, date_of, day_start
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry
from standards.editions import load_editions


def whatif(
    edition: str, first: str, last: str, level: Level, only: Sequence[str], variant: Variant, csv_file: Path | None,
    *, every: bool, as_json: bool,
) -> None:  # fmt: skip
    """Print what an edition would have said of these days, the last one in; also to a CSV. Raises `InputError`."""
    trial = tried(edition, _span(first, last), level, only, variant)
    notes = notes_of_trial(trial.stretch, trial.edition)
    if csv_file is not None:
        write_csv(csv_file, COLUMNS, rows(trial, every=every))
    if as_json:
        typer.echo(json.dumps(document(trial, notes, every=every), ensure_ascii=False))
        return
    for line in headline(trial, notes):
        typer.echo(line)
    for table in tables(trial, every=every):
        print_table(table)


def tried(edition: str, span: Span, level: Level, only: Sequence[str], variant: Variant) -> Trial:
    """Days under their own editions and under another, all of them as of one moment. Raises `InputError`."""
    settings: CoreSettings = CoreSettings.load()
    editions = load_editions()
    other = edition_named(edition, field="--edition")
    stretch = stretch_of(span, date_of(day_start(int(clock_of(settings).now()))), editions)
    with closing(connect(settings, "reader", application="lantian whatif")) as database, database.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local jit = off")
        court = Court(cursor, Registry.load(database), editions, other)
        with bar("whatif") as tell:
            return court.trial(stretch, level, only, variant, tell)


def _span(first: str, last: str) -> Span:
    begin, end = given_days(first, last)
    return Span(f"{begin}..{end - timedelta(days=1)}", begin, end)

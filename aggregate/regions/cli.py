"""`lantian evaluate period`: the database is asked once, and what it says of a period is told."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import typer

from aggregate.evaluation.editions import AUTO, editions_of
from aggregate.progress import bar
from aggregate.regions.document import document, rows
from aggregate.regions.load import StoredDays
from aggregate.regions.out import print_table, write_csv
from aggregate.regions.period import Heating
from aggregate.regions.settings import RegionSettings
from aggregate.regions.show import headline, tables
from aggregate.regions.survey import Survey
from aggregate.regions.surveyor import Asked, Surveyor
from core.clock import clock_of, date_of, day_start
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry


def period(asked: Asked, csv_file: Path | None, *, as_json: bool) -> None:
    """Print a period's figures, or one JSON value; also to a CSV if one is named. Raises `InputError`."""
    survey = surveyed(asked)
    if csv_file is not None:
        flat = list(rows(survey))
        write_csv(csv_file, list(flat[0]), flat)
    if as_json:
        typer.echo(json.dumps(document(survey), ensure_ascii=False))
        return
    for line in headline(survey):
        typer.echo(line)
    for table in tables(survey):
        print_table(table)


def surveyed(asked: Asked) -> Survey:
    """The figures that are asked for, all of them as of one moment. Raises `InputError`."""
    settings: CoreSettings = CoreSettings.load()
    own: RegionSettings = RegionSettings.load()
    editions = editions_of(asked.edition)
    today = date_of(day_start(int(clock_of(settings).now())))
    with closing(connect(settings, "reader", application="lantian evaluate")) as database, database.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local jit = off")
        stored = StoredDays(cursor, Registry.load(database), editions, again=asked.edition != AUTO)
        surveyor = Surveyor(stored, editions, today, Heating(own.heating_first, own.heating_last))
        with bar("evaluate") as tell:
            return surveyor.survey(asked, tell)

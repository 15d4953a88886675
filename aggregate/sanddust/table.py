"""Sand-dust periods in the database: adding and withdrawing them, and which of them statistics do not know of yet.

Delivery guarantee: a period and the registry's version, by which the worker learns of it, are one transaction; from
then on whatever the worker makes heeds it. What was made before is made again by the command, which marks the period
when that is done: whoever is killed in between runs it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from psycopg2.extensions import connection

from aggregate.given_days import EARLIEST, LATEST, NO_YEAR
from aggregate.sanddust.periods import Period
from core.clock import parse_time
from core.errors import InputError, LantianError
from ingest.rows import RowError, csv_rows, heading, open_text, too_many_cells

COLUMNS = ("city", "start", "end", "basis")


class Known(NamedTuple):
    """A period as it is kept; times are texts of the database in Asia/Shanghai."""

    period_id: int
    city: str
    start: str
    end: str
    basis: str
    imported_by: str
    imported_at: str
    withdrawn_by: str | None
    withdrawn_at: str | None
    applied: bool
    """Whether statistics have been made again since."""


class Unapplied(NamedTuple):
    """A period that came, or was withdrawn, and statistics do not know of it yet."""

    period_id: int
    withdrawn: bool
    period: Period


@dataclass(slots=True)
class Imported:
    """What became of a file's rows."""

    added: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


def import_csv(database: connection, path: Path, cities: set[str], user: str) -> Imported:
    """Add the periods of a CSV `city,start,end,basis` (ISO 8601, `end` exclusive) that are not in force yet.

    As `lantian_registry`; all good rows in one transaction. A bad row is told and stops no other; raises `InputError`
    for a file that is none.
    """
    result = Imported()
    with database, database.cursor() as cursor:
        for period, basis in read_periods(path, cities, result.errors):
            cursor.execute(
                'insert into sanddust_period (city, start, "end", basis, imported_by)'
                " values (%s, to_timestamp(%s), to_timestamp(%s), %s, %s)"
                ' on conflict (city, start, "end") where withdrawn_at is null do nothing',
                (*period, basis, user),
            )
            if cursor.rowcount:
                result.added += 1
            else:
                result.unchanged += 1
        if result.added:
            _tell_workers(cursor)
    return result


def withdraw(database: connection, period_id: int, user: str) -> None:
    """Take a period out of force, for good; raises `InputError` if it is not in force."""
    with database, database.cursor() as cursor:
        cursor.execute(
            "update sanddust_period set withdrawn_by = %s, withdrawn_at = now(), applied_at = null"
            " where period_id = %s and withdrawn_at is null",
            (user, period_id),
        )
        if not cursor.rowcount:
            raise InputError("unknown", "is no period in force", field="ID", value=period_id,
                             hint="see `lantian sanddust list`")  # fmt: skip
        _tell_workers(cursor)


def _tell_workers(cursor: Any) -> None:
    cursor.execute("update registry_version set version = version + 1")


def known(database: connection, city: str | None) -> list[Known]:
    """All periods that ever were, oldest first, of one city or of all."""
    with database, database.cursor() as cursor:
        cursor.execute(
            "select period_id, city, to_char(start at time zone interval '8 hours', 'YYYY-MM-DD\"T\"HH24:MI'),"
            " to_char(\"end\" at time zone interval '8 hours', 'YYYY-MM-DD\"T\"HH24:MI'), basis, imported_by,"
            " imported_at::text, withdrawn_by, withdrawn_at::text, applied_at is not null from sanddust_period"
            " where %(city)s is null or city = %(city)s order by start, city, period_id",
            {"city": city},
        )
        return [Known(*row) for row in cursor.fetchall()]


def unapplied(database: connection) -> list[Unapplied]:
    """The periods, in force or withdrawn, that statistics have not been made again for."""
    with database, database.cursor() as cursor:
        cursor.execute(
            "select period_id, withdrawn_at is not null, city, extract(epoch from start)::bigint,"
            ' extract(epoch from "end")::bigint from sanddust_period where applied_at is null order by 1'
        )
        return [Unapplied(period_id, withdrawn, Period(*row)) for period_id, withdrawn, *row in cursor.fetchall()]


def mark_applied(database: connection, applied: Sequence[Unapplied]) -> None:
    """Say that statistics have been made again; not of a period that was withdrawn while that went on."""
    with database, database.cursor() as cursor:
        cursor.execute(
            "update sanddust_period p set applied_at = now() from unnest(%s::bigint[], %s::boolean[]) as"
            " a(period_id, withdrawn) where p.period_id = a.period_id and (p.withdrawn_at is not null) = a.withdrawn",
            ([each.period_id for each in applied], [each.withdrawn for each in applied]),
        )


def read_periods(path: Path, cities: set[str], errors: list[RowError]) -> Iterator[tuple[Period, str]]:
    """The periods of a CSV, each with its basis; what is wrong with other rows is noted. Raises `InputError`."""
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows, COLUMNS)
        for number, cells in rows:
            if len(cells) > len(names):
                errors.append(too_many_cells(path.name, number, cells))
                continue
            given = dict.fromkeys(names, "") | dict(zip(names, cells, strict=False))
            error = _error(given, cities)
            if error is not None:
                column, message, hint = error
                errors.append(RowError(path.name, number, column, given[column], message, hint))
                continue
            yield Period(given["city"], _seconds(given, "start"), _seconds(given, "end")), given["basis"]


def _error(given: dict[str, str], cities: set[str]) -> tuple[str, str, str] | None:
    """Column, what is wrong with it, and the remedy."""
    if given["city"] not in cities:
        return "city", "is no city of the registry", "see `lantian stations list`"
    if not given["basis"]:
        return "basis", "is empty", "name the document or the office that decided it"
    times = []
    for column in ("start", "end"):
        try:
            times.append(_seconds(given, column))
        except LantianError as error:
            return column, error.message, error.hint or "correct it"
    if times[1] <= times[0]:
        return "end", "is not after start", "turn them round"
    return None


def _seconds(given: dict[str, str], column: str) -> int:
    """UTC seconds of a time; raises `LantianError`."""
    moment = parse_time(given[column], field=column)
    if not EARLIEST <= moment.year <= LATEST:
        raise InputError("time", NO_YEAR, field=column, hint="correct the year")
    seconds = moment.timestamp()
    if not seconds.is_integer():
        raise InputError("time", "has fractions of a second", field=column, hint="write whole seconds")
    return int(seconds)

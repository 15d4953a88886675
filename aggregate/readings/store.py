"""Readings, and what persons said of them, in the database. SQL and nothing else."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg2.extensions import connection

from aggregate.delivery import Who
from aggregate.reading import Number, Slot, Stored
from aggregate.readings.reviews import LONGEST_PERIOD_S, Action, Request, Statement
from aggregate.store import Layouts, array, text_array, timestamp
from core.clock import date_of
from core.errors import InputError
from core.postgres import copy
from ingest.envelope import Source

ROWS_A_FETCH = 1000


@dataclass(frozen=True, slots=True)
class Review:
    """What a person said, as it is kept; times are UTC seconds of data time."""

    asked: Request
    asked_at: float
    reports: int
    readings: int
    run: int
    id: int
    sent_at: float | None = None


def rows_between(
    database: connection, station_id: int, first: int, last: int, factors: Sequence[str] = (), *, reviewable: bool
) -> Iterator[tuple[Slot, Stored]]:
    """The stored reports that begin from `first` until before `last`, in order of time, a page in memory at a time.

    With `factors`, only those that hold one of them; with `reviewable`, only those that a person may speak of. The
    transaction stays open meanwhile.
    """
    layouts = Layouts()
    with database.cursor("rows_between") as cursor, database.cursor() as other:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(
            "select extract(epoch from time)::bigint, period,"
            " case when isfinite(issued) then extract(epoch from issued)::bigint end, source, run, seq, layout,"
            ' "values", flags, mask, origin, (extract(epoch from received) * 1000000)::bigint, correlation'
            " from report"
            " where station_id = %(station)s and time >= to_timestamp(%(first)s) and time < to_timestamp(%(last)s)"
            " and (not %(reviewable)s or (period between 1 and %(longest)s and issued = '-infinity'))"
            " and (%(factors)s = '{}'::text[] or layout in (select layout_id from layout where factors && %(factors)s))"
            " order by time, period, source, run, seq",
            {"station": station_id, "first": first, "last": last, "reviewable": reviewable, "factors": list(factors),
             "longest": LONGEST_PERIOD_S},
        )  # fmt: skip
        for row in cursor:
            time, period, issued, source, run, seq, layout, values, flags, mask, origin, received, correlation = row
            yield Slot(station_id, period, time, issued), Stored(
                Number(Source(source), run, seq), layouts.names(other, layout), values, flags or "", mask or "",
                origin, received, correlation or "", fresh=False,
            )  # fmt: skip


def slots_between(
    database: connection, station_id: int, first: int, last: int, factors: Sequence[str]
) -> Iterator[tuple[Slot, list[Stored]]]:
    """The same by averaging period, of what a person may speak of."""
    rows = rows_between(database, station_id, first, last, factors, reviewable=True)
    for slot, of_slot in groupby(rows, key=lambda row: row[0]):
        yield slot, [row for _, row in of_slot]


def runs_not_taken(cursor: Any, station: str, station_id: int, first: int, last: int) -> list[int]:
    """The runs of reviews of readings from `first` until before `last` that the worker has not taken to the end.

    They are sent and taken in order: of whose last report is stored, all is.
    """
    cursor.execute(
        "select r.run from reading_review r join reading_statement s"
        " on (s.station, s.run, s.seq) = (r.station, r.run, r.reports)"
        " where r.station = %s and r.begins < to_timestamp(%s) and r.ends > to_timestamp(%s)"
        # no join: the planner would read all that persons have said of the station, in every chunk
        " and (select true from report t where t.station_id = %s and t.time = s.time and t.period = s.period"
        " and t.source = %s and t.run = s.run and t.seq = s.seq) is null",
        (station, last, first, station_id, int(Source.PERSON)),
    )
    return [run for (run,) in cursor.fetchall()]


def words_between(
    database: connection, station: str, runs: Sequence[int], first: int, last: int
) -> Generator[tuple[tuple[int, int], list[tuple[Number, Statement]]], None, None]:
    """What was said under `runs` of the time, by time and period in their order, the latest word last.

    A page is in memory at a time; to be closed before the transaction ends.
    """
    if not runs:
        return
    with database.cursor("words_between") as cursor:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(
            f"select run, {_STATEMENT} from reading_statement where station = %s and run = any(%s)"
            " and time >= to_timestamp(%s) and time < to_timestamp(%s) order by time, period, run, seq",
            (station, list(runs), first, last),
        )
        said = ((Number(Source.PERSON, run, row[0]), _statement(row)) for run, *row in cursor)
        for averaged, words in groupby(said, key=lambda each: (each[1].time, each[1].period)):
            yield averaged, list(words)


def closed_among(cursor: Any, station: str, days: Iterable[int]) -> set[int]:
    """Those of `days`, each by its first second, that are closed."""
    dates = {date_of(day): day for day in days}
    cursor.execute("select day from closed_day where station = %s and day = any(%s::date[])", (station, list(dates)))
    return {dates[day] for (day,) in cursor.fetchall()}


def claim_run(cursor: Any, station: str, station_id: int, first: int, last: int, now: int) -> int:
    """The run of what is said now (UTC seconds): above that of all that persons have said of the station.

    Whoever else would say something of the station waits until this transaction ends.
    """
    cursor.execute(
        "select pg_advisory_xact_lock('reading_review'::regclass::oid::int, hashtext(%s))",
        (station,),
    )
    cursor.execute(
        "select greatest((select max(run) from reading_review where station = %s), (select max(run) from report"
        " where station_id = %s and source = %s and time >= to_timestamp(%s) and time < to_timestamp(%s)))",
        (station, station_id, int(Source.PERSON), first, last),
    )
    highest: int | None = cursor.fetchone()[0]
    return now if highest is None else max(now, highest + 1)


def write_statements(cursor: Any, station: str, run: int, first_seq: int, said: Iterable[Statement]) -> None:
    """Keep statements, numbered from `first_seq`."""
    copy(
        cursor,
        "reading_statement",
        'station, run, seq, time, period, factors, former_values, former_flags, "values", flags',
        (
            (station, run, seq, timestamp(each.time), each.period, text_array(each.factors),
             array(each.former_values), each.former_flags, array(each.values), each.flags)
            for seq, each in enumerate(said, first_seq)
        ),
    )  # fmt: skip


def write_review(cursor: Any, asked: Request, asked_at: float, run: int, reports: int, readings: int) -> Review:
    """Keep who said what is written under `run`, and why."""
    cursor.execute(
        "insert into reading_review (asked_at, asked_by, why, action, station, factors, begins, ends, flag, value, run,"
        " reports, readings) values (to_timestamp(%s), %s, %s, %s, %s, %s, to_timestamp(%s), to_timestamp(%s), %s, %s,"
        " %s, %s, %s) returning review_id",
        (asked_at, *asked.who, asked.action, asked.station, list(asked.factors), asked.first, asked.last,
         asked.flag, asked.value, run, reports, readings),
    )  # fmt: skip
    return Review(asked, asked_at, reports, readings, run, int(cursor.fetchone()[0]))


def mark_sent(cursor: Any, review_id: int, now: float) -> None:
    """Kafka has all of it; the first time counts."""
    cursor.execute(
        "update reading_review set sent_at = to_timestamp(%s) where review_id = %s and sent_at is null",
        (now, review_id),
    )


_REVIEW = (
    "select action, station, factors, extract(epoch from begins)::bigint, extract(epoch from ends)::bigint, asked_by,"
    " why, flag, value, extract(epoch from asked_at)::float8, reports, readings, run, review_id,"
    " extract(epoch from sent_at)::float8 from reading_review"
)


def read_review(cursor: Any, review_id: int) -> Review:
    """One review; raises `InputError` if there is none of that number."""
    cursor.execute(f"{_REVIEW} where review_id = %s", (review_id,))
    row = cursor.fetchone()
    if row is None:
        raise InputError("unknown", "there is no such review", field="id", value=review_id,
                         hint="see `lantian readings reviews`")  # fmt: skip
    return _review(row)


def read_reviews(cursor: Any, station: str | None, limit: int) -> list[Review]:
    """The newest reviews, of one station or of all."""
    cursor.execute(
        f"{_REVIEW} where %(station)s is null or station = %(station)s order by review_id desc limit %(limit)s",
        {"station": station, "limit": limit},
    )
    return [_review(row) for row in cursor.fetchall()]


def _review(row: Sequence[Any]) -> Review:
    action, station, factors, first, last, user, why, flag, value, *kept = row
    return Review(Request(Action(action), station, tuple(factors), first, last, Who(user, why), flag, value), *kept)


_STATEMENT = 'seq, extract(epoch from time)::bigint, period, factors, former_values, former_flags, "values", flags'


def _statement(row: Sequence[Any]) -> Statement:
    _, time, period, factors, former_values, former_flags, values, flags = row
    return Statement(time, period, tuple(factors), tuple(former_values), former_flags, tuple(values), flags)


def read_statements(database: connection, station: str, run: int) -> Iterator[tuple[int, Statement]]:
    """The statements of a review with their numbers, in their order; a page, in a transaction of its own, at a time."""
    after = 0
    while True:
        with database, database.cursor() as cursor:
            cursor.execute(
                f"select {_STATEMENT} from reading_statement where (station, run) = (%s, %s) and seq > %s"
                " order by seq limit %s",
                (station, run, after, ROWS_A_FETCH),
            )
            page = cursor.fetchall()
        for row in page:
            yield row[0], _statement(row)
        if len(page) < ROWS_A_FETCH:
            return
        after = page[-1][0]

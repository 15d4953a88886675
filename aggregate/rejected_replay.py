"""Having rejected reports judged again after a repair: the original bytes go to Kafka once more, marked as a retry.

Delivery guarantee: the intent is written before anything is sent, and the sending after Kafka has acknowledged it.
Whoever is killed in between leaves an intent without a sending, which may be asked for again: what was accepted by
then is an identical repeat (state-model: report and reading).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from psycopg2.extensions import connection

from aggregate.delivery import Who, delivery, in_batches
from core.clock import MICROS
from core.errors import InputError
from core.settings import CoreSettings
from ingest.batching import Batch
from ingest.envelope import Entry, EntryKind, Source

ROWS_A_FETCH = 500


class Refusal(StrEnum):
    """Why a rejected report is not sent again."""

    OVERSIZE = "its bytes are not kept"
    FUTURE = "the device's clock was wrong, and still says so"
    CONFLICT = "its number says something else already, and the first stands"
    CLOSED = "its day is closed"


HOPELESS = {refusal.name: refusal for refusal in Refusal}
"""By the reason of the rejection."""


class Chosen(NamedTuple):
    """What to send again: by number, or by what a rejection is. Times are UTC seconds of receipt."""

    ids: Sequence[int] = ()
    reason: str | None = None
    station: str | None = None
    first: float | None = None
    last: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A rejected report, by the bytes that it came in; several rejections may tell of it."""

    ids: tuple[int, ...]
    station: str
    source: Source
    run: int | None
    seq: int | None
    reasons: frozenset[str]
    day_closed: bool
    correlation: str

    @property
    def refusal(self) -> Refusal | None:
        """Why sending it again cannot help; None if it may."""
        if self.day_closed:
            return Refusal.CLOSED
        hopeless = [HOPELESS.get(reason) for reason in sorted(self.reasons)]
        return None if None in hopeless else hopeless[0]


def find(database: connection, chosen: Chosen) -> Iterator[Report]:
    """The reports chosen, in the order in which they were rejected first; without their bytes, a page at once.

    Those that were sent since they were last rejected are left out, unless they are named by id: the worker has judged
    them again, or will. The transaction is committed as soon as they are found, and others may run in between.
    """
    with database.cursor("chosen", withhold=True) as cursor:
        cursor.itersize = ROWS_A_FETCH
        _select(cursor, chosen)
        database.commit()
        for ids, station, source, run, seq, reasons, closed, correlation in cursor:
            yield Report(
                tuple(sorted(set(ids))), station, Source(source), run, seq, frozenset(reasons), closed, correlation
            )


def _select(cursor: Any, chosen: Chosen) -> None:
    cursor.execute(
        "with chosen as ("
        "  select distinct station, source, digest from rejected where (%(ids)s::bigint[] is null"
        "  or rejected_id = any(%(ids)s)) and (%(reason)s is null or reason = %(reason)s or %(reason)s = any(reasons))"
        "  and (%(station)s is null or station = %(station)s)"
        "  and (%(first)s is null or received >= to_timestamp(%(first)s))"
        "  and (%(last)s is null or received < to_timestamp(%(last)s))"
        " )"
        " select array_agg(r.rejected_id order by r.rejected_id), r.station, r.source, max(r.run), max(r.seq),"
        "  array_agg(distinct reason_of) , bool_or(exists (select from closed_day d"
        "   where (d.station, d.day) = (r.station, day_of(coalesce(r.time, r.received))))), max(r.correlation)"
        " from chosen c join rejected r using (station, source, digest)"
        " cross join lateral unnest(case when cardinality(r.reasons) = 0 then array[r.reason] else r.reasons end)"
        "  as reason_of"
        " group by r.station, r.source, r.digest having %(ids)s::bigint[] is not null or bool_or(not exists ("
        "  select from rejected_replay p where p.rejected_id = r.rejected_id and p.sent_at is not null))"
        " order by min(r.rejected_id)",
        chosen._asdict() | {"ids": list(chosen.ids) or None},
    )


def send(
    database: connection, settings: CoreSettings, reports: Iterable[Report], who: Who, now: Callable[[], float]
) -> Iterator[int]:
    """Send reports again, as `lantian_repair`; yields how many Kafka has, after each record.

    `now` gives data time: the receipt of what is sent. Raises Kafka's and psycopg2's errors; what is not sent by then
    stays so in the audit.
    """
    with delivery(settings) as deliver:
        for batch in in_batches(_entries(database, reports, now)):
            intents = _intend(database, batch, who, now())
            deliver(batch)
            with database, database.cursor() as cursor:
                cursor.execute(
                    "update rejected_replay set sent_at = to_timestamp(%s) where replay_id = any(%s)", (now(), intents)
                )
            yield len(batch.entries)


def _entries(
    database: connection, reports: Iterable[Report], now: Callable[[], float]
) -> Iterator[tuple[Entry, Report]]:
    """What to send of each report: its bytes are read one at a time."""
    for report in reports:
        yield Entry(
            int(now() * MICROS), EntryKind.REPORT, report.source, report.station, _body(database, report.ids[0]),
            report.run, report.seq, report.correlation, retry=True,
        ), report  # fmt: skip


def _body(database: connection, rejected_id: int) -> bytes:
    with database, database.cursor() as cursor:
        cursor.execute("select body from rejected where rejected_id = %s", (rejected_id,))
        row = cursor.fetchone()
    if row is None:
        raise InputError("gone", "is no longer kept: its day has been closed", field="id", value=rejected_id)
    return bytes(row[0])


def _intend(database: connection, batch: Batch[Report], who: Who, now: float) -> list[int]:
    with database, database.cursor() as cursor:
        cursor.execute(
            "insert into rejected_replay (rejected_id, asked_at, asked_by, why)"
            " select id, to_timestamp(%s), %s, %s from unnest(%s::bigint[]) as id returning replay_id",
            (now, *who, [id_ for report in batch.tokens for id_ in report.ids]),
        )
        return [row[0] for row in cursor.fetchall()]

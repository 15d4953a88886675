"""Saying something of the readings of a time: it is written down whole, in one transaction, and then sent.

Delivery guarantee: a review stands in the database before any of it is sent, and is marked as sent after Kafka has all
of it. Whoever is killed in between sends it again, the same bytes under the same numbers: repeats change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeVar

from psycopg2.extensions import connection

from aggregate.delivery import Deliver, in_batches
from aggregate.judge import Judge
from aggregate.progress import Tell
from aggregate.reading import Number, Slot, Stored
from aggregate.readings.reviews import (
    Action,
    Request,
    Statement,
    current,
    current_of_devices,
    entry_of,
    flagged,
    restored,
    statement,
    weigh,
    with_words,
)
from aggregate.readings.store import (
    Review,
    claim_run,
    closed_among,
    mark_sent,
    read_statements,
    rows_between,
    runs_not_taken,
    slots_between,
    words_between,
    write_review,
    write_statements,
)
from core.clock import DAY, date_of, day_start
from core.errors import InputError
from ingest.envelope import Entry
from ingest.report import format_instant

STATEMENTS_A_PAGE = 500

_Item = TypeVar("_Item")
_Words = tuple[tuple[int, int], list[tuple[Number, Statement]]]
"""What persons say of an averaging period, by its time and length."""


class Said(NamedTuple):
    """What became of a request: how much was said, and how many readings were left as they are, by reason."""

    asked: Request
    reports: int
    readings: int
    left_out: Counter[str]
    review: Review | None
    """None of a rehearsal."""


@dataclass(slots=True)
class _Tally:
    reports: int = 0
    readings: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    factors: set[str] = field(default_factory=set)
    """That were reported."""


def say(database: connection, judge: Judge, request: Request, *, now: float, tell: Tell, dry_run: bool = False) -> Said:
    """Flag or restore the readings of a time, as `lantian_repair`. Nothing is sent yet; of a rehearsal nothing is kept.

    Judged by the registry that `judge` uses; `now` is data time. Raises `InputError` where there is nothing to say:
    nothing of it is kept then.
    """
    station, first, last = request.station, request.first, request.last
    station_id = judge.registry.history(station)[-1].station_id
    with database, database.cursor() as cursor:
        _refuse_closed(closed_among(cursor, station, range(day_start(first), last, DAY)), station)
        run = None if dry_run else claim_run(cursor, station, station_id, first, last, int(now))
        runs = runs_not_taken(cursor, station, station_id, first, last)
        tally = _Tally()
        for page in pages(_statements(database, station_id, request, runs, tally), STATEMENTS_A_PAGE):
            weighed = weigh(judge, station, page, now)
            kept = [each.kept for each in weighed if each.kept is not None]
            if run is not None:
                write_statements(cursor, station, run, tally.reports + 1, kept)
            tally.reports += len(kept)
            tally.readings += sum(len(each.factors) for each in kept)
            tally.left_out.update(reason for each in weighed for reason in each.left_out.values())
            tell(page[-1].time - first, last - first)
        _refuse_nothing(database, station_id, request, tally)
        review = None if run is None else write_review(cursor, request, now, run, tally.reports, tally.readings)
    return Said(request, tally.reports, tally.readings, tally.left_out, review)


def _statements(
    database: connection, station_id: int, request: Request, runs: Sequence[int], tally: _Tally
) -> Iterator[Statement]:
    first, last = request.first, request.last
    slots = slots_between(database, station_id, first, last, request.factors)
    with closing(words_between(database, request.station, runs, first, last)) as words:
        for slot, rows, on_their_way in _beside(slots, words):
            tally.factors.update(name for row in rows for name in row.names)
            before = with_words(current(rows), on_their_way)
            if request.action is Action.RESTORE:
                says = restored(before, current_of_devices(rows), request.factors)
            else:
                says = flagged(before, request.factors, request.flag or "")
            if says:
                yield statement(slot.time, slot.period, before, says)


def _beside(
    slots: Iterable[tuple[Slot, list[Stored]]], words: Iterator[_Words]
) -> Iterator[tuple[Slot, list[Stored], list[tuple[Number, Statement]]]]:
    """Each slot's rows, and the words of it that are not among them; both come in order of time and period."""
    said = next(words, None)
    for slot, rows in slots:
        averaged = (slot.time, slot.period)
        while said is not None and said[0] < averaged:
            said = next(words, None)
        of_slot = said[1] if said is not None and said[0] == averaged else []
        taken = {row.number for row in rows}
        yield slot, rows, [word for word in of_slot if word[0] not in taken]


def _refuse_nothing(database: connection, station_id: int, request: Request, tally: _Tally) -> None:
    """Raise if a factor was never reported in the time, or nothing can be said of any reading."""
    first, last = request.first, request.last
    time = f"from {format_instant(first)} until before {format_instant(last)}"
    hint = "see `lantian readings list`; readings of more than an hour and forecasts are not reviewed"
    for factor in request.factors:
        if factor in tally.factors:
            continue
        if next(rows_between(database, station_id, first, last, reviewable=True), None) is None:
            raise InputError("no_reading", f"the station has no reading {time}", field="station",
                             value=request.station, hint=hint)  # fmt: skip
        raise InputError("never_reported", f"the station has not reported it {time}", field="--factor", value=factor,
                         hint=hint)  # fmt: skip
    if tally.reports:
        return
    if tally.left_out:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.left_out.items()))
        raise InputError("left_out", f"cannot be said of any reading {time}: {why}", field=str(request.action),
                         value=request.flag, hint="correct the values, or choose another flag")  # fmt: skip
    raise InputError("nothing", f"persons and devices agree {time}", field="station", value=request.station,
                     hint="see `lantian readings list`")  # fmt: skip


def _refuse_closed(closed: Collection[int], station: str) -> None:
    if closed:
        raise InputError(
            "closed",
            f"the day {date_of(min(closed))} is closed, and its readings stand",
            field="station",
            value=station,
            hint="choose a time without it; see docs/retention.md",
        )


def send(database: connection, deliver: Deliver, review: Review, now: Callable[[], float]) -> Iterator[int]:
    """Send what a review says, as `lantian_repair`; yields how many reports Kafka has, after each record.

    `now` gives data time. Raises Kafka's and psycopg2's errors: the review stays as not sent.
    """
    for batch in in_batches(_entries(database, review, now)):
        deliver(batch)
        yield len(batch.entries)
    with database, database.cursor() as cursor:
        mark_sent(cursor, review.id, now())


def _entries(database: connection, review: Review, now: Callable[[], float]) -> Iterator[tuple[Entry, int]]:
    station, run = review.asked.station, review.run
    for seq, said in read_statements(database, station, run):
        yield entry_of(station, run, seq, said, now(), f"review-{review.id}"), seq


def pages(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """The items, so many at a time."""
    left = iter(items)
    while page := list(islice(left, size)):
        yield page

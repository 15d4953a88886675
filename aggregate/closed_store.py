"""Closed days in the database, as the worker reads and extends them. SQL and nothing else.

Delivery guarantee: it runs in the worker's transaction after the lock of its partitions' offsets, which closing takes,
too; so a day found open stays open until the commit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from aggregate.closed import ClosedDay, DayKey
from core.clock import date_of
from ingest.envelope import Source
from ingest.ranges import RangeSet


def closed_anywhere(cursor: Any, days: Collection[int]) -> set[int]:
    """Those of `days`, by their first seconds, that are closed for any station."""
    dates = {date_of(day): day for day in days}
    cursor.execute(
        "select d.day from unnest(%s::date[]) as d(day) where exists (select from closed_day c where c.day = d.day)",
        (list(dates),),
    )
    return {dates[date] for (date,) in cursor.fetchall()}


def load_closed(cursor: Any, days: Collection[DayKey]) -> dict[DayKey, ClosedDay]:
    """Those of `days` that are closed, with the numbers they hold."""
    found: dict[DayKey, ClosedDay] = {}
    if not days:
        return found
    closed_somewhere = closed_anywhere(cursor, {day for _, day in days})
    wanted = {(station, date_of(day)): (station, day) for station, day in days if day in closed_somewhere}
    if not wanted:
        return found
    cursor.execute(
        "select c.station, c.day, n.source, n.run, lower(r), upper(r) - 1"
        " from unnest(%s::text[], %s::date[]) as k(station, day)"
        " join closed_day c on (c.station, c.day) = (k.station, k.day)"
        " left join closed_numbers n on (n.station, n.day) = (c.station, c.day)"
        " left join lateral unnest(n.numbers) as r on true",
        ([station for station, _ in wanted], [day for _, day in wanted]),
    )
    for station, day, source, run, first, last in cursor.fetchall():
        closed = found.setdefault(wanted[station, day], ClosedDay())
        if first is not None:
            closed.numbers[Source(source), run].add_range(first, last)
    return found


def write_closed(cursor: Any, days: Mapping[DayKey, ClosedDay]) -> None:
    """Write what came to closed days: numbers, counts of rejected readings, digests."""
    for (station, first), day in sorted(days.items()):
        key = (station, date_of(first))
        for (source, run), numbers in sorted(day.received.items()):
            cursor.execute(
                "insert into closed_numbers as n (station, day, source, run, numbers) values (%s, %s, %s, %s, %s)"
                " on conflict (station, day, source, run) do update set numbers = n.numbers + excluded.numbers",
                (*key, int(source), run, _multirange(numbers)),
            )
        for source, readings in sorted(day.rejected.items()):
            cursor.execute(
                "insert into closed_counts as c (station, day, source, rejected) values (%s, %s, %s, %s)"
                " on conflict (station, day, source) do update set rejected = c.rejected + excluded.rejected",
                (*key, int(source), readings),
            )
        for source, digest in sorted(day.payloads):
            cursor.execute(
                "insert into closed_payloads (station, day, source, digest) values (%s, %s, %s, %s)"
                " on conflict do nothing",
                (*key, int(source), digest),
            )


def _multirange(numbers: RangeSet) -> str:
    return "{" + ",".join(f"[{first},{last}]" for first, last in numbers.encode()) + "}"

"""The statements of closing days; `archive` says in which transactions they run, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from aggregate.statistic import WORKER, station_object
from core.kafka import REPORTS


class StationDay(NamedTuple):
    """A station, as the topic names it, and a day of Asia/Shanghai."""

    station: str
    day: date


Place = tuple[str, int]
"""Where a page of `intake` ends: when it was taken, as PostgreSQL writes it, and its number."""

BEGINNING: Place = ("-infinity", 0)

REJECTED_A_PAGE = 2000

Chunk = tuple[datetime, datetime]

_START = "(k.day::timestamp at time zone interval '8 hours')"
_DAYS = "unnest(%(stations)s::text[], %(days)s::date[]) as k(station, day)"


def count_intake(cursor: Any, before: float) -> int:
    """How many rows of `intake` are old enough to be looked at."""
    cursor.execute("select count(*) from intake where taken_at < to_timestamp(%s)", (before,))
    return int(cursor.fetchone()[0])


def read_page(cursor: Any, partition: int, before: float, after: Place, most: int) -> tuple[list[int], Place]:
    """The next rows of `intake`, oldest first, and where they end."""
    cursor.execute(
        "select intake_id, taken_at::text from intake where partition = %s and taken_at < to_timestamp(%s)"
        " and (taken_at, intake_id) > (%s::timestamptz, %s) order by taken_at, intake_id limit %s",
        (partition, before, *after, most),
    )
    rows = cursor.fetchall()
    return [row[0] for row in rows], (rows[-1][1], rows[-1][0]) if rows else after


def read_days(cursor: Any, page: Sequence[int], first_kept: date) -> list[tuple[str, date]]:
    """The station-days that rows of `intake` name, before the first that is kept, and not closed."""
    cursor.execute(
        "select distinct t.station, t.day from intake i, unnest(i.stations, i.days) as t(station, day)"
        " where i.intake_id = any(%s) and t.day < %s"
        " and not exists (select from closed_day c where (c.station, c.day) = (t.station, t.day))",
        (page, first_kept),
    )
    return list(cursor.fetchall())


def lock(cursor: Any, partition: int) -> None:
    """Keep the worker of a partition, of whatever cluster, out until the commit; its epoch stays."""
    cursor.execute(
        "select from consumer_offset where consumer = %s and topic = %s and partition = %s order by cluster for update",
        (WORKER, REPORTS, partition),
    )


def still_open(cursor: Any, step: Collection[StationDay]) -> list[StationDay]:
    """Those that nobody else has closed since they were read."""
    cursor.execute(
        f"select k.station, k.day from {_DAYS}"
        " where exists (select from closed_day c where (c.station, c.day) = (k.station, k.day))",
        _parameters(step),
    )
    closed = set(cursor.fetchall())
    return [of for of in step if of not in closed]


def unfinished(cursor: Any, partition: int, days: Sequence[StationDay]) -> set[StationDay]:
    """Those of which a window is not final: the clock will still change it."""
    if not days:
        return set()
    cursor.execute(
        "select object, day_of(start) from statistic where maker = %s and partition = %s and due is not null"
        " and start >= %s::date::timestamp at time zone interval '8 hours'"
        " and start < (%s::date + 1)::timestamp at time zone interval '8 hours' group by 1, 2",
        (WORKER, partition, min(of.day for of in days), max(of.day for of in days)),
    )
    due = set(cursor.fetchall())
    return {of for of in days if (station_object(of.station), of.day) in due}


def condense(cursor: Any, days: Sequence[StationDay]) -> None:
    """Gather what stands of days into the temporary table `closing`: a row a station, day, source and run."""
    cursor.execute(
        "create temporary table if not exists closing (station text, day date, source smallint, run bigint,"
        " numbers int8multirange, digests bytea[], current bigint, superseded bigint, rejected bigint,"
        " received timestamptz) on commit delete rows"
    )
    if not days:
        return
    # chunk by chunk, between bounds that the planner sees (aggregate.store)
    cursor.execute(
        "insert into closing select station, day, source, run,"
        " range_agg(int8range(seq, seq, '[]')) filter (where seq is not null),"
        " array_agg(digest) filter (where seq is null), sum(current), sum(superseded), sum(rejected), max(received)"
        " from ("
        "  select k.station, k.day, r.source, r.run, r.seq, null::bytea as digest,"
        '   case when r.mask is null then cardinality(r."values") else n.current end as current,'
        "   case when r.mask is null then 0 else length(r.mask) - n.current end as superseded,"
        "   0 as rejected, r.received"
        f"  from {_DAYS} join station s on s.station = k.station"
        f"  cross join lateral (select * from report where station_id = s.station_id and time >= {_START}"
        f"   and time < {_START} + interval '1 day'"
        "    and time >= %(first)s::date::timestamp at time zone interval '8 hours'"
        "    and time < (%(last)s::date + 1)::timestamp at time zone interval '8 hours' offset 0) r"
        "  cross join lateral (select length(r.mask) - length(replace(r.mask, 'C', '')) as current) n"
        "  union all"
        "  select k.station, k.day, j.source, j.run, j.seq, case when j.seq is null then j.digest end, 0, 0,"
        "   cardinality(j.factors), j.received"
        f"  from {_DAYS}"
        "  cross join lateral (select * from rejected where station = k.station"
        f"   and coalesce(time, received) >= {_START} and coalesce(time, received) < {_START} + interval '1 day'"
        "    offset 0) j"
        " ) as parts group by station, day, source, run",
        _parameters(days) | {"first": min(of.day for of in days), "last": max(of.day for of in days)},
    )


def take_out_lately(cursor: Any, before: float) -> set[StationDay]:
    """Take the days out of `closing` to which something came since; returns them."""
    cursor.execute(
        "delete from closing c using (select station, day from closing group by station, day"
        " having max(received) >= to_timestamp(%s)) as l where (c.station, c.day) = (l.station, l.day)"
        " returning c.station, c.day",
        (before,),
    )
    return set(cursor.fetchall())


def close(cursor: Any, partition: int, days: Collection[StationDay], now: float) -> None:
    """Mark days closed, with what `closing` holds of them; some may hold nothing but repeats."""
    cursor.execute(
        f"insert into closed_day select k.station, k.day, %(partition)s, to_timestamp(%(now)s) from {_DAYS}",
        _parameters(days) | {"partition": partition, "now": now},
    )
    cursor.execute(
        "insert into closed_numbers (station, day, source, run, numbers)"
        " select station, day, source, run, numbers from closing where numbers is not null"
    )
    cursor.execute(
        "insert into closed_counts (station, day, source, current, superseded, rejected)"
        " select station, day, source, sum(current), sum(superseded), sum(rejected) from closing group by 1, 2, 3"
    )
    cursor.execute(
        "insert into closed_payloads (station, day, source, digest)"
        " select distinct station, day, source, unnest(digests) from closing"
    )


def fold(cursor: Any, page: Sequence[int]) -> int:
    """Add rows of `intake` all of whose days are closed to the counts of those days, and delete them; how many.

    Their offsets are remembered: the gap that they leave has lost nothing (`aggregate.ledger.chain`).
    """
    cursor.execute(
        "with gone as ("
        "  delete from intake i where i.intake_id = any(%s) and not exists ("
        "   select from unnest(i.stations, i.days) as t(station, day)"
        "   where not exists (select from closed_day c where (c.station, c.day) = (t.station, t.day)))"
        "  returning cluster, partition, from_offset, to_offset, stations, sources, days, reports, readings, repeats"
        " ), remembered as ("
        "  insert into intake_folded as f (cluster, partition, spans)"
        "  select cluster, partition, range_agg(int8range(from_offset, to_offset)) from gone group by 1, 2"
        "  on conflict (cluster, partition) do update set spans = f.spans + excluded.spans"
        " ), folded as ("
        "  insert into closed_counts as c (station, day, source, reports, readings, repeats)"
        "  select t.station, t.day, t.source, sum(t.reports), sum(t.readings), sum(t.repeats) from gone g,"
        "   unnest(g.stations, g.sources, g.days, g.reports, g.readings, g.repeats)"
        "   as t(station, source, day, reports, readings, repeats) group by 1, 2, 3"
        "  on conflict (station, day, source) do update set reports = c.reports + excluded.reports,"
        "   readings = c.readings + excluded.readings, repeats = c.repeats + excluded.repeats"
        " ) select count(*) from gone",
        (page,),
    )
    return int(cursor.fetchone()[0])


def read_chunks(cursor: Any, before: float | None = None) -> list[Chunk]:
    """The chunks of reports, those that end before `before` (UTC seconds), oldest first."""
    cursor.execute(
        "select range_start, range_end from timescaledb_information.chunks where hypertable_schema = 'lantian'"
        " and hypertable_name = 'report' and (%s is null or range_end <= to_timestamp(%s)) order by range_start",
        (before, before),
    )
    return list(cursor.fetchall())


def drop_chunk(cursor: Any, chunk: Chunk) -> bool:
    """Drop a chunk if every station-day in it is closed; whether it was."""
    cursor.execute("select drop_closed_reports(%s, %s)", chunk)
    return bool(cursor.fetchone()[0])


def delete_rejected(cursor: Any, before: float, after: int) -> tuple[int, int] | None:
    """Of the next rejections received before `before`, delete those of closed days without a chunk.

    Returns the number of the last one looked at, and how many went; None if there are no more.
    """
    chunks = read_chunks(cursor)
    cursor.execute(
        "with page as ("
        "  select rejected_id, station, coalesce(time, received) as moment from rejected"
        "  where rejected_id > %s and received < to_timestamp(%s) order by rejected_id limit %s"
        " ), gone as ("
        "  delete from rejected where rejected_id in ("
        "   select p.rejected_id from page p join closed_day c on (c.station, c.day) = (p.station, day_of(p.moment))"
        "   where not exists (select from unnest(%s::timestamptz[], %s::timestamptz[]) as k(first, last)"
        "    where p.moment >= k.first and p.moment < k.last)) returning rejected_id"
        " ) select max(rejected_id), (select count(*) from gone) from page",
        (after, before, REJECTED_A_PAGE, [first for first, _ in chunks], [last for _, last in chunks]),
    )
    last, deleted = cursor.fetchone()
    return None if last is None else (int(last), int(deleted))


def _parameters(days: Collection[StationDay]) -> dict[str, Any]:
    return {"stations": [of.station for of in days], "days": [of.day for of in days]}

"""The ledger: what came in against what stands, from device numbers, Kafka and the database alone.

The law is state-model, “Ledger”: two balances by station and source, and readings that count twice. Nothing here is
taken from a process's memory. Days are looked up as closed after what stands of them is added up by station and day:
some thousand look-ups, where a row each would be millions.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from aggregate.ledger.balance import (
    DENSE,
    UNKNOWN,
    Account,
    AccountKey,
    Books,
    Counts,
    Doubled,
    RunKey,
    Uneven,
    balance,
    source_name,
)
from aggregate.ledger.chain import breaks
from aggregate.ledger.intake import read_chain, stands
from aggregate.ledger.log import in_flight
from core import kafka
from core.settings import CoreSettings
from ingest.ranges import RangeSet

LISTED = 100_000
"""More station-days that do not balance are not listed, and more readings with two current values not even counted:
whoever has so many has seen enough."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What to balance; None stands for all. With days, the second balance alone: numbers have no day."""

    station: str | None = None
    kind: str | None = None
    first: date | None = None
    last: date | None = None
    """The last day itself is in."""

    @property
    def dated(self) -> bool:
        """Whether not all days are asked for."""
        return self.first is not None or self.last is not None

    def parameters(self) -> dict[str, Any]:
        """For the queries."""
        first = "-infinity" if self.first is None else self.first.isoformat()
        last = "infinity" if self.last is None else self.last.isoformat()
        return {
            "station": self.station, "kind": self.kind, "first": first, "last": last, "dense": list(map(int, DENSE)),
            "listed": LISTED,
        }  # fmt: skip


EVERYTHING = Scope()

# bounds of time that the planner can hold against the chunks'; infinite dates make infinite times
_ROWS = """(%(station)s is null or r.station_id = (select station_id from station where station = %(station)s))
    and r.time >= %(first)s::date::timestamp at time zone interval '8 hours'
    and r.time < (%(last)s::date + 1)::timestamp at time zone interval '8 hours'"""
_OPEN = "not exists (select from closed_day c where c.station = p.station and c.day = p.day)"

_KINDS = """
select distinct on (s.station_id) s.station, v.kind from station s join station_version v using (station_id)
where v.replaced_at is null and (%(station)s is null or s.station = %(station)s)
order by s.station_id, v.valid_from desc
"""

_NUMBERS = f"""
with rows as (
    select station_id, source, run, day_of(time) as day, range_agg(int8range(seq, seq, '[]')) as numbers
    from report r where source = any(%(dense)s) and {_ROWS} group by 1, 2, 3, 4
), parts as (
    select s.station, source, run, numbers, day from rows join station s using (station_id)
    union all
    select station, source, run, range_agg(int8range(seq, seq, '[]')), day_of(coalesce(time, received)) as day
    from rejected where seq is not null and source = any(%(dense)s) and (%(station)s is null or station = %(station)s)
    group by 1, 2, 3, 5
), joined as (
    select station, source, run, numbers from parts p where {_OPEN}
    union all
    select station, source, run, numbers from closed_numbers
    where source = any(%(dense)s) and (%(station)s is null or station = %(station)s)
)
select station, source, run, lower(range), upper(range) - 1
from (select station, source, run, unnest(range_agg(numbers)) as range from joined group by 1, 2, 3) as ranges
"""

_UNREADABLE = f"""
with kept as (
    select station, source, day_of(received) as day, digest from rejected
    where seq is null and (%(station)s is null or station = %(station)s)
)
select station, source, count(distinct digest) from (
    select station, source, digest from kept p where {_OPEN}
    union all
    select station, source, digest from closed_payloads where %(station)s is null or station = %(station)s
) as payloads group by 1, 2
"""

_BALANCE = f"""
with kinds as ({_KINDS}), rows as (
    select station_id, source, day_of(time) as day, sum(cardinality("values")) as "values",
        coalesce(sum(length(replace(mask, 'C', ''))), 0) as superseded
    from report r where {_ROWS} group by 1, 2, 3
), refused as (
    select station, source, day_of(coalesce(time, received)) as day, sum(cardinality(factors)) as factors
    from rejected where %(station)s is null or station = %(station)s group by 1, 2, 3
), parts as (
    select station, source, day, sum(t.reports) as reports, sum(t.readings) as readings, sum(t.repeats) as repeats,
        0 as current, 0 as superseded, 0 as rejected, 0 as closed
    from intake i, unnest(i.stations, i.sources, i.days, i.reports, i.readings, i.repeats)
        as t(station, source, day, reports, readings, repeats)
    group by 1, 2, 3
    union all
    select s.station, source, day, 0, 0, 0, "values" - superseded, superseded, 0, 0
    from rows join station s using (station_id)
    where not exists (select from closed_day c where c.station = s.station and c.day = rows.day)
    union all
    select station, source, day, 0, 0, 0, 0, 0, factors, 0 from refused p where {_OPEN}
    union all
    select station, source, day, reports, readings, repeats, 0, 0, 0, current + superseded + rejected
    from closed_counts
), fine as (
    select coalesce(kind, 'unknown') as kind, station, source, day, sum(reports) as reports, sum(readings) as readings,
        sum(repeats) as repeats, sum(current) as current, sum(superseded) as superseded, sum(rejected) as rejected,
        sum(closed) as closed,
        abs(sum(readings - repeats - current - superseded - rejected - closed)) as unaccounted
    from parts left join kinds using (station)
    where (%(station)s is null or station = %(station)s) and day between %(first)s and %(last)s
    and (%(kind)s is null or coalesce(kind, 'unknown') = %(kind)s) group by 1, 2, 3, 4
)
select kind, station, source, day::text, sum(reports), sum(readings), sum(repeats), sum(current), sum(superseded),
    sum(rejected), sum(closed), sum(unaccounted)
from fine group by grouping sets ((kind, station, source), (day))
union all (
    select kind, station, source, day::text, reports, readings, repeats, current, superseded, rejected, closed,
        unaccounted
    from fine where unaccounted > 0 order by station, source, day limit %(listed)s
)
"""

_DOUBLED = f"""
with crowded as (
    select station_id, time, period from report r where {_ROWS} group by 1, 2, 3 having count(*) > 1
), current as (
    select r.station_id, r.time, r.period, r.issued, factor, min(r.source) as source,
        array_agg(array[r.source, r.run, r.seq] order by r.source, r.run, r.seq) as numbers
    from crowded c cross join lateral (
        select * from report where station_id = c.station_id and time = c.time and period = c.period offset 0
    ) r join layout l on l.layout_id = r.layout, unnest(l.factors) with ordinality as f(factor, place)
    where r.mask is null or substr(r.mask, place::int, 1) = 'C'
    group by 1, 2, 3, 4, 5 having count(*) > 1
)
select s.station, source, day_of(time)::text, factor, extract(epoch from time)::bigint, period, numbers
from current join station s using (station_id)
where not exists (select from closed_day c where c.station = s.station and c.day = day_of(time))
order by 1, 5, 4 limit %(listed)s
"""


def read_ledger(database: Any, settings: CoreSettings, scope: Scope = EVERYTHING) -> list[Account]:
    """Both balances as they stand now, by station and source; the database and Kafka must answer."""
    return balance(read_books(database, settings, scope))


def read_books(database: Any, settings: CoreSettings, scope: Scope = EVERYTHING) -> Books:
    """What the database holds, as of one moment, and what Kafka holds after it."""
    cluster = kafka.cluster_id(settings)
    asked = scope.parameters()
    with database, database.cursor() as cursor:
        begin(cursor)
        cursor.execute(_KINDS, asked)
        kinds = dict(cursor.fetchall())

        def meant(station: str) -> bool:
            return scope.kind is None or kinds.get(station, UNKNOWN) == scope.kind

        readings, days, uneven = _balances(cursor, asked)
        # by index, in the order in which rows are grouped: flat memory, however many reports there are
        cursor.execute("set local enable_hashagg = off")
        doubled = [reading for reading in _doubled(cursor, asked) if meant(reading.station)]
        if scope.dated:
            return Books({}, {}, {}, readings, {}, doubled, kinds, days, uneven)
        received = _ranges(cursor, asked)
        cursor.execute("select station, source, run, seq from told")
        told = {
            (station, source, run): seq
            for station, source, run, seq in cursor.fetchall()
            if scope.station in {None, station}
        }
        cursor.execute(_UNREADABLE, asked)
        unreadable = {(station, source): count for station, source, count in cursor.fetchall()}
        taken_up_to = stands(cursor, cluster)
        broken = breaks(read_chain(cursor, cluster), taken_up_to)
    flying = in_flight(settings, taken_up_to, scope.station)
    numbers = [{key: of[key] for key in of if meant(key[0])} for of in (received, flying)]
    told = {key: seq for key, seq in told.items() if meant(key[0])}
    return Books(numbers[0], told, numbers[1], readings, unreadable, doubled, kinds, days, uneven, broken)


def is_known(database: Any, station: str) -> bool:
    """Whether the registry knows the station, or anything has come of it."""
    with database, database.cursor() as cursor:
        cursor.execute(
            "select exists (select from station where station = %(station)s)"
            " or exists (select from closed_counts where station = %(station)s)"
            " or exists (select from intake where %(station)s = any(stations))",
            {"station": station},
        )
        return bool(cursor.fetchone()[0])


def begin(cursor: Any) -> None:
    """All that is read in this transaction is of one moment."""
    cursor.execute("set transaction isolation level repeatable read, read only")
    cursor.execute("set local jit = off; set local work_mem = '64MB'")
    # before the snapshot: a chunk dropped after it would be gone from it all the same, its days still open
    cursor.execute("lock table report in access share mode")


def _balances(cursor: Any, asked: dict[str, Any]) -> tuple[dict[AccountKey, Counts], dict[str, Counts], list[Uneven]]:
    """By station and source, by day, and the station-days that do not balance."""
    accounts: dict[AccountKey, Counts] = {}
    days: dict[str, Counts] = {}
    uneven: list[Uneven] = []
    cursor.execute(_BALANCE, asked)
    for _, station, source, day, *figures in cursor.fetchall():
        counts = Counts(*map(int, figures))
        if station is None:
            days[day] = counts
        elif day is None:
            accounts[station, source] = counts
        else:
            uneven.append(Uneven(station, source_name(source), day, counts))
    return accounts, days, uneven


def _doubled(cursor: Any, asked: dict[str, Any]) -> list[Doubled]:
    cursor.execute(_DOUBLED, asked)
    return [
        Doubled(station, source_name(source), day, factor, time, period, [tuple(number) for number in numbers])
        for station, source, day, factor, time, period, numbers in cursor.fetchall()
    ]


def _ranges(cursor: Any, asked: dict[str, Any]) -> dict[RunKey, RangeSet]:
    cursor.execute(_NUMBERS, asked)
    found: dict[RunKey, RangeSet] = defaultdict(RangeSet)
    for station, source, run, first, last in cursor.fetchall():
        found[station, source, run].add_range(first, last)
    return found

"""Looks at the hour that is running: what its mean will be if its rest is as the last five minutes were."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from aggregate.statistic import station_object
from alerts import store
from alerts.devices.condition import MINUTE, Look
from alerts.rules.device import Condition, DeviceRule
from core.clock import HOUR
from core.kafka import partition_of
from ingest.registry import Registry
from ingest.station import Station

LATEST_S = 300
"""The last five minutes."""

PLACED = """
    join layout l on l.layout_id = r.layout
    cross join lateral (select array_position(l.factors, %(factor)s) as place) p
"""
COUNTS = """
    p.place is not null and coalesce(substr(r.flags, p.place, 1), 'N') = 'N'
    and coalesce(substr(r.mask, p.place, 1), 'C') = 'C' and r."values"[p.place] <> 'NaN'
"""
"""Of the reading of a factor in a report `r`, by where it is `PLACED`: nobody flagged or superseded it."""
_RUNNING = f"""
select x.station_id, sum(x.period)::float8, avg(x.value),
    avg(x.value) filter (where x.time >= x.latest - %(latest)s),
    max(x.time + x.period)
from (
    select r.station_id, r.period, extract(epoch from r.time)::float8 as time, r."values"[p.place] as value,
        min(r.period) over (partition by r.station_id) as shortest,
        max(extract(epoch from r.time)::float8 + r.period) over (partition by r.station_id) as latest
    from heard h join report r on r.station_id = h.station_id
        and r.time >= to_timestamp(%(hour)s) and r.time < to_timestamp(%(hour)s + 3600) and r.period between 1 and 300
    {PLACED}
    where h.station_id = any(%(stations)s) and h.received >= to_timestamp(%(at)s - %(latest)s) and {COUNTS}
) x
where x.period = x.shortest
group by x.station_id
"""


class Running(NamedTuple):
    """Of a station's running hour: seconds with values, their mean, that of the last minutes, and their end."""

    covered: float
    mean: float
    latest: float
    end: float


def projected(running: Running, hour: float, after: int, at: float) -> float | None:
    """The hour's mean if its rest is as the last five minutes; None with fewer than `after` minutes of values.

    None too where those last minutes are long past `at`: of a device that is flagged or silent nothing is known.
    """
    if running.covered < after * MINUTE or at - running.end > 2 * LATEST_S:
        return None
    left = hour + HOUR - running.end
    return (running.mean * (HOUR - left) + running.latest * left) / HOUR


def running_looks(
    cursor: Any,
    rules: Sequence[DeviceRule],
    partitions: Collection[int],
    registry: Registry,
    opened: Mapping[store.Key, float],
) -> Iterator[Look]:
    """Of each rule the stations that were heard in the last minutes; and of those with an open alert the hour's end."""
    mine = [rule for rule in rules if rule.condition is Condition.PROJECTED]
    if not mine:
        return
    at = newest_receipt(cursor)
    if at is None:
        return
    hour = at // HOUR * HOUR
    for rule in mine:
        stations = stations_of(rule, partitions, registry, at)
        found = _running(cursor, rule, list(stations), hour, at)
        for station_id, station in stations.items():
            if station_id in found and opened.get((rule.id, station_object(station.station)), hour) >= hour:
                yield Look(rule, station, projected(found[station_id], hour, rule.after, at), hour, at)
        yield from _over(rule, partitions, registry, opened, hour, at)


def newest_receipt(cursor: Any) -> float | None:
    """When the platform last heard of any station (Unix seconds); None if it never did."""
    cursor.execute("select extract(epoch from max(received))::float8 from heard")
    row = cursor.fetchone()
    return None if row is None else row[0]


def _over(
    rule: DeviceRule,
    partitions: Collection[int],
    registry: Registry,
    opened: Mapping[store.Key, float],
    hour: float,
    at: float,
) -> Iterator[Look]:
    """The alerts of hours that are past, also of stations that are out of service by now."""
    for (rule_id, name), first in opened.items():
        public = name.partition(":")[2]
        if rule_id == rule.id and first < hour and registry.knows(public):
            station = registry.latest(public, at)
            if partition_of(station.city) in partitions:
                yield Look(rule, station, None, hour, at, over=True)


def stations_of(rule: DeviceRule, partitions: Collection[int], registry: Registry, at: float) -> dict[int, Station]:
    """By their numbers the stations of the rule's kinds in cities of these partitions, as they were registered then."""
    found = {one.station_id: one for one in registry.stations(at) if one.kind in rule.kinds}
    held = {city: partition_of(city) in partitions for city in {one.city for one in found.values()}}
    return {station_id: one for station_id, one in found.items() if held[one.city]}


def _running(cursor: Any, rule: DeviceRule, stations: list[int], hour: float, at: float) -> dict[int, Running]:
    given = {"latest": LATEST_S, "hour": hour, "factor": rule.factor, "stations": stations, "at": at}
    cursor.execute(_RUNNING, given)
    return {
        station_id: Running(covered, mean, latest, end)
        for station_id, covered, mean, latest, end in cursor.fetchall()
        if latest is not None
    }

"""Looks at the readings of the last minutes: whether all of them exceed, and how fast they change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from alerts.devices.condition import MINUTE, Look
from alerts.devices.running import COUNTS, PLACED, newest_receipt, stations_of
from alerts.rules.device import Condition, DeviceRule
from ingest.registry import Registry

CONDITIONS = frozenset({Condition.READING, Condition.JUMP})
OLD_S = 600
"""Of a device whose last reading is older nothing is known."""
WHOLE = 0.75
"""So much of the minutes must have readings that count."""

_READINGS = f"""
select x.station_id, min(x.value), max(x.value), (array_agg(x.value order by x.time))[1],
    (array_agg(x.value order by x.time desc))[1], sum(x.period)::float8, min(x.time - x.period / 2.0),
    max(x.latest)
from (
    select r.station_id, r.period, extract(epoch from r.time)::float8 as time, r."values"[p.place] as value,
        max(extract(epoch from r.time)::float8 + r.period) over (partition by r.station_id) as latest
    from heard h join report r on r.station_id = h.station_id
        and r.time >= to_timestamp(%(at)s - %(span)s - %(old)s) and r.time <= to_timestamp(%(at)s)
        and r.period between 1 and %(span)s
    {PLACED}
    where h.station_id = any(%(stations)s) and h.received >= to_timestamp(%(at)s - %(old)s) and {COUNTS}
) x
where x.time >= x.latest - %(span)s
group by x.station_id
"""


class Latest(NamedTuple):
    """Of a station's last minutes: least, greatest, first and last reading; seconds with readings, and when they were.

    `begin` is half a period earlier, for clocks that are not quite regular.
    """

    least: float
    greatest: float
    first: float
    last: float
    covered: float
    begin: float
    end: float


def measured(rule: DeviceRule, found: Latest, at: float) -> float | None:
    """What a rule's condition comes to; None where too few readings count, or the last is too long ago.

    `reading`: what all of them exceed, or fall below where less is worse; `jump`: how much the last is above the first.
    """
    span = rule.minutes * MINUTE
    if at - found.end > OLD_S or found.covered < WHOLE * span or found.begin > found.end - span:
        return None
    if rule.condition is Condition.JUMP:
        return found.last - found.first
    return found.greatest if rule.falling else found.least


def latest_looks(
    cursor: Any, rules: Sequence[DeviceRule], partitions: Collection[int], registry: Registry
) -> Iterator[Look]:
    """Of each rule the stations that were heard in the last minutes; an alert began with the first of those minutes."""
    mine = [rule for rule in rules if rule.condition in CONDITIONS]
    if not mine:
        return
    at = newest_receipt(cursor)
    if at is None:
        return
    for rule in mine:
        stations = stations_of(rule, partitions, registry, at)
        for station_id, found in _readings(cursor, rule, list(stations), at).items():
            value = measured(rule, found, at)
            yield Look(rule, stations[station_id], value, found.end - rule.minutes * MINUTE, at)


def _readings(cursor: Any, rule: DeviceRule, stations: list[int], at: float) -> Mapping[int, Latest]:
    given = {"at": at, "span": rule.minutes * MINUTE, "old": OLD_S, "factor": rule.factor, "stations": stations}
    cursor.execute(_READINGS, given)
    return {station_id: Latest(*values) for station_id, *values in cursor.fetchall()}

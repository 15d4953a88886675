"""Looks at when devices were heard: silence, clocks, stamps of the future."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from alerts import store
from alerts.devices.condition import GUARD_S, MINUTE, Device, Look, began, minutes
from alerts.rules.device import Condition, DeviceRule
from core.clock import DAY
from core.kafka import partition_of
from ingest.registry import Registry

CONDITIONS = frozenset({Condition.SILENT, Condition.CLOCK, Condition.AHEAD})
FAR_S = 36_500.0 * DAY

_DEVICES = """
with platform as (select max(received) + make_interval(secs => %(guard)s) as latest from heard)
select s.station, extract(epoch from least(u.until, p.latest))::float8, extract(epoch from h.received)::float8,
    extract(epoch from h.ended)::float8, extract(epoch from h.future_at)::float8, h.ahead_s
from heard h join heard_until u using (partition) join station s using (station_id) cross join platform p
where h.received < u.until - make_interval(secs => %(silent)s)
    or abs(extract(epoch from h.received - h.ended)) >= %(clock)s
    or h.future_at > u.until - interval '1 hour'
    or s.station = any(%(open)s)
"""


def device_looks(
    cursor: Any,
    rules: Sequence[DeviceRule],
    partitions: Collection[int],
    registry: Registry,
    opened: Mapping[store.Key, float],
) -> Iterator[Look]:
    """Of each rule the devices of which it may open an alert, and those with an open one (by when that began)."""
    mine = [rule for rule in rules if rule.condition in CONDITIONS]
    for device in _devices(cursor, mine, registry, [name.partition(":")[2] for _, name in opened]) if mine else ():
        station = registry.latest(device.station, device.until)
        if partition_of(station.city) in partitions:
            for rule in mine:
                found = minutes(rule.condition, device)
                value = None if found is None else float(math.floor(found))
                yield Look(rule, station, value, began(rule.condition, device), device.until)


def _devices(cursor: Any, rules: Sequence[DeviceRule], registry: Registry, opened: Sequence[str]) -> list[Device]:
    given = {
        "guard": GUARD_S,
        "silent": _least(rules, Condition.SILENT),
        "clock": _least(rules, Condition.CLOCK),
        "open": list(opened),
    }
    cursor.execute(_DEVICES, given)
    found = []
    for name, until, received, ended, future_at, ahead_s in cursor.fetchall():
        if registry.knows(name):  # what was registered since this registry was read comes with the next look
            station = registry.at(name, until)
            period = station.reporting_period if station else 0
            since = _in_service(registry, name, until)
            found.append(Device(name, period, until, received, ended, future_at, ahead_s, since))
    return found


def _in_service(registry: Registry, name: str, at: float) -> float:
    """When the station came into service again; -inf if it was never out of it."""
    since = -math.inf
    versions = [one for one in registry.history(name) if one.valid_from <= at]
    for before, after in pairwise(versions):
        if after.active and not before.active:
            since = after.valid_from
    return since


def _least(rules: Sequence[DeviceRule], condition: Condition) -> float:
    """The least seconds that open an alert of a condition; more than any, if no rule asks for it."""
    return min((rule.levels[0].threshold * MINUTE for rule in rules if rule.condition is condition), default=FAR_S)

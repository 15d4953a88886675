"""A look at all devices of the partitions held: what is read, judged and stored in one transaction."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from aggregate.statistic import station_object
from alerts import store
from alerts.devices.condition import GUARD_S, MINUTE, Device, began, judge_device, minutes
from alerts.engine import Event
from alerts.rules.device import Condition, DeviceRule
from alerts.surroundings import in_scope
from core.clock import DAY
from core.kafka import partition_of
from ingest.registry import Registry
from ingest.station import Station

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
_OPEN = (
    "select rule_id, object, extract(epoch from first_start)::float8 from alert"
    " where state = 'open' and rule_id = any(%s)"
)


class Seen(NamedTuple):
    """What happened to the alert of a device, and by which rule."""

    rule: DeviceRule
    station: Station
    event: Event


class _Question(NamedTuple):
    rule: DeviceRule
    device: Device
    station: Station

    @property
    def key(self) -> store.Key:
        return self.rule.id, station_object(self.device.station)

    @property
    def watched(self) -> bool:
        """Whether the rule watches the station as it is now."""
        station, rule = self.station, self.rule
        return station.active and station.kind in rule.kinds and (rule.scope is None or in_scope(rule.scope, station))

    @property
    def value(self) -> float | None:
        found = minutes(self.rule.condition, self.device)
        return None if found is None else float(math.floor(found))


def look(cursor: Any, rules: Sequence[DeviceRule], partitions: Collection[int], registry: Registry) -> list[Seen]:
    """What happened to the alerts of devices in cities of these partitions, by when they were heard."""
    if not rules:
        return []
    cursor.execute(_OPEN, ([rule.id for rule in rules],))
    opened = {(rule_id, name): first for rule_id, name, first in cursor.fetchall()}
    devices = _devices(cursor, rules, registry, [name.partition(":")[2] for _, name in opened])
    questions = [
        _Question(rule, device, station)
        for device in devices
        if partition_of((station := _station(registry, device)).city) in partitions
        for rule in rules
    ]
    asked = [one for one in questions if one.key in opened or _opens(one)]
    # of one that is not open nothing is loaded but the next number
    spans = {one.key: (opened.get(one.key, one.device.until + DAY), int(one.device.until + DAY)) for one in asked}
    alerts = store.load_alerts(cursor, spans) if spans else {}
    found = []
    for one in asked:
        standing, next_number = alerts[one.key]
        event = judge_device(
            one.rule,
            next(iter(standing.items()), None),
            one.value,
            began(one.rule.condition, one.device),
            one.device.until,
            watched=one.watched,
            next_number=next_number,
        )
        if event is not None:
            found.append(Seen(one.rule, one.station, event))
    return found


def _opens(question: _Question) -> bool:
    value = question.value
    least = question.rule.levels[0]
    return value is not None and question.watched and least.comparison.met(value, least.threshold)


def _station(registry: Registry, device: Device) -> Station:
    """As it is by now; where it has ended, as it was last."""
    return registry.at(device.station, device.until) or registry.history(device.station)[-1]


def _devices(cursor: Any, rules: Sequence[DeviceRule], registry: Registry, opened: Sequence[str]) -> list[Device]:
    """Those that a rule may open an alert of, and those with an open one."""
    given = {
        "guard": GUARD_S,
        "silent": _least(rules, Condition.SILENT),
        "clock": _least(rules, Condition.CLOCK),
        "open": list(opened),
    }
    cursor.execute(_DEVICES, given)
    found = []
    for name, until, *heard in cursor.fetchall():
        if registry.knows(name):  # what was registered since this registry was read comes with the next look
            station = registry.at(name, until)
            found.append(Device(name, station.reporting_period if station else 0, until, *heard))
    return found


def _least(rules: Sequence[DeviceRule], condition: Condition) -> float:
    """The least seconds that open an alert of a condition; more than any, if no rule asks for it."""
    return min((rule.levels[0].threshold * MINUTE for rule in rules if rule.condition is condition), default=FAR_S)

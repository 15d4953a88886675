"""A look by the clock: which alerts of devices, and of running hours, open, change and clear; in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from alerts import store
from alerts.devices.condition import Look, judge_device
from alerts.devices.heard import device_looks
from alerts.devices.latest import latest_looks
from alerts.devices.running import running_looks
from alerts.engine import Episode, Event
from alerts.rules.device import DeviceRule
from core.clock import DAY
from ingest.registry import Registry
from ingest.station import Station

_OPEN = (
    "select rule_id, object, extract(epoch from first_start)::float8 from alert"
    " where state = 'open' and rule_id = any(%s)"
)


class Seen(NamedTuple):
    """What happened to the alert of a device, and by which rule."""

    rule: DeviceRule
    station: Station
    event: Event


def look(cursor: Any, rules: Sequence[DeviceRule], partitions: Collection[int], registry: Registry) -> list[Seen]:
    """What happened to alerts in cities of these partitions, by when devices were heard and what they last said."""
    if not rules:
        return []
    cursor.execute(_OPEN, ([rule.id for rule in rules],))
    opened = {(rule_id, name): first for rule_id, name, first in cursor.fetchall()}
    looks = [
        *device_looks(cursor, rules, partitions, registry, opened),
        *running_looks(cursor, rules, partitions, registry, opened),
        *latest_looks(cursor, rules, partitions, registry),
    ]
    asked = [one for one in looks if one.key in opened or one.opens]
    # of one that is not open nothing is loaded but the next number
    spans = {one.key: (opened.get(one.key, one.at + DAY), int(one.at + DAY)) for one in asked}
    alerts = store.load_alerts(cursor, spans) if spans else {}
    found = [(one, _judged(one, *alerts[one.key])) for one in asked]
    return [Seen(one.rule, one.station, event) for one, event in found if event is not None]


def _judged(one: Look, standing: dict[int, Episode], next_number: int) -> Event | None:
    return judge_device(
        one.rule,
        next(((number, alert) for number, alert in standing.items() if alert.ended_by is None), None),
        one.value,
        one.since,
        one.at,
        watched=one.watched,
        next_number=next_number,
    )

"""What a device's condition comes to, and what that does to its alert. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from aggregate.statistic import station_object
from alerts.engine import Episode, Event
from alerts.happening import Happening
from alerts.rules.device import Condition, DeviceRule
from alerts.surroundings import in_scope
from alerts.watched import Judged, Verdict
from core.clock import DAY, HOUR
from ingest.station import Station

MINUTE = 60.0
GUARD_S = 120.0
"""How long after the platform's newest receipt silence still counts: beyond it, it is the platform that is silent."""


class Device(msgspec.Struct, frozen=True):
    """When a station was heard; UTC seconds, None where never. `period` is its reporting period in seconds.

    `until`: up to when all that came was read, of its partition and not longer than `GUARD_S` after anybody was heard.
    """

    station: str
    period: int
    until: float
    received: float | None
    ended: float | None
    future_at: float | None
    ahead_s: float | None
    in_service: float = -math.inf
    """Since when it is in service again; silence before that is none."""


class Look(NamedTuple):
    """What a rule's condition came to for a station, since when, and when it was looked at (UTC seconds).

    `value` None: nothing can be said. `over`: what was looked at is past, and its alert clears.
    """

    rule: DeviceRule
    station: Station
    value: float | None
    since: float
    at: float
    over: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Names its alerts."""
        return self.rule.id, station_object(self.station.station)

    @property
    def watched(self) -> bool:
        """Whether the rule watches the station as it is now."""
        station, rule = self.station, self.rule
        scoped = rule.scope is None or in_scope(rule.scope, station)
        return not self.over and station.active and station.kind in rule.kinds and scoped

    @property
    def opens(self) -> bool:
        """Whether it would open an alert."""
        least = self.rule.levels[0]
        return self.value is not None and self.watched and least.comparison.met(self.value, least.threshold)


def minutes(condition: Condition, device: Device) -> float | None:
    """The condition in minutes; None where nothing can be said."""
    if condition is Condition.AHEAD and device.future_at is not None and device.ahead_s is not None:
        return device.ahead_s / MINUTE if device.until - device.future_at < HOUR else 0.0
    if device.received is None or device.ended is None:
        return None
    if condition is Condition.SILENT:
        return max(0.0, device.until - began(condition, device) - device.period) / MINUTE
    if condition is Condition.CLOCK:
        # of a device that is silent its clock is no news
        return abs(device.received - device.ended) / MINUTE if device.until - device.received < DAY else None
    return 0.0


def began(condition: Condition, device: Device) -> float:
    """Since when it is so, as far as is known: silence begins with the last report."""
    if condition is Condition.SILENT and device.received is not None:
        return max(device.received, device.in_service)
    return device.until


def judge_device(
    rule: DeviceRule,
    standing: tuple[int, Episode] | None,
    value: float | None,
    since: float,
    at: float,
    *,
    watched: bool = True,
    next_number: int = 1,
) -> Event | None:
    """What a look at a device does to the alert that stands, by its number, or to none.

    `value` None: unknown; `since` and `at` in UTC seconds: when it began, and the look.
    """
    number, before = standing if standing is not None else (next_number, None)
    if not watched:
        value = 0.0
    if value is None:
        return None
    level = before.level if before is not None else 0
    reach, keep = rule.met(value) if watched else (0, 0)
    reached = max(reach, min(level, keep))
    if reached == level:
        return None
    start = since if before is None else at
    verdict = Verdict.EXCEEDS if reached else Verdict.CLEARS
    look = Judged(
        int(start), int(at), 0, verdict, value, value, None, 0, 0, "", live=True, reach=reach, keep=keep, level=reached
    )
    if before is None:
        return Event(Happening.OPENED, number, None, Episode((look,), None), look, at)
    if not reached:
        return Event(Happening.CLEARED, number, before, Episode(before.windows, look), look, at)
    happening = Happening.RAISED if reached > level else Happening.LOWERED
    windows = tuple(one for one in before.windows if one.start != look.start)
    return Event(happening, number, before, Episode((*windows, look), None), look, at)

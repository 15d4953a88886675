"""Which alerts disturb nobody just now, and why: silences that persons ordered, and a city's warning. Pure functions.

Hidden alerts are judged, stored and shown as any other; they are only not told, and their steps not escalated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from aggregate.statistic import Window
from alerts.severity import Severity

AMBIENT = frozenset({"air", "micro"})
"""Stations that show what a city's warning is about; a site's dust or a stack's smoke is the graver meanwhile."""
HIDING = "red"
"""The level of a warning that hides single hours."""
MATCHERS = ("rule_id", "city", "station", "severity")
"""What a silence may name."""


class Traits(msgspec.Struct, frozen=True):
    """As much of an alert as it is hidden by."""

    rule_id: str
    city: str
    station: str | None
    severity: Severity
    kind: str
    time_window: str


class Silence(msgspec.Struct, frozen=True):
    """Who wants which alerts silent, why, from when until before when; a matcher that is None meets any alert."""

    silence_id: int
    author: str
    reason: str
    begins: datetime
    ends: datetime
    rule_id: str | None = None
    city: str | None = None
    station: str | None = None
    severity: Severity | None = None

    def meets(self, alert: Traits) -> bool:
        """Whether all matchers that are given do."""
        return (
            self.rule_id in {None, alert.rule_id}
            and self.city in {None, alert.city}
            and self.station in {None, alert.station}
            and self.severity in {None, alert.severity}
        )


class InForce(msgspec.Struct, frozen=True):
    """A heavy-pollution warning of a city, from when until before when (None: until further notice)."""

    city: str
    level: str
    begins: datetime
    ends: datetime | None = None


class Why(StrEnum):
    """Why an alert disturbs nobody."""

    SILENCED = "silenced"
    CITY_WARNING = "city-warning"


class Hidden(msgspec.Struct, frozen=True):
    """Why, until when (None: until further notice), and on whose word; `silence_id` of a silence."""

    why: Why
    until: datetime | None
    reason: str
    silence_id: int | None = None


def hidden(alert: Traits, silences: Iterable[Silence], warnings: Iterable[InForce], now: datetime) -> Hidden | None:
    """Why an alert is hidden at `now` (data time), or None. Of several silences the one that lasts longest counts."""
    met = [one for one in silences if one.begins <= now < one.ends and one.meets(alert)]
    if met:
        longest = max(met, key=lambda one: (one.ends, -one.silence_id))
        return Hidden(Why.SILENCED, longest.ends, f"{longest.author}：{longest.reason}", longest.silence_id)
    if alert.kind not in AMBIENT or alert.time_window != Window.HOUR or alert.station is None:
        return None
    for one in warnings:
        begun = one.begins <= now and (one.ends is None or now < one.ends)
        if begun and one.city == alert.city and one.level == HIDING:
            return Hidden(Why.CITY_WARNING, one.ends, f"{one.city} {one.level}")
    return None

"""One episode, many stations: alerts of one city and rule that overlap in time are told as one. A pure function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

_NEVER, _FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Span(msgspec.Struct, frozen=True):
    """An alert of an object, from the start of its first window until that of the one that ended it (None: lasts)."""

    alert_id: int
    city: str
    rule_id: str
    object: str
    begins: datetime
    ends: datetime | None


class Group(msgspec.Struct, frozen=True):
    """An episode: its alerts in order of their beginning."""

    city: str
    rule_id: str
    alerts: tuple[Span, ...]

    @property
    def key(self) -> tuple[str, str, int]:
        """What it goes by while alerts join at its end: city, rule, and the alert that began first."""
        return self.city, self.rule_id, self.alerts[0].alert_id

    @property
    def objects(self) -> frozenset[str]:
        """The stations or the city that are concerned."""
        return frozenset(alert.object for alert in self.alerts)

    @property
    def lasts(self) -> bool:
        """Whether one of them does."""
        return any(alert.ends is None for alert in self.alerts)


def groups(alerts: Iterable[Span]) -> list[Group]:
    """The episodes of alerts, in order of their beginning; what only touches (one ends as the other begins) is two."""
    found: list[Group] = []
    of: defaultdict[tuple[str, str], list[Span]] = defaultdict(list)
    for alert in alerts:
        of[alert.city, alert.rule_id].append(alert)
    for (city, rule_id), spans in of.items():
        episodes: list[list[Span]] = []
        reach = _NEVER
        for span in sorted(spans, key=lambda one: (one.begins, one.alert_id)):
            if span.begins >= reach:
                episodes.append([])
            episodes[-1].append(span)
            reach = max(reach, span.ends or _FOREVER)
        found += [Group(city, rule_id, tuple(episode)) for episode in episodes]
    return sorted(found, key=lambda group: (group.alerts[0].begins, group.key))

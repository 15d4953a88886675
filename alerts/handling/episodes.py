"""The episodes that last or were lately, for people: one city and rule, many stations; and which of them are hidden."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection

from alerts.handling.group import Group, Span, groups
from alerts.handling.hide import Hidden, Traits, hidden
from alerts.handling.silences import silences_at
from alerts.handling.words import when
from alerts.severity import Severity
from alerts.warnings.in_force import in_force

_ALERTS = """
select alert_id, city, rule_id, object, first_start, ends, station_id, severity, kind, time_window
from v_alerts join v_alert_ends using (alert_id) where (ends is null or ends > %(since)s)
    and (%(city)s::text is null or city = %(city)s)
"""


class Told(NamedTuple):
    """An episode, and why it disturbs nobody, if that is so for each of its alerts."""

    group: Group
    hidden: Hidden | None


def episodes(database: connection, city: str | None, since: datetime, now: datetime) -> list[Told]:
    """The episodes of alerts that were not over at `since`; hidden or not at `now`."""
    with database, database.cursor() as cursor:
        cursor.execute(_ALERTS, {"city": city, "since": since})
        rows = cursor.fetchall()
        silences, warnings = silences_at(cursor, now), in_force(cursor, now)
    traits = {row[0]: Traits(row[2], row[1], row[6], Severity(row[7]), row[8], row[9]) for row in rows}
    found = groups(Span(*row[:6]) for row in rows)
    return [Told(group, _hidden([hidden(traits[one.alert_id], silences, warnings, now) for one in group.alerts]))
            for group in found]  # fmt: skip


def _hidden(each: list[Hidden | None]) -> Hidden | None:
    return each[0] if all(each) else None


def line(told: Told) -> str:
    """One episode in one line."""
    group = told.group
    ends = [one.ends for one in group.alerts]
    last = "持续 lasts" if None in ends else when(max(end for end in ends if end is not None))
    silent = f"（静默 silent：{told.hidden.reason}）" if told.hidden else ""
    numbers = " ".join(f"#{one.alert_id}" for one in group.alerts)
    return (
        f"{group.city} {group.rule_id}：{len(group.objects)} 个对象 objects，"
        f"{when(group.alerts[0].begins)}–{last}{silent} {numbers}"
    )


def as_json(told: Told) -> dict[str, Any]:
    """The same for programs; `ends` is null while it lasts."""
    group = told.group
    ends = [one.ends for one in group.alerts if one.ends is not None]
    return {
        "city": group.city,
        "rule_id": group.rule_id,
        "begins": group.alerts[0].begins.isoformat(),
        "ends": None if group.lasts else max(ends).isoformat(),
        "objects": sorted(group.objects),
        "alerts": [one.alert_id for one in group.alerts],
        "hidden": told.hidden and {"why": told.hidden.why.value, "reason": told.hidden.reason},
    }

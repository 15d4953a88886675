"""Whether a city's warning follows from its log: the chain proves the log, and this holds the tables to it."""

from __future__ import annotations

import json
from typing import Any

from alerts.warnings.course import Action
from alerts.warnings.happening import Happening

_SAID = """
select happening, who, detail from alert_log
where city = %s and subject = 'warning' and happening = any(%s) order by place
"""
_KEPT = "select event_id, happening, action, level, who from warning_event where city = %s order by event_id"
_STANDS = (
    "select state->'in_force'->>'level', state->'in_force'->>'first_day' from warning_state"
    " where city = %s and jsonb_typeof(state->'in_force') = 'object'"
)


def warning_differs(cursor: Any, city: str) -> bool:
    """Whether the events of a city's warning, or what is in force, are not what its entries in the log amount to."""
    cursor.execute(_SAID, (city, [happening.value for happening in Happening]))
    said = [(happening, who, json.loads(detail)) for happening, who, detail in cursor.fetchall()]
    cursor.execute(_KEPT, (city,))
    kept = sorted(cursor.fetchall())
    if kept != sorted((of["event_id"], happening, of["action"], of.get("level"), who) for happening, who, of in said):
        return True
    cursor.execute(_STANDS, (city,))
    return bool(cursor.fetchone() != _in_force([of for happening, _, of in said if happening == Happening.ISSUED]))


def _in_force(issued: list[dict[str, str]]) -> tuple[str, str] | None:
    """Level and first day that issued changes amount to; None where no warning is left."""
    found: tuple[str, str] | None = None
    for one in issued:
        if one["action"] == Action.START:
            found = one["level"], one["first_day"]
        else:
            found = (one["level"], found[1]) if found and one["action"] != Action.END else None
    return found

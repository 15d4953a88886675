"""The warnings that are in force, read from what persons issued: what hides alerts, and what a reader asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.handling.hide import InForce

_LEVELS = """
select city, level, begins, ends from v_warning_levels
where begins <= %(now)s and (ends is null or ends > %(now)s) order by city
"""


def in_force(cursor: Any, now: datetime) -> list[InForce]:
    """The warning of each city that has one at `now` (data time), with its level; one issued for later days is none."""
    cursor.execute(_LEVELS, {"now": now})
    return [InForce(*row) for row in cursor.fetchall()]

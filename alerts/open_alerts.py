"""How many live alerts stand, in gauges; read from the database by one engine at a time (core.look)."""

from __future__ import annotations

from typing import Any

from core.metrics import Family, Samples, Seen

STANDING = Family(
    "lantian_alerts_standing",
    "Live alerts that are open or that nobody has closed, by what the data say and how far persons have brought them",
    ("severity", "state", "stage"),
)
SEEN = Seen(STANDING)

_STANDING = """
select a.severity, a.state, coalesce(h.stage, 'open'), count(*) from alert a left join alert_handling h using (alert_id)
where a.origin = 'live' and (a.closed_at is null or a.state = 'open') and a.state <> 'withdrawn' group by 1, 2, 3
"""


def standing(cursor: Any) -> Samples:
    """The gauge as it stands (core.look.Work)."""
    cursor.execute(_STANDING)
    return {STANDING: {(severity, state, stage): count for severity, state, stage, count in cursor.fetchall()}}

"""Handover (交接班): whoever begins a shift is told what the duty has heard of that is not done with.

Once a shift, in the caller's transaction, under a key that a restart finds again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from alerts.handling.machine import Stage
from alerts.handling.words import STAGES, when
from alerts.notify import store
from alerts.notify.roster import Shift
from alerts.notify.routes import DUTY, Routes, Told
from alerts.notify.telling import About, Telling, Words
from alerts.severity import Severity

LATE = timedelta(hours=1)
"""Who began longer ago is not told any more."""
LISTED = 12
_OPEN = """
select a.alert_id, a.severity, a.title_zh, coalesce(h.stage, 'open')
from alert a left join alert_handling h using (alert_id)
where a.closed_at is null and a.state <> 'withdrawn' and (%(cities)s = '{}' or a.city = any(%(cities)s)) and exists (
    select from notification n where n.alert_id = a.alert_id and %(duty)s = any(n.addressees))
order by array_position(array['critical', 'severe', 'warning', 'info'], a.severity), a.opened_at
"""

Open = tuple[int, str, str, str]
"""An alert's id, severity, title and stage."""


def hand_over(cursor: Any, routes: Routes, now: datetime) -> None:
    """Tell each person whose shift has just begun."""
    for shift in routes.roster.begun(now - LATE, now):
        cursor.execute("select from notification where target = %s and key = %s", (shift.target, key_of(shift)))
        if cursor.fetchone() is None:
            cursor.execute(_OPEN, {"duty": f"{DUTY}{shift.duty}", "cities": list(routes.cities)})
            telling = telling_of(shift, cursor.fetchall(), now)
            store.add(cursor, [(telling, Told((f"{DUTY}{shift.duty}",), shift.target, now), None)], now)


def key_of(shift: Shift) -> str:
    """Names the beginning of a person's shift for ever."""
    return f"handover:{shift.duty}:{shift.begins.isoformat()}:{shift.person}"


def telling_of(shift: Shift, alerts: Sequence[Open], now: datetime) -> Telling:
    """What a person is told who begins; a pure function. It goes out in quiet hours too: the shift begins then."""
    lines = [f"#{number} {Severity(severity).chinese} {STAGES[Stage(stage)].zh} {title}"
             for number, severity, title, stage in alerts[:LISTED]]  # fmt: skip
    more = f"；另有 {len(alerts) - LISTED} 条" if len(alerts) > LISTED else ""
    until = f"{shift.person}，{when(shift.begins)} 至 {when(shift.ends)}"
    words = Words(
        f"【接班】{shift.duty}：{len(alerts)} 条报警未办结",
        f"[your shift begins] {shift.duty}: {len(alerts)} alerts not done with",
        "\n".join([until, *lines]) + more,
        f"{shift.person}, until {when(shift.ends)}",
    )
    key = key_of(shift)
    return Telling(
        key=key,
        thread=key,
        bundle=key,
        about=About.HANDOVER,
        happening="shift-begins",
        news=True,
        severity=Severity.INFO,
        urgency=Severity.CRITICAL,
        at=now,
        city="",
        words=words,
        details={"duty": shift.duty, "person": shift.person, "alerts": [number for number, *_ in alerts]},
    )

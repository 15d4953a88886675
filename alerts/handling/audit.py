"""Whether what stands in the tables follows from the log: the chain proves the log, and this holds the tables to it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from alerts.alert import WITHDRAWN
from alerts.handling.hide import MATCHERS
from alerts.handling.machine import Handling, replay
from alerts.handling.order import Order, replay_orders
from alerts.handling.store import load_all_orders, load_entries, load_handlings

_CONCERNED = """
select a.alert_id, a.closed_at, (
    select max(l.at) from alert_log l where l.alert_id = a.alert_id and l.subject = 'data' and l.state = %s
) from alert a
where a.city = %s and (
    a.closed_at is not null or a.state = %s or exists (select from alert_handling h where h.alert_id = a.alert_id)
    or exists (select from stop_work_order o where o.alert_id = a.alert_id)
    or exists (select from alert_log l where l.alert_id = a.alert_id and l.subject in ('handling', 'order')))
order by a.alert_id
"""
_SILENCES = f"""
select silence_id, author, reason, made_at, begins, ends, {", ".join(MATCHERS)}, ended_by, ended_at, end_reason
from v_alert_silences where coalesce(city, '') = %s
"""
_SILENCES_SAID = """
select happening, at, who, detail from alert_log where city = %s and subject = 'silence' order by place
"""


def differing(cursor: Any, city: str) -> list[int]:
    """The alerts of a city of which handling, orders or time of closing are not what their entries amount to."""
    cursor.execute(_CONCERNED, (WITHDRAWN, city, WITHDRAWN))
    concerned = {alert_id: times for alert_id, *times in cursor.fetchall()}
    handlings, orders = load_handlings(cursor, concerned), load_all_orders(cursor, concerned)
    said = load_entries(cursor, concerned)
    return [
        alert_id
        for alert_id, (closed_at, withdrawn_at) in concerned.items()
        if _said(*said[alert_id], withdrawn_at)
        != (handlings.get(alert_id, Handling()), orders.get(alert_id, []), closed_at)
    ]


def differing_silences(cursor: Any, city: str) -> list[int]:
    """The silences of a city ('' of no single one) that are not what the log says was ordered and ended."""
    cursor.execute(_SILENCES, (city,))
    standing = {silence_id: tuple(row) for silence_id, *row in cursor.fetchall()}
    cursor.execute(_SILENCES_SAID, (city,))
    said: dict[int, tuple[Any, ...]] = {}
    for happening, at, who, detail in cursor.fetchall():
        told = json.loads(detail)
        if happening == "silence":
            begins, ends = (datetime.fromisoformat(told[name]) for name in ("begins", "ends"))
            said[told["silence"]] = (who, told["text"], at, begins, ends, *map(told.get, MATCHERS), None, None, None)
        else:
            said[told["silence"]] = (*said.get(told["silence"], ())[:-3], who, at, told["text"])
    return sorted(number for number in standing.keys() | said.keys() if standing.get(number) != said.get(number))


def _said(handled: Any, ordered: Any, withdrawn_at: datetime | None) -> tuple[Handling, list[Order], datetime | None]:
    handling = replay(handled)
    return handling, replay_orders(ordered), handling.closed.at if handling.closed else withdrawn_at

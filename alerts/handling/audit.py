"""Whether what stands in the tables follows from the log: the chain proves the log, and this holds the tables to it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from itertools import dropwhile
from typing import Any

from alerts.handling.chain import Subject
from alerts.handling.machine import Action, Entry, Handling, replay
from alerts.handling.order import Order, order_after
from alerts.handling.store import load_handlings, load_orders
from alerts.happening import Happening

_SAID = """
select l.alert_id, l.subject, l.happening, l.at, coalesce(l.who, ''), coalesce(l.detail, '{}')
from alert_log l join alert a using (alert_id)
where a.city = %s and (l.subject in ('handling', 'order') or l.subject = 'data' and l.happening = %s)
order by l.log_id
"""
_STANDING = """
select a.alert_id from alert a left join alert_handling h using (alert_id) left join stop_work_order o using (alert_id)
where a.city = %s and (h.alert_id is not null or o.alert_id is not null)
"""


def differing(cursor: Any, city: str) -> list[int]:
    """The alerts of a city of which handling or order is not what their entries in the log amount to."""
    said: defaultdict[int, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    cursor.execute(_SAID, (city, Happening.REOPENED.value))
    for alert_id, subject, happening, at, who, detail in cursor.fetchall():
        said[alert_id][subject == Subject.ORDER].append(Entry(happening, at, who, json.loads(detail)))
    cursor.execute(_STANDING, (city,))
    concerned = sorted(said.keys() | {alert_id for (alert_id,) in cursor.fetchall()})
    handlings, orders = load_handlings(cursor, concerned), load_orders(cursor, concerned)
    return [
        alert_id
        for alert_id in concerned
        if _handling(said[alert_id][0]) != handlings.get(alert_id, Handling())
        or _order(said[alert_id][1]) != orders.get(alert_id)
    ]


def _handling(entries: Iterable[Entry]) -> Handling:
    """What the log amounts to; that data reopened it is kept only of what somebody had to do with."""
    nothing_yet = {Happening.REOPENED, Action.COMMENT}
    return replay(dropwhile(lambda entry: entry.happened in nothing_yet, entries))


def _order(entries: Iterable[Entry]) -> Order | None:
    found: Order | None = None
    for entry in entries:
        found = order_after(found or Order(), entry)
    return found

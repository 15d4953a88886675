"""What persons did about alerts, and orders, in the database. Every function works in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from psycopg2.extras import execute_values

from alerts.handling.answers import Entry, Mark
from alerts.handling.chain import Subject
from alerts.handling.machine import Handling
from alerts.handling.order import Order, OrderStage
from alerts.happening import Happening
from alerts.rules.deadlines import OrderKind

_HANDLING = (
    "alert_id, acknowledged_by, acknowledged_at, acknowledgement, dispatched_by, dispatched_at, dispatch_text, unit,"
    " deadline, fed_back_by, fed_back_at, feedback, feedback_reference, doubted_by, doubted_at, doubt,"
    " doubt_reference, closed_by, closed_at, verdict, reopened_at"
)

_ENTRIES = """
select alert_id, subject, happening, at, coalesce(who, ''), coalesce(detail, '{}') from alert_log
where alert_id = any(%s) and (subject in ('handling', 'order') or subject = 'data' and happening = %s)
order by log_id
"""
_LATEST = "alert_id = %s and number = (select max(number) from stop_work_order where alert_id = %s)"


class Handled(msgspec.Struct, frozen=True):
    """As much of an alert as persons' requests are judged by."""

    alert_id: int
    version: int
    rule_id: str
    city: str
    object: str
    state: str


def lock_alert(cursor: Any, alert_id: int) -> Handled | None:
    """The alert, kept as it is until the transaction ends; None if there is none of that id."""
    cursor.execute(
        "select alert_id, version, rule_id, city, object, state from alert where alert_id = %s for no key update",
        (alert_id,),
    )
    row = cursor.fetchone()
    return None if row is None else Handled(*row)


def close_alert(cursor: Any, alert_id: int, at: datetime | None) -> None:
    """Nobody has to do anything about it any more; without a time, somebody has to again."""
    cursor.execute("update alert set closed_at = %s where alert_id = %s", (at, alert_id))


def load_handlings(cursor: Any, alert_ids: Collection[int]) -> dict[int, Handling]:
    """What persons did, of those alerts about which anybody did anything."""
    cursor.execute(f"select {_HANDLING} from alert_handling where alert_id = any(%s)", (list(alert_ids),))
    return {row[0]: handling_of(row[1:]) for row in cursor.fetchall()}


def load_entries(cursor: Any, alert_ids: Collection[int]) -> dict[int, tuple[list[Entry], list[Entry]]]:
    """What the log says of the handling of alerts, data's reopening included, and of their orders; each in order."""
    found: dict[int, tuple[list[Entry], list[Entry]]] = {alert_id: ([], []) for alert_id in alert_ids}
    cursor.execute(_ENTRIES, (list(alert_ids), Happening.REOPENED.value))
    for alert_id, subject, happening, at, who, detail in cursor.fetchall():
        found[alert_id][subject == Subject.ORDER].append(Entry(happening, at, who, _said_in(detail)))
    return found


def _said_in(detail: str) -> dict[str, str]:
    """What an entry says; nothing, if it is no object: who writes such a one past the commands stops nobody's look.

    `verify-log` finds that the alert does not stand as its entries amount to.
    """
    try:
        said = json.loads(detail)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def handling_of(row: Iterable[Any]) -> Handling:
    """The handling in a row's columns, in the order of `_HANDLING` from the second on."""
    *columns, reopened_at = row
    acknowledged, dispatched, fed_back, doubted, closed = (
        columns[:3], columns[3:8], columns[8:12], columns[12:16], columns[16:]
    )  # fmt: skip
    return Handling(
        acknowledged=_mark(*acknowledged),
        dispatched=_mark(*dispatched),
        fed_back=_mark(*fed_back[:3], reference=fed_back[3]),
        doubted=_mark(*doubted[:3], reference=doubted[3]),
        closed=_mark(*closed),
        reopened_at=reopened_at,
    )


def save_handlings(cursor: Any, handlings: dict[int, Handling]) -> None:
    """Write how alerts stand with persons."""
    if handlings:
        names = f"{_HANDLING}, stage"
        changes = ", ".join(f"{name} = excluded.{name}" for name in names.split(", ")[1:])
        execute_values(
            cursor,
            f"insert into alert_handling ({names}) values %s on conflict (alert_id) do update set {changes}",
            [(alert_id, *row_of(handling), handling.stage.value) for alert_id, handling in handlings.items()],
        )


def row_of(handling: Handling) -> tuple[Any, ...]:
    """The columns that `handling_of` reads."""
    dispatched = handling.dispatched
    return (
        *_said(handling.acknowledged),
        *_said(dispatched),
        dispatched and dispatched.unit,
        dispatched and dispatched.deadline,
        *_said(handling.fed_back),
        handling.fed_back and (handling.fed_back.reference or None),
        *_said(handling.doubted),
        handling.doubted and (handling.doubted.reference or None),
        *_said(handling.closed),
        handling.reopened_at,
    )


def load_orders(cursor: Any, alert_ids: Collection[int]) -> dict[int, Order]:
    """The latest order of each alert that has any: the only one that may stand."""
    return {alert_id: orders[-1] for alert_id, orders in load_all_orders(cursor, alert_ids).items()}


def load_all_orders(cursor: Any, alert_ids: Collection[int]) -> dict[int, list[Order]]:
    """The orders of alerts, by alert, in the order in which they were proposed."""
    cursor.execute(
        "select alert_id, kind, stage, flagged, last_by, last_at, why from stop_work_order where alert_id = any(%s)"
        " order by alert_id, number",
        (list(alert_ids),),
    )
    found: dict[int, list[Order]] = {}
    for alert_id, kind, stage, flagged, who, at, why in cursor.fetchall():
        order = Order(OrderKind(kind), OrderStage(stage), flagged, _mark(who, at, why))
        found.setdefault(alert_id, []).append(order)
    return found


def propose_orders(cursor: Any, proposals: dict[int, tuple[OrderKind, datetime]], anew: Collection[int]) -> list[int]:
    """Propose an order for each alert that has none, or, of those in `anew`, none that stands; returns their ids."""
    if not proposals:
        return []
    rows = execute_values(
        cursor,
        "insert into stop_work_order (alert_id, number, kind, stage, proposed_at)"
        " select v.alert_id, coalesce(last.number, 0) + 1, v.kind, 'proposed', v.at"
        " from (values %s) as v (alert_id, kind, at, anew) left join lateral ("
        " select number, stage from stop_work_order o where o.alert_id = v.alert_id order by number desc limit 1"
        " ) as last on true where last.number is null"
        " or v.anew and last.stage not in ('proposed', 'confirmed', 'issued', 'received') returning alert_id",
        [(alert_id, kind.value, at, alert_id in anew) for alert_id, (kind, at) in proposals.items()],
        fetch=True,
    )
    return sorted(alert_id for (alert_id,) in rows)


def save_order(cursor: Any, alert_id: int, order: Order) -> None:
    """Write how an alert's latest order stands, as a person has decided."""
    cursor.execute(
        f"update stop_work_order set stage = %s, last_by = %s, last_at = %s, why = %s where {_LATEST}",
        (order.stage.value, *_said(order.last), alert_id, alert_id),
    )


def save_order_of_data(cursor: Any, alert_id: int, order: Order) -> None:
    """Write how an alert's latest order stands, as data has left it."""
    cursor.execute(
        f"update stop_work_order set stage = %s, flagged = %s where {_LATEST}",
        (order.stage.value, order.flagged, alert_id, alert_id),
    )


def copy_order(cursor: Any, alert_id: int, heir: int) -> None:
    """Give an alert's latest order to another alert, as that one's latest."""
    cursor.execute(
        "insert into stop_work_order (alert_id, number, kind, stage, flagged, proposed_at, last_by, last_at, why)"
        " select %s, coalesce((select max(number) from stop_work_order where alert_id = %s), 0) + 1, kind, stage,"
        f" flagged, proposed_at, last_by, last_at, why from stop_work_order where {_LATEST}",
        (heir, heir, alert_id, alert_id),
    )


def _mark(
    who: str | None,
    at: datetime | None,
    text: str | None,
    unit: str | None = None,
    deadline: datetime | None = None,
    *,
    reference: str | None = None,
) -> Mark | None:
    return None if who is None or at is None else Mark(who, at, text or "", unit or "", deadline, reference or "")


def _said(mark: Mark | None) -> tuple[str | None, datetime | None, str | None]:
    return (None, None, None) if mark is None else (mark.who, mark.at, mark.text or None)

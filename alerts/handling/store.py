"""What persons did about alerts, and orders, in the database. Every function works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import msgspec
from psycopg2.extras import execute_values

from alerts.handling.machine import Handling, Mark
from alerts.handling.order import Order, OrderStage
from alerts.rules.deadlines import OrderKind

_HANDLING = (
    "alert_id, acknowledged_by, acknowledged_at, acknowledgement, dispatched_by, dispatched_at, dispatch_text, unit,"
    " deadline, fed_back_by, fed_back_at, feedback, doubted_by, doubted_at, doubt, closed_by, closed_at, verdict,"
    " reopened_at"
)


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


def close_alert(cursor: Any, alert_id: int, at: datetime) -> None:
    """Nobody has to do anything about it any more."""
    cursor.execute("update alert set closed_at = %s where alert_id = %s", (at, alert_id))


def load_handlings(cursor: Any, alert_ids: Collection[int]) -> dict[int, Handling]:
    """What persons did, of those alerts about which anybody did anything."""
    cursor.execute(f"select {_HANDLING} from alert_handling where alert_id = any(%s)", (list(alert_ids),))
    return {row[0]: handling_of(row[1:]) for row in cursor.fetchall()}


def handling_of(row: Iterable[Any]) -> Handling:
    """The handling in a row's columns, in the order of `_HANDLING` from the second on."""
    *columns, reopened_at = row
    acknowledged, dispatched, fed_back, doubted, closed = (
        columns[:3], columns[3:8], columns[8:11], columns[11:14], columns[14:]
    )  # fmt: skip
    return Handling(
        acknowledged=_mark(*acknowledged),
        dispatched=_mark(*dispatched),
        fed_back=_mark(*fed_back),
        doubted=_mark(*doubted),
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
        *_said(handling.doubted),
        *_said(handling.closed),
        handling.reopened_at,
    )


def load_orders(cursor: Any, alert_ids: Collection[int]) -> dict[int, Order]:
    """The orders of alerts, by alert."""
    cursor.execute(
        "select alert_id, kind, stage, flagged, last_by, last_at, why from stop_work_order where alert_id = any(%s)",
        (list(alert_ids),),
    )
    return {
        alert_id: Order(OrderKind(kind), OrderStage(stage), flagged, _mark(who, at, why))
        for alert_id, kind, stage, flagged, who, at, why in cursor.fetchall()
    }


def propose_orders(cursor: Any, proposals: dict[int, tuple[OrderKind, datetime]]) -> list[int]:
    """Propose an order for each alert that has none; returns the ids of those alerts."""
    if not proposals:
        return []
    rows = execute_values(
        cursor,
        "insert into stop_work_order (alert_id, kind, stage, proposed_at) values %s on conflict do nothing"
        " returning alert_id",
        [(alert_id, kind.value, OrderStage.PROPOSED.value, at) for alert_id, (kind, at) in proposals.items()],
        fetch=True,
    )
    return sorted(alert_id for (alert_id,) in rows)


def save_order(cursor: Any, alert_id: int, order: Order) -> None:
    """Write how an order stands."""
    cursor.execute(
        "update stop_work_order set stage = %s, flagged = %s, last_by = %s, last_at = %s, why = %s where alert_id = %s",
        (order.stage.value, order.flagged, *_said(order.last), alert_id),
    )


def _mark(
    who: str | None, at: datetime | None, text: str | None, unit: str | None = None, deadline: datetime | None = None
) -> Mark | None:
    return None if who is None or at is None else Mark(who, at, text or "", unit or "", deadline)


def _said(mark: Mark | None) -> tuple[str | None, datetime | None, str | None]:
    return (None, None, None) if mark is None else (mark.who, mark.at, mark.text or None)

"""What persons did about an alert, for people: read from the views as the read-only role, in Chinese first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from psycopg2.extensions import connection

from alerts.handling.chain import Subject
from alerts.handling.machine import Action, Stage
from alerts.handling.order import OrderStage
from alerts.handling.overdue import Step
from alerts.handling.words import ACTIONS, ORDER_ENTRIES, ORDER_STAGES, STAGES, STEPS, when

Row = dict[str, Any]


def of_alert(database: connection, alert_id: int) -> Row:
    """`handling` (None without any), `orders` by number, and `record`: what was done beside what data did."""
    with database, database.cursor() as cursor:
        return {
            "handling": next(iter(_rows(cursor, "select * from v_alert_handling where alert_id = %s", alert_id)), None),
            "orders": _rows(
                cursor, "select * from v_stop_work_orders where alert_id = %s order by order_number", alert_id
            ),
            "record": [
                {**row, "detail": json.loads(row["detail"] or "{}")}
                for row in _rows(
                    cursor,
                    "select at, subject, happening, who, detail, place, hash from v_alert_record"
                    " where alert_id = %s and subject <> 'data' order by place",
                    alert_id,
                )
            ],
        }


def lines(row: Row) -> Iterator[str]:
    """What `of_alert` found, to be shown below the alert."""
    handling = row["handling"]
    stage = Stage(handling["stage"]) if handling else Stage.OPEN
    yield f"处置 Handling: {STAGES[stage]}{''.join(map(_order, row['orders'][-1:]))}"
    if handling and handling["unit"]:
        until = f"，期限 until {when(handling['deadline'])}" if handling["deadline"] else ""
        yield f"  承办 Unit: {handling['unit']}{until}"
    yield from map(_record_line, row["record"])


def _order(order: Row) -> str:
    """The order that an alert had last, as it stands."""
    stage = OrderStage(order["stage"])
    flagged = "（依据已撤销，待解除 ground withdrawn）" if order["flagged"] and stage.stands else ""
    number = f"（第 {order['order_number']} 份 no. {order['order_number']}）" if order["order_number"] > 1 else ""
    return f"；{ORDER_STAGES[stage]}{number}{flagged}"


def _record_line(entry: Row) -> str:
    detail = entry["detail"]
    other = [f"#{detail['alert']}"] if "alert" in detail else []
    words = ("unit", "town", "leader", "contact", "text", "reference")
    said = "；".join([*other, *(detail[name] for name in words if name in detail)])
    who = f" {entry['who']}" if entry["who"] else ""
    return f"  {when(entry['at'])}  {_words(entry)}{who}{'：' if said else ''}{said}"


def _words(entry: Row) -> str:
    happening = entry["happening"]
    if entry["subject"] == Subject.ESCALATION:
        step = STEPS[Step(entry["detail"]["step"])]
        return f"逾期未办 overdue：{step}，第 {entry['detail']['rung']} 级 rung {entry['detail']['rung']}"
    return str(ACTIONS[Action(happening)] if entry["subject"] == Subject.HANDLING else ORDER_ENTRIES[happening])


def _rows(cursor: Any, query: str, alert_id: int) -> list[Row]:
    cursor.execute(query, (alert_id,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

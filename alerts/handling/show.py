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
    """`handling`, `order` (each None if there is none) and `record`: what was done beside what data did."""
    with database, database.cursor() as cursor:
        return {
            "handling": _one(cursor, "v_alert_handling", alert_id),
            "order": _one(cursor, "v_stop_work_orders", alert_id),
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
    handling, order = row["handling"], row["order"]
    stage = Stage(handling["stage"]) if handling else Stage.OPEN
    flagged = "（依据已撤销，待解除 ground withdrawn）" if order and order["flagged"] else ""
    ordered = f"；{ORDER_STAGES[OrderStage(order['stage'])]}{flagged}" if order else ""
    yield f"处置 Handling: {STAGES[stage]}{ordered}"
    if handling and handling["unit"]:
        until = f"，期限 until {when(handling['deadline'])}" if handling["deadline"] else ""
        yield f"  承办 Unit: {handling['unit']}{until}"
    yield from map(_record_line, row["record"])


def _record_line(entry: Row) -> str:
    detail = entry["detail"]
    said = "；".join(
        detail[name] for name in ("unit", "town", "leader", "contact", "text", "reference") if name in detail
    )
    who = f" {entry['who']}" if entry["who"] else ""
    return f"  {when(entry['at'])}  {_words(entry)}{who}{'：' if said else ''}{said}"


def _words(entry: Row) -> str:
    happening = entry["happening"]
    if entry["subject"] == Subject.ESCALATION:
        step = STEPS[Step(entry["detail"]["step"])]
        return f"逾期未办 overdue：{step}，第 {entry['detail']['rung']} 级 rung {entry['detail']['rung']}"
    return str(ACTIONS[Action(happening)] if entry["subject"] == Subject.HANDLING else ORDER_ENTRIES[happening])


def _one(cursor: Any, view: str, alert_id: int) -> Row | None:
    return next(iter(_rows(cursor, f"select * from {view} where alert_id = %s", alert_id)), None)


def _rows(cursor: Any, query: str, alert_id: int) -> list[Row]:
    cursor.execute(query, (alert_id,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

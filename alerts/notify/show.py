"""The delivery log for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg2.extensions import connection

from alerts.handling.words import when
from alerts.notify.message import Failure
from alerts.notify.pace import Fate
from alerts.severity import Severity

FATES = {Fate.TO_SEND: "待送达 to send", Fate.DELIVERED: "已送达 delivered", Fate.GIVEN_UP: "放弃 given up"}
FAILURES = {
    Failure.REFUSED: "被拒绝 refused",
    Failure.BUSY: "对方忙 busy",
    Failure.UNREACHABLE: "不通 unreachable",
    Failure.UNKNOWN: "未确认 unconfirmed",
}
Row = dict[str, Any]

_DELIVERIES = """
select d.delivery_id, d.message_id, d.target, d.title, d.severity, d.region, d.written_at, d.fate, d.tries, d.again_at,
    d.ended_at, coalesce((select array_agg(distinct n.alert_id order by n.alert_id) from v_notifications n
        where n.delivery_id = d.delivery_id and n.alert_id is not null), '{}') as alerts
from v_deliveries d
where (%(target)s::text is null or d.target = %(target)s) and (not %(failed)s or d.fate <> 'delivered')
    and (%(alert)s::bigint is null or exists (select from v_notifications n
        where n.delivery_id = d.delivery_id and n.alert_id = %(alert)s))
order by d.delivery_id desc limit %(limit)s
"""
_TRIES = """
select delivery_id, number, at, failure, detail, took_s from v_delivery_tries where delivery_id = any(%s)
order by delivery_id, number
"""
_WAITING = """
select target, state, coalesce(why, ''), count(*), min(due_at) from v_notifications
where state in ('waiting', 'hidden', 'given-up') and (%(target)s::text is null or target = %(target)s)
    and (%(alert)s::bigint is null or alert_id = %(alert)s)
group by 1, 2, 3 order by 1, 2, 3
"""


def deliveries(
    database: connection, *, target: str | None, alert: int | None, failed: bool, limit: int
) -> tuple[list[Row], list[Row]]:
    """Messages, latest first, each with its `attempts`; and what is in no message, counted by target, state and why."""
    asked = {"target": target, "alert": alert, "failed": failed, "limit": limit}
    with database, database.cursor() as cursor:
        found = _rows(cursor, _DELIVERIES, asked)
        tries = _rows(cursor, _TRIES, ([row["delivery_id"] for row in found],))
        cursor.execute(_WAITING, asked)
        names = ("target", "state", "why", "count", "due_at")
        left = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in found:
        row["attempts"] = [one for one in tries if one["delivery_id"] == row["delivery_id"]]
    return found, left


def lines(found: list[Row], left: list[Row]) -> Iterator[str]:
    """The same for people."""
    for row in found:
        numbers = " ".join(f"#{number}" for number in row["alerts"])
        severity = Severity(row["severity"]).chinese
        yield f"{row['message_id']} {row['target']} {FATES[Fate(row['fate'])]} {severity} {row['title']} {numbers}"
        for one in row["attempts"]:
            outcome = FAILURES[Failure(one["failure"])] if one["failure"] else "已送达 delivered"
            detail = f"：{one['detail']}" if one["detail"] else ""
            yield f"    {one['number']}. {when(one['at'])} {outcome} {one['took_s']:.1f} s{detail}"
        if row["again_at"]:
            yield f"    再试 again {when(row['again_at'])}"
    for row in left:
        why = f" {row['why']}" if row["why"] else ""
        yield f"{row['target']}: {row['count']} {row['state']}{why}, {when(row['due_at'])}"
    yield f"共 {len(found)} 条 / {len(found)} messages"


def _rows(cursor: Any, query: str, values: Any) -> list[Row]:
    cursor.execute(query, values)
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

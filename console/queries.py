"""What the console asks: the views alone, as `lantian_viewer`, bounded in rows and in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg2.extensions import connection

from alerts.alert import HISTORY, OPEN
from alerts.handling.machine import Stage
from alerts.handling.order import OrderStage
from alerts.severity import Severity
from console.snapshot import CityAir, OpenAlert, Read

STATEMENT_TIMEOUT_MS = 3000
LATEST_WITHIN = timedelta(hours=6)
"""A city whose last hour with an AQI is older than this is not shown as if it were of now."""
MOST_CITIES = 500

_GRAVEST_FIRST = [severity.value for severity in reversed(Severity)]
_ALERTS = """
select a.alert_id, a.severity, a.opened_at, a.city, a.station_id as station, a.name_zh, a.name_en,
    a.title_zh, a.title_en, a.detail_zh, a.detail_en, a.todo_zh, a.todo_en, a.value, a.threshold, a.unit,
    a.legal_basis, a.camera,
    coalesce(h.stage, %(unseen)s) as stage,
    (select o.stage from v_stop_work_orders o where o.alert_id = a.alert_id order by o.order_number desc limit 1)
        as "order",
    a.origin = %(history)s as history
from v_alerts a left join v_alert_handling h using (alert_id)
where a.state = %(open)s and a.closed_at is null
order by array_position(%(severities)s, a.severity), a.opened_at desc, a.alert_id desc
limit %(most)s
"""
_COUNTS = "select severity, count(*) from v_alerts where state = %(open)s and closed_at is null group by 1"
_ANSWERED_FOR = (
    "select count(*) from v_alerts where state = 'cleared' and closed_at is null and origin <> %(history)s"
    " and merged_into is null"
)
_CLOCK = "select nullif(now, now()) from v_clock"
"""The view says the server's own time, which stands still in a transaction, before anything came."""
_CITIES = """
select distinct on (city) city, start, "end", aqi, level, "primary" from v_city_hourly
where start > %(since)s and start <= %(now)s - interval '1 hour' and aqi is not null
order by city, start desc limit %(most)s
"""


def prepare(database: connection) -> None:
    """Bound what a statement may take; for a session once."""
    database.set_session(readonly=True, isolation_level="REPEATABLE READ")
    with database, database.cursor() as cursor:
        cursor.execute("set statement_timeout = %s", (STATEMENT_TIMEOUT_MS,))


def read(database: connection, now: datetime, most: int) -> Read:
    """What stands at data time `now`, at most `most` alerts; raises psycopg2's errors."""
    given = {
        "open": OPEN, "history": HISTORY, "unseen": Stage.OPEN.value, "severities": _GRAVEST_FIRST, "most": most,
        "since": now - LATEST_WITHIN, "now": now,
    }  # fmt: skip
    with database, database.cursor() as cursor:
        alerts = tuple(_alert(row) for row in _rows(cursor, _ALERTS, given))
        cursor.execute(_COUNTS, given)
        counts = {Severity(severity): int(number) for severity, number in cursor.fetchall()}
        cursor.execute(_ANSWERED_FOR, given)
        answered_for = int(cursor.fetchone()[0])
        cities = tuple(_city(row) for row in _rows(cursor, _CITIES, given | {"most": MOST_CITIES}))
        cursor.execute(_CLOCK)
        data_now = cursor.fetchone()[0]
    return Read(alerts=alerts, counts=counts, answered_for=answered_for, cities=cities, now=now, data_now=data_now)


def _alert(row: dict[str, Any]) -> OpenAlert:
    order = row["order"]
    return OpenAlert(
        **row
        | {
            "severity": Severity(row["severity"]),
            "stage": Stage(row["stage"]),
            "order": OrderStage(order) if order else None,
            "camera": row["camera"] or "",
        }
    )


def _city(row: dict[str, Any]) -> CityAir:
    return CityAir(**row | {"primary": tuple(filter(None, (row["primary"] or "").split(";")))})


def _rows(cursor: Any, query: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    cursor.execute(query, given)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

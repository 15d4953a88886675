"""Alerts of rules that are in force no more: nobody judges them, so nothing would ever end them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from alerts.alert import OPEN, WITHDRAWN, Alert, Notice
from alerts.handling.follow import retired
from alerts.happening import Happening
from core.kafka import partition_of

_COLUMNS = ", ".join(Alert.__struct_fields__)
_UNKNOWN = "select alert_id, city from alert where state = %s and rule_id <> all(%s)"
_RETIRE = f"""
update alert set state = %s, version = version + 1, updated_at = %s, closed_at = coalesce(closed_at, %s)
where alert_id = any(%s) returning alert_id, version, {_COLUMNS}
"""


def retire(cursor: Any, rule_ids: Collection[str], partitions: Collection[int], at: datetime) -> list[Notice]:
    """Withdraw the open alerts, in cities of these partitions, of rules other than these; `at` is data time.

    Whether they would still last nobody can say, so they are not told as cleared. If the rule comes back, what still
    exceeds then is another alert.
    """
    cursor.execute(_UNKNOWN, (OPEN, list(rule_ids)))
    gone = [alert_id for alert_id, city in cursor.fetchall() if partition_of(city) in partitions]
    if not gone:
        return []
    cursor.execute(_RETIRE, (WITHDRAWN, at, at, gone))
    notices = [
        Notice(
            alert_id=alert_id,
            version=version,
            happening=Happening.RETIRED,
            alert=Alert(**dict(zip(Alert.__struct_fields__, columns, strict=True))),
        )
        for alert_id, version, *columns in sorted(cursor.fetchall())
    ]
    retired(cursor, notices)
    return notices

"""Alerts for people: read from the views as the read-only role, told in Chinese first.

Times come as aware datetimes in UTC, are shown in Asia/Shanghai, and go into JSON as ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection

from alerts.alert import CLEARED, HISTORY, OPEN, WITHDRAWN, number_text
from alerts.happening import Happening
from alerts.rules.device import DeviceRule
from alerts.rules.model import Rule
from alerts.rules.watch import Measure
from alerts.severity import Severity
from core.clock import SHANGHAI
from core.errors import InputError

Row = dict[str, Any]

STATES = {OPEN: "未解除", CLEARED: "已解除", WITHDRAWN: "已撤销"}
HAPPENINGS = {
    Happening.OPENED: "触发",
    Happening.EXTENDED: "持续",
    Happening.RAISED: "升级",
    Happening.LOWERED: "降级",
    Happening.CORRECTED: "数据更正",
    Happening.CLEARED: "解除",
    Happening.REOPENED: "恢复未解除",
    Happening.WITHDRAWN: "撤销：更正后不再超限",
    Happening.MERGED: "并入后一次报警",
    Happening.SPLIT: "由一次报警分出",
    Happening.RETIRED: "撤销：规则已停用",
}


def alerts(
    database: connection,
    *,
    state: str | None = None,
    stage: str | None = None,
    city: str | None = None,
    rule_id: str | None = None,
    limit: int,
) -> list[Row]:
    """Alerts, latest first, with the columns of `v_alerts`, and `stage`: how far persons have come with it."""
    return _rows(
        database,
        "select a.*, coalesce(h.stage, 'open') as stage from v_alerts a left join v_alert_handling h using (alert_id)"
        " where (%(state)s is null or state = %(state)s) and (%(city)s is null or city = %(city)s)"
        " and (%(stage)s is null or coalesce(h.stage, 'open') = %(stage)s)"
        " and (%(rule)s is null or rule_id = %(rule)s) order by opened_at desc, alert_id desc limit %(limit)s",
        {"state": state, "stage": stage, "city": city, "rule": rule_id, "limit": limit},
    )


def alert(database: connection, alert_id: int) -> Row:
    """One alert with `values` and `log`; raises `InputError` if there is none of that id."""
    found = _rows(database, "select * from v_alerts where alert_id = %(id)s", {"id": alert_id})
    if not found:
        raise InputError(
            "alert_unknown", "there is no such alert", value=alert_id, hint="`lantian alerts list` names them"
        )
    values = _rows(database, "select * from v_alert_values where alert_id = %(id)s order by start", {"id": alert_id})
    entries = _rows(database, "select * from v_alert_log where alert_id = %(id)s order by version", {"id": alert_id})
    return {**found[0], "values": values, "log": entries}


def line(row: Row) -> str:
    """One alert in one line."""
    history = "（历史数据，不通知）" if row["origin"] == HISTORY else ""
    severity = Severity(row["severity"]).chinese
    return (
        f"#{row['alert_id']} {severity} {STATES[row['state']]} {local(row['opened_at'])} {row['city']}"
        f" {row['title_zh']}{history}"
    )


def lines(row: Row) -> Iterator[str]:
    """One alert whole, as `alert` gives it."""
    yield line(row)
    yield row["title_en"]
    yield ""
    yield f"情况 What:   {row['detail_zh']}"
    yield f"             {row['detail_en']}"
    yield f"处置 To do:  {row['todo_zh']}"
    yield f"             {row['todo_en']}"
    yield f"依据 Basis:  {row['legal_basis']}"
    yield f"摄像头 Camera: {row['camera'] or '未登记 none registered'}"
    cleared = f"，解除 cleared {local(row['cleared_at'])}" if row["cleared_at"] else ""
    closed = f"，关闭 closed {local(row['closed_at'])}" if row["closed_at"] else ""
    yield f"时间 Time:   触发 opened {local(row['opened_at'])}{cleared}{closed}"
    yield f"规则 Rule:   {row['rule_id']}（标准版本 edition {row['edition']}）"
    yield ""
    yield "依据的数据 Values:"
    for value in row["values"]:
        yield (
            f"  {local(value['start'])}–{local(value['end'])[-5:]}  {number_text(value['value'])} {row['unit']}"
            f"  有效 valid {value['n_valid']}/{value['n_expected']}  版本 version {value['version']}"
        )
    yield "经过 Log:"
    for entry in row["log"]:
        measured = "" if entry["value"] is None else f" {number_text(entry['value'])} {row['unit']}".rstrip()
        merged = f" → #{entry['merged_into']}" if entry["merged_into"] else ""
        yield (
            f"  {local(entry['at'])}  {HAPPENINGS[Happening(entry['happening'])]} {entry['happening']}{merged}"
            f"  {local(entry['start'])} 起的数据{measured}{_version(entry)}"
        )


def _version(entry: Row) -> str:
    version = entry["statement_version"]
    return "" if version is None else f"，版本 version {version}"


def rule_line(rule: Rule | DeviceRule) -> str:
    """One rule in one line."""
    steps = "、".join(
        f"{level.comparison.sign} {number_text(level.threshold)} {level.severity.chinese}" for level in rule.levels
    )
    return f"{rule.id}  {_watched(rule)} {rule.unit}".rstrip() + f"  {steps}  {rule.legal_basis}"


def _watched(rule: Rule | DeviceRule) -> str:
    if isinstance(rule, DeviceRule):
        return f"{'/'.join(rule.kinds)} {rule.condition}"
    watch = rule.watch
    measure = "" if watch.measure is Measure.VALUE else f" {watch.measure}"
    return f"{'/'.join(watch.kinds)} {watch.window} {watch.factor}{measure}"


def rule_json(rule: Rule | DeviceRule) -> Row:
    """What `lantian rules list --json` says of a rule; `severity` is the gravest, `cases` their number.

    Rules of statistics have `window`, `factor`, `measure`, `hold` and `clear_after`, those of devices `condition`.
    `deadlines` of the steps of handling are in seconds.
    """
    said = {
        "id": rule.id,
        "severity": rule.severity.value,
        "legal_basis": rule.legal_basis,
        "cases": len(rule.cases),
        "kinds": list(rule.kinds if isinstance(rule, DeviceRule) else rule.watch.kinds),
        "levels": [
            {
                "severity": level.severity.value,
                "comparison": level.comparison.value,
                "threshold": level.threshold,
                "clear": level.clear_value,
            }
            for level in rule.levels
        ],
        "unit": rule.unit,
        "deadlines": rule.deadlines.model_dump(exclude_none=True),
        "order": rule.order and rule.order.value,
        "title_zh": rule.title.zh,
        "title_en": rule.title.en,
    }
    if isinstance(rule, DeviceRule):
        return said | {"condition": rule.condition.value}
    return said | {
        "window": rule.watch.window.value,
        "factor": rule.watch.factor,
        "measure": rule.watch.measure.value,
        "hold": rule.hold.model_dump(),
        "clear_after": rule.clear_after,
    }


def local(moment: datetime) -> str:
    """Asia/Shanghai time, to the minute."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def jsonable(value: Any) -> Any:
    """Rows with their times as ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [jsonable(item) for item in value]
    return value


def _rows(database: connection, query: str, given: Mapping[str, Any]) -> list[Row]:
    with database, database.cursor() as cursor:
        cursor.execute(query, given)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

"""Silences in the database: ordered, ended, read; each with its entry in the log of its city, or of no single one ('').

Every function works in the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.handling.chain import Line, Subject
from alerts.handling.hide import MATCHERS, Silence
from alerts.handling.log import append, detail_text
from alerts.handling.names import NameFault, fault_of
from alerts.severity import Severity
from core.errors import InputError

_COLUMNS = "silence_id, author, reason, begins, least(ends, ended_at), rule_id, city, station, severity"
_NAME_FAULTS = {
    NameFault.NO_NAME: "没有姓名 / nobody acts without a name",
    NameFault.UNREADABLE: "姓名含不可见字符 / the name has characters that cannot be seen",
}


def add(cursor: Any, silence: Silence, at: datetime) -> Silence:
    """Order a silence (its `silence_id` is not heeded); returns it as it is kept. Raises `InputError`."""
    _signed(silence.author, silence.reason)
    if not any(getattr(silence, name) for name in MATCHERS):
        raise InputError(
            "no-matcher",
            "不能静默全部报警 / it would silence everything",
            hint="give --rule, --city, --station or --severity",
        )
    if silence.ends <= max(at, silence.begins):
        raise InputError(
            "ends",
            "结束时间须晚于现在 / it must end later than now",
            field="--until",
            value=silence.ends.isoformat(),
            hint="write it as 2026-03-01T08:00:00+08:00, or PT2H from now",
        )
    cursor.execute(
        "insert into alert_silence (author, reason, made_at, begins, ends, rule_id, city, station, severity)"
        f" values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
        (silence.author, silence.reason, at, silence.begins, silence.ends, silence.rule_id, silence.city,
         silence.station, silence.severity and silence.severity.value),
    )  # fmt: skip
    kept = _silence(cursor.fetchone())
    append(cursor, [_line(kept, "silence", at, kept.author, kept.reason)])
    return kept


def _signed(who: str, reason: str) -> None:
    fault = fault_of(who)
    if fault is not None:
        raise InputError(fault.value, _NAME_FAULTS[fault], field="--user", value=who, hint="type it anew")
    if not reason.strip():
        raise InputError("no-reason", "须写明理由 / say why: it is kept for ever", field="--reason")


def end(cursor: Any, silence_id: int, who: str, reason: str, at: datetime) -> Silence:
    """End a silence before its time; raises `InputError` if it is not in force any more, naming who ended it."""
    _signed(who, reason)
    cursor.execute("select ended_by, ended_at, ends from alert_silence where silence_id = %s for update", (silence_id,))
    row = cursor.fetchone()
    if row is None:
        raise InputError("silence_unknown", "没有此静默 / there is no such silence", field="ID", value=silence_id,
                         hint="see `lantian alerts silence list`")  # fmt: skip
    ended_by, ended_at, ends = row
    if ended_by is not None or ends <= at:
        by = f"：{ended_by} {ended_at.isoformat()}" if ended_by else f"：{ends.isoformat()}"
        raise InputError("silence_over", f"静默已结束{by} / it is over already", field="ID", value=silence_id,
                         hint="see `lantian alerts silence list --all`")  # fmt: skip
    cursor.execute(
        "update alert_silence set ended_by = %s, ended_at = %s, end_reason = %s where silence_id = %s"
        f" returning {_COLUMNS}",
        (who, at, reason, silence_id),
    )
    kept = _silence(cursor.fetchone())
    append(cursor, [_line(kept, "end-silence", at, who, reason)])
    return kept


def silences_at(cursor: Any, now: datetime) -> list[Silence]:
    """Those in force at `now`, by number."""
    cursor.execute(
        f"select {_COLUMNS} from alert_silence where begins <= %(now)s and least(ends, ended_at) > %(now)s order by 1",
        {"now": now},
    )
    return [_silence(row) for row in cursor.fetchall()]


def silences_from(cursor: Any, now: datetime | None) -> list[Silence]:
    """Those that are not over at `now`, or all that ever were, by number."""
    cursor.execute(
        f"select {_COLUMNS} from alert_silence where %(now)s::timestamptz is null or least(ends, ended_at) > %(now)s"
        " order by 1",
        {"now": now},
    )
    return [_silence(row) for row in cursor.fetchall()]


def _silence(row: tuple[Any, ...]) -> Silence:
    silence_id, author, reason, begins, ends, rule_id, city, station, severity = row
    return Silence(
        silence_id, author, reason, begins, ends, rule_id, city, station, Severity(severity) if severity else None
    )


def _line(silence: Silence, happening: str, at: datetime, who: str, reason: str) -> Line:
    detail = {
        "silence": silence.silence_id,
        "text": reason,
        "begins": silence.begins.isoformat(),
        "ends": silence.ends.isoformat(),
        **{name: value for name in MATCHERS if (value := getattr(silence, name)) is not None},
    }
    return Line(
        city=silence.city or "",
        at=at,
        subject=Subject.SILENCE,
        happening=happening,
        who=who,
        detail=detail_text(detail),
    )

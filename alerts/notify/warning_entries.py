"""What an entry of the log about a city's heavy-pollution warning has to tell people. A pure function."""

from __future__ import annotations

from typing import Any

from alerts.handling.chain import Chained
from alerts.handling.words import when
from alerts.notify.entries import key_of, said_in
from alerts.notify.telling import About, Telling, Words
from alerts.rules.watch import CITY
from alerts.severity import Severity
from alerts.warnings.course import Action, Reason
from alerts.warnings.happening import Happening
from alerts.warnings.scheme import Level
from alerts.warnings.words import REASONS, asked

SEVERITIES = {
    Level.BLUE: Severity.INFO,
    Level.YELLOW: Severity.WARNING,
    Level.ORANGE: Severity.SEVERE,
    Level.RED: Severity.CRITICAL,
}
_HAPPENINGS = frozenset(Happening)
_NEXT = {
    Happening.PROPOSED: (
        "会商后：lantian alerts warning issue --city {city} --reason … 或 decline",
        "`lantian alerts warning issue --city {city} --reason …`, or decline",
    ),
    Happening.ISSUED: (
        "减排清单：lantian alerts warning dispatch-list --city {city}",
        "lists: `lantian alerts warning dispatch-list --city {city}`",
    ),
}


def warning_telling_of(entry: Chained, region: str) -> Telling | None:
    """What an entry about a city's warning has to tell; None of plans, lists and receipts. `region`: the city's."""
    line = entry.line
    if line.happening not in _HAPPENINGS:
        return None
    happening, detail = Happening(line.happening), said_in(line)
    proposal = happening is not Happening.ISSUED
    severity = _severity(detail)
    return Telling(
        key=key_of(entry),
        thread=f"proposal:{line.city}:{detail.get('forecast')}:{detail['action']}" if proposal else key_of(entry),
        bundle=f"{line.city}|warning",
        about=About.WARNING,
        happening=happening.value,
        news=happening in {Happening.PROPOSED, Happening.ISSUED},
        over=happening in {Happening.WITHDRAWN, Happening.DECLINED},
        undone=happening is Happening.WITHDRAWN,
        severity=severity,
        urgency=severity,
        at=line.at,
        place=entry.place,
        city=line.city,
        region=region,
        kind=CITY,
        words=_words(entry, happening, detail),
        details=detail,
    )


def _severity(detail: dict[str, Any]) -> Severity:
    """That of the graver of the levels before and after."""
    levels = [Level(detail[name]) for name in ("level", "level_before") if detail.get(name)]
    return max((SEVERITIES[level] for level in levels), key=lambda one: one.rank, default=Severity.WARNING)


def _words(entry: Chained, happening: Happening, detail: dict[str, Any]) -> Words:
    line = entry.line
    what = asked(Action(detail["action"]), Level(detail["level"]) if detail.get("level") else None)
    zh, en = what.zh, what.en
    first = f"，首日 {detail['first_day']}" if detail.get("first_day") else ""
    reason = REASONS[Reason(detail["reason"])] if detail.get("reason") else None
    because = f"（{reason.zh}：{detail.get('condition', '')}）" if reason else ""
    by = f"，{line.who}" if line.who else ""
    said = f"：{detail['said']}" if detail.get("said") else ""
    next_zh, next_en = _NEXT.get(happening, ("", ""))
    return Words(
        title_zh=f"【重污染天气预警{happening.chinese}】{line.city} {zh}",
        title_en=f"[heavy-pollution warning {happening}] {line.city}: {en}",
        line_zh=f"{line.city} {happening.chinese}{zh}{first}{because}{by}{said}，{when(line.at)}",
        line_en=f"{line.city}: {happening} {en}{f' ({reason.en})' if reason else ''}, {when(line.at)}",
        todo_zh=next_zh.format(city=line.city),
        todo_en=next_en.format(city=line.city),
    )

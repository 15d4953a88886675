"""What an entry of the alerts' log has to tell people, if anything. A pure function of the entry and its alert.

The log has everything that happens to alerts, whoever did it, in one order; so what is told hangs on nothing else.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import msgspec

from aggregate.statistic import Window
from alerts.alert import DEVICE, LIVE, PAGES_S
from alerts.handling.chain import Chained, Line, Subject
from alerts.handling.machine import Action
from alerts.handling.order import OrderAction, OrderEvent
from alerts.handling.overdue import Step
from alerts.handling.words import ORDER_ENTRIES, STEPS, when
from alerts.happening import Happening
from alerts.notify.telling import About, Telling, Words
from alerts.severity import Severity
from alerts.show import HAPPENINGS

NEWS = frozenset({Happening.OPENED, Happening.RAISED, Happening.REOPENED})
ENDS = frozenset({Happening.CLEARED, Happening.WITHDRAWN, Happening.MERGED, Happening.RETIRED})
FOLLOW = ENDS | {Happening.LOWERED}
CALM = FOLLOW - {Happening.WITHDRAWN}
"""What may wait until quiet hours are over; that a team was sent out for nothing may not."""
_WIDE_SPACE = "\u3000"
ORDER_NEWS = frozenset[str]({OrderEvent.PROPOSED, OrderEvent.FLAGGED, OrderAction.ISSUE, OrderAction.LIFT})
ORDER_ENDS = frozenset[str]({OrderEvent.WITHDRAWN, OrderEvent.HANDED_ON, OrderAction.LIFT, OrderAction.DECLINE})
UNTELLABLE = (LookupError, ValueError, TypeError, msgspec.MsgspecError)
"""What an entry raises that says something impossible."""


class Concerned(msgspec.Struct, frozen=True, kw_only=True):
    """As much of an alert, as it stands now, as is told with an entry about it."""

    alert_id: int
    rule_id: str
    city: str
    region: str
    """Of its station or city; empty if that is not known."""
    object: str
    station: str | None
    kind: str
    severity: str
    state: str
    origin: str
    time_window: str
    opened_at: datetime
    factor: str
    value: float
    threshold: float
    unit: str
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    detail_zh: str
    detail_en: str
    todo_zh: str
    todo_en: str
    legal_basis: str
    camera: str

    def telling(
        self, entry: Chained, about: About, thread: str, words: Words, *, news: bool = True, **more: Any
    ) -> Telling:
        """A telling about it; `more` are fields of `Telling`."""
        severity = Severity(self.severity)
        said = Telling(
            key=key_of(entry),
            thread=f"{thread}:{self.alert_id}",
            bundle=f"{self.city}|{self.rule_id}",
            about=about,
            happening=entry.line.happening,
            news=news,
            severity=severity,
            urgency=severity,
            at=entry.line.at,
            place=entry.place,
            city=self.city,
            region=self.region,
            kind=self.kind,
            station=self.station,
            rule_id=self.rule_id,
            time_window=self.time_window,
            alert_id=self.alert_id,
            words=words,
            details=self._details(),
        )
        return msgspec.structs.replace(said, **more)

    def _details(self) -> dict[str, Any]:
        names = ("object", "name_zh", "name_en", "state", "origin", "opened_at", "factor", "value", "threshold", "unit",
                 "camera")  # fmt: skip
        return {name: getattr(self, name) for name in names}


def key_of(entry: Chained) -> str:
    """Names an entry for ever: its city and its place in the city's chain."""
    return f"{entry.line.city}#{entry.place}"


def telling_of(entry: Chained, alert: Concerned | None) -> Telling | None:
    """What an entry has to tell; None if nobody needs to hear of it."""
    if alert is None:
        return None
    match entry.line.subject:
        case Subject.DATA:
            return _of_data(entry, alert)
        case Subject.ORDER:
            return _of_order(entry, alert)
        case Subject.ESCALATION:
            return _of_overdue(entry, alert)
        case Subject.HANDLING if entry.line.happening == Action.DISPATCH:
            return _of_dispatch(entry, alert)
    return None


def pages(line: Line, alert: Concerned) -> bool:
    """Whether what data did may disturb anyone: it is of live data, and of late (as `alerts.alert.pages_of`)."""
    if alert.origin != LIVE or line.start is None:
        return False
    if line.time_window in {None, DEVICE}:
        return True  # looks are of now
    ended = Window(line.time_window).end(int(line.start.timestamp()))
    return line.at.timestamp() - ended <= PAGES_S


def _of_data(entry: Chained, alert: Concerned) -> Telling | None:
    line = entry.line
    happening = Happening(line.happening)
    if happening not in NEWS | FOLLOW or not pages(line, alert):
        return None
    zh, en = HAPPENINGS[happening], happening.value
    gone = f"（#{line.merged_into}）" if line.merged_into else ""
    words = Words(
        f"【{zh}】{alert.title_zh}{gone}",
        f"[{en}] {alert.title_en}",
        f"{alert.name_zh}：{alert.detail_zh}",
        f"{alert.name_en}: {alert.detail_en}",
        alert.todo_zh if happening in NEWS else "",
        alert.todo_en if happening in NEWS else "",
        alert.legal_basis,
    )
    return alert.telling(
        entry,
        About.ALERT,
        "alert",
        words,
        news=happening in NEWS,
        over=happening in ENDS,
        undone=happening in {Happening.WITHDRAWN, Happening.MERGED},
        urgency=Severity.INFO if happening in CALM else Severity(alert.severity),
    )


def _of_order(entry: Chained, alert: Concerned) -> Telling:
    line = entry.line
    said = ORDER_ENTRIES[line.happening]
    other = said_in(line).get("alert")
    by = (f"（#{other}）" if other else "") + (f"，{line.who}" if line.who else "")
    next_zh, next_en = "", ""
    if line.happening == OrderEvent.PROPOSED:
        next_zh = f"核实后：lantian alerts order confirm {alert.alert_id} 或 decline"
        next_en = f"check, then `lantian alerts order confirm {alert.alert_id}`, or decline"
    words = Words(
        f"【{said.zh}】{alert.name_zh}",
        f"[{said.en}] {alert.name_en}",
        f"{alert.name_zh}：{said.zh}{by}，报警 #{alert.alert_id}，{when(line.at)}",
        f"{alert.name_en}: {said.en}{by}, alert #{alert.alert_id}, {when(line.at)}",
        next_zh,
        next_en,
        alert.legal_basis,
    )
    return alert.telling(
        entry,
        About.ORDER,
        "order",
        words,
        news=line.happening in ORDER_NEWS,
        over=line.happening in ORDER_ENDS,
        undone=line.happening == OrderEvent.WITHDRAWN,
    )


def _of_overdue(entry: Chained, alert: Concerned) -> Telling:
    detail = said_in(entry.line)
    step = STEPS[Step(detail["step"])]
    leader = detail.get("leader", "")
    told_zh, told_en = (f"，报 {detail.get('town', '')} {leader}", f", to {leader}") if leader else ("", "")
    due = when(datetime.fromisoformat(detail["due"]))
    words = Words(
        f"【逾期未{step.zh}】{alert.title_zh}",
        f"[overdue {step.en}] {alert.title_en}",
        f"{alert.name_zh}：报警 #{alert.alert_id} 应于 {due} 前{step.zh}，第 {detail['rung']} 次提醒{told_zh}",
        f"{alert.name_en}: alert #{alert.alert_id} was due {due} {step.en}, reminder {detail['rung']}{told_en}",
        basis=alert.legal_basis,
    )
    contact = detail.get("contact")
    return alert.telling(
        entry,
        About.OVERDUE,
        f"overdue-{detail['step']}",
        words,
        bundle=f"{alert.city}|overdue|{contact or ''}",
        targets=(contact,) if contact else (),
        details=detail,
    )


def _of_dispatch(entry: Chained, alert: Concerned) -> Telling:
    detail = said_in(entry.line)
    unit, deadline = detail.get("unit", ""), detail.get("deadline")
    until = when(datetime.fromisoformat(deadline)) if deadline else ""
    words = Words(
        f"【转办】{alert.title_zh}",
        f"[dispatched] {alert.title_en}",
        f"{alert.name_zh}：请 {unit} 办理报警 #{alert.alert_id}" + (f"，{until} 前反馈" if until else ""),
        f"{alert.name_en}: alert #{alert.alert_id} is for {unit}" + (f", answer by {until}" if until else ""),
        alert.todo_zh,
        alert.todo_en,
        alert.legal_basis,
    )
    return alert.telling(entry, About.DISPATCH, "dispatch", words, targets=(unit,) if unit else (), details=detail)


def said_in(line: Line) -> dict[str, Any]:
    """What was said, fit to be shown; raises `ValueError` or `TypeError` if it is no object."""
    said = json.loads(line.detail or "{}")
    if not isinstance(said, dict):
        raise TypeError("what was said is no object")
    return {name: _one_line(value) if isinstance(value, str) else value for name, value in said.items()}


def checked(telling: Telling) -> Telling:
    """As it will be read again, each text one line; raises `ValueError` or `MsgspecError` for what cannot be."""
    words = Words(**{name: _one_line(text) for name, text in msgspec.structs.asdict(telling.words).items()})
    written = msgspec.json.encode(msgspec.structs.replace(telling, words=words))
    if rb"\u0000" in written:
        raise ValueError("it holds a NUL, in which the database cannot look")
    return msgspec.json.decode(written, type=Telling)


def _one_line(text: str) -> str:
    """What stations and units are called may hold anything; the database takes no NUL, and a title no line break."""
    return "".join(letter if letter.isprintable() or letter == _WIDE_SPACE else " " for letter in text)


def is_late(entry: Chained, now: datetime, limit: timedelta) -> bool:
    """Whether an entry is older than `limit`: whoever reads the log after a long halt does not tell it all."""
    return now - entry.line.at > limit

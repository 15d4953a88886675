"""What is said in the next message to a target, of all that waits for it. Pure functions.

What belongs together (one city and rule, many stations) is one message; where a target may be sent only one more this
minute, that one takes all that waits. Of a thread only its latest is said. Who has not heard of what is undone by now
never does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from alerts.handling.words import when
from alerts.notify.message import Message
from alerts.notify.telling import About, Telling
from alerts.severity import Severity

AT_MOST = 200
"""Tellings of a message: the document has them all, and receivers take no requests of any size."""
LINES = 12
"""Of a message about many things; the others are counted. WeCom takes 2 048 bytes."""


class Waiting(msgspec.Struct, frozen=True):
    """A telling that waits for a target; `begun`: of its thread the target was sent something before."""

    notification_id: int
    telling: Telling
    begun: bool


class Next(msgspec.Struct, frozen=True):
    """What comes next: a message, its notifications, and those that nobody needs to hear of any more."""

    tellings: tuple[Waiting, ...] = ()
    dropped: tuple[int, ...] = ()


def next_of(waiting: Iterable[Waiting], room: int, *, together: bool) -> Next:
    """What is told next; the gravest first, of equals the oldest. `room`: messages that may go this minute."""
    threads: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        threads[one.telling.thread].append(one)
    needed = {one.notification_id: one for found in threads.values() for one in _needed(found)}
    dropped = tuple(
        one.notification_id for found in threads.values() for one in found if one.notification_id not in needed
    )
    left = sorted(needed.values(), key=_order)
    if not left or room < 1:
        return Next((), dropped)
    if not together:  # what happened to one alert, in its order: a board shows the last that it was told
        thread = left[0].telling.thread
        first = min((one for one in left if one.telling.thread == thread), key=lambda one: one.telling.place)
        return Next((first,), dropped)
    if room > 1:
        left = [one for one in left if one.telling.bundle == left[0].telling.bundle]
    return Next(tuple(left[:AT_MOST]), dropped)


def _needed(thread: Sequence[Waiting]) -> Sequence[Waiting]:
    """Of a thread what the target has to hear: not what is undone by now unheard, nor a sequel to nothing."""
    if any(one.begun for one in thread):
        return thread
    said = sorted(thread, key=lambda one: one.telling.place)
    undone = [place for place, one in enumerate(said) if one.telling.undone]
    left = said[undone[-1] + 1 :] if undone else said
    return left if any(one.telling.news for one in left) else []


def _order(one: Waiting) -> tuple[int, datetime, str]:
    return -one.telling.urgency.rank, one.telling.at, one.telling.key


def message_of(tellings: Sequence[Telling], message_id: str, now: datetime) -> Message:
    """The message that tells them; `tellings` is not empty."""
    cases = _cases(tellings)
    severity = cases[0].telling.severity
    regions = {case.telling.region for case in cases}
    title, body = _single(cases[0]) if len(cases) == 1 else _many(cases, severity)
    document = {
        "id": message_id,
        "at": now,
        "severity": severity,
        "tellings": sorted(tellings, key=lambda one: (one.at, one.place, one.key)),
    }
    return Message(
        id=message_id,
        title=title,
        body=f"{body}\n编号 No. {message_id}",
        severity=severity,
        region=regions.pop() if len(regions) == 1 else "",
        at=now,
        document=msgspec.json.encode(document),
    )


class _Case(msgspec.Struct, frozen=True):
    """An alert, or what is of none: the latest to be said of it, when the first was, and what else goes with it."""

    telling: Telling
    first: datetime
    beside: tuple[Telling, ...]

    @property
    def since(self) -> str:
        """That it is not the first thing to be said."""
        return "" if self.first == self.telling.at else f"（首次 {when(self.first)}）"


def _cases(tellings: Iterable[Telling]) -> list[_Case]:
    """The gravest first, of equals the oldest."""
    latest: defaultdict[str, dict[str, Telling]] = defaultdict(dict)
    first: dict[str, datetime] = {}
    for one in sorted(tellings, key=lambda one: one.place):
        latest[str(one.alert_id or one.thread)][one.thread] = one
        first.setdefault(one.thread, one.at)
    found = []
    for threads in latest.values():
        # what data did stands before what was ordered and what is overdue
        lead, *beside = sorted(threads.values(), key=lambda one: (one.about is not About.ALERT, one.place))
        found.append(_Case(lead, first[lead.thread], tuple(beside)))
    return sorted(found, key=lambda case: (-case.telling.severity.rank, case.first, case.telling.key))


def _single(case: _Case) -> tuple[str, str]:
    words = case.telling.words
    zh = [words.line_zh + case.since, *_labelled("处置：", words.todo_zh), *_labelled("依据：", words.basis)]
    en = [words.title_en, words.line_en, *_labelled("To do: ", words.todo_en)]
    for one in case.beside:
        zh += [one.words.title_zh, *_labelled("处置：", one.words.todo_zh)]
        en += [one.words.title_en, *_labelled("To do: ", one.words.todo_en)]
    return f"{_grave(case.telling.severity)}{words.title_zh}", "\n".join([*zh, "", *en])


def _many(cases: Sequence[_Case], severity: Severity) -> tuple[str, str]:
    cities = list(dict.fromkeys(case.telling.city for case in cases))
    where = "、".join(cities[:3]) + ("等" if len(cities) > 3 else "")
    lines = [_line(case) for case in cases[:LINES]]
    more = len(cases) - len(lines)
    tail = [f"…另有 {more} 条，见 lantian alerts list / and {more} more"] if more else []
    one_rule = len({case.telling.bundle for case in cases}) == 1
    todo = _labelled("处置：", cases[0].telling.words.todo_zh) if one_rule else []
    english = f"{len(cases)} notices of {where}, the gravest {severity.value}"
    return f"{_grave(severity)}{where} {len(cases)} 条报警信息", "\n".join([*lines, *tail, *todo, "", english])


def _line(case: _Case) -> str:
    return "；".join([case.telling.words.title_zh + case.since, *(one.words.title_zh for one in case.beside)])


def _grave(severity: Severity) -> str:
    return f"〔{severity.chinese}〕"


def _labelled(label: str, text: str) -> list[str]:
    return [label + text] if text else []

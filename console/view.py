"""A snapshot as an operator reads it: chosen, ordered and put in words; pure.

Every text that came from outside (names, titles) stays as it came: pages show it as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlencode

import msgspec

from alerts.alert import number_text
from alerts.handling.words import ORDER_STAGES, STAGES
from alerts.severity import Severity
from console import words
from console.health_view import span
from console.language import Language
from console.snapshot import CityAir, OpenAlert, Read, Shown, clocks_apart_s
from core.clock import SHANGHAI, Clock

LISTED = 50
"""Alerts on a page at most: what a browser renders and a person can read."""
OLD_AFTER = 3
"""Refreshes missed before the page says that what it shows is old."""
OLD_AT_LEAST_S = 10.0


class Asked(msgspec.Struct, frozen=True):
    """What a page's address asks for; None and empty for all."""

    language: Language
    city: str = ""
    severity: Severity | None = None

    def address(self) -> str:
        """The address of this page."""
        given = {"lang": self.language.value, "city": self.city, "severity": self.severity or ""}
        return "/?" + urlencode({name: value for name, value in given.items() if value})


class AlertCard(msgspec.Struct, frozen=True, kw_only=True):
    """An alert in words."""

    alert_id: int
    colour: str
    severity: str
    title: str
    where: str
    measured: str
    since: str
    stage: str
    waits: bool
    """Nobody has acknowledged it."""
    order: str
    history: str
    what: str
    todo: str
    basis: str
    camera: str


class AirCard(msgspec.Struct, frozen=True, kw_only=True):
    """A city's hour in words."""

    city: str
    aqi: str
    level: str
    colour: str
    ink: str
    primary: str
    hour: str


class Count(msgspec.Struct, frozen=True):
    """How many open alerts are of a severity."""

    severity: Severity
    name: str
    number: int
    colour: str


class AlertList(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts part of a page."""

    counts: tuple[Count, ...]
    cards: tuple[AlertCard, ...]
    notes: tuple[str, ...]
    """What is not in the list, each in one line."""
    empty: str
    """What stands in place of cards, if there are none."""
    cities: tuple[str, ...]
    """To choose from: those with open alerts, and the chosen one."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The line at the top."""

    data_time: str
    state: str
    warning: str
    """Empty if all that is shown is of now."""
    clock: str = ""
    """Empty if the console's clock is that of the data."""


def asked_of(parameters: Mapping[str, str], default: Language) -> Asked:
    """What an address's parameters ask for; what cannot be understood is as if it were not there."""
    language = parameters.get("lang", "")
    severity = parameters.get("severity", "")
    return Asked(
        Language(language) if language in set(Language) else default,
        parameters.get("city", "")[:100],
        Severity(severity) if severity in set(Severity) else None,
    )


def head(shown: Shown, language: Language, *, clock: Clock, wall: float, monotonic: float, refresh_s: float) -> Head:
    """How fresh what is shown is, at the machine's times `wall` and `monotonic`."""
    at = _local(clock.at(wall))
    age = round(max(0.0, monotonic - shown.read_at))
    data_time = words.DATA_TIME.say(language, at=at)
    remedy = words.REMEDY.say(language)
    if shown.read is None:
        warning = f"{words.AWAY_UNKNOWN.say(language)} · {remedy}" if shown.away else words.NOTHING_YET.say(language)
        return Head(data_time=data_time, state=words.NOTHING_YET.say(language), warning=warning)
    old = words.OLD.say(language, age=age)
    apart = _clocks_apart(shown.read, language, clock)
    if shown.away:
        away = f"{words.AWAY.say(language, age=age)} · {remedy}"
        return Head(data_time=data_time, state=old, warning=away, clock=apart)
    if age > max(OLD_AFTER * refresh_s, OLD_AT_LEAST_S):
        return Head(data_time=data_time, state=old, warning=f"{old} · {remedy}", clock=apart)
    return Head(data_time=data_time, state=words.LIVE.say(language, age=age), warning="", clock=apart)


def _clocks_apart(read: Read, language: Language, clock: Clock) -> str:
    apart = clocks_apart_s(read, clock)
    if apart is None or read.data_now is None:
        return ""
    data, own = (f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in (read.data_now, read.now))
    return words.CLOCKS_APART.say(language, data=data, own=own, apart=span(apart, language))


def alert_list(read: Read, asked: Asked) -> AlertList:
    """The alerts that the address asks for, in the order in which they were read: the gravest first."""
    language = asked.language
    chosen = [
        alert
        for alert in read.alerts
        if (not asked.city or alert.city == asked.city) and asked.severity in (None, alert.severity)
    ]
    total = sum(read.counts.values())
    notes = []
    if len(chosen) > LISTED:
        notes.append(words.MORE.say(language, n=len(chosen) - LISTED))
    if total > len(read.alerts):
        notes.append(words.UNREAD.say(language, n=len(read.alerts), all=total))
    if read.answered_for:
        notes.append(words.ANSWERED_FOR.say(language, n=read.answered_for))
    return AlertList(
        counts=tuple(
            Count(
                severity,
                words.SEVERITIES[severity].say(language),
                read.counts.get(severity, 0),
                words.SEVERITY_COLOURS[severity],
            )
            for severity in reversed(Severity)
        ),
        cards=tuple(_card(alert, language) for alert in chosen[:LISTED]),
        notes=tuple(notes),
        empty="" if chosen else (words.NONE_OF_THESE if total else words.NO_ALERTS).say(language),
        cities=tuple(sorted({alert.city for alert in read.alerts} | ({asked.city} if asked.city else set()))),
    )


def air_cards(cities: Iterable[CityAir], asked: Asked) -> tuple[AirCard, ...]:
    """The cities that the address asks for, the worst air first."""
    chosen = [air for air in cities if not asked.city or air.city == asked.city]
    return tuple(_air(air, asked.language) for air in sorted(chosen, key=lambda air: (-air.aqi, air.city)))


def _card(alert: OpenAlert, language: Language) -> AlertCard:
    def measured(value: float) -> str:
        return f"{number_text(value)} {alert.unit}".strip()

    def said(chinese: str, english: str) -> str:
        return chinese if language is Language.ZH else english

    name = said(alert.name_zh, alert.name_en) or alert.station or alert.city
    where = name if alert.station is None or name == alert.city else f"{name} · {alert.city}"
    return AlertCard(
        alert_id=alert.alert_id,
        colour=words.SEVERITY_COLOURS[alert.severity],
        severity=words.SEVERITIES[alert.severity].say(language),
        title=said(alert.title_zh, alert.title_en),
        where=where,
        measured=words.MEASURED.say(language, value=measured(alert.value), threshold=measured(alert.threshold)),
        since=words.SINCE.say(language, at=f"{alert.opened_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
        stage=said(*STAGES[alert.stage]),
        waits=alert.stage.value == "open",
        order=said(*ORDER_STAGES[alert.order]) if alert.order else "",
        history=words.HISTORY.say(language) if alert.history else "",
        what=said(alert.detail_zh, alert.detail_en),
        todo=said(alert.todo_zh, alert.todo_en),
        basis=alert.legal_basis,
        camera=alert.camera or words.NO_CAMERA.say(language),
    )


def _air(air: CityAir, language: Language) -> AirCard:
    start, end = air.start.astimezone(SHANGHAI), air.end.astimezone(SHANGHAI)
    names = "、".join(words.POLLUTANTS.get(name, name) for name in air.primary)
    return AirCard(
        city=air.city,
        aqi=str(air.aqi),
        level=(words.NO_LEVEL if air.level is None else words.LEVELS[air.level - 1]).say(language),
        colour=words.NO_LEVEL_COLOUR if air.level is None else words.LEVEL_COLOURS[air.level - 1],
        ink="#ffffff" if air.level is not None and air.level >= words.DARK_LEVEL else "#1c2733",
        primary=words.PRIMARY.say(language, names=names) if names else words.NO_PRIMARY.say(language),
        hour=f"{start:%m-%d %H:%M}–{'24' if end.hour == 0 else format(end, '%H')}:{end:%M}",
    )


def _local(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, SHANGHAI):%Y-%m-%d %H:%M:%S}"

"""An alert as it is stored, told and shown: made from a rule, what happened, and what the registry says."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from aggregate.statistic import city_object, station_object
from alerts.engine import Episode, Event
from alerts.happening import Happening
from alerts.rules.device import DeviceRule
from alerts.rules.model import Rule
from alerts.rules.text import Text
from core.clock import DAY, SHANGHAI
from standards.factors import load_catalogue

LIVE, HISTORY = "live", "history"
DEVICE = "device"
"""In place of a kind of window, of rules about devices: their windows begin and end with looks."""
OPEN, CLEARED, WITHDRAWN = "open", "cleared", "withdrawn"
PAGES_S = 24 * 3600
"""What ended longer ago pages nobody."""
STATION_PREFIX, CITY_PREFIX = station_object(""), city_object("")


class Place(msgspec.Struct, frozen=True):
    """What the registry says of the object that a rule watches."""

    name_zh: str
    name_en: str
    camera: str = ""
    county: str = ""
    """The county of a station, or its city if that is not registered."""
    kind: str = ""
    """Of its statistics; empty if it is not registered."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of table `alert` but its id and version; times are data time."""

    rule_id: str
    object: str
    number: int
    station: str | None
    city: str
    kind: str
    severity: str
    peak_severity: str
    level: int
    state: str
    opened_at: datetime
    updated_at: datetime
    cleared_at: datetime | None
    closed_at: datetime | None
    merged_into: int | None
    time_window: str
    first_start: datetime
    last_start: datetime
    ended_start: datetime | None
    factor: str
    value: float
    peak: float
    peak_start: datetime
    threshold: float
    unit: str
    edition: str
    origin: str
    pages: bool
    camera: str
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    detail_zh: str
    detail_en: str
    todo_zh: str
    todo_en: str
    legal_basis: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a record of `lantian.alerts.v1`: an alert as of `version`, and what happened to it.

    Receivers ignore a version that is not above the last one they saw of `alert_id`. `pages` tells whether anyone
    may be disturbed by it.
    """

    alert_id: int
    version: int
    happening: Happening
    alert: Alert


def alert_of(
    rule: Rule | DeviceRule, name: str, event: Event, city: str, place: Place, merged_into: int | None
) -> Alert:
    """The alert of the object `name` after `event`; of one that is withdrawn or merged, as it stood last.

    `merged_into` is the id of the alert that goes on, where `event` names an heir.
    """
    episode = event.after or event.before
    if episode is None:
        raise ValueError("an event without windows")
    texts = Texts(rule, episode, place)
    at = _time(event.at)
    ended = episode.ended_by
    peak = episode.peak(rule)
    level = rule.levels[episode.level - 1]
    state = WITHDRAWN if event.after is None else OPEN if ended is None else CLEARED
    return Alert(
        rule_id=rule.id,
        object=name,
        number=event.number,
        station=station_of(name),
        city=city,
        kind=place.kind or (rule.watch.kinds if isinstance(rule, Rule) else rule.kinds)[0],
        severity=level.severity,
        peak_severity=rule.levels[episode.peak_level - 1].severity,
        level=episode.level,
        state=state,
        opened_at=_time(episode.first.end),
        updated_at=at,
        cleared_at=_time(ended.end) if ended is not None and state == CLEARED else None,
        closed_at=at if state == WITHDRAWN else None,
        merged_into=merged_into,
        time_window=rule.watch.window if isinstance(rule, Rule) else DEVICE,
        first_start=_time(episode.first.start),
        last_start=_time(episode.last.start),
        ended_start=_time(ended.start) if ended is not None and state == CLEARED else None,
        factor=rule.watch.factor if isinstance(rule, Rule) else rule.factor or rule.condition,
        value=episode.last.measured,
        peak=peak.measured,
        peak_start=_time(peak.start),
        threshold=level.threshold,
        unit=rule.unit,
        edition=episode.last.edition,
        origin=LIVE if episode.live else HISTORY,
        pages=pages_of(event),
        camera=place.camera,
        name_zh=place.name_zh,
        name_en=place.name_en,
        title_zh=texts.zh(rule.title),
        title_en=texts.en(rule.title),
        detail_zh=texts.zh(rule.detail),
        detail_en=texts.en(rule.detail),
        todo_zh=texts.zh(rule.todo),
        todo_en=texts.en(rule.todo),
        legal_basis=rule.legal_basis,
    )


def pages_of(event: Event) -> bool:
    """Whether what happened may disturb anyone: it is of live data, of late, and no mere change of figures.

    What a new rule, or a late correction, finds in the past disturbs nobody.
    """
    episode = event.after or event.before
    recent = event.at - event.cause.end <= PAGES_S
    return episode is not None and episode.live and recent and event.happening is not Happening.CORRECTED


def station_of(object_: str) -> str | None:
    """The public station id in `station:<id>`; None for a city."""
    return object_.removeprefix(STATION_PREFIX) if object_.startswith(STATION_PREFIX) else None


class Texts:
    """Fills the placeholders of a rule's texts in."""

    def __init__(self, rule: Rule | DeviceRule, episode: Episode, place: Place) -> None:
        last = episode.last
        common = {
            "value": number_text(last.measured),
            "own": "" if last.own is None else number_text(last.own),
            "other": "" if last.other is None else number_text(last.other),
            "peak": number_text(episode.peak(rule).measured),
            "threshold": number_text(rule.levels[episode.level - 1].threshold),
            "unit": rule.unit,
            "hours": number_text((last.end - episode.first.start) / 3600),
        }
        code = rule.watch.factor if isinstance(rule, Rule) else rule.factor or rule.condition
        factor = load_catalogue().by_code.get(code)
        common |= {
            "factor": factor.symbol if factor else code,
            "since": f"{_local(episode.first.start):%Y-%m-%d %H:%M}",
        }
        self._zh = common | {
            "object": place.name_zh,
            "hour": hour_zh(last.start, last.end),
            "camera": place.camera or "未登记",
            "county": place.county,
        }
        self._en = common | {
            "object": place.name_en,
            "hour": hour_en(last.start, last.end),
            "camera": place.camera or "none registered",
            "county": place.county,
        }

    def zh(self, text: Text) -> str:
        """The Chinese text."""
        return text.zh.format_map(self._zh)

    def en(self, text: Text) -> str:
        """The English text."""
        return text.en.format_map(self._en)


def number_text(value: float) -> str:
    """At most two decimals, and none that are nought."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def hour_zh(start: int, end: int) -> str:
    """Chinese hours carry the number of their end, 1 … 24, on the day they began."""
    begin, finish = _local(start), _local(end)
    if end - start >= DAY:
        return f"{begin:%Y-%m-%d}" if end - start == DAY else f"{begin:%Y-%m-%d} 至 {_local(end - 1):%Y-%m-%d}"
    return f"{begin:%Y-%m-%d} {finish.hour or 24}时（{begin:%H:%M}–{finish:%H:%M}）"


def hour_en(start: int, end: int) -> str:
    """The window in Asia/Shanghai time."""
    if end - start >= DAY:
        return (
            f"{_local(start):%Y-%m-%d}"
            if end - start == DAY
            else f"{_local(start):%Y-%m-%d} to {_local(end - 1):%Y-%m-%d}"
        )
    return f"{_local(start):%Y-%m-%d %H:%M}–{_local(end):%H:%M}"


def _local(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, SHANGHAI)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

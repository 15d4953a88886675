"""Evidence without a database: rows that the kernels make of readings, hours, stations and days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, NO2, OZONE, PM10, PM25, SO2, station

from aggregate.cities import compute_city_hour, excluded
from aggregate.explanation.account import Account, account
from aggregate.explanation.evidence import Evidence, Member, taken
from aggregate.explanation.inputs import Why
from aggregate.explanation.question import Question
from aggregate.hours import HourInput, compute_hours
from aggregate.reading import Number, Slot, Stored
from aggregate.spans import compute_days, compute_eight_hours
from aggregate.statistic import DEVICES, Computed, Content, Key, Reason, Statistic, Tier, Variant, Window
from core.clock import MICROS
from ingest.envelope import Source
from ingest.station import Station
from standards.editions import edition_at, load_editions

NAME, CITY = "s1", "晋城市"
START = MIDNIGHT + 9 * HOUR
SIX = {PM25: 35.0, PM10: 80.0, SO2: 12.0, NO2: 40.0, CO: 0.7, OZONE: 90.0}
LATER = MIDNIGHT + 400 * DAY


def said(
    minute: int,
    values: Mapping[str, float],
    *,
    seq: int = 0,
    period: int = MINUTE,
    flags: str = "",
    mask: str = "",
    source: Source = Source.DEVICE,
    start: int = START,
) -> tuple[Slot, Stored]:
    """A stored report of the hour beginning at `start`."""
    time = start + minute * MINUTE
    number = Number(source, 0, seq or minute + 1)
    row = Stored(number, tuple(values), list(values.values()), flags, mask, 0, (time + 61) * MICROS, "", fresh=False)
    return Slot(1, period, time), row


def row_of(key: Key, content: Content, *, state: str = "F", **changes: Any) -> Statistic:
    """A row of this content, all its factors in one state."""
    count = len(content.factors)
    return replace(Statistic(key, content, state * count, (True,) * count, 2, 0, None, key.end), **changes)


def of_hour(
    readings: Sequence[tuple[Slot, Stored]], factor: str, *, variant: Variant = DEVICES, dusty: bool = False
) -> Evidence:
    """A station's hour of these readings."""
    asked = Question(f"station:{NAME}", factor, Window.HOUR, START, variant)
    rows = [taken(slot, row) for slot, row in readings]
    computed = compute_hours([HourInput(START, rows, True, 0, variant, dusty)], [edition_at(START)])[0]
    row = row_of(asked.key, computed.content)
    return Evidence(asked, row, station(NAME), {row.key: row}, tuple(readings), dusty=dusty)


def hour_row(start: int, values: Mapping[str, float | None], *, name: str = NAME, state: str = "F") -> Statistic:
    """An hour of a station as it stands."""
    names = tuple(sorted(values))
    counts = tuple(0 if values[of] is None else 60 for of in names)
    reasons = tuple(Reason.NO_VALUES if values[of] is None else Reason.VALID for of in names)
    content = Content(
        names, tuple(values[of] for of in names), counts, (60,) * len(names), reasons, edition_at(start).id
    )
    return row_of(Key(f"station:{name}", Window.HOUR, start), content, state=state)


def dusty_hour(start: int) -> Statistic:
    """An hour in sand-dust as it stands without."""
    row = hour_row(start, SIX | {PM10: None, PM25: None})
    reasons = tuple(Reason.SANDDUST if value is None else Reason.VALID for value in row.content.values)
    key = row.key.of(Variant(Tier.RAW, sanddust=False))
    return replace(row, key=key, content=row.content._replace(reasons=reasons))


def of_window(
    window: Window, start: int, factor: str, hours: Mapping[int, Statistic], *, variant: Variant = DEVICES
) -> Evidence:
    """A station's 8 hours or day of these hours."""
    asked = Question(f"station:{NAME}", factor, window, start, variant)
    make: Callable[..., list[Computed]] = compute_eight_hours if window is Window.EIGHT_HOURS else compute_days
    more = {} if window is Window.EIGHT_HOURS else {"has_aqi": [True]}
    computed = make([asked.key], [hours.get], [edition_at(start)], now=LATER, grace=[0], **more)[0]
    row = row_of(asked.key, computed.content)
    return Evidence(asked, row, station(NAME), {row.key: row, **{hour.key: hour for hour in hours.values()}})


def of_city(factor: str, stations: Sequence[tuple[Station, Statistic | None]]) -> Evidence:
    """A city's hour of its stations' hours."""
    edition = edition_at(START)
    asked = Question(f"city:{CITY}", factor, Window.HOUR, START, DEVICES)
    members = tuple(Member(of, excluded(of, edition)) for of, _ in stations)
    counting = [row for (_, row), member in zip(stations, members, strict=True) if member.excluded is None]
    row = row_of(asked.key, compute_city_hour(counting, edition, 0).content)
    rows = {row.key: row} | {of.key: of for _, of in stations if of is not None}
    return Evidence(asked, row, None, rows, members=members)


def told(evidence: Evidence) -> Account:
    """Its account."""
    return account(evidence, load_editions())


def tampered(evidence: Evidence, **changes: float | int | None) -> Evidence:
    """The same with another value, count or reason of the factor in the row."""
    content = evidence.row.content
    place = content.factors.index(evidence.question.factor)

    other: dict[str, Any] = content._asdict()
    for field, value in changes.items():
        other[field] = (*other[field][:place], value, *other[field][place + 1 :])
    row = replace(evidence.row, content=Content(**other))
    return replace(evidence, row=row, rows={**evidence.rows, row.key: row})


def whys(found: Account) -> Counter[Why]:
    """Inputs counted by why they count or not."""
    return Counter(each.why for each in found.inputs)


def sources(found: Account) -> str:
    """The rules in English with source and mark."""
    return "; ".join(f"{rule.en} [{rule.source} {rule.confidence}]" for rule in found.rules)

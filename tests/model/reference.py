"""What must come out, computed in one go from what Kafka holds: the batch run that the stream must equal.

Written apart from the judge on purpose: by number and by slot over the whole log, not entry by entry over tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .tables import Compared, Mask, Tier, Window
from .vocabulary import (
    DAY,
    ERA,
    FUTURE,
    HOUR,
    KNOWN,
    MENDED,
    SLOT,
    Body,
    Entry,
    RowKey,
    Slot,
    Source,
    Value,
    day_of,
    hour_of,
    named_twice,
)


class Kept(NamedTuple):
    """A value as it must be stored."""

    value: int | None
    flag: str
    mask: Mask
    live: bool


Rows = dict[RowKey, dict[str, Kept]]
Said = dict[tuple[RowKey, str], list[tuple[Value, bool]]]


class Outcome(NamedTuple):
    """Rows with their masks, the origin of each, and the readings that stand rejected."""

    rows: Rows
    origins: dict[RowKey, str]
    rejected: Counter[tuple[RowKey, Value]]


def outcome(entries: Iterable[Entry]) -> Outcome:
    """Rows that the entries, in Kafka's order, must leave."""
    origins: dict[RowKey, str] = {}
    said: Said = {}
    rejected: Counter[tuple[RowKey, Value]] = Counter()
    for entry in entries:
        if entry.report is None or not entry.timed:
            continue
        key = _key(entry)
        known = {v: _was_said(said, key, v) for v in entry.values}
        retried = {v for v in entry.values if entry.retry and not _accepted(said, key, v.factor)}
        news = [v for v in entry.values if not known[v] or v in retried]
        if entry.values and not news:
            continue
        has_row = _has_row(entry)
        if has_row:
            origins.setdefault(key, entry.report.origin)
        before = {v.factor: said.get((key, v.factor), [(v, False)])[0][0] for v in news}
        for value in news:
            taken = has_row and before[value.factor] == value and _acceptable(entry, value)
            if taken or not known[value]:
                said.setdefault((key, value.factor), []).append((value, taken))
                rejected[key, value] += not taken
    accepted = {at: next((v for v, taken in history if taken), None) for at, history in said.items()}
    return Outcome(_masked(origins, {at: v for at, v in accepted.items() if v is not None}), origins, +rejected)


def _was_said(said: Said, key: RowKey, value: Value) -> bool:
    return any(v == value for v, _ in said.get((key, value.factor), []))


def _accepted(said: Said, key: RowKey, factor: str) -> bool:
    return any(taken for _, taken in said.get((key, factor), []))


def _key(entry: Entry) -> RowKey:
    report = entry.report
    assert report is not None
    period = report.period or SLOT
    time = report.time // period * period
    return RowKey(Slot(entry.station, period, time, report.issued), entry.source, entry.run or 0, entry.seq or 0)


def _has_row(entry: Entry) -> bool:
    report = entry.report
    assert report is not None
    in_time = report.time <= entry.received + FUTURE or report.issued is not None
    return report.body is Body.READABLE and entry.station in KNOWN and report.station == entry.station and in_time


def _acceptable(entry: Entry, value: Value) -> bool:
    report = entry.report
    assert report is not None
    known = value.factor != "x" or entry.received >= MENDED
    in_range = value.value is None or value.value <= (9 if report.time < ERA else 20)
    return known and in_range and value.factor not in named_twice(entry.values)


def _masked(origins: Mapping[RowKey, str], accepted: Mapping[tuple[RowKey, str], Value]) -> Rows:
    best: dict[tuple[Slot, str, bool], RowKey] = {}
    for key, factor in accepted:
        for persons in {True, key.source is Source.PERSON}:
            at = (key.slot, factor, persons)
            best[at] = max(best.get(at, key), key, key=lambda k: (k.source, k.run, k.seq))
    rows: Rows = {key: {} for key in origins}
    for (key, factor), value in accepted.items():
        mask = Mask.SUPERSEDED
        if best[key.slot, factor, True] == key:
            mask = Mask.CURRENT
        elif key.source is not Source.PERSON and _best_device(accepted, key.slot, factor) == key:
            mask = Mask.BY_PERSON
        rows[key][factor] = Kept(value.value, value.flag, mask, origins[key] == "live")
    return rows


def _best_device(accepted: Iterable[tuple[RowKey, str]], slot: Slot, factor: str) -> RowKey:
    rivals = [k for k, f in accepted if (k.slot, f) == (slot, factor) and k.source is not Source.PERSON]
    return max(rivals, key=lambda k: (k.source, k.run, k.seq))


Cells = dict[tuple[str, Window, int, Tier], dict[str, Compared]]


def statistics(rows: Rows, rule: int, stand: Mapping[tuple[str, int, Tier], Mapping[str, Compared]]) -> Cells:
    """What every window must say; `stand` gives the hours of closed days, by station, start and tier."""
    cells: Cells = {}
    for tier in Tier:
        hours: dict[tuple[str, int], dict[str, Compared]] = {}
        found: dict[tuple[str, int, str], dict[tuple[int, int], Kept]] = {}
        for key, row in rows.items():
            for factor, kept in row.items():
                if key.slot.issued is None and _counts_in(tier, key, kept):
                    at = (key.slot.station, hour_of(key.slot.time), factor)
                    found.setdefault(at, {})[key.slot.period, key.slot.time] = kept
        for (station, hour, factor), kept_by_place in found.items():
            hours.setdefault((station, hour), {})[factor] = _hour(kept_by_place, f"{_era(hour)}.{rule}")
        for (station, hour, of), frozen in stand.items():
            if of is tier:
                hours[station, hour] = dict(frozen)
        cells.update({(s, Window.HOUR, h, tier): c for (s, h), c in hours.items()})
        for station, hour in hours:
            for start in (hour, hour + HOUR):
                cells[station, Window.RUN, start, tier] = _joined(hours, station, (start - HOUR, start), start, rule)
            day = day_of(hour)
            cells[station, Window.DAY, day, tier] = _joined(hours, station, (day, day + DAY - HOUR), day, rule)
    return cells


def _counts_in(tier: Tier, key: RowKey, kept: Kept) -> bool:
    if tier is Tier.REVIEWED:
        return kept.mask is Mask.CURRENT
    return key.source is not Source.PERSON and kept.mask in {Mask.CURRENT, Mask.BY_PERSON}


def _era(start: int) -> str:
    return "first" if start < ERA else "later"


def _hour(kept: Mapping[tuple[int, int], Kept], edition: str) -> Compared:
    whole = [k for (period, _), k in kept.items() if period == HOUR and k.flag == "N"]
    if whole:
        return Compared((whole[0].value,), 2, "valid", edition)
    values = tuple(k.value for (period, _), k in sorted(kept.items()) if period == SLOT and k.flag == "N")
    return _verdict(values, len(values), edition)


def _joined(
    hours: Mapping[tuple[str, int], Mapping[str, Compared]], station: str, parts: tuple[int, int], start: int, rule: int
) -> dict[str, Compared]:
    below = [hours.get((station, part), {}) for part in parts]
    joined = {}
    for factor in {f for cells in below for f in cells}:
        values = tuple(
            cells[factor].value if factor in cells and cells[factor].reason == "valid" else None for cells in below
        )
        joined[factor] = _verdict(values, sum(v is not None for v in values), f"{_era(start)}.{rule}")
    return joined


def _verdict(values: tuple[object, ...], count: int, edition: str) -> Compared:
    return Compared(values, count, ("no values", "too few", "valid")[min(count, 2)], edition)

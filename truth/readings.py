"""What of a station's messages counts: the current readings, and what is rejected and why, by the report's own rules.

Written from docs/report.md and the state model's “Report and reading”, one value at a time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from aggregate.reading import RejectReason
from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.kinds import Kind
from standards.factors import Catalogue
from truth.folder import KnownStation
from truth.payload import MalformedPayload, Report, Value, read
from truth.statistics import Reading

FUTURE_S = 300
"""A report may lie so far ahead of its receipt: “more than five minutes” is the future."""

Said = tuple[str, float | None, str]
"""Code, value and flag: what makes two values of one number the same."""


class Slot(NamedTuple):
    """What readings are revisions of: a period (seconds) at a time (UTC seconds) aligned to its grid."""

    period: int
    time: int
    issued: int | None


Current = tuple[int, int, float, str]
"""The revision of a reading that counts: run, seq, value, flag."""


class _Place(NamedTuple):
    """What a report may say under one of its names."""

    code: str
    fixed: RejectReason | None
    """Why no value can be taken, whatever it is."""
    least: float
    greatest: float


class Account:
    """What becomes of the messages on one station's topic, heard in the order they were sent.

    `station` is None where the registry knows no station of the topic's name.
    """

    def __init__(self, name: str, station: KnownStation | None, catalogue: Catalogue) -> None:
        self.name = name
        self.station = station
        self.current: dict[Slot, dict[str, Current]] = {}
        self.rejected: Counter[RejectReason] = Counter()
        """Readings by reason; payloads that are no report count as one each."""
        self.repeats = 0
        self.superseded = 0
        self._catalogue = catalogue
        self._said: dict[tuple[Slot, int, int, bool], set[Said]] = {}
        self._unreadable: set[str] = set()
        self._places: dict[tuple[str, ...], list[_Place]] = {}
        self.rejected_times: list[int] = []
        """Of reports with a rejected reading, UTC seconds."""
        self.runs: set[int] = set()

    def hear(self, at: float, payload: str) -> None:
        """One message, handed over at `at` (UTC seconds of data time)."""
        try:
            report = read(payload)
        except MalformedPayload:
            if payload not in self._unreadable:
                self._unreadable.add(payload)
                self.rejected[RejectReason.MALFORMED] += 1
            return
        self.runs.add(report.run)
        self._take(report, self._whole(report, at))

    def _whole(self, report: Report, at: float) -> RejectReason | None:
        """Why the whole report cannot be taken. Only a forecast that says when it was issued may lie in the future."""
        if report.station != self.name:
            return RejectReason.STATION_MISMATCH
        if self.station is None:
            return RejectReason.UNKNOWN_STATION
        forecast = self.station.kind == Kind.FORECAST and report.issued is not None
        return RejectReason.FUTURE if not forecast and report.time > at + FUTURE_S else None

    def _take(self, report: Report, whole: RejectReason | None) -> None:
        """Reading by reading: a repeat, a conflict, rejected, or a revision of what is there."""
        period = report.period or (self.station.reporting_period if self.station else 0)
        slot = Slot(period, aligned(report.time, period), report.issued)
        mismatch = whole is RejectReason.STATION_MISMATCH
        known = self._said.setdefault((slot, report.run, report.seq, mismatch), set())
        named = {code for code, _, _ in known}
        current = self.current.get(slot, {})
        new: list[Said] = []
        refused: list[RejectReason] = []
        for (_, value, flag), place in zip(report.values, self._places_of(report.values), strict=True):
            said = (place.code, None if math.isnan(value) else value, flag)
            if said in known:
                self.repeats += 1
                continue
            new.append(said)
            reason = RejectReason.CONFLICT if place.code in named else whole or _wrong(value, flag, place)
            if reason is None:
                self._revise(current, place.code, (report.run, report.seq, value, flag))
            else:
                refused.append(reason)
        known.update(new)
        if current:
            self.current[slot] = current
        if refused:
            self.rejected.update(refused)
            self.rejected_times.append(slot.time)

    def _revise(self, current: dict[str, Current], code: str, reading: Current) -> None:
        """The greater revision counts, whatever came first."""
        former = current.get(code)
        if former is None:
            current[code] = reading
            return
        self.superseded += 1
        if former[:2] < reading[:2]:
            current[code] = reading

    def _places_of(self, values: list[Value]) -> list[_Place]:
        names = tuple([name for name, _, _ in values])
        found = self._places.get(names)
        if found is None:
            found = self._places[names] = self._make_places(names)
        return found

    def _make_places(self, names: tuple[str, ...]) -> list[_Place]:
        kind = self.station.kind if self.station else ""
        factors = [self._catalogue.resolve(name) for name in names]
        # what is computed here nobody may report, but a forecast
        factors = [None if factor and factor.derived and kind != Kind.FORECAST else factor for factor in factors]
        codes = [factor.code if factor else name for factor, name in zip(factors, names, strict=True)]
        places = []
        for factor, code in zip(factors, codes, strict=True):
            least, greatest = -math.inf, math.inf
            if self.station and code in self.station.valid_ranges:
                own = self.station.valid_ranges[code]
                least = -math.inf if own[0] is None else own[0]
                greatest = math.inf if own[1] is None else own[1]
            elif factor:
                measure = factor.measure(kind)
                least, greatest = measure.minimum, measure.maximum
            fixed = None if factor else RejectReason.UNKNOWN_FACTOR
            places.append(_Place(code, RejectReason.FACTOR_TWICE if codes.count(code) > 1 else fixed, least, greatest))
        return places

    @property
    def readings(self) -> int:
        """How many readings are current."""
        return sum(map(len, self.current.values()))

    def measured(self) -> Iterator[Reading]:
        """The current readings that hours are made of: averages over an hour at most, no forecasts."""
        for (period, time, issued), of_slot in self.current.items():
            if issued is None and 0 < period <= HOUR:
                for code, (_, _, value, flag) in of_slot.items():
                    yield Reading(time, period, code, value, flag)

    def samples(self) -> Iterator[tuple[Slot, dict[str, Current]]]:
        """The current readings that no statistic is made of: over more than an hour, of an instant, forecasts."""
        for slot, of_slot in self.current.items():
            if slot.issued is not None or not 0 < slot.period <= HOUR:
                yield slot, of_slot

    def unused(self) -> Counter[int | None]:
        """How many samples there are, by period in seconds; None: forecasts."""
        found: Counter[int | None] = Counter()
        for slot, of_slot in self.samples():
            found[None if slot.issued is not None else slot.period] += len(of_slot)
        return found


def _wrong(value: float, flag: str, place: _Place) -> RejectReason | None:
    """Why this value cannot be taken. Its range counts where its flag is N alone."""
    _, fixed, least, greatest = place
    if fixed is not None:
        return fixed
    if math.isinf(value):
        return RejectReason.NOT_FINITE
    return RejectReason.OUT_OF_RANGE if flag == "N" and (value < least or value > greatest) else None


def aligned(time: int, period: int) -> int:
    """`time` down to the grid of `period`, which begins at each midnight of Asia/Shanghai."""
    if period <= 0:
        return time
    midnight = (time + SHANGHAI_OFFSET) // DAY * DAY - SHANGHAI_OFFSET
    return midnight + (time - midnight) // period * period

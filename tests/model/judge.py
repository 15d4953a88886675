"""Where an entry goes: into a row, among the rejected, or into the count of identical repeats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .delivery import Broken
from .mutants import Mutant
from .revision import rank
from .tables import Closed, Intake, Rejected, Row, Tables
from .vocabulary import (
    ERA,
    FUTURE,
    KNOWN,
    MENDED,
    SLOT,
    Body,
    Entry,
    Reason,
    Report,
    RowKey,
    Slot,
    Value,
    day_of,
    named_twice,
)


class Case(NamedTuple):
    """A report before the judge, within the transaction `tx`, at the worker's time `now`."""

    tx: Tables
    entry: Entry
    report: Report
    key: RowKey
    now: int


class Precedent(NamedTuple):
    """What a number said of a factor before."""

    value: int | None
    flag: str
    accepted: bool


class Split(NamedTuple):
    """A report's values: to be judged, to be judged again, and how many are identical repeats."""

    fresh: tuple[Value, ...]
    again: tuple[Value, ...]
    repeats: int


class Judge:
    """Judges entries within a transaction; `take` gives the slots whose readings changed."""

    def __init__(self, broken: Broken) -> None:
        self.broken = broken

    def take(self, tx: Tables, entry: Entry, now: int, *, closed: bool, spoilt: bool) -> set[Slot]:
        """`closed` tells whether its day is, `spoilt` whether its record holds what cannot be stored."""
        if entry.told is not None:
            self._tell(tx, entry, entry.told)
        if entry.report is None:
            return set()
        case = Case(tx, entry, entry.report, self._row_key(entry, entry.report), now)
        if not self.broken(Mutant.INTAKE_AFTER_JUDGING):
            tx.count(entry.station, entry.source, entry.day, Intake(1, len(entry.values)))
        if closed and entry.timed:
            self._take_closed(case)
            return set()
        return self._take_open(case, spoilt=spoilt)

    def _tell(self, tx: Tables, entry: Entry, told: tuple[int, int]) -> None:
        sender, last = (entry.station, entry.source, told[0]), told[1]
        if not self.broken(Mutant.STATUS_LAST_KEPT):
            last = max(last, tx.told.get(sender, 0))
        tx.told[sender] = last

    def _take_closed(self, case: Case) -> None:
        tx, entry = case.tx, case.entry
        nothing = Closed(frozenset(), frozenset(), {})
        kept = tx.closed.get((entry.station, entry.day), nothing)
        day = day_of(entry.received) if self.broken(Mutant.LOOKED_UP_BY_RECEIPT) else entry.day
        known = entry.number in tx.closed.get((entry.station, day), nothing).numbers
        if self.broken(Mutant.CLOSED_REPEAT_REJECTED):
            known = False
        if not known:
            self._reject(case, entry.values, Reason.CLOSED)
        elif entry.values:
            tx.count(entry.station, entry.source, entry.day, Intake(repeats=len(entry.values)))
        if entry.number and not self.broken(Mutant.CLOSED_NOT_RECEIVED):
            kept = kept._replace(numbers=kept.numbers | {entry.number})
        tx.closed[entry.station, entry.day] = kept.plus(entry.source, len(entry.values))

    def _take_open(self, case: Case, *, spoilt: bool) -> set[Slot]:
        split = self._split(case)
        self._repeat(case, split.repeats)
        if split.repeats and not split.fresh and not split.again:
            return set()
        reason = self._whole(case)
        if spoilt and self.broken(Mutant.RECORD_REJECTED):
            reason = Reason.UNSTORABLE
        if reason is not None:
            self._repeat(case, len(split.again))
            self._reject(case, split.fresh, reason)
            return set()
        return self._store(case, split)

    def _row_key(self, entry: Entry, report: Report) -> RowKey:
        period = report.period or (0 if self.broken(Mutant.PERIOD_NOT_FILLED_IN) else SLOT)
        time = report.time if self.broken(Mutant.NOT_ALIGNED) else report.time - report.time % (period or SLOT)
        issued = None if self.broken(Mutant.ISSUED_NOT_IN_KEY) else report.issued
        if self.broken(Mutant.PERIOD_NOT_IN_KEY):
            period = SLOT
        return RowKey(Slot(entry.station, period, time, issued), entry.source, entry.run or 0, entry.seq or 0)

    def _split(self, case: Case) -> Split:
        fresh: list[Value] = []
        again: list[Value] = []
        repeats = 0
        for value in case.entry.values:
            before = precedents(case, value.factor)
            same = [p for p in before if p.value == value.value]
            if not self.broken(Mutant.FLAG_NOT_COMPARED):
                same = [p for p in same if p.flag == value.flag]
            if self.broken(Mutant.REPEAT_BY_NUMBER) and case.key in case.tx.rows:
                repeats += 1
            elif not same:
                fresh.append(value)
            elif not any(p.accepted for p in before) and self._judged_again(case.entry):
                again.append(value)
            else:
                repeats += 1
        return Split(tuple(fresh), tuple(again), repeats)

    def _judged_again(self, entry: Entry) -> bool:
        if self.broken(Mutant.RETRY_IS_REPEAT):
            return False
        return entry.retry or self.broken(Mutant.REPEAT_JUDGED_AGAIN)

    def _whole(self, case: Case) -> Reason | None:
        entry, report = case.entry, case.report
        received = case.now if self.broken(Mutant.RECEIPT_OF_NOW) else entry.received
        if not entry.timed:
            return Reason.MALFORMED
        if report.body is Body.UNSTORABLE:
            return Reason.UNSTORABLE
        if entry.station not in KNOWN:
            return Reason.UNKNOWN_STATION
        if report.station != entry.station and not self.broken(Mutant.TOPIC_NOT_COMPARED):
            return Reason.NOT_THE_TOPICS
        if report.time > received + FUTURE and report.issued is None:
            return Reason.FUTURE
        return None

    def _factor(self, case: Case, value: Value) -> Reason | None:
        first = next(iter(precedents(case, value.factor)), None)
        reused = first is not None and (first.value, first.flag) != (value.value, value.flag)
        if reused and not self.broken(Mutant.CONFLICT_LAST_STANDS):
            return Reason.CONFLICT
        if value.factor in named_twice(case.entry.values) and not self.broken(Mutant.TWICE_LAST_STANDS):
            return Reason.TWICE
        if value.factor == "x" and case.entry.received < MENDED:
            return Reason.UNKNOWN_FACTOR
        at = case.now if self.broken(Mutant.REGISTRY_OF_NOW) else case.report.time
        if (value.value or 0) > (9 if at < ERA else 20):
            return Reason.RANGE
        return None

    def _store(self, case: Case, split: Split) -> set[Slot]:
        reasons = {v: self._factor(case, v) for v in split.fresh + split.again}
        if self.broken(Mutant.FACTOR_REJECTS_REPORT) and any(reasons.values()):
            reasons = {v: reason or Reason.RANGE for v, reason in reasons.items()}
        for value in split.fresh:
            if reason := reasons[value]:
                self._reject(case, (value,), reason)
        self._repeat(case, sum(reasons[v] is not None for v in split.again))
        accepted = {v.factor: v for v, reason in reasons.items() if reason is None}
        if not accepted and self.broken(Mutant.NO_ROW_WITHOUT_FACTORS):
            return set()
        key = case.key
        if case.entry.retry and self.broken(Mutant.RETRY_HAS_ITS_OWN_ROW):
            key = key._replace(seq=-key.seq)
        row = case.tx.rows.get(key, Row({}, case.report.origin))
        origin = case.report.origin if self.broken(Mutant.ORIGIN_OF_LAST_COPY) else row.origin
        case.tx.rows[key] = Row(row.cells, origin)
        contested = {v.factor for v in split.fresh} if self.broken(Mutant.REJECTED_SUPERSEDES) else accepted.keys()
        rank(case.tx, key, accepted, contested, self.broken)
        return {key.slot} if accepted else set()

    def _repeat(self, case: Case, readings: int) -> None:
        if self.broken(Mutant.ORIGIN_OF_LAST_COPY) and case.key in case.tx.rows:
            case.tx.rows[case.key] = case.tx.rows[case.key]._replace(origin=case.report.origin)
        if readings and not self.broken(Mutant.REPEATS_UNCOUNTED):
            case.tx.count(case.entry.station, case.entry.source, case.entry.day, Intake(repeats=readings))

    def _reject(self, case: Case, values: Iterable[Value], reason: Reason) -> None:
        entry, report = case.entry, case.report
        rejected = Rejected(
            station=report.station if self.broken(Mutant.REJECTED_BY_PAYLOADS_STATION) else entry.station,
            source=entry.source,
            number=None if self.broken(Mutant.REJECTED_WITHOUT_NUMBER) else entry.number,
            key=case.key if entry.timed else None,
            day=entry.day,
            values=tuple(values),
            reason=reason,
            payload=report,
        )
        case.tx.rejected.append(rejected)
        if not self.broken(Mutant.REJECTED_UNTOLD):
            case.tx.outbox.append(rejected)


def precedents(case: Case, factor: str) -> list[Precedent]:
    """What the report's number said of the factor at its place, what stands first."""
    row = case.tx.rows.get(case.key)
    found = []
    if row is not None and factor in row.cells:
        found.append(Precedent(row.cells[factor].value, row.cells[factor].flag, accepted=True))
    for rejected in case.tx.rejected:
        if rejected.key == case.key:
            found.extend(Precedent(v.value, v.flag, accepted=False) for v in rejected.values if v.factor == factor)
    return found

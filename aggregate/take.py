"""Taking a batch: from judged reports and what stands in their slots to the rows that must be written. Pure.

Every reading taken ends as current, superseded, repeat or rejected: the second balance of the ledger holds by
construction, report by report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aggregate.closed import ClosedDay, DayKey, refuse
from aggregate.reading import Judged, Number, RejectReason, Resolved, Slot, Stored, Unparsed
from aggregate.revision import Said, mask, resolve, said
from aggregate.store import Intake, Refused, RefusedKey
from core.clock import MICROS, day_start
from ingest.envelope import Entry, Source


@dataclass(slots=True)
class Standing:
    """What the database holds of the reports in a batch."""

    slots: Mapping[Slot, dict[Number, Stored]]
    refused: Refused
    closed: Mapping[DayKey, ClosedDay]
    """Days of reports, and of the receipt of what is none, that are closed."""
    digests: Collection[tuple[str, bytes]] = ()
    """Topic station and SHA-256 of bytes without a readable number that are kept already."""


@dataclass(slots=True)
class Taken:
    """What a batch comes to."""

    slots: dict[Slot, Sequence[Stored]] = field(default_factory=dict)
    """Slots in which a row is fresh or changed."""
    rejected: list[Resolved] = field(default_factory=list)
    unparsed: list[Unparsed] = field(default_factory=list)
    closed: dict[DayKey, ClosedDay] = field(default_factory=dict)
    """Closed days to which something new has come."""
    counts: dict[int, dict[tuple[str, int, int], Intake]] = field(default_factory=lambda: defaultdict(dict))
    """By partition, then topic station, source and day."""

    def count(
        self, partition: int, key: tuple[str, int, int], readings: int, repeats: int, *, reports: int = 1
    ) -> None:
        """Count reports that came in."""
        of_partition = self.counts[partition]
        before = of_partition.get(key, Intake(0, 0, 0))
        of_partition[key] = Intake(before.reports + reports, before.readings + readings, before.repeats + repeats)

    def count_unparsed(self, item: Unparsed) -> None:
        """Count an entry without readings, on the day of its receipt."""
        entry = item.entry
        self.count(item.position.partition, (entry.station, int(entry.source), day_of_receipt(entry)), 0, 0)


def day_of_receipt(entry: Entry) -> int:
    """The day to which what is no report belongs: its first second."""
    return day_start(entry.received // MICROS)


def take(
    judged: Sequence[Judged], unparsed: Iterable[tuple[Unparsed, bytes]], standing: Standing, order: Sequence[Source]
) -> Taken:
    """Take judged reports, in Kafka's order, and unparsed entries with their SHA-256, into what stands."""
    taken = Taken()
    _take_unparsed(taken, unparsed, set(standing.digests), standing.closed)
    by_slot: dict[Slot, list[Judged]] = defaultdict(list)
    for report in judged:
        day = standing.closed.get((report.entry.station, report.day))
        if day is None:
            by_slot[report.slot].append(report)
        else:
            _take_closed(taken, report, day)
    sorted_names: dict[tuple[str, ...], tuple[tuple[str, ...], list[int]]] = {}
    for slot, reports in by_slot.items():
        rows = standing.slots.get(slot)
        if len(reports) == 1 and not rows and _plain(reports[0], standing):
            report = reports[0]
            taken.slots[slot] = (_first(report, sorted_names),)
            _count(taken, report, 0)
        else:
            _take_slot(taken, slot, reports, dict(rows or {}), standing, order)
    return taken


def _plain(report: Judged, standing: Standing) -> bool:
    """Whether nothing is known of the report and nothing is wrong with it: the commonest case by far."""
    return report.whole is None and report.reasons is None and _refused_key(report) not in standing.refused


def _first(report: Judged, sorted_names: dict[tuple[str, ...], tuple[tuple[str, ...], list[int]]]) -> Stored:
    names, values, flags = report.names, report.values, report.flags
    if names not in sorted_names:
        order = sorted(range(len(names)), key=names.__getitem__)
        sorted_names[names] = tuple(names[i] for i in order), order
    ordered, order = sorted_names[names]
    return Stored(
        report.number,
        ordered,
        [values[i] for i in order],
        "".join(flags[i] for i in order) if flags else "",
        "",
        report.origin,
        report.entry.received,
        report.entry.correlation,
    )


def _take_slot(
    taken: Taken,
    slot: Slot,
    reports: Sequence[Judged],
    rows: dict[Number, Stored],
    standing: Standing,
    order: Sequence[Source],
) -> None:
    refused: dict[RefusedKey, dict[str, set[Said]]] = {}
    recorded = {key for key in map(_refused_key, reports) if key in standing.refused}
    for report in reports:
        key = _refused_key(report)
        of_number = refused.setdefault(key, {name: set(of) for name, of in standing.refused.get(key, {}).items()})
        again = report.whole is not None and not report.entry.retry and key in recorded
        outcome = resolve({} if key.mismatch else rows, of_number, report)
        for reading in outcome.rejected:
            of_number.setdefault(reading.name, set()).add(said(reading.value, reading.flag))
        _count(taken, report, outcome.repeats)
        if outcome.rejected or (report.whole is not None and not again):
            taken.rejected.append(outcome)
            recorded.add(key)
    mask(rows.values(), order)
    if any(row.fresh or row.changed for row in rows.values()):
        taken.slots[slot] = tuple(rows.values())


def _refused_key(report: Judged) -> RefusedKey:
    mismatch = report.whole == RejectReason.STATION_MISMATCH
    return RefusedKey(report.entry.station, report.number, report.slot.time, report.slot.period, mismatch)


def _take_closed(taken: Taken, report: Judged, day: ClosedDay) -> None:
    """A known number is a repeat, whatever it says and whatever is wrong with it."""
    if day.holds(report.number):
        _count(taken, report, len(report.names))
        return
    day.receive(report.number, len(report.names))
    taken.closed[report.entry.station, report.day] = day
    taken.rejected.append(refuse(report))
    _count(taken, report, 0)


def _count(taken: Taken, report: Judged, repeats: int) -> None:
    entry = report.entry
    taken.count(report.position.partition, (entry.station, int(entry.source), report.day), len(report.names), repeats)


def _take_unparsed(
    taken: Taken,
    unparsed: Iterable[tuple[Unparsed, bytes]],
    known: set[tuple[str, bytes]],
    closed: Mapping[DayKey, ClosedDay],
) -> None:
    for item, digest in unparsed:
        taken.count_unparsed(item)
        entry = item.entry
        if (entry.station, digest) in known:
            continue
        known.add((entry.station, digest))
        taken.unparsed.append(item)
        key = (entry.station, day_of_receipt(entry))
        if day := closed.get(key):
            # the rejected of a closed day count for nothing: what was received is kept with the day
            if entry.run is None or entry.seq is None:
                day.payloads.add((entry.source, digest))
            else:
                day.receive(Number(entry.source, entry.run, entry.seq), 0)
            taken.closed[key] = day

"""What a database would hold after each batch, for tests that take reports without one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from aggregate.closed import ClosedDay, DayKey
from aggregate.judge import Judge
from aggregate.reading import Number, Position, RejectReason, Slot, Stored
from aggregate.revision import CURRENT, DEFAULT_ORDER, said
from aggregate.store import Refused, RefusedKey
from aggregate.take import Standing, Taken, take
from core.clock import day_start
from ingest.envelope import Entry


@dataclass
class Book:
    """What a database would hold after each batch."""

    rows: dict[Slot, dict[Number, Stored]] = field(default_factory=dict)
    refused: Refused = field(default_factory=dict)
    digests: set[tuple[str, bytes]] = field(default_factory=set)
    closed: dict[DayKey, ClosedDay] = field(default_factory=dict)
    closed_readings: int = 0
    rejected: list[tuple[str, str, float | None, str, str]] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    taken: int = 0
    repeats: int = 0
    reports: int = 0
    entries: int = 0

    def take(self, entries: Sequence[Entry], judge: Judge) -> Taken:
        """Take one batch."""
        judged, unparsed = judge.judge((Position(0, 0, place), item) for place, item in enumerate(entries))
        hashed = [(item, hashlib.sha256(item.entry.body).digest()) for item in unparsed]
        standing = Standing(deepcopy(self.rows), deepcopy(self.refused), self.closed, set(self.digests))
        taken = take(judged, hashed, standing, DEFAULT_ORDER)
        self.entries += len(entries)
        self._keep(taken)
        return taken

    def _keep(self, taken: Taken) -> None:
        for slot, rows in taken.slots.items():
            of_slot = self.rows.setdefault(slot, {})
            for row in rows:
                of_slot[row.number] = row
                row.fresh = row.changed = False
        for outcome in taken.rejected:
            of = outcome.judged
            mismatch = of.whole == RejectReason.STATION_MISMATCH
            key = RefusedKey(of.entry.station, of.number, of.slot.time, of.slot.period, mismatch)
            known = self.refused.setdefault(key, {})
            for name, value, flag, reason in outcome.rejected:
                known.setdefault(name, set()).add(said(value, flag))
                self.rejected.append((str(of.number), name, said(value, flag)[0], flag, reason))
            if of.whole is not None:
                self.whole.append(of.whole)
        for item in taken.unparsed:
            self.digests.add((item.entry.station, hashlib.sha256(item.entry.body).digest()))
            self.whole.append(item.whole)
        for count in taken.counts[0].values():
            self.reports += count.reports
            self.taken += count.readings
            self.repeats += count.repeats

    def close(self, day: int) -> None:
        """Close a day as retention does: its rows and numbers are condensed, then dropped."""
        held = self.closed.setdefault(("s1", day), ClosedDay())
        for slot in [slot for slot in self.rows if day_start(slot.time) == day]:
            for row in self.rows.pop(slot).values():
                self.closed_readings += len(row.names)
                held.numbers[row.number.source, row.number.run].add(row.number.seq)
        for key in self.refused:
            if day_start(key.time) == day:
                held.numbers[key.number.source, key.number.run].add(key.number.seq)

    def letters(self) -> list[str]:
        return [
            letter
            for rows in self.rows.values()
            for row in rows.values()
            for letter in row.mask or CURRENT * len(row.names)
        ]

    def readings(self, letters: str) -> dict[tuple[Slot, str], tuple[Number, float | None, str]]:
        """The readings whose mask is one of `letters`; never two of one slot and factor."""
        found: dict[tuple[Slot, str], tuple[Number, float | None, str]] = {}
        for slot, rows in self.rows.items():
            for row in rows.values():
                flags, mask = row.flags or "N" * len(row.names), row.mask or CURRENT * len(row.names)
                for name, value, flag, letter in zip(row.names, row.values, flags, mask, strict=True):
                    if letter in letters:
                        assert (slot, name) not in found, "two current values of one reading"
                        found[slot, name] = (row.number, *said(value, flag))
        return found

    def balances(self) -> bool:
        """Taken = current + superseded + repeats + rejected + closed; and a count for every entry."""
        stands = len(self.letters()) + self.closed_readings
        return self.taken == stands + self.repeats + len(self.rejected) and self.reports == self.entries

"""Which of two versions of a reading counts: decided reading by reading, never by the order of arrival.

The law is state-model, “Report and reading”. Pure functions; the database is elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from aggregate.reading import Judged, Number, RejectedReading, RejectReason, Resolved, Stored
from ingest.envelope import Source

CURRENT, SUPERSEDED, BY_PERSON = "C", "S", "P"

DEFAULT_ORDER = (Source.REPLAY, Source.HJ212, Source.DEVICE)
"""Lowest first. A person stands above all, whatever the setting."""

Said = tuple[float | None, str]
"""Value and flag as compared: NaN counts as equal to itself."""


def said(value: float, flag: str) -> Said:
    """What makes two values of one revision the same."""
    return (None if math.isnan(value) else value, flag)


def rank(number: Number, order: Sequence[Source] = DEFAULT_ORDER) -> tuple[int, int, int]:
    """The revision of a report's readings: the greater is current."""
    place = len(order) if number.source == Source.PERSON else order.index(number.source)
    return (place, number.run, number.seq)


def resolve(rows: dict[Number, Stored], refused: Mapping[str, Collection[Said]], report: Judged) -> Resolved:
    """Take one report into its slot's `rows`, changing them in place, save for the masks.

    `refused` holds, by factor, what was rejected before of the same number and slot. A value that says the same as
    one known of its revision is a repeat and is not judged again; one that says something else is a `CONFLICT`.
    Only an entry marked `retry` has its rejected readings judged anew.
    """
    outcome = Resolved(report)
    row = rows.get(report.number)
    known: dict[str, set[Said]] = {} if report.entry.retry else {name: set(of) for name, of in refused.items()}
    if row is not None:
        for name, value, flag in zip(row.names, row.values, row.flags or "N" * len(row.names), strict=True):
            known.setdefault(name, set()).add(said(value, flag))
    taken: dict[str, tuple[float, str]] = {}
    reasons = report.reasons or [None] * len(report.names)
    flags = report.flags or "N" * len(report.names)
    for name, value, flag, reason in zip(report.names, report.values, flags, reasons, strict=True):
        if name in known:
            if said(value, flag) in known[name]:
                outcome.repeats += 1
            else:
                outcome.rejected.append(RejectedReading(name, value, flag, RejectReason.CONFLICT))
        elif reason is not None:
            outcome.rejected.append(RejectedReading(name, value, flag, reason))
        else:
            taken[name] = (value, flag)
    if report.whole is None and (row is None or taken):
        rows[report.number] = _extended(row, taken, report)
    return outcome


def _extended(row: Stored | None, taken: Mapping[str, tuple[float, str]], report: Judged) -> Stored:
    if row is None:
        row = Stored(report.number, (), [], "", "", report.origin, report.entry.received, report.entry.correlation)
    else:
        row.changed = True
    everything = dict(zip(row.names, zip(row.values, row.flags or "N" * len(row.names), strict=True), strict=True))
    everything.update(taken)
    row.names = tuple(sorted(everything))
    row.values = [everything[name][0] for name in row.names]
    flags = "".join(everything[name][1] for name in row.names)
    row.flags = "" if flags.strip("N") == "" else flags
    return row


def mask(rows: Iterable[Stored], order: Sequence[Source] = DEFAULT_ORDER) -> None:
    """Say of each value of a slot's rows whether it is current, superseded, or superseded by a person alone."""
    ranked = sorted(rows, key=lambda row: rank(row.number, order), reverse=True)
    seen: set[str] = set()
    seen_of_devices: set[str] = set()
    for row in ranked:
        person = row.number.source == Source.PERSON
        letters = []
        for name in row.names:
            if name not in seen:
                letters.append(CURRENT)
            elif not person and name not in seen_of_devices:
                letters.append(BY_PERSON)
            else:
                letters.append(SUPERSEDED)
        seen.update(row.names)
        if not person:
            seen_of_devices.update(row.names)
        now = "" if set(letters) <= {CURRENT} else "".join(letters)
        if now != row.mask:
            row.mask = now
            row.changed = True

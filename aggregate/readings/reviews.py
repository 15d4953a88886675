"""What persons say of readings: from what stands of an averaging period to the report that says it otherwise. Pure.

The law is state-model, “Report and reading”: a person's revision stands above every device's, a later one above an
earlier one, reading by reading; what is left out is not withdrawn.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from aggregate.delivery import Who
from aggregate.judge import Judge
from aggregate.reading import Number, Position, RejectReason, Stored
from aggregate.revision import BY_PERSON, CURRENT, Said, said
from core.clock import HOUR, MICROS
from core.errors import InputError
from ingest.envelope import Entry, EntryKind, Source
from ingest.period import format_period
from ingest.report import FlaggedValue, Origin, Report, encode_report, format_instant
from ingest.value import Flag
from standards.factors import Factor, load_catalogue

LONGEST_PERIOD_S = HOUR
"""Of readings that statistics are made of; persons speak of no others, and never of forecasts."""


class Action(StrEnum):
    """What a person does with readings."""

    FLAG = "flag"
    """Gives them another flag; their values stay."""
    CORRECT = "correct"
    """Gives them another value."""
    RESTORE = "restore"
    """Says what the devices say."""

    @property
    def zh(self) -> str:
        """The name that operators read."""
        return _ACTIONS_ZH[self]


_ACTIONS_ZH = {Action.FLAG: "标记", Action.CORRECT: "更正", Action.RESTORE: "恢复"}


class LeftOut(StrEnum):
    """Why a reading is left as it is, beside what the worker would reject (`RejectReason`)."""

    NO_VALUE = "NO_VALUE"
    """There is no value that could be good."""


class Reading(NamedTuple):
    """One factor of a stored report; `state` is a letter of the mask."""

    number: Number
    factor: str
    value: float
    flag: str
    state: str


Says = Mapping[str, tuple[float, str]]
"""What is to be said, by factor: value, NaN for none, and flag."""


class Statement(NamedTuple):
    """What a person says of one averaging period; `time` in UTC seconds, `period` in seconds, NaN for no value.

    `former_…` is what was current of the same factors.
    """

    time: int
    period: int
    factors: tuple[str, ...]
    former_values: tuple[float, ...]
    former_flags: str
    values: tuple[float, ...]
    flags: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of one station's readings from `first` until before `last` (UTC seconds), by whom and why.

    `flag` and `value` as far as they are the same for all readings.
    """

    action: Action
    station: str
    factors: tuple[str, ...]
    first: int
    last: int
    who: Who
    flag: str | None = None
    value: float | None = None


def flag_named(text: str, *, field: str) -> Flag:
    """The flag of a letter; raises `InputError` that names them all."""
    try:
        return Flag(text)
    except ValueError:
        known = ", ".join(f"{flag} {flag.zh}" for flag in Flag)
        raise InputError("flag", "is no flag", field=field, value=text, hint=f"one of {known}") from None


def factor_named(text: str, *, field: str) -> Factor:
    """The factor of a code or name; raises `InputError`."""
    factor = load_catalogue().resolve(text)
    if factor is None:
        raise InputError("factor", "is no factor of the catalogue", field=field, value=text,
                         hint="give a code or a common name: a34002 or PM10")  # fmt: skip
    return factor


def readings_of(row: Stored) -> Iterator[Reading]:
    """The readings of a stored report."""
    everything = len(row.names)
    flags, mask = row.flags or Flag.NORMAL * everything, row.mask or CURRENT * everything
    for name, value, flag, state in zip(row.names, row.values, flags, mask, strict=True):
        yield Reading(row.number, name, value, flag, state)


def current(rows: Iterable[Stored]) -> dict[str, Reading]:
    """What counts of an averaging period, by factor."""
    return {reading.factor: reading for row in rows for reading in readings_of(row) if reading.state == CURRENT}


def current_of_devices(rows: Iterable[Stored]) -> dict[str, Reading]:
    """What counts of it when persons are left out."""
    return {
        reading.factor: reading
        for row in rows
        if row.number.source != Source.PERSON
        for reading in readings_of(row)
        if reading.state in {CURRENT, BY_PERSON}
    }


def with_words(before: Mapping[str, Reading], words: Iterable[tuple[Number, Statement]]) -> dict[str, Reading]:
    """What will count when persons' words that are still on their way have been taken."""
    expected = dict(before)
    for number, word in words:
        for name, value, flag in zip(word.factors, word.values, word.flags, strict=True):
            stands = expected.get(name)
            if stands is not None and (stands.number.source != Source.PERSON or stands.number < number):
                expected[name] = Reading(number, name, value, flag, CURRENT)
    return expected


def flagged(before: Mapping[str, Reading], factors: Collection[str], flag: str) -> Says:
    """What is current, with another flag."""
    return {name: (before[name].value, flag) for name in factors if name in before}


def restored(before: Mapping[str, Reading], devices: Mapping[str, Reading], factors: Collection[str]) -> Says:
    """What the devices say, where what is current says something else."""
    return {
        name: (devices[name].value, devices[name].flag)
        for name in factors
        if name in devices and _said(devices[name]) != _said(before[name])
    }


def _said(reading: Reading) -> Said:
    return said(reading.value, reading.flag)


def statement(time: int, period: int, before: Mapping[str, Reading], says: Says) -> Statement:
    """What is said of an averaging period; each factor has a current reading `before`."""
    factors = tuple(sorted(says))
    return Statement(
        time,
        period,
        factors,
        tuple(before[name].value for name in factors),
        "".join(before[name].flag for name in factors),
        tuple(says[name][0] for name in factors),
        "".join(says[name][1] for name in factors),
    )


def entry_of(station: str, run: int, seq: int, word: Statement, received: float, correlation: str = "") -> Entry:
    """The entry that carries a statement; its body is the same whenever it is made. `received`: UTC seconds.

    A person's word is no news of this hour: of the origins that the contract has, `resent` is the one that pages
    nobody and is not history.
    """
    values = {
        name: FlaggedValue(flag=Flag(flag)) if math.isnan(value) else FlaggedValue(value, Flag(flag))
        for name, value, flag in zip(word.factors, word.values, word.flags, strict=True)
    }
    report = Report(
        station=station, time=format_instant(word.time), period=format_period(word.period), run=run, seq=seq,
        origin=Origin.RESENT, values=dict(values),
    )  # fmt: skip
    return Entry(
        int(received * MICROS), EntryKind.REPORT, Source.PERSON, station, encode_report(report), run, seq, correlation
    )


class Weighed(NamedTuple):
    """A statement without what cannot be said; None if nothing is left."""

    kept: Statement | None
    left_out: Mapping[str, LeftOut | RejectReason]
    """By factor."""


def weigh(judge: Judge, station: str, words: Sequence[Statement], received: float) -> list[Weighed]:
    """Leave out what the worker would reject, judged as it will judge."""
    entries = [entry_of(station, 0, number, each, received) for number, each in enumerate(words, 1)]
    judged, _ = judge.judge((Position(0, 0, number), entry) for number, entry in enumerate(entries))
    return [_weighed(each, verdict.reasons) for each, verdict in zip(words, judged, strict=True)]


def _weighed(word: Statement, reasons: Sequence[RejectReason | None] | None) -> Weighed:
    verdicts = zip(word.factors, reasons or [None] * len(word.factors), strict=True)
    left_out: dict[str, LeftOut | RejectReason] = {name: reason for name, reason in verdicts if reason is not None}
    for name, value, flag in zip(word.factors, word.values, word.flags, strict=True):
        if math.isnan(value) and flag == Flag.NORMAL:
            # on the way it would become HJ 212's `B`, which nobody has said
            left_out.setdefault(name, LeftOut.NO_VALUE)
    kept = [place for place, name in enumerate(word.factors) if name not in left_out]
    if len(kept) == len(word.factors):
        return Weighed(word, {})
    return Weighed(_only(word, kept) if kept else None, left_out)


def _only(word: Statement, places: Sequence[int]) -> Statement:
    return word._replace(
        factors=tuple(word.factors[place] for place in places),
        former_values=tuple(word.former_values[place] for place in places),
        former_flags="".join(word.former_flags[place] for place in places),
        values=tuple(word.values[place] for place in places),
        flags="".join(word.flags[place] for place in places),
    )

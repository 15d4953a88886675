"""The pipeline's health as an operator reads it; pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from console import words
from console.language import Language
from console.snapshot import Consumer, Health, Shown

STILL_S = 60.0
"""A consumer that is behind and has taken nothing for so long does not move."""
OLD_REPORT_S = 3600.0
OLD_AFTER = 3
"""Looks missed before the page says that health is old."""
OLD_AT_LEAST_S = 30.0


class HealthRow(msgspec.Struct, frozen=True):
    """One thing, how it stands, and whether that is well."""

    name: str
    said: str
    well: bool


class HealthGroup(msgspec.Struct, frozen=True):
    """Rows under a heading."""

    title: str
    rows: tuple[HealthRow, ...]


def health_groups(health: Health | None, language: Language) -> tuple[HealthGroup, ...]:
    """Servers, processes, consumers and what the database holds; empty if none of it is known."""
    if health is None:
        return ()
    servers = tuple(
        HealthRow(one.name, (words.ANSWERS if one.answers else words.SILENT).say(language), one.answers)
        for one in health.servers
    )
    consumers = tuple(_consumer(one, language) for one in health.consumers)
    groups = (
        (words.SERVERS, servers),
        (words.PROCESSES, tuple(_processes(health, language))),
        (words.CONSUMERS, consumers),
        (words.STORED, tuple(_stored(health, language))),
    )
    return tuple(HealthGroup(title.say(language), rows) for title, rows in groups if rows)


def health_note(shown: Shown, language: Language, *, monotonic: float, refresh_s: float) -> str:
    """That health is old or could not be had, at the machine's time `monotonic`; empty if neither."""
    if shown.health_away:
        return words.HEALTH_FAILED.say(language)
    age = monotonic - shown.health_at
    if shown.health is None or age <= max(OLD_AFTER * refresh_s, OLD_AT_LEAST_S):
        return ""
    return words.HEALTH_OLD.say(language, age=span(age, language))


def _processes(health: Health, language: Language) -> Iterator[HealthRow]:
    for one in health.processes:
        if one.ready:
            said = words.READY.say(language)
        elif one.answers:
            said = words.WAITS.say(language, names=", ".join(one.lacks))
        else:
            said = words.SILENT.say(language)
        yield HealthRow(one.name, said, one.ready)
    if not health.processes:
        yield HealthRow("–", words.NO_PROCESSES.say(language), well=False)


def _consumer(one: Consumer, language: Language) -> HealthRow:
    if one.behind is None:
        return HealthRow(one.name, words.UNKNOWN.say(language), well=False)
    if not one.behind:
        return HealthRow(one.name, words.AT_END.say(language), well=True)
    if one.still_s < STILL_S:
        return HealthRow(one.name, words.BEHIND.say(language, n=one.behind), well=True)
    return HealthRow(one.name, words.STILL.say(language, n=one.behind, s=round(one.still_s)), well=False)


def _stored(health: Health, language: Language) -> Iterator[HealthRow]:
    newest, outbox, overdue, holds = (
        health.newest_report_s, health.outbox, health.overdue, health.ledger_holds,
    )  # fmt: skip
    unknown = words.UNKNOWN.say(language)
    said = words.NO_REPORT.say(language) if newest is None else words.AGO.say(language, s=span(newest, language))
    yield HealthRow(words.NEWEST.say(language), said, newest is not None and newest < OLD_REPORT_S)
    yield HealthRow(words.OUTBOX.say(language), unknown if outbox is None else str(outbox), outbox is not None)
    yield HealthRow(words.OVERDUE.say(language), unknown if overdue is None else str(overdue), overdue == 0)
    if holds is not None:
        balanced = (words.BALANCED if holds else words.UNBALANCED).say(language)
        yield HealthRow(words.LEDGER.say(language), balanced, holds)


def span(seconds: float, language: Language) -> str:
    """A span of time as a person says it."""
    for unit, length in words.UNITS:
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit.say(language)}"
    return f"{seconds:.0f} {words.SECONDS.say(language)}"

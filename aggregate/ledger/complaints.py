"""What does not balance, in words: a line each, down to numbers and offsets. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aggregate.ledger.balance import Account, Books, Doubled, Ranges, source_name
from aggregate.ledger.chain import Break, Flaw
from aggregate.ledger.check import Checked, Difference
from aggregate.ledger.explain import Explanation, Named
from ingest.report import format_instant

_FLAWS = {
    Flaw.GAP: "no row of intake tells of them, though the worker is past them",
    Flaw.OVERLAP: "two rows of intake tell of them: taken twice",
    Flaw.BEYOND: "intake tells of them, and the worker has not come so far",
}


def complaints(books: Books, accounts: Sequence[Account], explained: Sequence[Explanation]) -> Iterator[str]:
    """All that is wrong, the intake first, then station by station."""
    yield from map(_break, books.breaks)
    for account in accounts:
        yield from _missing(account)
    by_day = {(why.station, why.source, why.day): why for why in explained}
    for day in books.uneven:
        found = by_day.get((day.station, day.source, day.day))
        if found is None:
            yield f"{_who(day)} {_unaccounted(day.counts.difference)}; not looked into: ask for this --station alone"
        else:
            yield from _explained(found)
    yield from map(_doubled, books.doubled)


def log_complaints(checked: Checked) -> Iterator[str]:
    """Where `intake` and Kafka's log differ."""
    yield from map(_difference, checked.differences)
    if checked.more:
        yield f"log: {checked.more} differences more are not listed"


def _who(of: Account | Explanation | Difference | object) -> str:
    return " ".join(str(getattr(of, name)) for name in ("station", "source", "day") if hasattr(of, name)) + ":"


def _break(found: Break) -> str:
    return f"intake: partition {found.partition} offsets {_span(found.first, found.last)}: {_FLAWS[found.flaw]}"


def _missing(account: Account) -> Iterator[str]:
    for run in account.runs:
        if run.missing:
            yield f"{_who(account)} run {run.run} lacks seq {_ranges(run.missing)}"
    if account.unreadable and any(run.missing for run in account.runs):
        yield f"{_who(account)} {account.unreadable} payloads are kept without a readable number: perhaps some of these"


def _unaccounted(difference: int) -> str:
    if difference > 0:
        return f"{difference} readings taken are not accounted for"
    return f"{-difference} readings more stand than were taken"


def _explained(why: Explanation) -> Iterator[str]:
    who = _who(why)
    yield f"{who} {_unaccounted(why.difference)}"
    if why.closed:
        yield f"{who}   the day is closed: its numbers can be compared no more"
    for named in why.lacking:
        yield f"{who}   {_named(named)} came in and do not stand"
    for named in why.excess:
        yield f"{who}   {_named(named)} stand and never came in"
    if why.complete and why.log_readings != why.intake_readings:
        yield f"{who}   the log holds {why.log_readings} readings, intake says {why.intake_readings}: see --log"
    elif why.complete and why.log_repeats != why.intake_repeats:
        yield f"{who}   the log holds {why.log_repeats} repeats, intake says {why.intake_repeats}"
    if not why.complete:
        yield f"{who}   Kafka holds only part of what came in: numbers it does not hold are not compared"


def _named(named: Named) -> str:
    return f"{named.readings} readings of run {named.run} seq {_ranges(named.numbers)}"


def _doubled(reading: Doubled) -> str:
    numbers = ", ".join(f"{source_name(source)} run {run} seq {seq}" for source, run, seq in reading.numbers)
    return (
        f"{reading.station}: {reading.factor} of {format_instant(reading.time)}, period {reading.period} s,"
        f" has more than one current value: {numbers}"
    )


def _difference(found: Difference) -> str:
    return (
        f"log: partition {found.partition} offsets {_span(found.first, found.last)}: {_who(found)}"
        f" {found.log_reports} reports with {found.log_readings} readings,"
        f" intake says {found.intake_reports} with {found.intake_readings}"
    )


def _ranges(ranges: Ranges) -> str:
    return ", ".join(_span(first, last) for first, last in ranges)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"

"""When the ledger is struck again, and what is written of it by source."""

from __future__ import annotations

from aggregate.ledger.audit import SHARE, Line, due_in, lines
from aggregate.ledger.balance import Books, Counts, balance
from ingest.envelope import Source
from ingest.ranges import RangeSet

DEVICE, HJ212 = int(Source.DEVICE), int(Source.HJ212)


def struck(checked_at: float, seconds: float) -> list[Line]:
    return lines([], 0, checked_at, seconds)


def test_a_ledger_that_was_never_struck_is_due() -> None:
    assert due_in([], now=1000.0, every=300.0) == 0


def test_it_is_due_so_long_after_it_was_last_begun() -> None:
    assert due_in(struck(1002.0, seconds=2.0), now=1100.0, every=300.0) == 200
    assert due_in(struck(1002.0, seconds=2.0), now=1300.0, every=300.0) == 0


def test_it_takes_no_more_than_its_share_of_the_time_however_long_it_takes() -> None:
    assert due_in(struck(1060.0, seconds=60.0), now=1060.0, every=300.0) == (SHARE - 1) * 60


def test_every_source_has_its_line_also_those_of_which_there_is_nothing() -> None:
    assert [(line.source, line.accounts, line.balanced) for line in struck(0.0, 0.0)] == [
        ("device", 0, True),
        ("hj212", 0, True),
        ("replay", 0, True),
        ("person", 0, True),
    ]


def test_a_line_adds_up_the_accounts_of_its_source() -> None:
    books = Books(
        {("a", DEVICE, 0): RangeSet([(1, 3)]), ("b", DEVICE, 0): RangeSet([(2, 2)])},
        {},
        {("a", DEVICE, 0): RangeSet([(4, 5)])},
        {("a", DEVICE): Counts(3, 9, current=8, unaccounted=1), ("b", HJ212): Counts(1, 4, current=4)},
    )
    device, hj212, *_ = lines(balance(books), 7, 1000.0, 0.5)
    assert (device.accounts, device.unbalanced, device.due, device.in_flight) == (2, 2, 7, 2)
    assert (device.missing, device.readings, device.unaccounted, device.doubled) == (1, 9, 1, 0)
    assert (hj212.accounts, hj212.readings, hj212.unaccounted) == (1, 4, 0)
    assert (device.breaks, hj212.breaks) == (7, 7)

"""The ledger's two balances from what was counted: numbers due, and readings taken."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.ledger import Account, balance
from ingest.envelope import Source
from ingest.ranges import RangeSet

DEVICE = int(Source.DEVICE)
KEY = ("s1", DEVICE, 0)
NOTHING = (0,) * 8


def account(
    received: list[tuple[int, int]],
    *,
    told: int = 0,
    flying: list[tuple[int, int]] | None = None,
    readings: tuple[int, ...] = NOTHING,
    source: int = DEVICE,
) -> Account:
    key = ("s1", source, 0)
    made = balance(
        {key: RangeSet(received)},
        {key: told} if told else {},
        {key: RangeSet(flying)} if flying else {},
        {("s1", source): readings},
        {},
    )
    assert len(made) == 1
    return made[0]


def test_numbers_without_a_hole_balance() -> None:
    assert account([(1, 9)]).balanced


def test_a_hole_is_named_as_a_range_and_counts_as_lost() -> None:
    found = account([(1, 3), (7, 9)])
    assert found.runs[0].missing == [(4, 6)]
    assert (found.lost, found.balanced) == (3, False)


def test_numbers_before_the_first_received_are_missing_too() -> None:
    assert account([(4, 9)]).runs[0].missing == [(1, 3)]


def test_a_number_told_in_the_status_is_due() -> None:
    assert account([(1, 9)], told=12).runs[0].missing == [(10, 12)]


def test_what_kafka_still_holds_is_in_flight_and_not_missing() -> None:
    found = account([(1, 5)], told=9, flying=[(6, 9)])
    assert (found.in_flight, found.lost, found.balanced) == (4, 0, True)


def test_a_repeat_in_flight_is_not_counted_twice() -> None:
    found = account([(1, 5)], flying=[(4, 6)])
    assert (found.runs[0].received, found.in_flight) == (5, 1)


def test_payloads_without_a_readable_number_excuse_as_many_missing() -> None:
    unreadable = (0, 0, 0, 0, 0, 0, 0, 2)
    assert account([(1, 3), (6, 9)], readings=unreadable).lost == 0


def test_sources_without_dense_numbers_have_the_second_balance_alone() -> None:
    found = account([(20260310, 20260310)], source=int(Source.HJ212), readings=(1, 6, 0, 6, 0, 0, 0, 0))
    assert (found.runs, found.balanced) == ([], True)


def test_readings_taken_that_stand_nowhere_are_the_difference() -> None:
    found = account([(1, 1)], readings=(1, 6, 0, 4, 0, 1, 0, 0))
    assert (found.difference, found.balanced) == (1, False)


@settings(derandomize=True)
@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)), st.integers(0, 70))
def test_due_is_received_in_flight_and_missing(received: set[int], flying: set[int], told: int) -> None:
    run = account(
        [(number, number) for number in received], told=told, flying=[(number, number) for number in flying]
    ).runs[0]
    assert run.due == max(told, *received, *flying, 0)
    assert run.due == run.received + run.in_flight + run.lost
    missing = {number for first, last in run.missing for number in range(first, last + 1)}
    assert missing == set(range(1, run.due + 1)) - received - flying

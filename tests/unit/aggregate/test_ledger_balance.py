"""The ledger's two balances from what was counted: numbers due, and readings taken."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.ledger.balance import Account, Books, By, Counts, Doubled, balance, group
from ingest.envelope import Source
from ingest.ranges import RangeSet

DEVICE, HJ212, REPLAY = map(int, (Source.DEVICE, Source.HJ212, Source.REPLAY))


def account(
    received: list[tuple[int, int]],
    *,
    told: int = 0,
    flying: list[tuple[int, int]] | None = None,
    counts: Counts | None = None,
    unreadable: int = 0,
    source: int = DEVICE,
) -> Account:
    key = ("s1", source, 0)
    books = Books(
        received={key: RangeSet(received)},
        told={key: told} if told else {},
        flying={key: RangeSet(flying)} if flying else {},
        readings={("s1", source): counts or Counts()},
        unreadable={("s1", source): unreadable},
    )
    made = balance(books)
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
    assert (found.received, found.in_flight) == (5, 1)


def test_payloads_without_a_readable_number_excuse_as_many_missing() -> None:
    assert account([(1, 3), (6, 9)], unreadable=2).lost == 0


def test_sources_without_dense_numbers_have_the_second_balance_alone() -> None:
    found = account([(20260310, 20260310)], source=HJ212, counts=Counts(reports=1, readings=6, current=6))
    assert (found.runs, found.balanced) == ([], True)


def test_readings_taken_that_stand_nowhere_are_the_difference() -> None:
    found = account([(1, 1)], counts=Counts(1, 6, current=4, rejected=1, unaccounted=1))
    assert (found.difference, found.balanced) == (1, False)


def test_too_many_on_one_day_do_not_make_up_for_too_few_on_another() -> None:
    found = account([(1, 1)], counts=Counts(2, 8, current=8, unaccounted=2))
    assert (found.difference, found.balanced) == (0, False)


def test_a_station_that_the_registry_does_not_know_is_of_the_kind_unknown() -> None:
    assert account([(1, 1)]).kind == "unknown"


def test_of_a_day_no_numbers_are_told_for_they_have_none() -> None:
    books = Books({("s1", DEVICE, 0): RangeSet([(1, 3)])}, {}, {}, {}, days={"2026-03-10": Counts(3, 9, current=9)})
    (line,) = group(books, balance(books), By.DAY)
    assert (line.name, line.due, line.lost, line.readings) == ("2026-03-10", None, None, 9)


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


KEYS = st.tuples(st.sampled_from("abc"), st.sampled_from([DEVICE, HJ212, REPLAY]), st.sampled_from(["d1", "d2", "d3"]))
AMOUNT = st.integers(0, 9)


def counted(figures: tuple[int, ...]) -> Counts:
    made = Counts(*figures)
    return msgspec.structs.replace(made, unaccounted=abs(made.difference))


def together(parts: list[Counts]) -> Counts:
    return Counts(**{name: sum(getattr(part, name) for part in parts) for name in Counts.__struct_fields__})


@settings(derandomize=True)
@given(st.dictionaries(KEYS, st.tuples(*[AMOUNT] * 7).map(counted)), st.lists(KEYS))
def test_whatever_it_is_told_by_the_lines_add_up_to_the_same(
    fine: dict[tuple[str, int, str], Counts], twice: list[tuple[str, int, str]]
) -> None:
    accounts_of = {key[:2] for key in fine}
    days = {key[2] for key in fine}
    books = Books(
        {(station, source, 0): RangeSet([(1, 3), (5, 6)]) for station, source in accounts_of},
        {},
        {},
        {account: together([fine[key] for key in fine if key[:2] == account]) for account in accounts_of},
        kinds={"a": "air", "b": "dust"},
        days={day: together([fine[key] for key in fine if key[2] == day]) for day in days},
        doubled=[Doubled(s, Source(o).name.lower(), d, "f", 0, 60, []) for s, o, d in twice if (s, o, d) in fine],
    )
    accounts = balance(books)
    of = {by: group(books, accounts, by) for by in By}
    for name in (*Counts.__struct_fields__, "duplicated"):
        sums = {sum(getattr(line, name) for line in lines) for lines in of.values()}
        assert sums == {sum(getattr(account, name) for account in accounts)}
    for name in ("due", "received", "lost"):
        sums = {sum(getattr(line, name) for line in of[by]) for by in (By.SOURCE, By.KIND, By.STATION)}
        assert sums == {sum(getattr(account, name) for account in accounts)}

"""From the log alone: how many readings of each number must stand, and which do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports import MIDNIGHT, MINUTE, entry, registry, report, station

from aggregate.judge import Judge
from aggregate.ledger.balance import Counts, Uneven
from aggregate.ledger.explain import Explanation, Heard, Named, explain_day
from aggregate.reading import Position
from ingest.envelope import Entry
from ingest.kinds import KindSettings
from standards.factors import load_catalogue


def sent(seq: int, values: Any, *, minute: int | None = None, retry: bool = False, **head: Any) -> Entry:
    time = MIDNIGHT + (seq if minute is None else minute) * MINUTE
    return entry(report(time, seq, values, period="PT1M", **head), retry=retry)


def heard(*entries: Entry) -> Heard:
    judge = Judge(load_catalogue(), KindSettings.load().rules())
    judge.use(registry(station()))
    judged, _ = judge.judge((Position(0, offset, 0), one) for offset, one in enumerate(entries))
    found = Heard()
    for one in judged:
        found.add(one)
    return found


def why(
    said: Heard, stood: Mapping[tuple[int, int], int], *, complete: bool = True, closed: bool = False
) -> Explanation:
    day = Uneven("s1", "device", "2026-03-10", Counts(readings=said.readings, current=sum(stood.values())))
    return explain_day(day, said, stood, complete=complete, closed=closed)


def must_stand(said: Heard) -> dict[tuple[int, int], int]:
    return {key: number.least for key, number in said.numbers.items()}


def test_every_value_of_a_report_must_stand() -> None:
    assert must_stand(heard(sent(1, {"PM10": 80, "SO2": 9}), sent(2, {"PM10": 80}))) == {(0, 1): 2, (0, 2): 1}


def test_what_is_said_again_is_a_repeat_and_another_value_must_stand_too() -> None:
    said = heard(sent(1, {"PM10": 80}), sent(1, {"PM10": 80}), sent(1, {"PM10": 81}), sent(1, {"PM10": 81}))
    assert (must_stand(said), said.readings, said.repeats) == ({(0, 1): 2}, 4, 2)


def test_an_alias_said_again_by_its_code_is_a_repeat() -> None:
    assert must_stand(heard(sent(1, {"PM10": 80}), sent(1, {"a34002": 80}))) == {(0, 1): 1}


def test_both_values_of_a_factor_named_twice_must_stand() -> None:
    assert must_stand(heard(sent(1, [("PM10", 80), ("PM10", 80)]))) == {(0, 1): 2}


def test_the_same_value_of_another_time_is_another_reading() -> None:
    assert must_stand(heard(sent(1, {"PM10": 80}, minute=1), sent(1, {"PM10": 80}, minute=2))) == {(0, 1): 2}


def test_numbers_of_which_fewer_stand_are_lacking_by_ranges() -> None:
    said = heard(*(sent(seq, {"PM10": 80, "SO2": 9}) for seq in range(1, 7)))
    found = why(said, {(0, 1): 2, (0, 4): 1, (0, 6): 2})
    assert (found.lacking, found.excess) == ([Named(0, [(2, 5)], 7)], [])


def test_numbers_of_which_more_stand_are_in_excess_also_those_never_heard() -> None:
    found = why(heard(sent(1, {"PM10": 80})), {(0, 1): 2, (5, 9): 1})
    assert (found.lacking, found.excess) == ([], [Named(0, [(1, 1)], 1), Named(5, [(9, 9)], 1)])


def test_what_kafka_does_not_hold_whole_shows_nothing_in_excess() -> None:
    found = why(heard(sent(2, {"PM10": 80})), {(0, 1): 1}, complete=False)
    assert (found.lacking, found.excess) == ([Named(0, [(2, 2)], 1)], [])


def test_a_reading_judged_again_may_stand_once_or_twice() -> None:
    said = heard(sent(1, {"PM10": 80}), sent(1, {"PM10": 80}, retry=True))
    assert [why(said, {(0, 1): stands}).excess for stands in (1, 2)] == [[], []]
    assert why(said, {(0, 1): 3}).excess == [Named(0, [(1, 1)], 1)]


def test_of_a_closed_day_no_number_is_named() -> None:
    found = why(heard(sent(1, {"PM10": 80})), {}, closed=True)
    assert (found.difference, found.lacking, found.excess) == (1, [], [])

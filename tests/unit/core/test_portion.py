"""A transaction holds about as many bytes of Kafka's log as it should, whatever a record holds."""

from __future__ import annotations

from core.portion import MOST, START, Portion


def taken(portion: Portion, record_size: int, times: int = 20) -> int:
    for _ in range(times):
        portion.learn(portion.records, portion.records * record_size)
    return portion.records


def test_it_begins_with_few_records() -> None:
    assert Portion(1_000_000).records == START


def test_records_of_one_report_are_taken_by_thousands() -> None:
    assert taken(Portion(1_000_000), 100) == MOST


def test_full_records_are_taken_as_many_as_make_up_the_size() -> None:
    assert taken(Portion(1_000_000), 100_000) == 10


def test_a_record_larger_than_the_size_is_taken_alone() -> None:
    assert taken(Portion(1_000_000), 3_000_000) == 1


def test_it_grows_to_its_double_at_most() -> None:
    portion = Portion(1_000_000)
    portion.learn(1, 10)
    assert portion.records == 2 * START


def test_records_without_a_value_break_nothing() -> None:
    portion = Portion(1_000_000)
    portion.learn(20, 0)
    assert portion.records == 2 * START


def test_of_a_flood_after_quiet_hours_no_more_is_kept_than_makes_up_the_size() -> None:
    assert Portion(1_000_000).keep({0: [400_000] * 9, 1: [400_000] * 9}) == {0: 3, 1: 0}


def test_one_record_is_kept_however_large_it_is() -> None:
    assert Portion(1_000).keep({0: [5_000, 10], 1: [10]}) == {0: 1, 1: 0}


def test_all_is_kept_that_fits() -> None:
    assert Portion(1_000_000).keep({0: [100] * 5, 3: [200]}) == {0: 5, 3: 1}


def test_few_records_of_few_bytes_are_little() -> None:
    assert Portion(1_000_000).is_small(START - 1, 10_000)


def test_as_many_records_as_were_asked_for_are_not_little_whatever_their_size() -> None:
    assert not Portion(1_000_000).is_small(START, START)


def test_many_bytes_are_not_little() -> None:
    assert not Portion(1_000_000).is_small(2, 600_000)

"""Sets of numbers as ranges."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.ranges import RangeSet

numbers = st.lists(st.integers(1, 60), max_size=60)
spans = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)), max_size=12)


@settings(max_examples=200, derandomize=True)
@given(numbers)
def test_a_range_set_holds_what_was_added_in_whatever_order(added: list[int]) -> None:
    ranges = RangeSet()
    for number in added:
        ranges.add(number)
    assert list(ranges) == sorted(set(added))
    assert len(ranges) == len(set(added))
    assert all((number in ranges) == (number in added) for number in range(62))


@settings(max_examples=200, derandomize=True)
@given(spans)
def test_ranges_ascend_and_neither_overlap_nor_adjoin(added: list[tuple[int, int]]) -> None:
    ranges = RangeSet((first, first + length) for first, length in added)
    encoded = ranges.encode()
    assert all(first <= last for first, last in encoded)
    assert all(here[1] + 1 < after[0] for here, after in itertools.pairwise(encoded))
    assert set(ranges) == {n for first, length in added for n in range(first, first + length + 1)}


@settings(max_examples=100, derandomize=True)
@given(numbers, numbers)
def test_merging_is_union_and_encoding_is_read_back(left: list[int], right: list[int]) -> None:
    one, other = RangeSet((n, n) for n in left), RangeSet((n, n) for n in right)
    one.merge(other)
    assert set(one) == set(left) | set(right)
    assert RangeSet(one.encode()) == one


def test_a_range_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValueError, match="wrong way round"):
        RangeSet([(3, 2)])

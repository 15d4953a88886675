"""The spans of `intake` follow one another up to the worker's offset, or the break is named."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.ledger.chain import Break, Chain, Flaw, Link, breaks, without
from ingest.ranges import RangeSet


def chain(
    *spans: tuple[int, int],
    folded: Iterable[tuple[int, int]] = (),
    times: dict[int, float] | None = None,
) -> Chain:
    """Of partition 0, a row a span, each a second later unless `times` says otherwise."""
    links, before, before_at = [], None, None
    for number, (first, end) in enumerate(spans, 1):
        taken_at = (times or {}).get(number, float(number))
        if before != first:
            links.append(Link(0, first, taken_at, before, before_at))
        before, before_at = end, taken_at
    reached = {} if before is None else {0: before}
    return Chain(links, reached, {0: RangeSet(folded)})


def test_spans_that_follow_one_another_to_the_offset_hold() -> None:
    assert breaks(chain((0, 3), (3, 4), (4, 9)), {0: 9}) == []


def test_a_partition_that_nothing_came_in_holds() -> None:
    assert breaks(chain(), {0: 0}) == []


def test_a_missing_row_is_a_gap_of_its_offsets() -> None:
    assert breaks(chain((0, 3), (5, 9)), {0: 9}) == [Break(0, Flaw.GAP, 3, 4)]


def test_a_missing_first_row_is_a_gap() -> None:
    assert breaks(chain((3, 9)), {0: 9}) == [Break(0, Flaw.GAP, 0, 2)]


def test_a_missing_last_row_is_a_gap() -> None:
    assert breaks(chain((0, 3)), {0: 9}) == [Break(0, Flaw.GAP, 3, 8)]


def test_what_was_taken_twice_overlaps() -> None:
    assert breaks(chain((0, 5), (3, 9)), {0: 9}) == [Break(0, Flaw.OVERLAP, 3, 4)]


def test_halves_of_a_batch_may_share_a_record() -> None:
    assert breaks(chain((0, 5), (4, 6), (5, 9), times={1: 7.0, 2: 7.0, 3: 7.0}), {0: 9}) == []


def test_one_record_taken_in_two_transactions_overlaps() -> None:
    assert breaks(chain((0, 5), (4, 6)), {0: 6}) == [Break(0, Flaw.OVERLAP, 4, 4)]


def test_intake_beyond_the_offset_is_a_break() -> None:
    assert breaks(chain((0, 5)), {0: 4}) == [Break(0, Flaw.BEYOND, 4, 4)]


def test_what_closing_days_has_folded_leaves_no_gap() -> None:
    assert breaks(chain((3, 5), (8, 9), folded=[(0, 2), (5, 6)]), {0: 9}) == [Break(0, Flaw.GAP, 7, 7)]


@settings(derandomize=True)
@given(st.sets(st.integers(0, 30)), st.integers(0, 20), st.integers(0, 30))
def test_what_is_without_and_what_is_taken_out_are_the_whole(numbers: set[int], first: int, end: int) -> None:
    ranges = RangeSet([(number, number) for number in numbers])
    left = {number for a, b in without(ranges.encode(), first, end) for number in range(a, b + 1)}
    assert left == set(range(first, end)) - numbers


@settings(derandomize=True)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.data())
def test_any_one_row_taken_away_is_named_exactly(lengths: list[int], data: st.DataObject) -> None:
    spans, reached = [], 0
    for length in lengths:
        spans.append((reached, reached + length))
        reached += length
    gone = data.draw(st.sampled_from(spans))
    kept = chain(*(span for span in spans if span != gone))
    assert breaks(kept, {0: reached}) == [Break(0, Flaw.GAP, gone[0], gone[1] - 1)]

"""`intake` held against the log: every span's counts, and what no span tells of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.ledger.check import Brought, Checked, Difference, compare
from aggregate.ledger.intake import CountKey, Span

S1: CountKey = ("s1", 0, "2026-03-10")
S2: CountKey = ("s2", 0, "2026-03-10")


def entries(*offsets: int, key: CountKey = S1, readings: int = 2) -> list[Brought]:
    return [Brought(offset, key, readings) for offset in offsets]


def span(first: int, end: int, **counts: tuple[int, int]) -> Span:
    return Span(first, end, {(name, 0, "2026-03-10"): figures for name, figures in counts.items()})


def differ(spans: Sequence[Span], log: Iterable[Brought], *, start: int = 0, end: int = 10) -> list[Difference]:
    return list(compare(3, spans, log, start, end))


def difference(first: int, last: int, station: str, log: tuple[int, int], intake: tuple[int, int]) -> Difference:
    return Difference(3, first, last, station, "device", "2026-03-10", *log, *intake)


def test_a_log_that_holds_what_intake_says_differs_nowhere() -> None:
    assert differ([span(0, 4, s1=(3, 6)), span(4, 10, s1=(1, 2))], entries(0, 0, 3, 9)) == []


def test_a_report_that_intake_does_not_tell_of_is_named_with_its_span() -> None:
    found = differ([span(0, 4, s1=(1, 2)), span(4, 10, s1=(1, 2))], entries(0, 3, 9))
    assert found == [difference(0, 3, "s1", (2, 4), (1, 2))]


def test_a_report_that_the_log_does_not_hold_is_named_with_its_span() -> None:
    assert differ([span(0, 10, s1=(2, 4))], entries(0)) == [difference(0, 9, "s1", (1, 2), (2, 4))]


def test_one_too_many_does_not_make_up_for_one_too_few_of_another_station() -> None:
    found = differ([span(0, 10, s1=(1, 2), s2=(1, 2))], entries(0, 1))
    assert found == [difference(0, 9, "s1", (2, 4), (1, 2)), difference(0, 9, "s2", (0, 0), (1, 2))]


def test_what_no_span_tells_of_is_named_between_its_neighbours() -> None:
    found = differ([span(0, 3, s1=(1, 2)), span(7, 10, s1=(1, 2))], [*entries(0, 5), *entries(8)])
    assert found == [difference(3, 6, "s1", (1, 2), (0, 0))]


def test_before_the_first_and_behind_the_last_span_too() -> None:
    found = differ([span(2, 4, s1=(1, 2))], entries(0, 3, 9))
    assert [(d.first, d.last) for d in found] == [(0, 1), (4, 9)]


def test_halves_of_a_batch_that_share_a_record_are_counted_together() -> None:
    halves = [span(0, 5, s1=(2, 4)), span(4, 6, s1=(1, 2)), span(4, 10, s2=(1, 3))]
    assert differ(halves, [*entries(0, 4, 4), *entries(4, key=S2, readings=3)]) == []


def test_folded_spans_are_not_compared() -> None:
    assert differ([Span(0, 4, None), span(4, 10, s1=(1, 2))], entries(0, 1, 2, 4)) == []


def test_a_span_of_which_kafka_holds_only_the_end_is_not_compared() -> None:
    assert differ([span(0, 7, s1=(5, 10)), span(7, 10, s1=(1, 2))], entries(5, 8), start=5) == []


def test_only_the_first_differences_are_listed_and_all_are_counted() -> None:
    checked = Checked()
    for _ in range(1002):
        checked.add(difference(0, 1, "s1", (1, 1), (0, 0)))
    assert (len(checked.differences), checked.more) == (1000, 2)


@settings(derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from([S1, S2]), st.integers(0, 3)), max_size=30),
    st.sets(st.integers(1, 9)),
    st.data(),
)
def test_an_honest_intake_never_differs_and_one_entry_less_always_does(
    told: list[tuple[int, CountKey, int]], cuts: set[int], data: st.DataObject
) -> None:
    log = [Brought(*entry) for entry in sorted(told)]
    bounds = sorted({0, 10, *cuts})
    spans = []
    for first, end in pairwise(bounds):
        reports = Counter(entry.key for entry in log if first <= entry.offset < end)
        readings = {key: sum(e.readings for e in log if first <= e.offset < end and e.key == key) for key in reports}
        spans.append(Span(first, end, {key: (reports[key], readings[key]) for key in reports}))
    assert differ(spans, log) == []
    if log:
        gone = data.draw(st.integers(0, len(log) - 1))
        (found,) = differ(spans, log[:gone] + log[gone + 1 :])
        assert found.first <= log[gone].offset <= found.last
        assert found.station == log[gone].key[0]

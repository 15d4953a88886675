"""Taking batches: what becomes of any sequence of reports, in any order, cut into any batches."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest
from book import Book
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import CO, DAY, MIDNIGHT, MINUTE, PM10, SO2, entry, registry, report, station

from aggregate.closed import ClosedDay
from aggregate.judge import Judge
from aggregate.reading import Number, Position, RejectReason, Slot
from aggregate.revision import BY_PERSON, CURRENT, SUPERSEDED, rank, said
from ingest.envelope import Entry, Source
from ingest.kinds import KIND_RULES
from standards.factors import load_catalogue

NARROW, WIDE = {PM10: (0.0, 100.0)}, {PM10: (0.0, 30_000.0)}
CATALOGUE = load_catalogue()


def judge(valid_ranges: dict[str, tuple[float, float]]) -> Judge:
    found = Judge(CATALOGUE, KIND_RULES)
    found.use(registry(station(valid_ranges=valid_ranges)))
    return found


# --- sequences of reports ------------------------------------------------------------------------------------------

numbers = st.tuples(
    st.sampled_from([Source.DEVICE, Source.DEVICE, Source.HJ212, Source.REPLAY, Source.PERSON]),
    st.integers(0, 1),
    st.integers(1, 3),
)
values = st.one_of(
    st.sampled_from([1.0, 2.0, 150.0, -1.0]),
    st.sampled_from([{"v": 3.0, "flag": "M"}, {"flag": "D"}, None]),
)
factors = st.sampled_from(["PM10", "a34002", "CO", "SO2", "nothing"])
slots = st.sampled_from([(0, "PT1M"), (1, "PT1M"), (0, "PT1H"), (-1440, "PT1M")])
contents = st.lists(st.tuples(factors, values), max_size=4)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Source, bytes]:
    source, run, seq = draw(numbers)
    minute, period = draw(slots)
    body = report(MIDNIGHT + minute * MINUTE, seq, draw(contents), run=run, period=period)
    return source, body


def as_entry(sent: tuple[Source, bytes], *, retry: bool = False) -> Entry:
    return entry(sent[1], source=sent[0], retry=retry)


def cut(items: Sequence[Any], places: Iterable[int]) -> list[Sequence[Any]]:
    """Batches of `items`, cut at `places`."""
    ends = sorted({0, len(items), *(place % (len(items) + 1) for place in places)})
    return [items[first:last] for first, last in pairwise(ends)]


def unambiguous(sent: Iterable[tuple[Source, bytes]]) -> list[tuple[Source, bytes]]:
    """Of reports with the same number the first alone: nothing that order could decide is left."""
    found: dict[tuple[Source, Any], tuple[Source, bytes]] = {}
    for source, body in sent:
        number = as_entry((source, body))
        found.setdefault((source, (number.run, number.seq)), (source, body))
    return list(found.values())


def expected(sent: Iterable[tuple[Source, bytes]], *, persons: bool) -> dict[tuple[Slot, str], Any]:
    """The current readings, found without any of the code under test: the greatest revision of what is accepted."""
    best: dict[tuple[Slot, str], tuple[Number, float | None, str]] = {}
    for source, body in sent:
        verdict = judge(NARROW).judge([(Position(0, 0, 0), as_entry((source, body)))])[0][0]
        if source == Source.PERSON and not persons:
            continue
        flags = verdict.flags or "N" * len(verdict.names)
        reasons = verdict.reasons or [None] * len(verdict.names)
        for name, value, flag, reason in zip(verdict.names, verdict.values, flags, reasons, strict=True):
            key = (verdict.slot, name)
            if reason is None and (key not in best or rank(best[key][0]) < rank(verdict.number)):
                best[key] = (verdict.number, *said(value, flag))
    return best


@given(st.lists(bodies(), max_size=10), st.randoms(use_true_random=False), st.lists(st.integers(0, 20), max_size=4))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_any_order_of_the_same_reports_cut_anyhow_gives_the_same_readings(
    sent: list[tuple[Source, bytes]], random: Any, places: list[int]
) -> None:
    distinct = unambiguous(sent)
    shuffled = distinct + [random.choice(distinct) for _ in range(4 if distinct else 0)]
    random.shuffle(shuffled)
    book, strict = Book(), judge(NARROW)
    for batch in cut([as_entry(item) for item in shuffled], places):
        book.take(batch, strict)
    assert book.readings(CURRENT) == expected(distinct, persons=True)
    of_devices = {key: of for key, of in book.readings(CURRENT).items() if of[0].source != Source.PERSON}
    assert of_devices | book.readings(BY_PERSON) == expected(distinct, persons=False)
    assert book.balances()


@given(st.lists(bodies(), max_size=10), st.lists(st.integers(0, 20), max_size=5))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_where_a_sequence_is_cut_into_batches_makes_no_difference_even_to_conflicts(
    sent: list[tuple[Source, bytes]], places: list[int]
) -> None:
    entries = [as_entry(item) for item in sent]
    at_once, cut_up = Book(), Book()
    at_once.take(entries, judge(NARROW))
    for batch in cut(entries, places):
        cut_up.take(batch, judge(NARROW))
    assert at_once.rows == cut_up.rows
    assert sorted(map(repr, at_once.rejected)) == sorted(map(repr, cut_up.rejected))
    assert (at_once.taken, at_once.repeats, sorted(at_once.whole)) == (
        cut_up.taken,
        cut_up.repeats,
        sorted(cut_up.whole),
    )


@given(st.lists(bodies(), min_size=1, max_size=8))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_reading_the_whole_log_again_changes_nothing(sent: list[tuple[Source, bytes]]) -> None:
    entries = [as_entry(item) for item in sent]
    book, strict = Book(), judge(NARROW)
    book.take(entries, strict)
    rows, rejected, repeats, taken = deepcopy(book.rows), list(book.rejected), book.repeats, book.taken
    again = book.take(entries, strict)
    assert again.slots == {}
    assert (book.rows, book.rejected) == (rows, rejected)
    assert book.repeats - repeats == taken == book.taken - taken
    assert book.balances()


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("take"), st.lists(st.one_of(bodies(), st.just((Source.DEVICE, b"?"))), max_size=4)),
            st.tuples(st.just("again"), st.integers(0, 20)),
            st.tuples(st.just("retry"), st.integers(0, 20)),
            st.tuples(st.just("close"), st.sampled_from([MIDNIGHT, MIDNIGHT - DAY])),
        ),
        max_size=8,
    )
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_what_was_taken_is_always_current_superseded_repeated_rejected_or_closed(
    happenings: list[tuple[str, Any]],
) -> None:
    book, strict, lenient = Book(), judge(NARROW), judge(WIDE)
    log: list[tuple[Source, bytes]] = []
    for what, detail in happenings:
        if what == "take":
            log += detail
            book.take([as_entry(item) for item in detail], strict)
        elif what == "again" and log:
            book.take([as_entry(log[detail % len(log)])], strict)
        elif what == "retry" and log:
            book.take([as_entry(log[detail % len(log)], retry=True)], lenient)
        elif what == "close":
            book.close(detail)
        assert book.balances()


# --- single laws ---------------------------------------------------------------------------------------------------

SOUND = report(MIDNIGHT, 1, {"PM10": 80, "CO": 0.5}, period="PT1M")
PARTLY = report(MIDNIGHT, 2, {"PM10": 150, "CO": 0.5}, period="PT1M")


def taken_by(*batches: Sequence[Entry], book: Book | None = None) -> Book:
    book = book or Book()
    for batch in batches:
        book.take(batch, judge(NARROW))
    return book


def test_superseded_values_are_kept() -> None:
    book = taken_by([entry(SOUND), entry(PARTLY)])
    assert sorted(book.letters()) == [CURRENT, CURRENT, SUPERSEDED]


def test_a_reused_number_in_another_slot_is_another_reading() -> None:
    hour = report(MIDNIGHT, 2, {"PM10": 90}, period="PT1H")
    later = report(MIDNIGHT + MINUTE, 2, {"PM10": 91}, period="PT1M")
    book = taken_by([entry(PARTLY)], [entry(hour)], [entry(later)])
    assert {value for _, value, _ in book.readings(CURRENT).values()} == {0.5, 90.0, 91.0}
    assert book.repeats == 0


def test_a_payload_that_names_another_station_is_never_compared_with_the_stations_own() -> None:
    stranger = report(MIDNIGHT, 1, {"PM10": 80, "CO": 0.9}, period="PT1M", name="s2")
    book = taken_by([entry(stranger)], [entry(SOUND)], [entry(stranger)])
    assert [reason for *_, reason in book.rejected] == [RejectReason.STATION_MISMATCH] * 2
    assert len(book.readings(CURRENT)) == 2
    assert book.repeats == 2


def test_only_what_is_sent_again_on_purpose_is_judged_again() -> None:
    book = taken_by([entry(PARTLY)])
    book.take([entry(PARTLY)], judge(WIDE))
    assert len(book.readings(CURRENT)) == 1
    book.take([entry(PARTLY, retry=True)], judge(WIDE))
    assert {name for _, name in book.readings(CURRENT)} == {PM10, CO}
    assert book.rows[Slot(1, 60, MIDNIGHT)][Number(Source.DEVICE, 0, 2)].names == (CO, PM10)
    book.take([entry(PARTLY)], judge(WIDE))
    assert (book.repeats, book.balances()) == (5, True)


def test_in_a_closed_day_a_known_number_is_a_repeat_and_a_new_one_is_rejected() -> None:
    book = taken_by([entry(SOUND)])
    book.close(MIDNIGHT)
    taken_by([entry(SOUND), entry(PARTLY)], [entry(PARTLY)], book=book)
    assert book.repeats == 4
    assert [reason for *_, reason in book.rejected] == [RejectReason.CLOSED] * 2
    assert book.rows == {}


def test_what_comes_to_a_closed_day_is_received_and_its_readings_counted_as_rejected() -> None:
    book = Book()
    book.close(MIDNIGHT)
    day = book.closed["s1", MIDNIGHT]
    [taken] = [book.take([entry(SOUND), entry(PARTLY), entry(SOUND)], judge(NARROW))]
    assert taken.closed == {("s1", MIDNIGHT): day}
    assert [numbers.encode() for numbers in day.received.values()] == [[(1, 2)]]
    assert (dict(day.rejected), book.repeats, book.balances()) == ({Source.DEVICE: 4}, 2, True)


@pytest.mark.parametrize("name", ["s1", "nobody"])
def test_in_a_closed_day_a_report_rejected_whole_is_known_by_its_number_too(name: str) -> None:
    mismatch = report(MIDNIGHT, 9, {"PM10": 80}, name="s1" if name == "nobody" else "nobody", period="PT1M")
    book = Book()
    book.closed[name, MIDNIGHT] = ClosedDay()
    taken_by([entry(mismatch, name=name)], [entry(mismatch, name=name)], book=book)
    assert book.whole == [RejectReason.CLOSED]
    assert (book.repeats, book.balances()) == (1, True)


def test_the_first_in_kafka_s_order_gives_a_closed_day_the_number_whatever_its_time() -> None:
    first, second = (report(MIDNIGHT + m * MINUTE, m + 1, {"PM10": m}, period="PT1M") for m in (0, 1))
    reused = report(MIDNIGHT, 2, {"PM10": 77}, period="PT1M")
    book = Book()
    book.close(MIDNIGHT)
    book.take([entry(first), entry(second), entry(reused)], judge(WIDE))
    assert [value for _, _, value, *_ in book.rejected] == [0, 1]


def test_bytes_that_are_no_report_are_kept_with_a_closed_day_of_receipt() -> None:
    numbered = b'{"station": "s1", "seq": 77, "values": 3}'
    book = Book()
    book.close(MIDNIGHT)
    taken = book.take([entry(b"no report"), entry(numbered), entry(b"no report")], judge(NARROW))
    day = taken.closed["s1", MIDNIGHT]
    assert day.payloads == {(Source.DEVICE, hashlib.sha256(b"no report").digest())}
    assert day.received[Source.DEVICE, 0].encode() == [(77, 77)]
    assert book.whole == [RejectReason.MALFORMED] * 2


def test_the_days_beside_a_closed_day_are_open() -> None:
    book = Book()
    book.close(MIDNIGHT)
    before = report(MIDNIGHT - MINUTE, 1, {"PM10": 80}, period="PT1M")
    after = report(MIDNIGHT + DAY, 2, {"PM10": 80}, period="PT1M")
    taken_by([entry(before), entry(after, received=MIDNIGHT + DAY)], book=book)
    assert len(book.readings(CURRENT)) == 2


@pytest.mark.parametrize("cut_up", [True, False])
def test_bytes_that_are_no_report_are_kept_once_and_counted_each_time(cut_up: bool) -> None:
    entries = [entry(b"no report"), entry(b"no report"), entry(b"nor this")]
    book = taken_by(*([item] for item in entries)) if cut_up else taken_by(entries)
    assert book.whole == [RejectReason.MALFORMED] * 2
    assert (book.reports, book.taken) == (3, 0)


@pytest.mark.parametrize("cut_up", [True, False])
def test_an_empty_report_rejected_whole_is_kept_once(cut_up: bool) -> None:
    late = report(MIDNIGHT + DAY, 1, {}, period="PT1M")
    entries = [entry(late), entry(late)]
    book = taken_by(*([item] for item in entries)) if cut_up else taken_by(entries)
    assert book.whole == [RejectReason.FUTURE]


def test_what_came_in_is_counted_by_station_source_and_day_of_the_report() -> None:
    yesterday = report(MIDNIGHT - MINUTE, 3, {"PM10": 1, "SO2": 2}, period="PT1M")
    taken = Book().take([entry(SOUND), entry(SOUND), entry(yesterday, source=Source.HJ212)], judge(NARROW))
    assert taken.counts[0] == {
        ("s1", Source.DEVICE, MIDNIGHT): (2, 4, 2),
        ("s1", Source.HJ212, MIDNIGHT - DAY): (1, 2, 0),
    }


def test_rows_keep_factors_in_order_of_code_whatever_was_sent() -> None:
    book = taken_by([entry(report(MIDNIGHT, 1, {"SO2": {"flag": "D"}, "CO": 1, "PM10": 2}, period="PT1M"))])
    row = book.rows[Slot(1, 60, MIDNIGHT)][Number(Source.DEVICE, 0, 1)]
    assert (row.names, row.flags) == ((CO, SO2, PM10), "NDN")
    assert row.values[0] == 1
    assert math.isnan(row.values[1])

"""Which readings count, which are rejected and why: each rule as a sentence."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from book import Book
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import CO, HOUR, MIDNIGHT, PM10, entry, registry, report, station
from truth_folders import known

from aggregate.judge import Judge
from aggregate.reading import RejectReason
from aggregate.revision import CURRENT, SUPERSEDED
from ingest.kinds import KIND_RULES, Kind
from ingest.report import format_instant
from standards.factors import load_catalogue
from truth.folder import KnownStation
from truth.readings import Account, Slot, aligned

CATALOGUE = load_catalogue()
NOW = MIDNIGHT + 2 * HOUR


def account(*payloads: bytes, at: float = NOW, **changes: Any) -> Account:
    """The account of a station `s1` that has heard these, all handed over at once."""
    made = Account("s1", KnownStation.model_validate(known("s1", **changes)), CATALOGUE)
    for payload in payloads:
        made.hear(at, payload.decode())
    return made


def minute(seq: int, values: Any, time: int = MIDNIGHT, **head: Any) -> bytes:
    return report(time, seq, values, **({"period": "PT1M"} | head))


def current(made: Account) -> dict[str, tuple[float, str]]:
    """Of the one slot there is: value and flag by factor."""
    (of_slot,) = made.current.values()
    return {code: (value, flag) for code, (_, _, value, flag) in of_slot.items()}


def test_a_sound_report_is_current_under_the_codes_of_its_factors() -> None:
    made = account(minute(1, {"PM10": 80.0, "CO": 0.7}))
    assert current(made) == {PM10: (80.0, "N"), CO: (0.7, "N")}
    assert (made.readings, made.rejected, made.repeats, made.superseded) == (2, {}, 0, 0)


def test_a_half_written_payload_is_malformed_once_however_often_it_comes() -> None:
    half = minute(1, {"PM10": 80.0})[:50]
    made = account(half, half, minute(1, {"PM10": 80.0}))
    assert (made.rejected, made.readings) == ({RejectReason.MALFORMED: 1}, 1)


def test_a_report_in_another_stations_name_is_rejected_reading_by_reading() -> None:
    made = account(minute(1, {"PM10": 80.0, "CO": 0.7}, name="s2"), minute(1, {"PM10": 80.0}))
    assert (made.rejected, made.readings) == ({RejectReason.STATION_MISMATCH: 2}, 1)


def test_nothing_is_taken_from_a_station_that_nobody_knows() -> None:
    made = Account("s1", None, CATALOGUE)
    made.hear(NOW, minute(1, {"PM10": 80.0, "none": 1}).decode())
    assert (made.rejected, made.readings) == ({RejectReason.UNKNOWN_STATION: 2}, 0)


@pytest.mark.parametrize(("ahead", "readings"), [(300, 1), (301, 0)])
def test_more_than_five_minutes_ahead_is_the_future(ahead: int, readings: int) -> None:
    made = account(report(MIDNIGHT + ahead, 1, {"PM10": 80.0}), at=MIDNIGHT)
    assert made.readings == readings
    assert made.rejected == ({} if readings else {RejectReason.FUTURE: 1})


def test_a_forecast_alone_may_lie_in_the_future_and_name_what_is_computed_here() -> None:
    body = report(MIDNIGHT + 86400, 1, {"AQI": 80.0}, period="P1D", issued=format_instant(MIDNIGHT))
    assert account(body, kind="forecast").readings == 1
    assert account(body).rejected == {RejectReason.FUTURE: 1}
    assert account(minute(1, {"AQI": 80.0})).rejected == {RejectReason.UNKNOWN_FACTOR: 1}


def test_what_is_wrong_with_a_factor_leaves_its_siblings() -> None:
    made = account(minute(1, [("PM10", 80.0), ("nothing", 1.0), ("CO", 1.0), (CO, 2.0), ("SO2", "much")]))
    assert current(made) == {PM10: (80.0, "N")}
    assert made.rejected == {
        RejectReason.UNKNOWN_FACTOR: 1,
        RejectReason.FACTOR_TWICE: 2,
        RejectReason.NOT_FINITE: 1,
    }


def test_only_values_flagged_normal_must_lie_in_their_range() -> None:
    values = {"PM10": {"v": -80.0, "flag": "C"}, "CO": -80.0}
    made = account(minute(1, values))
    assert (current(made), made.rejected) == ({PM10: (-80.0, "C")}, {RejectReason.OUT_OF_RANGE: 1})


def test_the_instruments_own_range_goes_before_the_catalogues() -> None:
    wide, narrow = {PM10: [-100.0, None]}, {PM10: [None, 50.0]}
    assert account(minute(1, {"PM10": -80.0}), valid_ranges=wide).readings == 1
    assert account(minute(1, {"PM10": 80.0}), valid_ranges=narrow).rejected == {RejectReason.OUT_OF_RANGE: 1}
    assert account(minute(1, {"PM10": 50.0}), valid_ranges=narrow).readings == 1


def test_a_stack_has_ranges_of_its_own() -> None:
    value = CATALOGUE.by_code["a21026"].measure("air").maximum * 1.01
    assert account(minute(1, {"SO2": value}), kind="air").readings == 0
    assert account(minute(1, {"SO2": 35.0}), kind="cems").readings == 1


def test_the_greater_revision_counts_whatever_came_first() -> None:
    low, high = minute(1, {"PM10": 80.0, "CO": 0.7}), minute(2, {"PM10": 90.0})
    for order in ((low, high), (high, low)):
        made = account(*order)
        assert current(made) == {PM10: (90.0, "N"), CO: (0.7, "N")}
        assert (made.readings, made.superseded) == (2, 1)


def test_a_greater_run_counts_before_a_greater_number() -> None:
    made = account(minute(9, {"PM10": 80.0}), minute(1, {"PM10": 90.0}, run=1))
    assert current(made) == {PM10: (90.0, "N")}


def test_a_rejected_value_supersedes_nothing() -> None:
    made = account(minute(1, {"PM10": 80.0}), minute(2, {"PM10": -80.0}))
    assert (current(made), made.rejected) == ({PM10: (80.0, "N")}, {RejectReason.OUT_OF_RANGE: 1})


def test_the_same_said_again_is_a_repeat_rejected_or_not() -> None:
    body = minute(1, {"PM10": 80.0, "CO": -80.0, "SO2": None})
    made = account(body, body, body)
    assert (made.readings, made.repeats, made.rejected) == (2, 6, {RejectReason.OUT_OF_RANGE: 1})


def test_another_value_under_the_same_number_is_a_conflict_and_the_first_stands() -> None:
    other = minute(1, {"PM10": 90.0})
    made = account(minute(1, {"PM10": 80.0}), other, other)
    assert (current(made), made.rejected, made.repeats) == ({PM10: (80.0, "N")}, {RejectReason.CONFLICT: 1}, 1)


def test_times_are_aligned_to_the_grid_of_the_period_or_of_the_stations_own() -> None:
    assert aligned(MIDNIGHT + 9 * HOUR + 59, 3600) == MIDNIGHT + 9 * HOUR
    assert aligned(MIDNIGHT + 9 * HOUR, 7 * HOUR) == MIDNIGHT + 7 * HOUR
    assert aligned(MIDNIGHT + 9 * HOUR, 31 * 86400) == MIDNIGHT
    made = account(report(MIDNIGHT + 61, 1, {"PM10": 80.0}), reporting_period=900)
    assert list(made.current) == [Slot(900, MIDNIGHT, None)]


def test_what_no_statistic_is_made_of_is_counted() -> None:
    made = account(minute(1, {"PM10": 80.0, "CO": 0.7}), report(MIDNIGHT, 2, {"PM10": 80.0}, period="PT4H"))
    assert made.unused() == {4 * HOUR: 1}
    assert sorted(reading.factor for reading in made.measured()) == [CO, PM10]


# --- the pipeline's own pure functions say the same ----------------------------------------------------------------

factors = st.sampled_from(["PM10", "a34002", "CO", "SO2", "nothing", "AQI"])
values: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([1.0, 2.0, 150.0, -1.0, 1e9]),
    st.sampled_from([{"v": 3.0, "flag": "M"}, {"v": -9.0, "flag": "C"}, {"flag": "D"}]),
    st.sampled_from([None, "x", {"v": 1, "flag": "?"}]),
)
times = st.sampled_from([0, 30, 60, -86400, 299, 301, 3600])
heads = st.fixed_dictionaries(
    {},
    optional={
        "period": st.sampled_from(["PT1M", "PT1H", "PT4H", "PT7M"]),
        "run": st.integers(0, 1),
    },
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[float, bytes]:
    name = draw(st.sampled_from(["s1", "s1", "s1", "s2"]))
    seq, head = draw(st.integers(1, 3)), draw(heads)
    if seq == 3:
        # always of the same number: what is rejected is not kept by its `issued`, so a number that is used with it and
        # without it would be taken for a repeat by the pipeline
        head["issued"] = "2026-03-10T00:00:00+08:00"
    body = report(
        MIDNIGHT + draw(times), seq, draw(st.lists(st.tuples(factors, values), max_size=4)), name=name, **head
    )
    return MIDNIGHT + draw(st.sampled_from([0, 60, 7200])), body[: -draw(st.sampled_from([0, 0, 0, 0, 9])) or None]


@given(st.lists(messages(), max_size=12), st.sampled_from([Kind.AIR, Kind.CEMS, Kind.FORECAST]))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_the_pipelines_judge_says_the_same_of_any_reports(sent: list[tuple[float, bytes]], kind: Kind) -> None:
    sent = [*sent, *sent[:3]]
    ranges = {PM10: (0.0, 100.0)}
    judge = Judge(CATALOGUE, KIND_RULES)
    judge.use(registry(station("s1", kind=kind, valid_ranges=ranges)))
    pipeline = Book()
    for at, body in sent:
        pipeline.take([entry(body, name="s1", received=at)], judge)
    truth = Account("s1", KnownStation.model_validate(known("s1", kind, valid_ranges={PM10: [0.0, 100.0]})), CATALOGUE)
    for at, body in sent:
        truth.hear(at, body.decode())
    found = {
        (slot.period, slot.time, slot.issued, code): (number.run, number.seq, value, flag)
        for (slot, code), (number, value, flag) in pipeline.readings(CURRENT).items()
    }
    assert found == {
        (*slot, code): (run, seq, None if math.isnan(value) else value, flag)
        for slot, of_slot in truth.current.items()
        for code, (run, seq, value, flag) in of_slot.items()
    }
    malformed = Counter(reason for reason in pipeline.whole if reason == RejectReason.MALFORMED)
    assert truth.rejected == malformed + Counter(reason for *_, reason in pipeline.rejected)
    assert (truth.repeats, truth.superseded) == (pipeline.repeats, pipeline.letters().count(SUPERSEDED))

"""What faults make of reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.kinds import Kind
from ingest.report import Origin
from ingest.simulation.faults import NEEDS, Draft, Fault, FaultKind, Faults
from ingest.simulation.monitor import Monitor

PM10, TSP = "a34002", "a34001"
STATION = "140502201"
MINUTE = 60
START = 1_794_931_200
END = START + 3600


def draft(minute: int, station: str = STATION, kind: Kind = Kind.DUST, values: dict[str, float] | None = None) -> Draft:
    """The report of the minute so far from the fault's start."""
    time = START + minute * MINUTE
    ready = time + MINUTE
    return Draft(
        Monitor(station, kind, "140502"), time, MINUTE, values or {PM10: 100.0 + minute, TSP: 200.0 + minute}, {},
        ready, ready + 5.0, Origin.LIVE, station,
    )  # fmt: skip


def fault(kind: FaultKind, **fields: object) -> Fault:
    return Fault(kind, START, END, (STATION,), **fields)  # type: ignore[arg-type]


def befall(*faults: Fault, minutes: range = range(60), seed: int = 7, station: str = STATION) -> list[Draft]:
    """What becomes of a station's reports of some minutes."""
    applied = Faults(faults, seed)
    return [after for minute in minutes for after in applied.apply(draft(minute, station))]


def pm10(drafts: list[Draft]) -> list[float]:
    return [one.values[PM10] for one in drafts]


def share(kind: FaultKind, **fields: object) -> list[Draft]:
    return befall(fault(kind, share=0.2, **fields), minutes=range(60))


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_leaves_other_stations_and_other_times_alone(kind: FaultKind) -> None:
    faults = Faults([fault(kind, amount=5.0, seconds=90)], 7)
    before, after, elsewhere = draft(-1), draft(60), draft(30, "140502202")
    assert not faults.touches("140502202")
    assert [faults.apply(one) for one in (before, elsewhere, after)] == [[before], [elsewhere], [after]]


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_changes_something_within_its_time(kind: FaultKind) -> None:
    assert befall(fault(kind, amount=5.0, seconds=90, share=0.5)) != befall()


@pytest.mark.parametrize("kind", FaultKind)
def test_the_same_seed_gives_the_same_faults_and_another_seed_others_where_something_is_drawn(kind: FaultKind) -> None:
    has_share = "share" in (*NEEDS[kind].required, *NEEDS[kind].optional)
    one = fault(kind, amount=5.0, seconds=90, share=0.5 if has_share else 1.0)
    assert befall(one) == befall(one)
    assert (befall(one, seed=8) != befall(one)) == (has_share or kind is FaultKind.RECONNECT_STORM)


def test_a_fault_without_stations_befalls_all() -> None:
    faults = Faults([Fault(FaultKind.GAP, START, END)], 7)
    assert faults.touches("any")
    assert faults.apply(draft(3, "any")) == []


def test_a_gap_leaves_nothing_of_its_time() -> None:
    assert [one.time for one in befall(fault(FaultKind.GAP), minutes=range(-1, 61))] == [START - 60, END]


def test_a_gap_of_a_factor_leaves_the_others() -> None:
    assert {tuple(one.values) for one in befall(fault(FaultKind.GAP, factors=(PM10,)))} == {(TSP,)}


def test_a_gap_of_a_share_leaves_the_rest() -> None:
    assert 30 < len(share(FaultKind.GAP)) < 58


def test_a_stuck_instrument_repeats_what_it_showed_when_the_fault_began() -> None:
    found = befall(fault(FaultKind.STUCK, factors=(PM10,)), minutes=range(61))
    assert pm10(found) == [100.0] * 60 + [160.0]
    assert [one.values[TSP] for one in found] == [200.0 + minute for minute in range(61)]


def test_spikes_hit_a_share_of_the_values_each_factor_for_itself() -> None:
    found = share(FaultKind.SPIKE, amount=8.0)
    hit = [
        {code for code, base in ((PM10, 100), (TSP, 200)) if one.values[code] != base + minute}
        for minute, one in enumerate(found)
    ]
    assert {PM10} in hit
    assert {TSP} in hit
    assert set() in hit
    assert all(one.values[PM10] in {100 + minute, 8 * (100 + minute)} for minute, one in enumerate(found))


def test_drift_grows_by_its_share_a_day_and_ends_with_the_fault() -> None:
    long = Fault(FaultKind.DRIFT, START, START + 2 * 86400, (STATION,), amount=0.1)
    faults = Faults([long], 7)
    minutes = (1439, 2879, 2880)
    assert [pm10(faults.apply(draft(minute, values={PM10: 100.0}))) for minute in minutes] == [
        [110.0],
        [120.0],
        [100.0],
    ]


def test_a_drift_never_takes_a_value_below_nought() -> None:
    long = Fault(FaultKind.DRIFT, START, START + 9 * 86400, (STATION,), amount=-0.5)
    assert pm10(Faults([long], 7).apply(draft(7200))) == [0.0]


def test_a_wrong_unit_multiplies_and_shows_no_more_digits_than_a_logger() -> None:
    faults = Faults([fault(FaultKind.WRONG_UNIT, amount=0.001)], 7)
    assert pm10(faults.apply(draft(0, values={PM10: 123.4}))) == [0.1234]


def test_a_calibration_shows_zero_gas_then_span_gas_under_its_flag() -> None:
    found = befall(fault(FaultKind.CALIBRATION, amount=400.0, factors=(PM10,)))
    assert pm10(found) == [0.0] * 30 + [400.0] * 30
    assert {tuple(one.flags.items()) for one in found} == {((PM10, "C"),)}


def test_a_clock_that_is_fast_names_later_times_and_repeats_some_when_it_is_set_right() -> None:
    found = befall(fault(FaultKind.CLOCK_SKEW, seconds=180), minutes=range(55, 65))
    assert [(one.time - START) // 60 for one in found] == [58, 59, 60, 61, 62, 60, 61, 62, 63, 64]
    assert [one.send_at - one.ready for one in found] == [5.0] * 10


def test_stamps_of_the_future_keep_values_and_receipt() -> None:
    (found,) = befall(fault(FaultKind.FUTURE_STAMPS, seconds=315_360_000), minutes=range(1))
    assert found == replace(draft(0), time=START + 315_360_000)


@pytest.mark.parametrize("kind", [FaultKind.CLOCK_SKEW, FaultKind.FUTURE_STAMPS])
def test_forecasts_have_no_clock_to_be_wrong(kind: FaultKind) -> None:
    forecast = draft(3, kind=Kind.FORECAST)
    assert Faults([fault(kind, seconds=86400)], 7).apply(forecast) == [forecast]


def test_a_report_in_another_stations_name_is_followed_by_the_right_one() -> None:
    found = befall(fault(FaultKind.WRONG_STATION), minutes=range(2))
    assert [(one.named, one.time) for one in found] == [
        ("140502202", START), (STATION, START), ("140502202", START + 60), (STATION, START + 60),
    ]  # fmt: skip
    assert {one.monitor.station for one in found} == {STATION}


def test_corrections_come_later_for_the_same_time_with_other_values_and_sometimes_fewer_factors() -> None:
    found = befall(fault(FaultKind.CORRECTIONS, amount=0.1, seconds=600))
    firsts, corrections = found[::2], found[1::2]
    assert firsts == [draft(minute) for minute in range(60)]
    for first, correction in zip(firsts, corrections, strict=True):
        assert (correction.time, correction.send_at) == (first.time, first.send_at + 600)
        assert correction.values
        assert all(0.5 < value / first.values[code] < 1.5 for code, value in correction.values.items())
        assert all(value != first.values[code] for code, value in correction.values.items())
    assert {len(correction.values) for correction in corrections} == {1, 2}


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (FaultKind.DUPLICATES, lambda one: one.copies),
        (FaultKind.HALF_WRITTEN, lambda one: one.half_first),
    ],
)
def test_a_share_of_the_reports_is_sent_otherwise_but_the_same(kind: FaultKind, count: object) -> None:
    found = share(kind)
    assert 2 < sum(map(count, found)) < 30  # type: ignore[call-overload]
    assert [replace(one, copies=0, half_first=False) for one in found] == [draft(minute) for minute in range(60)]


def test_late_reports_wait_in_order_until_the_faults_end_and_say_so() -> None:
    found = befall(fault(FaultKind.LATE))
    assert {(one.send_at, one.origin) for one in found[:-1]} == {(END, Origin.RESENT)}
    assert [one.time for one in found] == [START + minute * 60 for minute in range(60)]
    assert found[-1].send_at == draft(59).send_at


def test_late_history_stays_history() -> None:
    replayed = replace(draft(3), origin=Origin.REPLAY)
    (found,) = Faults([fault(FaultKind.LATE)], 7).apply(replayed)
    assert (found.send_at, found.origin) == (END, Origin.REPLAY)


def test_a_reconnect_storm_sends_all_at_once_in_any_order_and_the_last_of_them_twice() -> None:
    found = befall(fault(FaultKind.RECONNECT_STORM, seconds=20))
    assert all(END <= one.send_at <= END + 20 for one in found)
    assert [one.time for one in sorted(found, key=lambda one: one.send_at)] != [one.time for one in found]
    assert [one.copies for one in found] == [0] * 54 + [1] * 6


def test_faults_that_meet_befall_a_report_in_the_order_of_their_kinds() -> None:
    late, wrong, gap = fault(FaultKind.LATE), fault(FaultKind.WRONG_UNIT, amount=10.0), fault(FaultKind.DUPLICATES)
    for order in ((late, wrong, gap), (gap, late, wrong)):
        (found,) = befall(*order, minutes=range(1))
        assert (found.values[PM10], found.copies, found.send_at) == (1000.0, 1, END)

"""The judge: which report and which factor is taken, and if not, why."""

from __future__ import annotations

import math
from typing import Any

import pytest
from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, OZONE, PM10, SO2, entry, registry, report, station

from aggregate.judge import ORIGINS, Judge, align
from aggregate.reading import Judged, Position, RejectReason, Unparsed
from ingest.envelope import Entry, EntryKind, Source
from ingest.kinds import KIND_RULES, Kind
from ingest.report import Origin
from standards.factors import load_catalogue

NOON = MIDNIGHT + 12 * HOUR
NOW = NOON + 2 * MINUTE


def judge_of(*stations: Any) -> Judge:
    judge = Judge(load_catalogue(), KIND_RULES)
    judge.use(registry(*(stations or (station(),))))
    return judge


def judge_all(*entries: Entry, judge: Judge | None = None) -> tuple[list[Judged], list[Unparsed]]:
    return (judge or judge_of()).judge((Position(0, 7, place), item) for place, item in enumerate(entries))


def judged(body: bytes, *, judge: Judge | None = None, **how: Any) -> Judged:
    """The verdict on one report, received at `NOW` unless told otherwise."""
    found, unparsed = judge_all(entry(body, **{"received": NOW, **how}), judge=judge)
    assert not unparsed
    return found[0]


def reasons(verdict: Judged) -> dict[str, RejectReason | None]:
    return dict(zip(verdict.names, verdict.reasons or [None] * len(verdict.names), strict=True))


def test_a_sound_report_is_taken_whole_and_its_names_become_codes() -> None:
    verdict = judged(report(NOON, 3, {"PM10": 80.5, "二氧化硫": 12, "CO": 0.7}, period="PT1M", run=9))
    assert (verdict.whole, verdict.reasons, verdict.flags) == (None, None, "")
    assert (verdict.names, list(verdict.values)) == ((PM10, SO2, CO), [80.5, 12, 0.7])
    assert verdict.number == (Source.DEVICE, 9, 3)
    assert verdict.slot == (1, 60, NOON, None)


# --- whole reports -------------------------------------------------------------------------------------------------


def test_bytes_that_are_no_report_are_malformed_and_say_why() -> None:
    _, unparsed = judge_all(entry(b'{"station":'), entry(b"\xff\xfe"), entry(b"{}"))
    assert [item.whole for item in unparsed] == [RejectReason.MALFORMED] * 3
    assert all(item.detail for item in unparsed)


def test_what_was_too_large_for_a_record_is_oversize() -> None:
    judgement, unparsed = judge_all(entry(b'{"sha256":""}', kind=EntryKind.OVERSIZE))
    assert (judgement, [item.whole for item in unparsed]) == ([], [RejectReason.OVERSIZE])


def test_a_report_that_names_another_station_than_its_topic_is_rejected_as_the_topics() -> None:
    judge = judge_of(station("s1", 1), station("s2", 2))
    verdict = judged(report(NOON, 1, {"PM10": 80}, name="s2"), name="s1", judge=judge)
    assert (verdict.whole, reasons(verdict)) == (
        RejectReason.STATION_MISMATCH,
        {PM10: RejectReason.STATION_MISMATCH},
    )
    assert verdict.slot.station_id == 1


def test_an_unknown_station_is_rejected() -> None:
    verdict = judged(report(NOON, 1, {"PM10": 80}, name="nobody"), name="nobody")
    assert (verdict.whole, verdict.slot.station_id) == (RejectReason.UNKNOWN_STATION, -1)


@pytest.mark.parametrize(
    ("time", "verdict"),
    [
        (NOON - 1, RejectReason.UNKNOWN_STATION),
        (NOON, None),
        (NOON + HOUR - 1, None),
        (NOON + HOUR, RejectReason.UNKNOWN_STATION),
    ],
)
def test_the_registry_of_the_reports_own_time_decides(time: int, verdict: RejectReason | None) -> None:
    judge = judge_of(station(valid_from=NOON), station(valid_from=NOON + HOUR, active=False, version_key=2))
    body = report(time, 1, {"PM10": 80}, period="PT1S")
    assert judged(body, judge=judge, received=NOON + DAY).whole == verdict


@pytest.mark.parametrize(("ahead", "verdict"), [(300, None), (301, RejectReason.FUTURE)])
def test_a_report_more_than_five_minutes_ahead_of_its_receipt_is_rejected(
    ahead: int, verdict: RejectReason | None
) -> None:
    assert judged(report(NOON + ahead, 1, {"PM10": 80}), received=NOON).whole == verdict


def test_a_forecast_may_lie_in_the_future() -> None:
    judge = judge_of(station(kind=Kind.FORECAST))
    body = report(NOON + 3 * DAY, 1, {"AQI": 120}, issued="2026-03-10T08:00:00+08:00", period="P1D")
    verdict = judged(body, judge=judge)
    assert (verdict.whole, verdict.reasons) == (None, None)
    assert verdict.slot.issued == MIDNIGHT + 8 * HOUR


def test_a_monitor_does_not_reach_the_future_by_naming_when_it_was_issued() -> None:
    body = report(NOON + 3 * DAY, 1, {"PM10": 120}, issued="2026-03-10T08:00:00+08:00")
    assert judged(body).whole == RejectReason.FUTURE


# --- factors -------------------------------------------------------------------------------------------------------


def test_an_unknown_factor_is_rejected_and_its_siblings_are_kept() -> None:
    verdict = judged(report(NOON, 1, {"PM10": 80, "unobtainium": 1, "CO": 0.5}))
    assert verdict.whole is None
    assert reasons(verdict) == {PM10: None, "unobtainium": RejectReason.UNKNOWN_FACTOR, CO: None}


def test_what_is_computed_here_is_no_factor_of_a_monitor() -> None:
    assert reasons(judged(report(NOON, 1, {"AQI": 50}))) == {"AQI": RejectReason.UNKNOWN_FACTOR}


@pytest.mark.parametrize("second", ["PM10", "pm10", "a34002", "PM 10"])
def test_a_factor_named_twice_loses_all_its_values_whatever_it_is_called(second: str) -> None:
    verdict = judged(report(NOON, 1, [("PM10", 80), ("CO", 0.5), (second, 80)]))
    assert verdict.names == (PM10, CO, PM10)
    assert verdict.reasons == [RejectReason.FACTOR_TWICE, None, RejectReason.FACTOR_TWICE]


@pytest.mark.parametrize("value", ["NaN", "1e999", "-1e999", '"12"', "true", "[1]"])
def test_what_is_no_finite_number_is_rejected_and_its_siblings_are_kept(value: str) -> None:
    body = report(NOON, 1, {"PM10": 80, "CO": 0.5}).replace(b"0.5", value.encode())
    assert reasons(judged(body)) == {PM10: None, CO: RejectReason.NOT_FINITE}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0, None),
        (20_000, None),
        (-0.1, RejectReason.OUT_OF_RANGE),
        (20_000.1, RejectReason.OUT_OF_RANGE),
    ],
)
def test_a_value_outside_its_factors_range_is_rejected(value: float, reason: RejectReason | None) -> None:
    assert reasons(judged(report(NOON, 1, {"PM10": value, "CO": 0.5}))) == {PM10: reason, CO: None}


@pytest.mark.parametrize("flag", "FMSDCTB")
def test_the_range_counts_for_normal_values_alone(flag: str) -> None:
    verdict = judged(report(NOON, 1, {"PM10": {"v": -5, "flag": flag}, "CO": {"v": -5, "flag": "N"}}))
    assert reasons(verdict) == {PM10: None, CO: RejectReason.OUT_OF_RANGE}
    assert verdict.flags == flag + "N"


def test_a_flag_without_a_value_is_a_reading() -> None:
    verdict = judged(report(NOON, 1, {"PM10": {"flag": "D"}, "CO": None}))
    assert (verdict.reasons, verdict.flags) == (None, "DB")
    assert all(map(math.isnan, verdict.values))


def test_an_instruments_own_range_stands_in_place_of_the_catalogues() -> None:
    judge = judge_of(station(valid_ranges={PM10: (5.0, 30_000.0), CO: (-math.inf, 2.0)}))
    wide = judged(report(NOON, 1, {"PM10": 25_000, "CO": -3, "O3": 5_001}), judge=judge)
    assert reasons(wide) == {PM10: None, CO: None, OZONE: RejectReason.OUT_OF_RANGE}
    narrow = judged(report(NOON, 1, {"PM10": 4, "CO": 2.1}), judge=judge)
    assert reasons(narrow) == {PM10: RejectReason.OUT_OF_RANGE, CO: RejectReason.OUT_OF_RANGE}


def test_a_stack_is_judged_by_its_own_range() -> None:
    judge = judge_of(station(kind=Kind.CEMS), station("s2", 2))
    assert reasons(judged(report(NOON, 1, {"CO": 40_000}), judge=judge)) == {CO: None}
    outside = judged(report(NOON, 1, {"CO": 40_000}, name="s2"), name="s2", judge=judge)
    assert reasons(outside) == {CO: RejectReason.OUT_OF_RANGE}


def test_reports_in_one_batch_are_judged_each_for_itself() -> None:
    values = (80, -1, 90, math.inf, 100)
    bodies = [report(NOON, seq, {"PM10": value, "CO": 0.5}) for seq, value in enumerate(values, start=1)]
    found, _ = judge_all(*(entry(body, received=NOW) for body in bodies))
    assert [reasons(verdict)[PM10] for verdict in found] == [
        None,
        RejectReason.OUT_OF_RANGE,
        None,
        RejectReason.NOT_FINITE,
        None,
    ]


# --- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "period", "slot"),
    [
        (59, 60, 0),
        (60, 60, 60),
        (5 * HOUR, 8 * HOUR, 0),
        (8 * HOUR, 8 * HOUR, 8 * HOUR),
        (DAY - 1, DAY, 0),
        (DAY - 1, 5 * HOUR, 20 * HOUR),
        (DAY, 5 * HOUR, DAY),
        (7 * MINUTE, 7 * MINUTE, 7 * MINUTE),
        (DAY + 6 * MINUTE, 7 * MINUTE, DAY),
        (DAY + HOUR, 31 * DAY, DAY),
        (17, 0, 17),
    ],
)
def test_time_is_aligned_down_to_the_grid_that_begins_at_shanghais_midnights(time: int, period: int, slot: int) -> None:
    assert align(MIDNIGHT + time, period) == MIDNIGHT + slot


def test_without_a_period_the_stations_own_is_taken() -> None:
    judge = judge_of(station(reporting_period=5 * MINUTE))
    verdict = judged(report(NOON + 299, 1, {"PM10": 80}), judge=judge, received=NOON + 299)
    assert verdict.slot == (1, 300, NOON, None)


@pytest.mark.parametrize(("late", "origin"), [(0, Origin.LIVE), (HOUR, Origin.LIVE), (HOUR + 1, Origin.RESENT)])
def test_what_comes_long_after_its_period_is_no_longer_live(late: int, origin: Origin) -> None:
    body = report(NOON, 1, {"PM10": 80}, period="PT1M")
    assert judged(body, received=NOON + MINUTE + late).origin == ORIGINS[origin]


def test_what_says_that_it_is_resent_is_not_live_however_early_it_comes() -> None:
    assert judged(report(NOON, 1, {"PM10": 80}, origin="resent")).origin == ORIGINS[Origin.RESENT]


def test_a_replay_is_never_live() -> None:
    assert judged(report(NOON, 1, {"PM10": 80}), source=Source.REPLAY).origin == ORIGINS[Origin.REPLAY]


# --- a second reading of the log -----------------------------------------------------------------------------------


def test_a_second_reading_of_the_log_judges_alike() -> None:
    bodies = [
        report(NOON, 1, {"PM10": 80, "x": 1}),
        report(NOON + HOUR, 2, {"PM10": 80}),
        report(NOON, 3, [("PM10", 1), ("a34002", 2)]),
        report(NOON - 3 * HOUR, 4, {"PM10": {"v": -1, "flag": "D"}}),
        report(NOON, 5, {"CO": -1}, name="s2"),
    ]
    log = [entry(body, received=NOW) for body in bodies]
    whole, _ = judge_all(*log)
    one_by_one = [judge_all(item)[0][0] for item in reversed(log)][::-1]
    assert [_verdict(v) for v in whole] == [_verdict(v) for v in one_by_one]


def _verdict(found: Judged) -> tuple[Any, ...]:
    return (found.slot, found.number, found.whole, found.names, found.reasons, found.origin, found.flags, found.day)


def test_another_registry_is_judged_by_from_then_on() -> None:
    judge = judge_of(station("other", 2))
    body = report(NOON, 1, {"PM10": 80})
    assert judged(body, judge=judge).whole == RejectReason.UNKNOWN_STATION
    judge.use(registry(station()))
    assert judged(body, judge=judge).whole is None


@pytest.mark.parametrize("names", [1, 50, 300])
def test_names_invented_anew_in_each_report_do_not_fill_the_memory(names: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregate.judge.NAMES_KEPT", 200)
    judge = judge_of()
    for seq in range(1, 300):
        values = {f"x{seq}-{number}": 1 for number in range(names)}
        verdict = judged(report(NOON, seq, values), judge=judge)
        assert set(reasons(verdict).values()) == {RejectReason.UNKNOWN_FACTOR}
        assert sum(len(plan.names) for plan in judge._plans.values()) <= 300


def test_very_long_names_are_judged_and_not_remembered() -> None:
    judge = judge_of()
    verdict = judged(report(NOON, 1, {"x" * 10_000: 1, "PM10": 80}), judge=judge)
    assert reasons(verdict) == {"x" * 10_000: RejectReason.UNKNOWN_FACTOR, PM10: None}
    assert not judge._plans

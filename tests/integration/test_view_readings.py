"""The views of readings, hours, stations and alerts, on what the real steps make of reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from archive_stage import START, sent, take
from handling_stage import Ground as Handling
from handling_stage import clock
from reports import HOUR, MINUTE, PM10, SO2, entry, report
from worker_stage import Ground, Log, Worker, worker

from alerts.handling.machine import Action
from core.settings import CoreSettings
from ingest.envelope import Entry, Source

pytestmark = pytest.mark.stack

AIR, STACK, OFTEN, LATER = "view-air", "view-stack", "view-dust", "view-later"
TOWN = "view-town"


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("views"))
    made.stations(
        f"{AIR},环境空气站,air,140502,{TOWN},PT1M,city,,",
        f"{STACK},排放口,cems,140502,{TOWN},PT1H,,,",
        f"{OFTEN},工地,dust,140502,{TOWN},PT1M,,,",
    )
    made.stations(f"{AIR},改名后的站,air,140502,{TOWN},PT1M,city,,", since="2026-03-09T00:00:00+08:00")
    made.stations(f"{AIR},将来的名字,air,140502,{TOWN},PT1M,city,,", since="2031-01-01T00:00:00+08:00")
    made.stations(f"{LATER},还没有的站,air,140502,{TOWN},PT1M,city,,", since="2031-01-01T00:00:00+08:00")
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(START)
        yield made


def asked(ground: Ground, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a dashboard finds."""
    return ground.rows(query, *values, role="viewer")


def person(seq: int, values: dict[str, Any], *, minute: int) -> Entry:
    """What somebody says of a minute, as `lantian readings` sends it."""
    body = report(START + minute * MINUTE, seq, values, name=AIR, period="PT1M", run=1_773_100_000, origin="resent")
    return entry(body, name=AIR, received=START + HOUR, source=Source.PERSON)


def hour_of(step: Worker, *, flagged: range = range(0)) -> None:
    """An hour of minutes, PM10 60 but for the first minute's 660, SO2 with them; some flagged by a person."""
    values = [{"PM10": 660.0 if minute == 0 else 60.0, "SO2": 9.0} for minute in range(60)]
    take(step, *(sent(AIR, minute + 1, said, minute=minute) for minute, said in enumerate(values)))
    if flagged:
        said = [{"PM10": {"v": values[minute]["PM10"], "flag": "D"}} for minute in flagged]
        words = enumerate(zip(flagged, said, strict=True), start=1)
        take(step, *(person(n, of, minute=minute) for n, (minute, of) in words))
    step.tick(START + 2 * HOUR)


def test_a_reading_is_shown_once_as_device_and_person_left_it(ground: Ground, step: Worker) -> None:
    take(step, sent(AIR, 1, {"PM10": 80.0, "SO2": 9.0}), sent(AIR, 2, {"PM10": 81.0}))
    take(step, person(1, {"SO2": {"v": 9.0, "flag": "D"}}, minute=0))
    rows = asked(
        ground,
        "select extract(epoch from time)::bigint, period, factor, value, unit, flag, origin, source, seq"
        " from v_readings where station_id = %s order by factor",
        AIR,
    )
    assert rows == [
        (START, 60, SO2, 9.0, "ug/m3", "D", "resent", "person", 1),
        (START, 60, PM10, 81.0, "ug/m3", "N", "live", "device", 2),
    ]


def test_a_stacks_reading_is_in_the_unit_of_stacks(ground: Ground, step: Worker) -> None:
    body = report(START, 1, {"SO2": 35.0}, name=STACK, period="PT1H")
    take(step, entry(body, name=STACK, received=START + HOUR))
    heard(ground, overdue_s=0)
    assert asked(ground, "select value, unit from v_readings where station_id = %s", STACK) == [(35.0, "mg/m3")]
    assert asked(ground, "select value, unit from v_latest_readings where station_id = %s", STACK) == [(35.0, "mg/m3")]


def test_a_unit_is_that_of_what_the_station_was_at_the_time(ground: Ground, step: Worker) -> None:
    ground.stations(f"{STACK},改作空气站,air,140502,{TOWN},PT1H,,,", since="2026-03-11T00:00:00+08:00")
    body = report(START, 1, {"SO2": 35.0}, name=STACK, period="PT1H")
    take(step, entry(body, name=STACK, received=START + HOUR))
    step.tick(START + 2 * HOUR)
    heard(ground, overdue_s=0)
    ground.rows("update heard_until set until = '2026-03-12'")
    for view in ("v_readings", "v_latest_readings", "v_hourly", "v_hourly_raw"):
        assert asked(ground, f"select unit from {view} where station_id = %s", STACK) == [("mg/m3",)], view
    ground.rows("delete from station_version where name_zh = '改作空气站'")


def test_a_reading_without_a_value_is_null_and_keeps_its_flag(ground: Ground, step: Worker) -> None:
    take(step, sent(AIR, 1, {"PM10": {"v": None, "flag": "D"}}))
    assert asked(ground, "select value, flag from v_readings where station_id = %s", AIR) == [(None, "D")]


def test_an_hour_shows_what_a_review_left_and_its_raw_view_what_devices_said(ground: Ground, step: Worker) -> None:
    hour_of(step, flagged=range(1))
    query = "select value, n_valid, n_expected, valid, tier, state from {} where station_id = %s and factor = %s"
    assert asked(ground, query.format("v_hourly"), AIR, PM10) == [(60.0, 59, 60, True, "reviewed", "provisional")]
    assert asked(ground, query.format("v_hourly_raw"), AIR, PM10) == [(70.0, 60, 60, True, "raw", "provisional")]
    assert asked(ground, "select pm10, so2, tier from v_air_hourly where station_id = %s", AIR) == [
        (60.0, 9.0, "reviewed")
    ]


def test_an_hour_that_does_not_count_has_no_value_and_says_why(ground: Ground, step: Worker) -> None:
    hour_of(step, flagged=range(20))
    rows = asked(ground, "select value, valid, reason from v_hourly where station_id = %s and factor = %s", AIR, PM10)
    assert rows == [(None, False, "TOO_FEW_MINUTES")]
    assert asked(ground, "select pm10, aqi, aqi_reason from v_air_hourly where station_id = %s", AIR) == [
        (None, None, "POLLUTANT_MISSING")
    ]


def test_an_open_hour_has_no_value_yet(ground: Ground, step: Worker) -> None:
    take(step, sent(AIR, 1, {"PM10": 80.0}), now=START + MINUTE)
    rows = asked(ground, "select value, state from v_hourly where station_id = %s and factor = %s", AIR, PM10)
    assert rows == [(None, "open")]


def test_what_was_rejected_is_shown_with_its_reasons(ground: Ground, step: Worker) -> None:
    take(step, sent(AIR, 1, {"PM10": 99_999.0, "SO2": 9.0}), sent("nobody", 1, {"PM10": 1.0}))
    rows = asked(ground, "select station_id, whole, reason, factors, reasons from v_rejected order by station_id")
    assert rows == [
        ("nobody", True, "UNKNOWN_STATION", [PM10], ["UNKNOWN_STATION"]),
        (AIR, False, "OUT_OF_RANGE", [PM10], ["OUT_OF_RANGE"]),
    ]


def heard(ground: Ground, *, overdue_s: float) -> None:
    """As if the worker had read so long beyond the time at which the station's next live report was due."""
    ground.rows("truncate heard, heard_until")
    ground.rows("insert into heard_until values (0, to_timestamp(%s))", START + HOUR)
    ground.rows(
        "insert into heard (station_id, partition, received, ended)"
        " select station_id, 0, to_timestamp(%s), to_timestamp(%s) from station where station = %s",
        START + HOUR - MINUTE - overdue_s, START + HOUR - MINUTE - overdue_s - 2, OFTEN,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("overdue_s", "state"), [(-30, "reporting"), (60, "reporting"), (61, "late"), (540, "late"), (541, "silent")]
)
def test_a_station_is_late_and_then_silent_by_the_time_of_the_data(
    ground: Ground, step: Worker, overdue_s: float, state: str
) -> None:
    heard(ground, overdue_s=overdue_s)
    query = "select state, overdue_s, delay_s from v_station_states where station_id = %s"
    assert asked(ground, query, OFTEN) == [(state, max(0.0, overdue_s), 2.0)]
    assert asked(ground, query, AIR) == [("never", None, None)]


def test_a_station_is_shown_as_it_is_at_the_time_of_the_data(ground: Ground, step: Worker) -> None:
    heard(ground, overdue_s=0)
    assert asked(ground, "select name_zh from v_stations where station_id = %s", AIR) == [("改名后的站",)]
    assert asked(ground, "select name_zh from v_stations where station_id = %s", LATER) == [("还没有的站",)]
    versions = asked(ground, "select name_zh from v_station_versions where station_id = %s order by valid_to", AIR)
    assert versions == [("环境空气站",), ("改名后的站",), ("将来的名字",)]


def test_a_stations_own_limits_have_bounds_and_units(ground: Ground, step: Worker) -> None:
    ground.rows(
        """update station_version set limits = '{"a21026": {"maximum": 35}, "w01001": {"minimum": 6, "maximum": 9}}'"""
        " where station_id = (select station_id from station where station = %s)",
        STACK,
    )
    query = "select factor, minimum, maximum, unit from v_station_limits where station_id = %s order by 1"
    assert asked(ground, query, STACK) == [("a21026", None, 35.0, "mg/m3"), ("w01001", 6.0, 9.0, "1")]


def test_an_alerts_life_is_told_in_seconds_since_it_opened(stack: CoreSettings) -> None:
    site = Handling(stack, "view-life")
    site.hours(260.0)
    site.do(Action.ACKNOWLEDGE, "zhang", clock("09:10"))
    site.do(Action.DISPATCH, "zhang", clock("09:30"), unit="城管局", text="立即停工")
    query = (
        "select stage, order_stage, opened_at, acknowledged_after_s, dispatched_after_s, dispatched_to, closed_after_s,"
        " told_after_s, waits from v_alert_lifecycle where city = %(city)s and rule_id = 'dust-stop-work'"
    )
    assert site.site.rows(query, role="viewer") == [
        ("dispatched", "proposed", datetime(2026, 3, 2, 1, 0, tzinfo=UTC), 600.0, 1800.0, "城管局", None, None, True)
    ]

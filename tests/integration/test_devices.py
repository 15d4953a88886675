"""Silence and return, wrong clocks, stamps of the future: stories of devices, told minute by minute."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_stage import BUSY, HOURLY, MINUTE, NOON, QUIET, TOWN, Town, a_town
from reports import entry

from aggregate.reading import RejectReason
from core.kafka import partition_of
from core.settings import CoreSettings

pytestmark = pytest.mark.stack


@pytest.fixture
def town(stack: CoreSettings, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Town]:
    """Data time goes as fast as real time, or as often as fast as a test's parameter says."""
    with a_town(stack, tmp_path, clock_speed=getattr(request, "param", 1.0)) as found:
        yield found


def test_silence_and_return(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(29, BUSY)
    assert town.log("device-silent") == []
    town.minutes(4, BUSY)
    [(happening, name, _, opened)] = town.log("device-silent")
    assert (happening, name) == ("opened", QUIET)
    assert 36 <= opened <= 38
    town.minutes(5, BUSY)
    assert len(town.log("device-silent")) == 1
    town.minutes(3, QUIET, BUSY)
    assert [happened[0] for happened in town.log("device-silent")] == ["opened", "cleared"]
    [(pages, title, first)] = town.ground.rows(
        "select pages, title_zh, extract(epoch from first_start)::bigint from alert where rule_id = 'device-silent'"
        " and city = %s",
        TOWN,
    )
    assert pages
    assert title.startswith("设备无数据：站 已超时 3")
    assert first == NOON + 5 * MINUTE, "the silence began with the last report"


def test_a_long_silence_becomes_graver_and_is_told_once_a_level(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(300, BUSY)
    assert [happened[0] for happened in town.log("device-silent")] == ["opened", "raised"]


def test_when_nothing_at_all_comes_in_no_device_is_blamed(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(200)
    assert town.log("device-silent") == []


def test_what_was_only_ever_replayed_or_sent_late_is_not_silent(town: Town) -> None:
    town.minutes(5, QUIET, BUSY, origin="resent")
    town.minutes(100, BUSY)
    assert town.log("device-silent") == []


def test_what_waits_in_kafka_is_no_silence(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    for _ in range(60):  # the worker is away; the devices are not
        town.now += MINUTE
        for name in (QUIET, BUSY):
            town.report(name, town.now - MINUTE - 1)
        town.engine.tick(town.now)
    town.look()
    town.minutes(3, QUIET, BUSY)
    assert town.log("device-silent") == []


def hourly(town: Town) -> None:
    """The hourly station's report of the hour that ended at the minute, five minutes late."""
    town.report(HOURLY, town.now - 5 * MINUTE - 60 * MINUTE, period="PT1H")


def test_a_worker_that_dies_after_an_hours_report_makes_no_silence_of_the_hour_until_the_next(town: Town) -> None:
    town.minutes(5, BUSY)
    hourly(town)
    town.minutes(60, BUSY)
    hourly(town)
    town.stations.take(town.now)
    town.stations.gain(town.now)
    town.minutes(62, BUSY)
    assert town.log("device-silent-hourly") == []
    town.minutes(60, BUSY)
    assert [happened[:2] for happened in town.log("device-silent-hourly")] == [("opened", HOURLY)]


@pytest.mark.parametrize("town", [60.0], indirect=True)
def test_where_data_time_runs_fast_what_a_worker_has_still_to_fetch_is_no_silence(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    del town.stations.stands[partition_of(QUIET)]  # the worker that held it is gone
    town.minutes(40, BUSY)
    town.stations.gain(town.now)
    town.minutes(20, BUSY)  # twenty seconds: what waited of QUIET is on its way
    assert town.log("device-silent") == []
    town.minutes(80, BUSY)
    assert [happened[:2] for happened in town.log("device-silent")] == [("opened", QUIET)]


def test_a_batch_that_has_to_be_taken_apart_forgets_nothing_that_was_heard_before(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.now += 10
    town.report(QUIET, town.now - MINUTE - 1)
    town.stations.take(town.now)
    nought = json.dumps({"station": BUSY, "time": "0001-01-01T00:00:00+08:00", "period": "PT1M", "seq": 99,
                         "values": {"a34002": 1.0}})  # fmt: skip
    town.stations.log.add(entry(nought.encode(), name=BUSY, received=town.now + 1))
    town.stations.take(town.now + 1)
    town.stations.tick(town.now + MINUTE)
    heard = "select extract(epoch from received)::float8 from heard join station using (station_id) where station = %s"
    assert town.ground.rows(heard, QUIET) == [(town.now,)]
    assert town.ground.rows("select reason from rejected") == [(RejectReason.UNSTORABLE,)]


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("batches", [1, 2])
def test_a_backlog_that_is_sent_at_once_is_no_slow_clock(town: Town, newest_first: bool, batches: int) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(9, BUSY)
    town.now += MINUTE
    late = [town.now - MINUTE * (place + 1) - 1 for place in range(10)]
    for place, time in enumerate(late if newest_first else late[::-1]):
        town.report(QUIET, time)
        if place == 4 and batches == 2:
            town.stations.take(town.now)
            town.now += 5
    town.look()
    assert town.log("device-clock") == []


def test_a_clock_that_is_slow_is_named_until_it_is_set(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(3, QUIET, late=400.0)
    assert [happened[:2] for happened in town.log("device-clock")] == [("opened", QUIET)]
    town.minutes(3, QUIET, BUSY)
    assert [happened[0] for happened in town.log("device-clock")] == ["opened", "cleared"]


def test_stamps_of_the_future_are_named_and_forgotten_after_an_hour(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(2, BUSY)
    town.minutes(1, QUIET, ahead=1200.0)
    town.minutes(2, QUIET, BUSY)
    assert [happened[:2] for happened in town.log("device-ahead")] == [("opened", QUIET)]
    town.minutes(62, QUIET, BUSY)
    assert [happened[0] for happened in town.log("device-ahead")] == ["opened", "cleared"]


def test_an_engine_that_dies_at_a_look_neither_loses_nor_doubles(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(40, BUSY)
    assert len(town.log("device-silent")) == 1
    town.ground.erase_alerts(TOWN)
    with town.engine.database.cursor() as cursor:
        town.engine.step.forget()
        town.engine.step.tick(cursor, sorted(town.engine.stands), town.now)
    town.engine.database.rollback()
    assert town.log("device-silent") == []
    town.engine.gain(town.now)
    for _ in range(3):
        town.engine.tick(town.now)
        town.engine.gain(town.now)
    assert [happened[:2] for happened in town.log("device-silent")] == [("opened", QUIET)]


def test_a_device_taken_out_of_service_is_silent_no_longer(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(40, BUSY)
    town.ground.rows(
        "update station_version v set active = false from station s"
        " where s.station_id = v.station_id and s.station = %s",
        QUIET,
    )
    town.ground.rows("update registry_version set version = version + 1")
    try:
        town.minutes(2, BUSY)
        assert [happened[0] for happened in town.log("device-silent")] == ["opened", "cleared"]
    finally:
        town.ground.rows("update station_version set active = true")
        town.ground.rows("update registry_version set version = version + 1")


def test_a_running_hour_that_heads_for_the_stop_work_value_is_told_before_its_end(town: Town) -> None:
    town.minutes(14, QUIET, BUSY, value=300.0)
    assert town.log("dust-early-notice") == []
    town.minutes(3, QUIET, value=300.0)
    [(happening, name, _, at)] = town.log("dust-early-notice")
    assert (happening, name) == ("opened", QUIET)
    assert 15 <= at <= 17
    [(title, first, pages)] = town.ground.rows(
        "select title_zh, extract(epoch from first_start)::bigint, pages from alert"
        " where rule_id = 'dust-early-notice' and city = %s",
        TOWN,
    )
    assert (title, first, pages) == ("扬尘预提示：站 本小时 PM10 预计 300 µg/m³", NOON, True)


def test_an_early_notice_is_taken_back_when_the_air_clears(town: Town) -> None:
    town.minutes(17, QUIET, value=300.0)
    town.minutes(8, QUIET, value=60.0)
    assert [happened[0] for happened in town.log("dust-early-notice")] == ["opened", "cleared"]


def test_an_early_notice_ends_with_its_hour_and_the_next_hour_is_another(town: Town) -> None:
    town.minutes(62, QUIET, value=300.0)
    assert [happened[0] for happened in town.log("dust-early-notice")] == ["opened", "cleared"]
    town.minutes(18, QUIET, value=300.0)
    assert [happened[0] for happened in town.log("dust-early-notice")] == ["opened", "cleared", "opened"]


def test_minutes_that_do_not_count_are_no_ground_for_an_early_notice(town: Town) -> None:
    town.minutes(14, QUIET, value=300.0)
    town.minutes(4, QUIET, value=60.0)
    assert town.log("dust-early-notice") == []


def test_the_same_hour_may_be_told_early_twice(town: Town) -> None:
    town.minutes(17, QUIET, value=300.0)
    town.minutes(8, QUIET, value=60.0)
    town.minutes(12, QUIET, value=900.0)
    assert [happened[0] for happened in town.log("dust-early-notice")] == ["opened", "cleared", "opened"]
    town.minutes(30, QUIET, value=900.0)
    assert [happened[0] for happened in town.log("dust-early-notice")] == ["opened", "cleared", "opened", "cleared"]


def test_back_in_service_a_device_has_its_own_delay_before_it_is_silent(town: Town) -> None:
    town.minutes(5, QUIET, BUSY)
    town.minutes(40, BUSY)
    off, on = town.now + 5 * MINUTE, town.now + 60 * MINUTE
    for at, active in ((off, "no"), (on, "yes")):
        town.ground.rows(
            "insert into station_version (station_id, valid_from, active, name_zh, kind, region, city, control_point,"
            " reporting_period, acks, valid_ranges, limits, changed_by) select station_id, to_timestamp(%s), %s::bool,"
            " '站', 'dust', '140502', %s, false, 60, 'station', '{}', '{}', 'test' from station where station = %s",
            at, active, TOWN, QUIET,
        )  # fmt: skip
    town.ground.rows("update registry_version set version = version + 1")
    town.minutes(80, BUSY)
    assert [happened[0] for happened in town.log("device-silent")] == ["opened", "cleared"]
    town.minutes(20, BUSY)
    assert [happened[0] for happened in town.log("device-silent")] == ["opened", "cleared", "opened"]

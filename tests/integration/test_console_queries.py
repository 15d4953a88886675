"""What the console reads of a real database, as the role that sees the views alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from handling_stage import Ground as Site
from handling_stage import clock
from psycopg2.extensions import connection
from reports import HOUR, MIDNIGHT, entry, report
from worker_stage import Ground, Log, worker

from aggregate.statistic import decode_statements
from aggregate.steps import city_step
from alerts.handling.machine import Action, Stage
from alerts.handling.order import OrderAction, OrderStage
from alerts.severity import Severity
from console.queries import prepare, read
from console.snapshot import OpenAlert, Read
from core.kafka import STATISTICS, partition_of
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import KindSettings

pytestmark = pytest.mark.stack

NINE = MIDNIGHT + 9 * HOUR
POLLUTED = {"PM10": 200.0, "PM2.5": 150.0, "SO2": 20.0, "NO2": 60.0, "CO": 1.2, "O3": 40.0}
CITY = "console-town"


@pytest.fixture
def viewer(stack: CoreSettings) -> Iterator[connection]:
    with closing(connect(stack, "viewer", application="test")) as database:
        prepare(database)
        yield database


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def look(viewer: connection, most: int = 5000) -> Read:
    return read(viewer, clock("12:00"), most)


def of(found: Read, site: Site) -> list[OpenAlert]:
    return [alert for alert in found.alerts if alert.city == site.site.city]


def test_a_citys_latest_hour_has_aqi_level_and_primary_pollutant(
    stack: CoreSettings, viewer: connection, tmp_path: Path
) -> None:
    ground = Ground(stack, tmp_path)
    ground.stations(f"console-air,站,air,140502,{CITY},PT1H,city,,")
    ground.clear()
    with worker(stack, Log()) as stations, worker(stack, Log(), city_step(KindSettings.load())) as cities:
        stations.gain(NINE)
        cities.gain(NINE)
        for seq, values in enumerate((POLLUTED | {"PM2.5": 10.0}, POLLUTED)):
            start = NINE + seq * HOUR
            told = report(start, seq + 1, values, name="console-air", period="PT1H")
            stations.log.add(entry(told, name="console-air", received=start + HOUR))
            stations.take(start + HOUR)
        for value in ground.told(STATISTICS):
            cities.log.add_bytes(partition_of(decode_statements(value).city), value)
        cities.take(NINE + 2 * HOUR)
    (air,) = read(viewer, at(NINE + 3 * HOUR), 10).cities
    assert (air.city, air.start, air.end) == (CITY, at(NINE + HOUR), at(NINE + 2 * HOUR))
    assert (air.level, air.primary) == (4, ("pm25",))
    assert 151 <= air.aqi <= 200

    assert read(viewer, at(NINE + 9 * HOUR), 10).cities == (), "what is older than six hours is not of now"
    assert read(viewer, at(NINE + HOUR - 1), 10).cities == (), "an hour that has not ended is not of now"


def test_the_clock_of_the_data_is_read_beside_the_consoles_and_is_none_before_anything_came(
    stack: CoreSettings, viewer: connection, tmp_path: Path
) -> None:
    ground = Ground(stack, tmp_path)
    ground.rows("truncate heard, heard_until")
    assert look(viewer).data_now is None
    ground.rows("insert into heard_until values (0, to_timestamp(%s))", NINE)
    found = look(viewer)
    assert (found.data_now, found.now) == (at(NINE), clock("12:00"))
    ground.rows("truncate heard, heard_until")


def test_an_alert_comes_with_its_stage_and_the_latest_of_its_orders(stack: CoreSettings, viewer: connection) -> None:
    site = Site(stack, "console-stages")
    site.hours(300.0)
    (alert,) = [one for one in of(look(viewer), site) if one.order]
    assert (alert.stage, alert.order, alert.severity) == (Stage.OPEN, OrderStage.PROPOSED, Severity.CRITICAL)
    site.do(Action.ACKNOWLEDGE, "值班员张", clock("09:05"))
    site.order(OrderAction.CONFIRM, "值班员张", clock("09:06"))
    (alert,) = [one for one in of(look(viewer), site) if one.order]
    assert (alert.stage, alert.order, alert.opened_at) == (Stage.ACKNOWLEDGED, OrderStage.CONFIRMED, clock("09:00"))


def test_what_data_has_cleared_is_not_open_and_still_counted_as_to_be_closed(
    stack: CoreSettings, viewer: connection
) -> None:
    site = Site(stack, "console-cleared")
    site.hours(300.0)
    before = look(viewer)
    site.hours(80.0, 80.0, first=1)
    after = look(viewer)
    assert of(before, site)
    assert not of(after, site)
    assert after.answered_for > before.answered_for


def test_what_persons_have_closed_as_a_false_alarm_is_not_open(stack: CoreSettings, viewer: connection) -> None:
    site = Site(stack, "console-false-alarm")
    site.hours(300.0)
    site.do(Action.FALSE_ALARM, "值班员张", clock("09:10"), text="雾炮对着采样口")
    site.order(OrderAction.DECLINE, "值班员张", clock("09:11"), "误报")
    site.do(Action.VERIFY, "科长刘", clock("09:30"))
    assert not [alert for alert in of(look(viewer), site) if alert.order]


def test_the_gravest_come_first_and_counts_are_of_all_however_few_are_read(
    stack: CoreSettings, viewer: connection
) -> None:
    for name, value in (("console-many-1", 180.0), ("console-many-2", 300.0), ("console-many-3", 320.0)):
        Site(stack, name).hours(value, value)
    every, one = look(viewer), look(viewer, most=1)
    ranks = [alert.severity.rank for alert in every.alerts]
    assert ranks == sorted(ranks, reverse=True)
    assert one.alerts == every.alerts[:1]
    assert sum(one.counts.values()) == len(every.alerts)

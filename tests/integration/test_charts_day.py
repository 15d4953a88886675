"""A day read for pictures shows what stands: current values, valid hours, alerts, the register."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from reports import HOUR, MIDNIGHT, MINUTE, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.statistic import station_object
from core.clock import DAY
from core.postgres import connect
from core.settings import CoreSettings
from deploy import demo_report
from deploy.charts.day import Course, Day
from ingest.kinds import Kind

pytestmark = pytest.mark.stack

SITE, OTHER, THIRD = "charts-dust-1", "charts-dust-2", "charts-dust-3"
PM10 = "a34002"
NINE = MIDNIGHT + 9 * HOUR


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("charts"))
    made.stations(*(f"{name},站{name},dust,140502,charts-city,PT1M,city,," for name in (SITE, OTHER, THIRD)))
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(NINE)
        yield made


@pytest.fixture
def day(ground: Ground) -> Iterator[Day]:
    with closing(connect(ground.settings, "reader", application="test")) as database, database.cursor() as cursor:
        yield Day(cursor, MIDNIGHT, MIDNIGHT + DAY)


def take_hour(step: Worker, name: str, value: float, *, received: int = NINE + HOUR) -> None:
    payload = report(NINE, 1, {"PM10": value}, name=name, period="PT1H")
    step.log.add(entry(payload, name=name, received=received))
    step.take(NINE + HOUR)


def shown(course: Course) -> dict[float, float]:
    return dict(zip(np.round(course.hours, 6).tolist(), course.values.tolist(), strict=True))


def test_of_a_corrected_minute_the_later_value_is_shown(step: Worker, day: Day) -> None:
    for seq, value in ((1, 80), (2, 90)):
        step.log.add(entry(report(NINE, seq, {"PM10": value}, name=SITE, period="PT1M"), name=SITE, received=NINE + 90))
    step.take(NINE + 90)
    assert shown(day.readings(SITE, PM10)) == {9.0: 90.0}


def test_minutes_are_told_from_hours_by_their_period(step: Worker, day: Day) -> None:
    take_hour(step, SITE, 120)
    minute = report(NINE + 5 * MINUTE, 2, {"PM10": 77}, name=SITE, period="PT1M")
    step.log.add(entry(minute, name=SITE, received=NINE + HOUR))
    step.take(NINE + HOUR)
    assert shown(day.readings(SITE, PM10)) == {round(9 + 5 / 60, 6): 77.0}
    assert set(shown(day.readings(SITE, PM10, longest=HOUR)).values()) == {120.0, 77.0}


def test_hours_begin_at_their_first_second_after_midnight(step: Worker, day: Day) -> None:
    take_hour(step, SITE, 120)
    step.tick(NINE + 2 * HOUR)
    assert shown(day.hours(station_object(SITE), PM10)) == {9.0: 120.0}


def test_the_typical_hour_is_the_median_of_the_stations(step: Worker, day: Day) -> None:
    for name, value in ((SITE, 400), (OTHER, 100), (THIRD, 90)):
        take_hour(step, name, value)
    step.tick(NINE + 2 * HOUR)
    assert shown(day.typical([station_object(name) for name in (SITE, OTHER, THIRD)], PM10)) == {9.0: 100.0}


def test_the_table_of_the_day_has_one_line_an_hour_whatever_else_is_kept_of_it(
    step: Worker, day: Day, ground: Ground
) -> None:
    take_hour(step, SITE, 120)
    step.tick(NINE + 2 * HOUR)
    for kept in ({}, {"tier": "reviewed"}, {"sanddust": False}):
        ground.rows(
            "insert into statistic select (jsonb_populate_record(s, %s)).* from statistic s where s.object = %s"
            " and s.time_window = 'hour' and s.start = to_timestamp(%s)",
            json.dumps({"object": "city:甲市", **kept}), station_object(SITE), NINE,
        )  # fmt: skip
    lines = [line for line in demo_report.day_table(day.cursor, day.first, day.end) if line.lstrip().startswith("10")]
    assert len(lines) == 1
    assert "120" in lines[0]


def test_arrivals_count_reports_by_the_minute_of_their_receipt(step: Worker, day: Day) -> None:
    take_hour(step, SITE, 120, received=NINE + HOUR + 30)
    take_hour(step, OTHER, 110, received=NINE + HOUR + 59)
    take_hour(step, THIRD, 110, received=NINE + HOUR + 60)
    assert shown(day.arrivals(NINE)[Kind.DUST]) == {10.0: 2.0, round(10 + 1 / 60, 6): 1.0}


def test_a_day_without_rows_is_empty(day: Day) -> None:
    assert len(day.readings("charts-nobody", PM10)) == 0
    assert len(day.hours("station:charts-nobody", PM10)) == 0

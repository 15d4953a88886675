"""Slow: how long the views take on a province's year, and that none of what pages ask takes a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from statistics import median

import pytest
from grafana_panels import timings
from province_year import END, FIRST, fill

from core.postgres import connect
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.slow]

ASKED = 5
"""Times that each question is put; the median counts."""
_YEAR = f"start >= '{FIRST}' and start < '{END}'"
QUESTIONS = {
    "a station's year of hours, wide": f"select * from v_air_hourly where station_id = 'P0007' and {_YEAR}",
    "a station's year of hours, a factor": (
        f"select start, value, unit from v_hourly where station_id = 'P0007' and factor = 'a21026' and {_YEAR}"
    ),
    "a station's year of hours, every factor's mean": (
        f"select factor, avg(value), count(*) filter (where valid) from v_hourly where station_id = 'P0007' and {_YEAR}"
        " group by factor"
    ),
    "a station's month of hours, every factor": (
        "select * from v_hourly where station_id = 'P0007' and start >= '2026-06-01' and start < '2026-07-01'"
    ),
    "a station's year of 8 hours": f"select * from v_eight_hours where station_id = 'P0007' and {_YEAR}",
    "all stations' hour, wide": "select * from v_air_hourly where start = '2026-12-30 16:00+00'",
    "all stations' hour, every factor": "select * from v_hourly where start = '2026-12-30 16:00+00'",
    "all stations' year of days, wide": f"select station_id, avg(pm25) from v_air_daily where {_YEAR} group by 1",
    "all stations' year of days, a factor": (
        f"select station_id, avg(value) from v_daily where factor = 'a34004' and {_YEAR} group by 1"
    ),
    "a city's year of hours": f"select * from v_city_hourly where city = '城3' and {_YEAR}",
    "all cities' latest hour": (
        "select distinct on (city) * from v_city_hourly where start > (select now from v_clock) - interval '6 hours'"
        " order by city, start desc"
    ),
    "all cities' year of days with ranks": f"select * from v_city_daily where {_YEAR}",
    "the same without sand-dust": f"select * from v_city_daily_without_sanddust where {_YEAR}",
    "all cities' months with ranks": f"select * from v_city_periods where {_YEAR}",
    "a station's month of readings": (
        "select * from v_readings where station_id = 'P0007' and time >= '2026-06-01' and time < '2026-07-01'"
    ),
    "a station's year of readings, a factor": (
        f"select * from v_readings where station_id = 'P0007' and factor = 'a21026' and time >= '{FIRST}'"
    ),
    "all stations' latest readings": "select * from v_latest_readings",
    "all stations' states": "select * from v_station_states",
}
"""What dashboards and analysts ask of a year."""


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoreSettings]:
    """A stack of its own with a province's year."""
    stack = Stack(ConfiguredSettings(state_dir=tmp_path_factory.mktemp("province")))
    try:
        stack.up()
        began = time.monotonic()
        rows = fill(stack.settings)
        sys.stdout.write(f"\n{rows} statistics written in {time.monotonic() - began:.0f} s\n")
        yield stack.settings
    finally:
        stack.erase()


def milliseconds(settings: CoreSettings, questions: Mapping[str, str]) -> dict[str, float]:
    """The median time of each question, rows fetched, as dashboards ask: by their role, one after the other."""
    found = {}
    with closing(connect(settings, "viewer", application="test")) as database, database.cursor() as cursor:
        for name, question in questions.items():
            times = []
            for _ in range(ASKED):
                began = time.perf_counter()
                cursor.execute(question)
                rows = cursor.fetchall()
                times.append((time.perf_counter() - began) * 1000)
            assert rows, name
            found[name] = median(times)
            sys.stdout.write(f"{found[name]:8.1f} ms {len(rows):8} rows  {name}\n")
    return found


def test_what_pages_ask_of_a_provinces_year_takes_less_than_a_second(province: CoreSettings) -> None:
    found = milliseconds(province, QUESTIONS)
    assert {name: taken for name, taken in found.items() if taken >= 1000} == {}


@pytest.mark.parametrize("days", [0, 365], ids=["as it opens", "a year"])
def test_every_panel_of_the_dashboards_takes_less_than_a_second(province: CoreSettings, days: int) -> None:
    until = datetime.fromisoformat(END)
    with closing(connect(province, "viewer", application="test")) as database, database.cursor() as cursor:
        found = list(timings(cursor, until, {"city": "城3", "station_id": "P0003"}, days))
    for one in sorted(found, key=lambda one: -one.milliseconds)[:20]:
        sys.stdout.write(f"{one.milliseconds:8.1f} ms {one.rows:8} rows  {one.target}\n")
    assert [one for one in found if one.milliseconds >= 1000] == []

"""What dashboards say of stations that send nothing, or nothing any more: not that all is well, and not nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from grafana_panels import Columns, Range, asked, boards, choices, run, targets
from reports import DAY, HOUR, MIDNIGHT, entry, report
from worker_stage import Ground, Log, worker

from core.postgres import connect
from core.settings import CoreSettings
from ingest.station_import import import_csv

pytestmark = pytest.mark.stack

CITY = "晋城市"
WHOLE, HALF, MUTE = "140502061", "140502062", "140502063"
"""Dust sites of the city: hours of the whole day, of its first half, none at all."""
PM10 = "a34002"
EVENING = datetime.fromtimestamp(MIDNIGHT + DAY, UTC)
LAST_DAY = Range(EVENING - timedelta(days=1), EVENING)


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The three sites, a day after midnight in data time."""
    folder = tmp_path_factory.mktemp("silence")
    ground = Ground(stack, folder)
    ground.clear()
    file = folder / "stations.csv"
    head = "station,name_zh,kind,region,city,reporting_period"
    rows = [f"{name},工地,dust,140502,{CITY},PT1H" for name in (WHOLE, HALF, MUTE)]
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    with closing(connect(stack, "registry", application="test")) as registry:
        assert import_csv(registry, file, effective=datetime(2020, 1, 1, tzinfo=UTC), user="test").failed == 0
    with worker(stack, Log()) as stations:
        stations.gain(MIDNIGHT)
        for name, hours in ((WHOLE, 24), (HALF, 12)):
            for hour in range(hours):
                body = report(MIDNIGHT + hour * HOUR, hour + 1, {"PM10": 300.0}, name=name, period="PT1H")
                stations.log.add(entry(body, name=name, received=MIDNIGHT + (hour + 1) * HOUR))
        late = MIDNIGHT + DAY + 2 * HOUR
        stations.take(late)
        while stations.tick(late):
            pass
    it_is(ground, MIDNIGHT + DAY)
    return ground


def it_is(ground: Ground, now: float) -> None:
    """Set data time."""
    ground.rows("update heard_until set until = to_timestamp(%s)", now)


@pytest.fixture
def viewer(stack: CoreSettings, ground: Ground) -> Iterator[Any]:
    """A cursor of the dashboards' role."""
    it_is(ground, MIDNIGHT + DAY)
    with closing(connect(stack, "viewer", application="test")) as database, database.cursor() as cursor:
        yield cursor


def found_by(viewer: Any, name: str, span: Range = LAST_DAY) -> Columns:
    (text,) = [target.sql for target in targets() if target.name == name]
    assert text is not None
    return run(viewer, asked(text, {"city": CITY}, span))


def test_valid_hours_are_of_all_hours_that_are_over(viewer: Any) -> None:
    found = {row[0]: row[3:] for row in found_by(viewer, "data-quality/Valid hours/A").rows}
    assert {name: found[name][0] for name in (WHOLE, HALF, MUTE)} == {WHOLE: 100.0, HALF: 50.0, MUTE: 0.0}
    assert found[MUTE][1:] == (24, "NO_VALUES")


def test_hours_to_come_are_not_missed(viewer: Any) -> None:
    tomorrow = Range(LAST_DAY.since + timedelta(hours=12), EVENING + timedelta(hours=12))
    found = {row[0]: row[3] for row in found_by(viewer, "data-quality/Valid hours/A", tomorrow).rows}
    assert {name: found[name] for name in (WHOLE, HALF, MUTE)} == {WHOLE: 100.0, HALF: 0.0, MUTE: 0.0}


def test_a_site_that_fell_silent_does_not_exceed_now(viewer: Any) -> None:
    assert found_by(viewer, "dust-sites/250 g/m Above 250/A").rows == [(1,)]
    assert [row[0] for row in found_by(viewer, "dust-sites/Sites, latest hour/A").rows] == [WHOLE]


def test_a_station_that_has_been_silent_for_long_still_has_the_factors_of_its_past(ground: Ground, viewer: Any) -> None:
    it_is(ground, MIDNIGHT + 9 * DAY)
    viewer.execute("select count(*) from lantian.v_latest_readings where station_id = %s", (HALF,))
    assert viewer.fetchall() == [(0,)]
    wanted = {"city": CITY, "station_id": HALF}
    chosen = choices(viewer, boards()["lantian-station"], LAST_DAY, wanted)
    assert chosen["station_id"] == HALF
    assert chosen["factor"] == [PM10]

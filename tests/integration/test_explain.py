"""`lantian explain` on a real database: every figure comes out of what it is shown to be made of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from judge_stage import Line
from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, NO2, OZONE, PM10, PM25, SO2, entry, report
from typer.testing import CliRunner, Result
from worker_stage import Ground, Log, worker

from aggregate.explanation.commands import app
from aggregate.statistic import O3_8H_MAX, Window
from aggregate.steps import city_step, period_step
from core.clock import midnight
from core.errors import LantianError
from core.kafka import partition_of
from core.settings import CoreSettings
from ingest.envelope import Entry, Source
from ingest.kinds import KIND_RULES, Kind, KindSettings

pytestmark = pytest.mark.stack

CITY = "explain-town"
STATIONS = tuple(f"explain-{number}" for number in (1, 2, 3, 4))
NAME = STATIONS[2]
CONTROL, WORKS, MINUTES, OLD = "explain-control", "explain-works", "explain-minutes", "explain-old"
NINE = MIDNIGHT + 9 * HOUR
FINAL = MIDNIGHT + 2 * DAY + KIND_RULES[Kind.AIR].lateness_s
DECIDED = 1_773_300_000
"""The run of what a person said."""
LATER = midnight(date(2026, 4, 2))
"""March is through."""


def hourly(name: str, hour: int, seq: int, number: int, **more: Any) -> Entry:
    """A logger's hour; the values rise with the hour, and differ by station."""
    values = {
        PM25: 20.5 + hour + number,
        PM10: 60.1 + hour + number,
        SO2: 8,
        NO2: 31.7,
        CO: 0.65,
        OZONE: 40.3 + 3 * hour,
    }
    time = MIDNIGHT + hour * HOUR
    body = report(time, seq, values | more, name=name, period="PT1H")
    return entry(body, name=name, received=time + HOUR + 60)


def a_minute(minute: int, seq: int, values: dict[str, Any], *, run: int = 0, source: Source = Source.DEVICE) -> Entry:
    """A minute after nine of the minute monitor."""
    time = NINE + minute * MINUTE
    body = report(time, seq, values, name=MINUTES, period="PT1M", run=run)
    return entry(body, name=MINUTES, received=time + 61, source=source)


def of_the_day() -> Iterator[Entry]:
    """A day of a town whose fourth station falls silent at twenty, and an hour of minutes with all that may happen."""
    for number, name in enumerate((*STATIONS, CONTROL, WORKS)):
        yield from (hourly(name, hour, hour + 1, number) for hour in range(20 if name == STATIONS[3] else 24))
    yield hourly(OLD, 9, 1, 0)
    for minute in range(60):
        dust = {"v": 71.5, "flag": "D"} if minute == 5 else 80 + minute / 10
        yield a_minute(minute, minute + 1, {PM10: dust, SO2: 9})
    yield a_minute(7, 100, {PM10: 95.25})
    yield a_minute(8, 1, {PM10: 70}, run=DECIDED, source=Source.PERSON)
    own = report(NINE, 200, {SO2: 11.5}, name=MINUTES, period="PT1H")
    yield entry(own, name=MINUTES, received=NINE + HOUR)


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The day, final; then a correction that revises it; and a day that was closed."""
    made = Ground(stack, tmp_path_factory.mktemp("explain"))
    made.stations(
        *(f"{name},站,air,140502,{CITY},PT1H,city,," for name in STATIONS),
        f"{CONTROL},对照点,air,140502,{CITY},PT1H,city,yes,",
        f"{WORKS},厂界站,air,140502,{CITY},PT1H,enterprise,,",
        f"explain-dust,工地,dust,140502,{CITY},PT1M,city,,",
        f"{MINUTES},分钟站,air,140502,explain-village,PT1M,city,,",
        f"{OLD},旧站,air,140502,explain-hamlet,PT1H,city,,",
    )
    made.clear()
    made.sanddust((CITY, MIDNIGHT + 5 * HOUR, MIDNIGHT + 7 * HOUR))
    kinds = KindSettings.load()
    with (
        worker(stack, Log()) as stations,
        worker(stack, Log(), city_step(kinds)) as cities,
        worker(stack, Log(), period_step(kinds)) as periods,
    ):
        line = Line(made, stations, cities, periods)
        line.gain(MIDNIGHT)
        stations.log.add(*of_the_day())
        for now in (MIDNIGHT + DAY + HOUR, FINAL):
            line.take(now, [])
        stations.log.add(hourly(STATIONS[0], 10, 300, 0, a34002=300.125))
        for now in (FINAL + DAY, FINAL + 2 * KIND_RULES[Kind.AIR].lateness_s, LATER):
            line.take(now, [])
    made.rows("insert into closed_day values (%s, '2026-03-10', %s, now())", OLD, partition_of(OLD))
    made.rows("delete from report where station_id = (select station_id from station where station = %s)", OLD)
    made.rows(
        "insert into reading_review (asked_at, asked_by, why, action, station, factors, begins, ends, value, run,"
        " reports, readings) values (to_timestamp(%s), 'zhang', '采样泵故障', 'correct', %s, %s, to_timestamp(%s),"
        " to_timestamp(%s), 70, %s, 1, 1)",
        DECIDED, MINUTES, [PM10], NINE + 8 * MINUTE, NINE + 9 * MINUTE, DECIDED,
    )  # fmt: skip
    return made


class Desk:
    """Where an analyst sits."""

    def lantian(self, *words: str) -> Result:
        """`lantian explain …`."""
        return CliRunner().invoke(app, words)

    def explain(self, *words: str) -> dict[str, Any]:
        """What it says for machines, of a figure that comes out of its inputs."""
        result = self.lantian(*words, "--json")
        assert result.exit_code == 0, result.output or result.exception
        found: dict[str, Any] = json.loads(result.stdout)
        assert found["agrees"] is (None if found["readings_gone"] else True)
        return found

    def refused(self, *words: str) -> str:
        """The one line that it refuses with."""
        result = self.lantian(*words)
        assert isinstance(result.exception, LantianError), result.output
        assert "\n" not in str(result.exception)
        return str(result.exception)


@pytest.fixture
def desk(ground: Ground, in_stack: None) -> Desk:
    return Desk()


def whys(found: dict[str, Any]) -> Counter[str]:
    return Counter(each["why"] for each in found["inputs"])


def test_an_hour_tells_which_of_its_readings_counted_and_why_the_others_did_not(desk: Desk) -> None:
    raw = desk.explain(MINUTES, "PM10", "2026-03-10T09")
    assert whys(raw) == {"COUNTED": 59, "FLAGGED": 1, "SUPERSEDED": 1, "NOT_OF_TIER": 1}
    assert (raw["figure"]["n_valid"], raw["figure"]["n_expected"]) == (59, 60)
    reviewed = desk.explain(MINUTES, "PM10", "2026-03-10T09:00", "--tier", "reviewed")
    assert whys(reviewed) == {"COUNTED": 59, "FLAGGED": 1, "SUPERSEDED": 1, "BY_PERSON": 1}
    assert reviewed["figure"]["value"] < raw["figure"]["value"]
    assert raw["sha256"] != reviewed["sha256"]
    assert reviewed["holds"] == {"tier": "reviewed", "sanddust": True}
    assert [review["user"] for review in reviewed["reviews"]] == ["zhang"]


def test_a_loggers_own_hour_goes_before_its_minutes(desk: Desk) -> None:
    found = desk.explain(MINUTES, "SO2", "2026-03-10T09")
    assert whys(found) == {"COUNTED": 1, "OTHER_PERIOD": 60}
    assert found["figure"]["value"] == 11.5


@pytest.mark.parametrize(
    ("factor", "window", "counted"),
    [
        ("PM10", "2026-03-10", 24),
        ("O3", "2026-03-10T20/8h", 4),
        (O3_8H_MAX, "2026-03-10", 24),
        ("a05024_1h_max", "2026-03-10", 24),
        ("AQI", "2026-03-10", 6),
        ("IAQI_PM10", "2026-03-10", 1),
        ("AQI", "2026-03-10T10", 6),
        ("days_valid", "2026-03", 7),
        ("PM10_p95", "2026-Q1", 1),
        ("composite_index", "2026-03", 6),
    ],
)
def test_every_kind_of_window_comes_out_of_its_inputs_bit_for_bit(
    desk: Desk, factor: str, window: str, counted: int
) -> None:
    assert whys(desk.explain(STATIONS[1], factor, window))["COUNTED"] == counted


def test_a_city_tells_its_stations_and_who_is_left_out(desk: Desk) -> None:
    found = desk.explain(f"city:{CITY}", "PM10", "2026-03-10T21")
    said = {each["object"].removeprefix("station:"): each["why"] for each in found["inputs"]}
    assert said == {
        **dict.fromkeys(STATIONS[:3], "COUNTED"), STATIONS[3]: "ABSENT", CONTROL: "CONTROL_POINT", WORKS: "ENTERPRISE",
    }  # fmt: skip
    assert (found["figure"]["n_valid"], found["figure"]["n_expected"]) == (3, 4)
    assert any(rule["unconfirmed"] for rule in found["rules"])


@pytest.mark.parametrize(
    ("factor", "window"),
    [("AQI", "2026-03-10T21"), ("PM10", "2026-03-10"), ("AQI", "2026-03-10"), ("PM10", "2026-03")],
)
def test_a_citys_windows_come_out_of_their_inputs(desk: Desk, factor: str, window: str) -> None:
    desk.explain(f"city:{CITY}", factor, window)


def test_without_sand_dust_its_hours_do_not_count(desk: Desk) -> None:
    hour = desk.explain(STATIONS[1], "PM10", "2026-03-10T05", "--without-sanddust")
    assert (hour["figure"]["value"], hour["figure"]["reason"], whys(hour)) == (None, "SANDDUST", {"SANDDUST": 1})
    assert [period["city"] for period in hour["sanddust_periods"]] == [CITY]
    day = desk.explain(STATIONS[1], "PM10", "2026-03-10", "--without-sanddust")
    assert (day["figure"]["n_valid"], whys(day)["NOT_VALID"]) == (22, 2)
    gas = desk.explain(STATIONS[1], "SO2", "2026-03-10", "--without-sanddust", "--tier", "reviewed")
    assert gas["holds"] == {"tier": "raw", "sanddust": False}


def test_a_revised_figure_tells_what_it_said_before(desk: Desk) -> None:
    hour = desk.explain(STATIONS[0], "PM10", "2026-03-10T10")
    [before] = hour["revisions"]
    assert (hour["figure"]["value"], hour["figure"]["revision"]) == (300.125, 1)
    assert (before["figure"]["value"], before["state"], before["revision"]) == (70.1, "final", 0)
    assert desk.explain(STATIONS[0], "PM10", "2026-03-10")["figure"]["revision"] == 1


def test_of_a_closed_day_the_hours_stand_and_their_readings_are_gone(desk: Desk) -> None:
    hour = desk.explain(OLD, "PM10", "2026-03-10T09")
    assert (hour["readings_gone"], hour["recomputed"], hour["closed_days"]) == (True, None, ["2026-03-10"])
    assert hour["figure"]["value"] == 69.1
    day = desk.explain(OLD, "PM10", "2026-03-10")
    assert (day["readings_gone"], whys(day)) == (False, {"COUNTED": 1, "ABSENT": 23})
    assert desk.explain(OLD, "IAQI_PM10", "2026-03-10T09")["figure"]["value"] == 64


@pytest.mark.parametrize(
    ("place", "window", "kind", "remedy"),
    [
        (NAME, "2026-03-10", Window.DAY, f"lantian recompute --from 2026-03-10 --to 2026-03-10 --station {NAME}"),
        (f"city:{CITY}", "2026-03-10T12", Window.HOUR, "a change may be on its way"),
        (OLD, "2026-03-10", Window.DAY, "compare with a backup"),
    ],
)
def test_a_figure_that_somebody_changed_is_told_loudly(
    desk: Desk, ground: Ground, place: str, window: str, kind: Window, remedy: str
) -> None:
    start = MIDNIGHT + (12 * HOUR if kind is Window.HOUR else 0)
    row = "where object = %s and time_window = %s and start = to_timestamp(%s) and tier = 'raw' and sanddust"
    key = (place if place.startswith("city:") else f"station:{place}", kind, start)
    [(values, layout)] = ground.rows(f'select "values", layout from statistic {row}', *key)
    [(factors,)] = ground.rows("select factors from layout where layout_id = %s", layout)
    changed = [51.0 if factor == PM10 else value for factor, value in zip(factors, values, strict=True)]
    ground.rows(f'update statistic set "values" = %s {row}', changed, *key)
    try:
        result = desk.lantian(place, "PM10", window)
    finally:
        ground.rows(f'update statistic set "values" = %s {row}', values, *key)
    assert result.exit_code == 1
    assert "不一致 DIFFERS" in result.stdout
    assert "THE FIGURE DOES NOT COME OUT OF ITS INPUTS: stored 51.0" in result.stderr
    assert remedy in result.stderr
    assert desk.lantian(place, "PM10", window).exit_code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("explain-nobody", "PM10", "2026-03-10"), "is not registered"),
        (("city:nowhere", "PM10", "2026-03-10"), "is no city of the registry"),
        ((MINUTES, "NO", "2026-03-10T09"), f"it has AQI, IAQI_{SO2}, IAQI_{PM10}, {SO2}, {PM10}"),
        ((MINUTES, "PM10", "2026-03-10T08"), "the nearest is 2026-03-10T09"),
        (("explain-dust", "PM10", "2026-03-10T09"), "nothing has been computed of it yet"),
        ((MINUTES, "O3", "2026-03-10T09/8h"), "there are only windows of day, hour, month, quarter, year"),
    ],
)
def test_what_there_is_not_is_refused_in_a_line_that_says_what_there_is(
    desk: Desk, words: tuple[str, ...], says: str
) -> None:
    assert says in desk.refused(*words)

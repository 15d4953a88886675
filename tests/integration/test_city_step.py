"""A city's hour on a real database: it waits for all its stations, or for the grace, and tells what changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reports import HOUR, MIDNIGHT, MINUTE, PM10, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.cities import MARGIN_S
from aggregate.statistic import Reason, Tier, Window, decode_statements
from aggregate.steps import city_step
from core.kafka import STATISTICS, partition_of
from core.settings import CoreSettings
from ingest.envelope import Entry
from ingest.kinds import KIND_RULES, Kind, KindSettings
from truth.statistics import Cell

pytestmark = pytest.mark.stack

AIR = KIND_RULES[Kind.AIR]
START = MIDNIGHT + 9 * HOUR
END = START + HOUR
OVERDUE = END + AIR.grace_s + MARGIN_S
"""From when on a city's hour does without stations that are silent."""
CITY = "market-town"
OBJECT = f"city:{CITY}"
STATIONS = ("town-1", "town-2", "town-3", "town-4")


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.stations(
        *(f"{name},站,air,140502,{CITY},PT1H,city,," for name in STATIONS),
        f"town-control,对照点,air,140502,{CITY},PT1H,city,yes,",
        f"town-works,厂界站,air,140502,{CITY},PT1H,enterprise,,",
        f"town-dust,工地,dust,140502,{CITY},PT1H,city,,",
    )
    return made


class Pair:
    """A worker and what makes cities of its statements."""

    def __init__(self, ground: Ground, stations: Worker, cities: Worker) -> None:
        self.ground, self.stations, self.cities = ground, stations, cities
        self._relayed = 0

    def take(self, now: float, *entries: Entry) -> None:
        """Take reports, and pass on what the worker tells."""
        self.stations.log.add(*entries)
        self.stations.take(now)
        self.pass_on(now)

    def tick(self, now: float) -> None:
        self.stations.tick(now)
        self.pass_on(now)
        self.cities.tick(now)

    def pass_on(self, now: float) -> None:
        told = self.ground.told(STATISTICS)
        for value in told[self._relayed :]:
            self.cities.log.add_bytes(partition_of(decode_statements(value).city), value)
        self._relayed = len(told)
        self.cities.take(now)

    def hour(self) -> tuple[Cell, str]:
        """The city's PM10 and the states of all its factors."""
        cells, _, states = self.ground.hour(OBJECT, START)
        return cells[PM10], "".join(sorted(set(states)))


@pytest.fixture
def pair(ground: Ground) -> Iterator[Pair]:
    ground.clear()
    step = city_step(KindSettings.load())
    with worker(ground.settings, Log()) as stations, worker(ground.settings, Log(), step) as cities:
        stations.gain(START)
        cities.gain(START)
        yield Pair(ground, stations, cities)


def hour_of(name: str, value: float, seq: int = 1, received: float = END) -> Entry:
    return entry(report(START, seq, {"PM10": value}, name=name, period="PT1H"), name=name, received=received)


def test_a_citys_hour_waits_for_all_its_stations(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS[:3]))
    assert pair.hour()[1] == "O"
    pair.take(END + MINUTE, hour_of(STATIONS[3], 120.0))
    assert pair.hour() == (Cell(90.0, 4, 4, Reason.VALID), "P")


def test_after_the_grace_a_city_does_without_those_that_are_silent(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS[:3]))
    pair.tick(OVERDUE - 1)
    assert pair.hour()[1] == "O"
    pair.tick(OVERDUE)
    assert pair.hour() == (Cell(80.0, 3, 4, Reason.VALID), "P")


def test_a_late_station_changes_the_citys_hour(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS[:3]))
    pair.tick(OVERDUE)
    pair.take(END + HOUR, hour_of(STATIONS[3], 120.0, received=END + HOUR))
    assert pair.hour() == (Cell(90.0, 4, 4, Reason.VALID), "P")


def test_control_points_works_and_other_kinds_are_not_the_citys(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS))
    before = pair.hour()
    pair.take(END, *(hour_of(name, 900.0) for name in ("town-control", "town-works", "town-dust")))
    assert pair.hour() == before


def test_a_city_tells_its_changes_once_and_becomes_final(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS))
    pair.tick(END + AIR.lateness_s)
    assert pair.hour()[1] == "F"
    told = [decode_statements(value) for value in pair.ground.told(STATISTICS, "city")]
    statements = [s for batch in told for s in batch.statements if s.window == Window.HOUR]
    assert [(s.object, s.version, set(s.states)) for s in statements] == [(OBJECT, 1, {"P"}), (OBJECT, 2, {"F"})]


def test_what_becomes_final_while_another_variant_falls_due_is_made_once_from_what_stands(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS))
    pair.ground.rows(
        "insert into statistic select object, time_window, start, 'reviewed', sanddust, maker, partition, layout,"
        " repeat('O', length(states)), array_fill('NaN'::float8, array[length(states)]), n_valid, n_expected, reasons,"
        " live, edition, 1, 0, to_timestamp(%s), changed_at from statistic"
        " where object = %s and time_window = 'hour'",
        OVERDUE, OBJECT,
    )  # fmt: skip
    pair.ground.rows(
        'update statistic set "values" = array(select case when v = 80 then 90 else v end from unnest("values") v)'
        " where object like 'station:town%%' and time_window = 'hour'"
    )
    pair.cities.tick(END + AIR.lateness_s)
    assert pair.hour() == (Cell(90.0, 4, 4, Reason.VALID), "P")
    told = [s for value in pair.ground.told(STATISTICS, "city") for s in decode_statements(value).statements]
    versions = [(s.tier, s.version) for s in told if s.window == Window.HOUR]
    assert sorted(versions) == [(Tier.RAW, 1), (Tier.RAW, 2), (Tier.REVIEWED, 2)]


def test_hearing_the_same_again_changes_nothing(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS))
    told = pair.ground.told(STATISTICS, "city")
    pair.cities.gain(END)
    with pair.cities.database, pair.cities.database.cursor() as cursor:
        pair.cities.step.take(cursor, pair.cities.log.partitions, END + MINUTE)
    assert pair.ground.told(STATISTICS, "city") == told


@pytest.mark.parametrize("value", [None, b"", b"garbage", b'{"city":"\xff"}'])
def test_a_record_that_is_none_of_ours_holds_up_nothing(pair: Pair, value: bytes | None) -> None:
    for partition in pair.cities.log.partitions:
        pair.cities.log.add_bytes(partition, value)
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS))
    assert pair.hour()[1] == "P"


def test_who_gains_a_city_closes_what_is_overdue(pair: Pair) -> None:
    pair.take(END, *(hour_of(name, 80.0) for name in STATIONS[:3]))
    pair.cities.gain(OVERDUE)
    pair.cities.tick(OVERDUE)
    assert pair.hour() == (Cell(80.0, 3, 4, Reason.VALID), "P")

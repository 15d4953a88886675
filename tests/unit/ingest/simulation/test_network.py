"""Networks: from files and registries, made up, and written to be imported."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InputError
from ingest.kinds import Kind
from ingest.registry import COLUMNS, Registry
from ingest.simulation.network import Network, filled_up, network_of_csv, network_of_registry, write_csv
from ingest.simulation.towns import AREAS, Area
from ingest.station import Station
from ingest.station_import import read_stations
from ingest.station_row import StationRow
from standards.factors import load_catalogue

JINCHENG = Path(__file__).resolve().parents[4] / "ingest" / "registries" / "jincheng.csv"
ALL_KINDS = dict.fromkeys(Kind, 12)
EMPTY = Network.of(())
HEADING = "station,name_zh,kind,region,city,reporting_period,longitude,latitude,target_class,limits,valid_from,active"


def of_text(tmp_path: Path, *rows: str) -> Network:
    file = tmp_path / "stations.csv"
    file.write_text("\n".join((HEADING, *rows)) + "\n", encoding="utf-8")
    return network_of_csv(file)


def enterprises(network: Network, kind: Kind) -> Counter[str]:
    return Counter(row.enterprise or "" for row in network.rows if row.kind is kind)


def test_monitors_stand_in_km_from_the_networks_middle(tmp_path: Path) -> None:
    network = of_text(
        tmp_path,
        "S1,甲,air,140502,晋城市,PT1H,112.8,35.4,,,,",
        "S2,乙,air,140502,晋城市,PT1H,112.8,35.5,,,,",
        "S3,丙,air,140502,晋城市,PT1H,112.9,35.5,,,,",
    )
    assert network.middle == pytest.approx((112.8, 35.5))
    east = 111.32 * math.cos(math.radians(35.5)) * 0.1
    found = [place for monitor in network.monitors for place in (monitor.x, monitor.y)]
    assert found == pytest.approx([0.0, -11.132, 0.0, 0.0, east, 0.0], abs=1e-9)


def test_a_sections_limits_are_its_own_or_those_of_its_target_class(tmp_path: Path) -> None:
    network = of_text(tmp_path, "S1,断面,water,140502,晋城市,PT4H,,,III,CODMn class II; TP 0.3,,")
    assert network.monitors[0].limits == {"w01018": 20.0, "w01019": 4.0, "w21003": 1.0, "w21011": 0.3}


def test_of_a_stations_history_the_last_row_is_simulated_and_of_an_ended_station_none(tmp_path: Path) -> None:
    network = of_text(
        tmp_path,
        "S1,甲,air,140502,晋城市,PT1H,,,,,,",
        "S1,甲,air,140502,晋城市,PT1M,,,,,2026-01-01,",
        "S2,乙,air,140502,晋城市,PT1H,,,,,,",
        "S2,乙,air,140502,晋城市,PT1H,,,,,2026-01-01,no",
    )
    assert [(monitor.station, monitor.period) for monitor in network.monitors] == [("S1", 60)]


def test_a_bad_row_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 2, kind: .*got 'aer'"):
        of_text(tmp_path, "S1,甲,aer,140502,晋城市,PT1H,,,,,,")


def test_the_registry_of_a_database_gives_the_stations_of_the_time_asked_for() -> None:
    row = network_of_csv(JINCHENG).rows[0]
    fields = {name: getattr(row, name) for name in ("station", *COLUMNS)}
    first = Station(version_key=1, station_id=1, valid_from=-math.inf, active=True, **fields)
    ended = Station(version_key=2, station_id=1, valid_from=1000.0, active=False, **fields)
    registry = Registry(1, [first, ended])
    assert network_of_registry(registry, 999.0).rows == (row,)
    assert network_of_registry(registry).rows == ()


def test_every_kind_can_be_made_up() -> None:
    made = filled_up(EMPTY, ALL_KINDS, 7)
    assert Counter(monitor.kind for monitor in made.monitors) == ALL_KINDS


def test_a_network_keeps_its_own_stations_and_is_filled_up_behind_them() -> None:
    own = network_of_csv(JINCHENG)
    made = filled_up(own, {Kind.CEMS: 20, Kind.NOISE: 3}, 7)
    assert made.rows[: len(own.rows)] == own.rows
    assert made.monitors[: len(own.rows)] == own.monitors
    assert Counter(row.kind for row in made.rows[len(own.rows) :]) == {Kind.CEMS: 14, Kind.NOISE: 3}


def test_a_network_that_was_filled_up_can_be_filled_up_further() -> None:
    some = filled_up(EMPTY, {Kind.DUST: 40}, 7)
    more = filled_up(some, {Kind.DUST: 90}, 7)
    assert len({row.station for row in more.rows}) == 90
    assert len({row.mn for row in more.rows}) == 90


def test_fewer_than_there_are_is_refused() -> None:
    with pytest.raises(InputError, match=r"air: the network has 6 of them \(got 3\); ask for 6 or more"):
        filled_up(network_of_csv(JINCHENG), {Kind.AIR: 3}, 7)


def test_the_same_seed_makes_up_the_same_stations_and_another_seed_others() -> None:
    assert filled_up(EMPTY, ALL_KINDS, 7) == filled_up(EMPTY, ALL_KINDS, 7)
    assert filled_up(EMPTY, ALL_KINDS, 7) != filled_up(EMPTY, ALL_KINDS, 8)


def test_jincheng_has_255_plants_with_604_outlets_some_of_them_large() -> None:
    made = enterprises(filled_up(network_of_csv(JINCHENG), {Kind.CEMS: 604}, 7), Kind.CEMS)
    assert (len(made), made.total()) == (255, 604)
    assert made.most_common(1)[0][1] > 10
    assert sum(count == 1 for count in made.values()) > 50


def test_meters_and_treatment_stand_at_plants_that_have_outlets_and_at_the_same_ones() -> None:
    made = filled_up(network_of_csv(JINCHENG), {Kind.CEMS: 604, Kind.POWER: 60, Kind.FACILITY: 40}, 7)
    outlets, meters, treatment = (set(enterprises(made, kind)) for kind in (Kind.CEMS, Kind.POWER, Kind.FACILITY))
    assert treatment <= meters <= outlets
    assert (len(meters), len(treatment)) == (60, 40)


def test_meters_without_any_outlet_get_plants_of_their_own() -> None:
    assert "" not in enterprises(filled_up(EMPTY, {Kind.POWER: 4}, 7), Kind.POWER)


def test_stations_of_a_plant_stand_together() -> None:
    places = defaultdict(list)
    for monitor in filled_up(EMPTY, {Kind.CEMS: 300, Kind.POWER: 120}, 7).monitors:
        places[monitor.enterprise].append(complex(monitor.x, monitor.y))
    assert max(abs(one - other) for plant in places.values() for one in plant for other in plant) < 5.0


def test_made_up_stations_stand_about_the_towns_of_their_area() -> None:
    for area in Area:
        towns = {town.region: town for town in AREAS[area].towns}
        for row in filled_up(EMPTY, {Kind.DUST: 200}, 7, area).rows:
            town = towns[row.region]
            assert (row.city, row.county) == (town.city, town.county)
            assert abs((row.longitude or 0) - town.longitude) < 0.2
            assert abs((row.latitude or 0) - town.latitude) < 0.2


def test_ids_and_names_of_made_up_stations_are_unlike() -> None:
    made = filled_up(network_of_csv(JINCHENG), {**ALL_KINDS, Kind.CEMS: 604, Kind.DUST: 516}, 7)
    for name in ("station", "name_zh", "name_en", "mn"):
        assert max(Counter(getattr(row, name) for row in made.rows).values()) == 1
    cameras = Counter(row.camera for row in made.rows if row.camera)
    assert max(cameras.values()) == 1
    assert {len(camera) for camera in cameras} == {20}


def test_limits_and_ranges_are_of_factors_that_the_catalogue_knows() -> None:
    codes = {code for row in filled_up(EMPTY, ALL_KINDS, 7).rows for code in (*row.limits, *row.valid_ranges)}
    assert codes <= set(load_catalogue().by_code)


def test_the_import_reads_what_was_written(tmp_path: Path) -> None:
    row = StationRow.model_validate(
        {
            "station": "S1", "name_zh": "站,“一”", "kind": "water", "region": "140502", "city": "晋城市",
            "reporting_period": "PT4H", "valid_ranges": "pH 6.5..; DO ..25; TP 0..0.125", "acks": "platform-x",
            "limits": "pH 6..9; CODMn class III; NH3-N 1.5; DO 5..", "target_class": "IV", "active": "no",
            "valid_from": "2026-03-01T08:00:00+08:00", "control_point": "yes",
        }
    )  # fmt: skip
    written = filled_up(network_of_csv(JINCHENG), {**ALL_KINDS, Kind.CEMS: 50}, 7)
    network = replace(written, rows=(*written.rows, row))
    write_csv(network, tmp_path / "out.csv")
    rows, errors = read_stations(tmp_path / "out.csv")
    assert errors == []
    assert tuple(row for _, row in rows) == network.rows

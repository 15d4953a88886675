"""Who counts where and when: official stations, their counties, cities and provinces, and named groups."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reports import registry, station

from aggregate.evaluation.spans import Span
from aggregate.regions.groups import read_groups
from aggregate.regions.level import Level
from aggregate.regions.places import Places, Region, chosen, places_of
from core.clock import midnight
from core.errors import InputError
from ingest.kinds import Kind
from ingest.station import ControlLevel, Station
from standards.editions import Editions, load_editions

EDITIONS = load_editions()
MARCH = Span("2020-03-01..2020-03-10", date(2020, 3, 1), date(2020, 3, 11))


def town(name: str, **changes: Any) -> Station:
    return station(name, **{"city": "太原市", "county": "小店区", "region": "140105"} | changes)


def places(*stations: Station, span: Span = MARCH, editions: Editions = EDITIONS) -> Places:
    return places_of(registry(*stations), span, editions)


def test_micro_stations_other_kinds_and_works_own_stations_are_nowhere() -> None:
    found = places(
        town("official"),
        *(town(f"s-{kind}", kind=kind) for kind in Kind if kind is not Kind.AIR),
        town("works", control_level=ControlLevel.ENTERPRISE),
    )
    assert list(found.stations) == ["station:official"]
    assert found.cities["city:太原市"].stations == ("official",)
    assert found.counties["county:太原市/小店区"].stations == ("official",)


def test_control_points_are_stations_but_count_for_no_county_and_no_city() -> None:
    found = places(town("s1"), town("s2", control_point=True), town("s3", control_point=True, county="古交市"))
    assert set(found.stations) == {"station:s1", "station:s2", "station:s3"}
    assert found.cities["city:太原市"].stations == ("s1",)
    assert list(found.counties) == ["county:太原市/小店区"]


def test_counties_of_two_cities_may_have_one_name() -> None:
    found = places(town("s1", city="晋城市", county="城区"), town("s2", city="阳泉市", county="城区"))
    assert set(found.counties) == {"county:晋城市/城区", "county:阳泉市/城区"}


def test_stations_stand_in_ascending_order_whatever_the_registrys() -> None:
    found = places(town("s3"), town("s1"), town("s2"))
    assert found.cities["city:太原市"].stations == ("s1", "s2", "s3")


def test_a_station_counts_on_the_days_that_begin_while_it_is_registered_so() -> None:
    """It is moved to another city in the middle of the third day, and given up before the last."""
    versions = [
        town("s1"),
        town("s1", city="晋中市", county=None, valid_from=midnight(date(2020, 3, 3)) + 3600.5),
        town("s1", active=False, valid_from=float(midnight(date(2020, 3, 10)))),
    ]
    found = places(*versions, town("s2"))
    assert found.cities["city:太原市"].counts.tolist() == [[True] * 3 + [False] * 7, [True] * 10]
    assert found.cities["city:晋中市"].counts.tolist() == [[False] * 3 + [True] * 6 + [False]]
    assert found.stations["station:s1"].counts.tolist() == [[True] * 9 + [False]]


def test_a_micro_station_that_becomes_official_counts_from_then_on() -> None:
    versions = [town("s1", kind=Kind.MICRO), town("s1", valid_from=float(midnight(date(2020, 3, 6))))]
    assert places(*versions).stations["station:s1"].counts.tolist() == [[False] * 5 + [True] * 5]


def test_whether_control_points_count_is_for_the_edition_of_the_day_to_say() -> None:
    found = places(town("s1", control_point=True), editions=Editions(EDITIONS.all[:1]))
    assert "city:太原市" not in found.cities


def test_a_province_has_the_cities_of_its_first_two_digits() -> None:
    found = places(town("s1"), town("s2", city="晋城市", region="140502"), town("s3", city="郑州市", region="410100"))
    assert found.all(Level.PROVINCE) == [
        Region("province:14", "山西省", ("city:太原市", "city:晋城市")),
        Region("province:41", "河南省", ("city:郑州市",)),
    ]


def test_a_division_that_is_none_is_in_no_province() -> None:
    assert places(town("s1", region="demo")).all(Level.PROVINCE) == []


@pytest.mark.parametrize(
    ("level", "texts", "keys"),
    [
        (Level.CITY, ["太原市"], ["city:太原市"]),
        (Level.CITY, ["city:晋城市", "太原市", "太原市"], ["city:晋城市", "city:太原市"]),
        (Level.COUNTY, ["小店区"], ["county:太原市/小店区"]),
        (Level.COUNTY, ["太原市/城区"], ["county:太原市/城区"]),
        (Level.STATION, ["s1"], ["station:s1"]),
        (Level.PROVINCE, ["山西省"], ["province:14"]),
        (Level.CITY, [], ["city:太原市", "city:晋城市"]),
    ],
)
def test_regions_are_chosen_by_key_or_by_name(level: Level, texts: list[str], keys: list[str]) -> None:
    found = places(town("s1"), town("s2", county="城区"), town("s3", city="晋城市", county="城区"))
    assert [region.key for region in chosen(found.all(level), texts)] == keys


@pytest.mark.parametrize(("text", "says"), [("大同市", "is none of those"), ("城区", "names more than one")])
def test_a_name_that_is_none_or_not_clear_is_refused_with_those_there_are(text: str, says: str) -> None:
    found = places(town("s2", county="城区"), town("s3", city="晋城市", county="城区"))
    with pytest.raises(InputError, match=rf"--only: {says}.*太原市/城区"):
        chosen(found.all(Level.COUNTY), [text])


def test_no_one_counts_where_nobody_is_registered_yet() -> None:
    found = places(town("s1", valid_from=float(midnight(date(2021, 1, 1)))))
    assert (found.stations, found.counties, found.cities) == ({}, {}, {})
    assert found.membership("city:太原市") is None


GROUP = '[[group]]\nname = "4+2"\nmembers = ["city:太原市", "county:太原市/小店区"]\n'


def groups(tmp_path: Path, text: str) -> list[Region]:
    file = tmp_path / "groups.toml"
    file.write_text(text, encoding="utf-8")
    return read_groups(file, places(town("s1")))


def test_a_group_has_cities_and_counties(tmp_path: Path) -> None:
    assert groups(tmp_path, GROUP) == [Region("group:4+2", "4+2", ("city:太原市", "county:太原市/小店区"))]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "group: Field required"),
        ("[[group]]\nname = 4", "group.0.name"),
        (GROUP.replace("members", "member"), "group.0.members: Field required"),
        ("[[group]\n", "is no TOML"),
        (GROUP + GROUP, "group 2, 4+2: is named twice"),
        (GROUP.replace("city:太原市", "city:大原市"), "has no official station in the period (got 'city:大原市')"),
        (GROUP.replace("city:太原市", "太原市"), "is no city, county or station (got '太原市')"),
        (GROUP.replace("city:太原市", "county:太原市/小店区"), "is named twice (got 'county:太原市/小店区')"),
    ],
)
def test_a_wrong_file_of_groups_is_refused_with_file_and_entry(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        groups(tmp_path, text)
    assert says in str(error.value)
    assert "groups.toml" in str(error.value)


def test_a_file_of_groups_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_groups(tmp_path / "none.toml", places(town("s1")))


def test_masks_are_as_long_as_the_span() -> None:
    found = places(town("s1"))
    assert found.cities["city:太原市"].counts.shape == (1, 10)
    assert found.cities["city:太原市"].counts.dtype == np.bool_

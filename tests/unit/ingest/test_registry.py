"""The registry in memory: which station was what, when."""

from __future__ import annotations

import math
from typing import Any

import pytest

from core.errors import InputError
from ingest.kinds import Kind
from ingest.registry import Registry
from ingest.station import Station


def version(key: int, valid_from: float, **fields: Any) -> Station:
    content: dict[str, Any] = {
        "station_id": 1, "station": "S1", "active": True, "mn": None, "name_zh": "站", "name_en": None,
        "kind": Kind.AIR, "region": "140502", "city": "晋城市", "county": None, "longitude": None, "latitude": None,
        "operator": None, "enterprise": None, "control_level": None, "control_point": False, "camera": None,
        "reporting_period": 60, "acks": "station", "valid_ranges": {}, "limits": {}, "target_class": None,
    }  # fmt: skip
    return Station(version_key=key, valid_from=valid_from, **{**content, **fields})


MOVED = Registry(
    7, [version(1, -math.inf), version(2, 1000, city="长治市"), version(3, 2000, active=False, city="长治市")]
)


@pytest.mark.parametrize(("seconds", "key"), [(-1e12, 1), (999, 1), (1000, 2), (1999, 2)])
def test_a_version_holds_until_the_next_begins(seconds: float, key: int) -> None:
    found = MOVED.at("S1", seconds)
    assert found is not None
    assert found.version_key == key


def test_a_station_that_ended_is_unknown_from_then_on() -> None:
    assert MOVED.at("S1", 2000) is None


def test_a_station_is_unknown_before_its_first_version() -> None:
    assert Registry(1, [version(1, 1000)]).at("S1", 999) is None


def test_a_station_that_was_never_registered_is_unknown() -> None:
    assert MOVED.at("S2", 0) is None
    assert MOVED.by_id(2) is None
    assert not MOVED.knows("S2")


def test_a_number_finds_its_station() -> None:
    assert MOVED.name_of(1) == "S1"
    assert MOVED.by_id(1, 0) == MOVED.at("S1", 0)


def test_a_city_has_the_stations_that_were_in_it_then() -> None:
    assert [s.version_key for s in MOVED.city_stations("晋城市", 0)] == [1]
    assert MOVED.city_stations("晋城市", 1000) == ()
    assert [s.version_key for s in MOVED.city_stations("长治市", 1000)] == [2]
    assert MOVED.city_stations("长治市", 2000) == ()


def test_the_history_has_every_version_and_knows_no_stranger() -> None:
    assert [s.version_key for s in MOVED.history("S1")] == [1, 2, 3]
    with pytest.raises(InputError, match="lantian stations list"):
        MOVED.history("S2")


def test_the_empty_registry_is_older_than_any() -> None:
    assert Registry.empty().version == 0
    assert list(Registry.empty().stations()) == []

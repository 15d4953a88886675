"""Scenario files: what they may say, and those that come along."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_files import DUST, HEAD, NETWORK, SINTER, Read, at, episode, fault, reader

from ingest.kinds import Kind
from ingest.registry import COLUMNS, Registry
from ingest.report import Origin
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.faults import Fault, FaultKind
from ingest.simulation.models.plants import ULTRA_LOW, Outlets
from ingest.simulation.models.waters import WATER_INSTRUMENTS
from ingest.simulation.monitor import River
from ingest.simulation.network import network_of_csv
from ingest.simulation.scenario import load_scenario, shipped_scenarios
from ingest.simulation.scenario_checks import EPISODE_NEEDS, SPILLED, STACK_POLLUTANTS, WATER_POLLUTANTS
from ingest.simulation.span import Span
from ingest.station import Station

REGISTRIES = Path(__file__).resolve().parents[4] / "ingest" / "registries"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


# --- what a file says ---


def test_a_scenario_is_what_its_file_says(read: Read) -> None:
    scenario = read(episode("construction-dust", f'stations = ["{DUST}"]\npeak = 800'))
    assert (scenario.name, scenario.title_zh, scenario.title_en, scenario.seed) == ("test", "试验", "A test", 7)
    assert scenario.world.climate.name == "jincheng"
    assert scenario.world.rivers == (
        River("丹河", 4.0, (("140581302", 0.0), ("140525306", 24.0), ("140525301", 62.0))),
    )
    assert scenario.spans == (Span(at("2026-11-18"), at("2026-11-19"), 0, Origin.LIVE, paced=False),)
    assert scenario.episodes == (
        Episode(EpisodeKind.CONSTRUCTION_DUST, at("2026-11-18T08:00"), at("2026-11-18T10:00"), (DUST,), 800.0),
    )
    assert scenario.gaps
    assert scenario.text.strip().startswith("format = 1")


def test_times_are_those_of_shanghai_unless_they_say_otherwise_as_text_or_as_toml_has_them(read: Read) -> None:
    for written in ("2026-11-18T00:00:00", '"2026-11-18"', "2026-11-17T16:00:00Z", '"2026-11-17T16:00:00+00:00"'):
        assert read(span=f"[[span]]\nfrom = {written}\nto = 2026-11-19T00:00:00").start == at("2026-11-18")


def test_spans_follow_one_another_each_with_its_own_period(read: Read) -> None:
    scenario = read(
        span="""
        [[span]]
        from = 2026-11-18T00:00:00
        to = 2026-11-18T20:00:00
        period = "PT1H"
        origin = "resent"
        [[span]]
        from = 2026-11-18T20:00:00
        to = 2026-11-18T22:00:00
        period = "own"
        paced = true
        """
    )
    assert [(span.period, span.origin, span.paced) for span in scenario.spans] == [
        (3600, Origin.RESENT, False),
        (0, Origin.LIVE, True),
    ]
    assert (scenario.start, scenario.end) == (at("2026-11-18"), at("2026-11-18T22:00"))


def test_natural_outages_can_be_switched_off(read: Read) -> None:
    assert not read(head=HEAD + "gaps = false\n").gaps


def test_a_network_is_a_registry_that_comes_along_filled_up(read: Read) -> None:
    own = network_of_csv(REGISTRIES / "jincheng.csv").rows
    network = read().network
    assert network.rows[: len(own)] == own
    assert [row.kind for row in network.rows[len(own) :]].count(Kind.POWER) == 4


def test_a_network_is_a_file_beside_the_scenario(read: Read, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes((REGISTRIES / "jincheng.csv").read_bytes())
    assert read(network='[network]\nfile = "own.csv"').network == network_of_csv(REGISTRIES / "jincheng.csv")


def test_a_network_is_what_is_registered_when_the_scenario_begins(read: Read) -> None:
    row = next(row for row in network_of_csv(REGISTRIES / "jincheng.csv").rows if row.kind is Kind.WATER)
    fields = {name: getattr(row, name) for name in COLUMNS}
    later = at("2026-11-18T12:00")
    stations = [
        Station(version_key=place, station_id=place, station=name, valid_from=since, active=True, **fields)
        for place, (name, since) in enumerate(
            [("140581302", 0.0), ("140525306", 0.0), ("140525301", 0.0), ("S4", later)], 1
        )
    ]
    scenario = read(network="[network]\nregistered = true", registered=lambda: Registry(1, stations))
    assert [monitor.station for monitor in scenario.network.monitors] == ["140525301", "140525306", "140581302"]


def test_the_network_has_a_seed_of_its_own_where_it_is_given(read: Read) -> None:
    seeded = NETWORK.replace("[network]", "[network]\nseed = 7")
    assert read(head=HEAD.replace("seed = 7", "seed = 8"), network=seeded).network == read().network
    assert read(head=HEAD.replace("seed = 7", "seed = 8")).network != read().network


def test_counts_can_be_scaled_to_another_number_of_stations() -> None:
    for count in (100, 1000, 2345):
        kinds = [monitor.kind for monitor in load_scenario("country", count=count).network.monitors]
        assert len(kinds) == count
        assert kinds.count(Kind.CEMS) == pytest.approx(0.5 * count, abs=1)


def test_drawn_stations_are_of_their_kind_and_the_same_each_time(read: Read) -> None:
    drawn = fault("late", 'select = { kind = "dust", count = 4 }')
    first, second = (one.stations for one in read(drawn, drawn).faults)
    kinds = {row.station: row.kind for row in read().network.rows}
    assert {kinds[station] for station in first} == {Kind.DUST}
    assert len(set(first)) == 4
    assert first != second
    assert read(drawn).faults[0].stations == first


def test_drawn_enterprises_stand_in_an_episode_by_their_names_and_in_a_fault_by_their_stations(read: Read) -> None:
    drawn = 'select = { kind = "power", count = 1, enterprises = true }'
    scenario = read(episode("restart", drawn), fault("late", drawn))
    owners = {monitor.station: monitor.enterprise for monitor in scenario.network.monitors}
    (name,) = scenario.episodes[0].stations
    assert name in owners.values()
    (owner,) = {owners[station] for station in scenario.faults[0].stations}
    assert scenario.faults[0].stations == tuple(station for station in owners if owners[station] == owner)


def test_factors_are_named_as_people_name_them(read: Read) -> None:
    (found,) = read(fault("wrong-unit", f'stations = ["{DUST}"]\nfactors = ["PM10", "a34001"]\namount = 0.001')).faults
    assert found == Fault(
        FaultKind.WRONG_UNIT, at("2026-11-18T08:00"), at("2026-11-18T10:00"), (DUST,), ("a34002", "a34001"), 0.001
    )


def test_a_fault_without_stations_befalls_the_whole_network(read: Read) -> None:
    assert read(fault("reconnect-storm", "seconds = 30")).faults[0].stations == ()


@pytest.mark.parametrize(
    ("kind", "fields", "manner"),
    [
        ("cheating", f'stations = ["{SINTER}"]', "night-off"),
        ("cheating", f'stations = ["{SINTER}"]\nmanner = "diluted"', "diluted"),
        ("spill", 'stations = ["140581302"]\npeak = 6\nmanner = "TP"', "w21011"),
        ("spill", 'stations = ["140581302"]\npeak = 6', ""),
        ("exceedance", f'stations = ["{SINTER}"]\npeak = 2\nmanner = "NOx"', "a21002"),
    ],
)
def test_a_manner_is_a_way_or_a_factor(read: Read, kind: str, fields: str, manner: str) -> None:
    assert read(episode(kind, fields)).episodes[0].manner == manner


def test_the_manners_of_episodes_are_what_the_models_heed() -> None:
    outlets = {instrument.code for instrument in Outlets.instruments}
    assert set(STACK_POLLUTANTS) == set(ULTRA_LOW)
    assert set(WATER_POLLUTANTS) <= outlets
    assert set(SPILLED) <= {instrument.code for instrument in WATER_INSTRUMENTS}


def test_an_enterprise_stands_for_its_stations(read: Read) -> None:
    assert read(episode("cheating", 'stations = ["晋城甲热电有限公司"]')).episodes[0].stations == (
        "晋城甲热电有限公司",
    )


def test_a_clock_may_be_slow_and_a_drift_go_down(read: Read) -> None:
    scenario = read(fault("clock-skew", "seconds = -90"), fault("drift", "amount = -0.1"))
    assert [(one.seconds, one.amount) for one in scenario.faults] == [(-90, 0.0), (0, -0.1)]


# --- what comes along ---


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_scenario_that_comes_along_is_good_and_bears_its_files_name(name: str) -> None:
    assert load_scenario(name).name == name


def test_the_demonstration_has_jinchengs_604_outlets_516_dust_monitors_and_300_others_of_every_kind() -> None:
    kinds = [monitor.kind for monitor in load_scenario("jincheng-day").network.monitors]
    assert (kinds.count(Kind.CEMS), kinds.count(Kind.DUST), len(kinds)) == (604, 516, 604 + 516 + 300)
    assert set(kinds) == set(Kind)


def test_the_scenarios_of_episodes_and_of_faults_have_every_kind() -> None:
    assert {one.kind for one in load_scenario("episodes").episodes} == set(EpisodeKind)
    assert {one.kind for one in load_scenario("faults").faults} == set(FaultKind)
    assert set(EPISODE_NEEDS) == set(EpisodeKind)

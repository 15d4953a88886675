"""Scenario files: what they may say, and how each mistake is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from core.clock import SHANGHAI
from core.errors import InputError
from ingest.kinds import Kind
from ingest.registry import COLUMNS, Registry
from ingest.report import Origin
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.expectations import expects
from ingest.simulation.faults import Fault, FaultKind
from ingest.simulation.models.plants import ULTRA_LOW, Outlets
from ingest.simulation.models.waters import WATER_INSTRUMENTS
from ingest.simulation.monitor import River
from ingest.simulation.network import network_of_csv
from ingest.simulation.scenario import Scenario, load_scenario, shipped_scenarios
from ingest.simulation.scenario_checks import EPISODE_NEEDS, SPILLED, STACK_POLLUTANTS, WATER_POLLUTANTS
from ingest.simulation.span import Span
from ingest.station import Station

REGISTRIES = Path(__file__).resolve().parents[4] / "ingest" / "registries"
HEAD = """
format = 1
name = "test"
title = { zh = "试验", en = "A test" }
seed = 7
climate = "jincheng"
"""
NETWORK = """
[network]
file = "jincheng"
[network.counts]
effluent = 3
noise = 2
power = 4
facility = 4
"""
RIVER = """
[[river]]
name = "丹河"
km_per_hour = 4.0
sections = [
    { station = "140581302", km = 0 }, { station = "140525306", km = 24 }, { station = "140525301", km = 62 },
]
"""
SPAN = """
[[span]]
from = 2026-11-18T00:00:00
to = 2026-11-19T00:00:00
"""
DUST, SINTER = "140502201", "140525403"


def timed(table: str, fields: str) -> str:
    return f"[[{table}]]\nfrom = 2026-11-18T08:00:00\nto = 2026-11-18T10:00:00\n{fields}\n"


def episode(kind: str, fields: str = "") -> str:
    return timed("episode", f'kind = "{kind}"\n{fields}')


def fault(kind: str, fields: str = "") -> str:
    return timed("fault", f'kind = "{kind}"\n{fields}')


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp())


Read = Callable[..., Scenario]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_load(
        *tables: str, head: str = HEAD, network: str = NETWORK, span: str = SPAN, **more: object
    ) -> Scenario:
        file = tmp_path / "test.toml"
        file.write_text("\n".join((head, network, RIVER, span, *tables)), encoding="utf-8")
        return load_scenario(file, **more)  # type: ignore[arg-type]

    return write_and_load


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


# --- what is refused ---

REFUSED: Sequence[tuple[str, dict[str, str], str]] = [
    # the whole
    ("", {"head": HEAD.replace("format = 1", "format = 2")}, "test.toml format: input should be 1 (got 2)"),
    ("", {"head": HEAD.replace('name = "test"', 'name = "A test"')}, "test.toml name: string should match pattern"),
    ("", {"head": HEAD.replace('"jincheng"', '"london"')}, "test.toml climate: is unknown (got 'london'); known are"),
    ("", {"head": HEAD.replace("seed = 7", "")}, "test.toml seed: is missing; see docs/scenarios.md"),
    ("", {"head": HEAD.replace(', en = "A test"', "")}, "test.toml [title], en: is missing"),
    ("", {"head": HEAD + "sead = 7"}, "test.toml sead: is unknown (got 7); fields are format, name, title"),
    ("", {"head": HEAD + "seed = 8"}, "test.toml: cannot be read: Cannot overwrite a value"),
    # network
    ("", {"network": "[network]"}, "test.toml [network]: names no stations; give file, registered = true or counts"),
    ("", {"network": '[network]\nfile = "jincheng"\nregistered = true'}, "[network]: has both file and registered"),
    ("", {"network": '[network]\nfile = "atlantis"'}, "[network], file: is not there (got 'atlantis'); give a CSV"),
    ("", {"network": "[network]\nregistered = true"}, "[network], registered: needs a database"),
    ("", {"network": "[network.counts]\nstack = 3"}, "[network], counts stack: input should be 'air', 'micro'"),
    ("", {"network": "[network.counts]\nair = 0"}, "[network], counts air: input should be greater than 0 (got 0)"),
    ("", {"network": '[network]\nfile = "jincheng"\ncounts = { air = 3 }'}, "counts air: the network has 6 of them"),
    ("", {"network": '[network]\narea = "mars"\ncounts = { air = 3 }'}, "[network], area: input should be 'jincheng'"),
    # rivers
    ('[[river]]\nname = "x"\nkm_per_hour = 0\nsections = []', {}, "[[river]] 2, km_per_hour: input should be greater"),
    ('[[river]]\nname = "x"\nkm_per_hour = 1\nsections = [{ station = "S" }]', {}, "2, sections 1 km: is missing"),
    (
        '[[river]]\nname = "x"\nkm_per_hour = 1\nsections = [{ station = "S", km = 0, kn = 1 }]', {},
        "[[river]] 2, sections 1 kn: is unknown (got 1); fields are station, km",
    ),
    (
        '[[river]]\nname = "x"\nkm_per_hour = 1\nsections = [{ station = "S", km = 0 }]', {},
        "[[river]] 2, sections: is no station of the network (got 'S'); correct its id",
    ),
    (
        f'[[river]]\nname = "x"\nkm_per_hour = 1\nsections = [{{ station = "{DUST}", km = 0 }}]', {},
        f"[[river]] 2, sections: is of kind dust (got '{DUST}'); name one of kind water",
    ),
    (
        """[[river]]\nname = "x"\nkm_per_hour = 1
        sections = [{ station = "140521304", km = 9 }, { station = "140522303", km = 5 }]""", {},
        "[[river]] 2, sections: must stand in order downstream; let km ascend",
    ),
    (
        '[[river]]\nname = "x"\nkm_per_hour = 1\nsections = [{ station = "140581302", km = 0 }]', {},
        "[[river]] 2, sections: is a section already (got '140581302')",
    ),
    # spans
    ("", {"span": ""}, "test.toml [span]: is missing"),
    ("", {"span": "[[span]]\nfrom = 2026-11-18\nto = 2026-11-19"}, "[[span]] 1, from: is not an ISO 8601 time"),
    ("", {"span": '[[span]]\nfrom = "noon"\nto = "night"'}, "1, from: is not an ISO 8601 time (got 'noon'); write"),
    ("", {"span": SPAN + 'period = "hour"'}, "period: is not a duration between one second and 366 days (got 'hour')"),
    ("", {"span": SPAN + 'origin = "late"'}, "[[span]] 1, origin: input should be 'live', 'resent' or 'replay'"),
    ("", {"span": SPAN + "speed = 60"}, "1, speed: is unknown (got 60); fields are from, to, period, origin, paced"),
    (
        "", {"span": "[[span]]\nfrom = 2026-11-19T00:00:00\nto = 2026-11-18T00:00:00"},
        "[[span]] 1: ends before it begins; correct from and to",
    ),
    (
        "", {"span": '[[span]]\nfrom = 2026-11-18T00:00:00\nto = 2026-11-18T00:30:00\nperiod = "PT1H"'},
        "[[span]] 1, to: is within a period (got '2026-11-18T00:30:00+08:00'); a period of PT1H must begin then",
    ),
    (
        "", {"span": "[[span]]\nfrom = 2026-11-18T00:00:30\nto = 2026-11-18T00:30:00"},
        "[[span]] 1, from: is within a period (got '2026-11-18T00:00:30+08:00'); a period of PT1M must begin then",
    ),
    (SPAN, {}, "[[span]] 2, from: is before the last span's end (got '2026-11-18T00:00:00+08:00'); put them in order"),
    # where and when
    (episode("exceedance", 'stations = ["S"]\npeak = 2'), {}, "[[episode]] 1, stations: is no station of the network"),
    (
        episode("exceedance", f'stations = ["{DUST}"]\npeak = 2'), {},
        f"1, stations: is of kind dust (got '{DUST}'); name one of kind cems or effluent or facility",
    ),
    (
        episode("night-noise", 'stations = ["晋城甲热电有限公司"]\npeak = 70'), {},
        "[[episode]] 1, stations: is an enterprise without any such station (got '晋城甲热电有限公司')",
    ),
    (episode("exceedance", "stations = []\npeak = 2"), {}, "1, stations: tuple should have at least 1 item"),
    (
        episode("exceedance", f'stations = ["{SINTER}", "{SINTER}"]\npeak = 2'), {},
        f"1, stations: is named twice (got '{SINTER}'); name it once",
    ),
    (episode("exceedance", "peak = 2"), {}, "exceedance happens at some stations; give stations or select"),
    (episode("ozone", f'stations = ["{DUST}"]\npeak = 200'), {}, "1, stations: ozone happens everywhere"),
    (episode("ozone", 'select = { kind = "air", count = 1 }\npeak = 200'), {}, "1, select: ozone happens everywhere"),
    (
        fault("late", f'stations = ["{DUST}"]\nselect = {{ kind = "dust", count = 1 }}'), {},
        "[[fault]] 1: has both stations and select; keep one of them",
    ),
    (
        fault("late", 'select = { kind = "dust", count = 99 }'), {},
        "[[fault]] 1, select count: the network has 12 of kind dust (got 99); ask for fewer",
    ),
    (
        fault("late", 'select = { kind = "dust", number = 9 }'), {},
        "[[fault]] 1, select number: is unknown (got 9); fields are kind, count, enterprises",
    ),
    (
        episode("night-noise", 'select = { kind = "dust", count = 1 }\npeak = 70'), {},
        "[[episode]] 1, select kind: cannot be chosen here (got 'dust'); one of noise",
    ),
    (
        '[[fault]]\nkind = "late"\nfrom = 2026-11-19T00:00:00\nto = 2026-11-19T02:00:00', {},
        "[[fault]] 1, from: is outside all spans (got '2026-11-19T00:00:00+08:00')",
    ),
    (
        '[[episode]]\nkind = "ozone"\npeak = 200\nfrom = 2026-11-17T00:00:00\nto = 2026-11-18T00:00:00', {},
        "[[episode]] 1, from: is outside all spans",
    ),
    # episodes
    (episode("earthquake"), {}, "[[episode]] 1, kind: input should be 'dust-storm'"),
    (episode("ozone"), {}, "[[episode]] 1, peak: ozone has a peak; give it"),
    (episode("ozone", "peak = 0"), {}, "[[episode]] 1, peak: input should be greater than 0 (got 0)"),
    (episode("cheating", f'stations = ["{SINTER}"]\npeak = 2'), {}, "peak: cheating has no peak (got 2.0); leave it"),
    (
        episode("cheating", f'stations = ["{SINTER}"]\nmanner = "bribery"'), {},
        "1, manner: is no manner of cheating (got 'bribery'); one of night-off, constant, diluted",
    ),
    (episode("ozone", 'peak = 200\nmanner = "mild"'), {}, "manner: is no manner of ozone (got 'mild'); leave it out"),
    (
        episode("spill", 'stations = ["140581302"]\npeak = 6\nmanner = "SO2"'), {},
        "1, manner: is no manner of spill (got 'SO2'); one of NH3-N, CODMn, TP, TN",
    ),
    (
        episode("spill", 'stations = ["140581302", "140525306"]\npeak = 6'), {},
        "[[episode]] 1, stations: a spill begins at one section (got 2); name one",
    ),
    (
        episode("spill", 'stations = ["140521304"]\npeak = 6'), {},
        "[[episode]] 1, stations: is at no river (got '140521304'); name it in a [[river]]",
    ),
    (episode("ozone", "peak = 200\nheight = 3"), {}, "[[episode]] 1, height: is unknown (got 3); fields are"),
    # faults
    (fault("gremlins"), {}, "[[fault]] 1, kind: input should be 'gap'"),
    (fault("duplicates"), {}, "[[fault]] 1, share: duplicates needs it; give it"),
    (fault("duplicates", "share = 1.5"), {}, "[[fault]] 1, share: input should be less than or equal to 1 (got 1.5)"),
    (fault("late", "seconds = 5"), {}, "[[fault]] 1, seconds: late does not heed it (got 5); leave it out"),
    (fault("late", 'factors = ["PM10"]'), {}, "factors: late does not heed it (got 'a34002'); leave it out"),
    (fault("gap", 'factors = ["PM11"]'), {}, "factors 1: is no factor of the catalogue (got 'PM11'); use its code"),
    (fault("wrong-unit", "amount = -1"), {}, "amount: changes nothing, or cannot be (got -1.0); give it above 0"),
    (fault("drift", "amount = 0"), {}, "amount: changes nothing, or cannot be (got 0.0); give it above 0"),
    (fault("reconnect-storm", "seconds = -5"), {}, "seconds: changes nothing, or cannot be (got -5); give it above 0"),
    (
        '[[fault]]\nkind = "late"\nfrom = 2026-11-18T00:00:00\nto = 2026-11-19T00:01:00', {},
        "[[fault]] 1, to: is after the last span, so nothing would come (got '2026-11-19T00:01:00+08:00')",
    ),
    (fault("late", "until = 5"), {}, "[[fault]] 1, until: is unknown (got 5); fields are"),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "parts", "told"), REFUSED)
def test_a_mistake_is_told_in_one_line_by_table_field_value_and_remedy(
    read: Read, tables: str, parts: dict[str, str], told: str
) -> None:
    with pytest.raises(InputError, match=re.escape(told)) as refused:
        read(tables, **parts)
    assert str(refused.value).startswith("test.toml")
    assert "\n" not in str(refused.value)
    assert refused.value.hint


def test_a_clock_may_be_slow_and_a_drift_go_down(read: Read) -> None:
    scenario = read(fault("clock-skew", "seconds = -90"), fault("drift", "amount = -0.1"))
    assert [(one.seconds, one.amount) for one in scenario.faults] == [(-90, 0.0), (0, -0.1)]


def test_scaling_needs_counts(read: Read) -> None:
    with pytest.raises(InputError, match=r"\[network\], counts: are needed for another number of stations"):
        read(network='[network]\nfile = "jincheng"', count=1000)


def test_a_name_that_is_no_scenario_is_told_those_that_are() -> None:
    with pytest.raises(InputError, match=r"is no scenario .*give a TOML file, or one of country, episodes"):
        load_scenario("atlantis")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: cannot be read: No such file"):
        load_scenario(tmp_path / "none.toml")


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


# --- what is to follow ---


def ideas(scenario: Scenario) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(entry["episode"], entry["expects"], tuple(entry["stations"])) for entry in expects(scenario)]


def test_each_episode_is_told_with_the_rule_that_it_is_to_break_and_where(read: Read) -> None:
    scenario = read(
        episode("construction-dust", f'stations = ["{DUST}"]\npeak = 800'),
        episode("exceedance", f'stations = ["{SINTER}"]\npeak = 2.5'),
        episode("spill", 'stations = ["140525306"]\npeak = 6'),
    )
    assert ideas(scenario) == [
        ("construction-dust", "dust-stop-work", (DUST,)),
        ("exceedance", "cems-twice-the-limit", (SINTER,)),
        ("spill", "water-worse-than-class", ("140525306", "140525301")),
    ]
    assert {(entry["start"], entry["end"]) for entry in expects(scenario)} == {
        (at("2026-11-18T08:00"), at("2026-11-18T10:00"))
    }


@pytest.mark.parametrize(
    ("kind", "peak", "rule"),
    [
        ("heavy-pollution", 150, ""),
        ("heavy-pollution", 151, "heavy-pollution-hour"),
        ("ozone", 400, ""),
        ("ozone", 401, "heavy-pollution-hour"),
        ("dust-storm", 249, ""),
    ],
)
def test_the_airs_episodes_are_heavy_pollution_from_an_hourly_index_above_200(
    read: Read, kind: str, peak: int, rule: str
) -> None:
    ((_, found, stations),) = ideas(read(episode(kind, f"peak = {peak}")))
    assert found == rule
    assert len(stations) == 6


def test_a_dust_storm_stops_work_at_every_site(read: Read) -> None:
    first, second = ideas(read(episode("dust-storm", "peak = 351")))
    assert (first[1], second[1], len(second[2])) == ("heavy-pollution-hour", "dust-stop-work", 12)


@pytest.mark.parametrize(("peak", "rule"), [(1.0, ""), (1.2, "cems-over-limit"), (2.0, "cems-twice-the-limit")])
def test_an_exceedance_is_graded_by_its_multiple_of_the_limit(read: Read, peak: float, rule: str) -> None:
    assert [found for _, found, _ in ideas(read(episode("exceedance", f'stations = ["{SINTER}"]\npeak = {peak}')))] == [
        rule
    ]

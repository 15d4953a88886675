"""Scenario files: how each mistake is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from scenario_files import DUST, HEAD, SINTER, SPAN, Read, episode, fault, reader

from core.errors import InputError
from ingest.simulation.scenario import load_scenario

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


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


@pytest.mark.parametrize(("tables", "parts", "told"), REFUSED)
def test_a_mistake_is_told_in_one_line_by_table_field_value_and_remedy(
    read: Read, tables: str, parts: dict[str, str], told: str
) -> None:
    with pytest.raises(InputError, match=re.escape(told)) as refused:
        read(tables, **parts)
    assert str(refused.value).startswith("test.toml")
    assert "\n" not in str(refused.value)
    assert refused.value.hint


def test_scaling_needs_counts(read: Read) -> None:
    with pytest.raises(InputError, match=r"\[network\], counts: are needed for another number of stations"):
        read(network='[network]\nfile = "jincheng"', count=1000)


def test_a_name_that_is_no_scenario_is_told_those_that_are() -> None:
    with pytest.raises(InputError, match=r"is no scenario .*give a TOML file, or one of country, episodes"):
        load_scenario("atlantis")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: cannot be read: No such file"):
        load_scenario(tmp_path / "none.toml")

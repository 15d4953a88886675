"""docs/scenarios.md says what scenario files may say, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.simulation.climate import climate_names
from ingest.simulation.episodes import Cheat, EpisodeKind
from ingest.simulation.faults import NEEDS, FaultKind, Needs
from ingest.simulation.scenario import load_scenario, shipped_scenarios
from ingest.simulation.scenario_checks import EPISODE_NEEDS
from ingest.simulation.scenario_file import (
    EpisodePart,
    FaultPart,
    NetworkPart,
    Part,
    RiverPart,
    ScenarioPart,
    SectionPart,
    SelectPart,
    SpanPart,
    TitlePart,
    field_names,
)
from standards.factors import load_catalogue

DOCS = (Path(__file__).resolve().parents[4] / "docs" / "scenarios.md").read_text(encoding="utf-8")
Table = list[list[str]]


def tables(heading: str) -> list[Table]:
    """The tables below a heading, by rows and cells, without their own headings."""
    section = re.split(r"^## ", DOCS, flags=re.MULTILINE)
    (body,) = [part for part in section if part.splitlines()[0].strip("`") == heading]
    blocks = re.findall(r"(?:^\|.*\n?)+", body, flags=re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in block.splitlines()[2:]] for block in blocks
    ]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def first_column(table: Table) -> list[str]:
    return [name for row in table for name in named(row[0])]


@pytest.mark.parametrize(
    ("heading", "place", "part"),
    [
        ("The whole file", 0, ScenarioPart),
        ("title", 0, TitlePart),
        ("[network]", 0, NetworkPart),
        ("[[river]]", 0, RiverPart),
        ("[[river]]", 1, SectionPart),
        ("[[span]]", 0, SpanPart),
        ("[[episode]]", 0, EpisodePart),
        ("select", 0, SelectPart),
        ("[[fault]]", 0, FaultPart),
    ],
)
def test_each_table_of_the_file_has_the_fields_that_are_documented(heading: str, place: int, part: type[Part]) -> None:
    assert sorted(first_column(tables(heading)[place])) == sorted(field_names(part))


def test_every_kind_of_episode_is_documented_with_where_it_happens_and_how() -> None:
    catalogue = load_catalogue()
    rows = tables("[[episode]]")[1]
    assert [named(row[0]) for row in rows] == [[kind] for kind in EpisodeKind]
    for (_, where, peak, manner, _), kind in zip(rows, EpisodeKind, strict=True):
        needs = EPISODE_NEEDS[kind]
        assert [one for one in re.split(r"\W+", where) if one in set(needs.kinds)] == list(needs.kinds)
        assert (where == "everywhere") == (not needs.kinds)
        assert bool(peak) == needs.peak
        factors = [factor for factor in map(catalogue.resolve, named(manner)) if factor]
        assert {factor.code for factor in factors} == set(needs.factors)
        assert [name for name in named(manner) if name in set(Cheat)] == list(needs.manners)


def test_every_kind_of_fault_is_documented_with_its_fields_in_the_order_of_befalling() -> None:
    rows = tables("[[fault]]")[1]
    assert [named(row[0]) for row in rows] == [[kind] for kind in FaultKind]
    for (_, required, optional, _), kind in zip(rows, FaultKind, strict=True):
        assert Needs(tuple(named(required)), tuple(named(optional))) == NEEDS[kind]


def test_climates_and_scenarios_that_come_along_are_documented() -> None:
    (climate,) = [row for row in tables("The whole file")[0] if named(row[0]) == ["climate"]]
    assert named(climate[2]) == climate_names()
    assert sorted(first_column(tables("What comes along")[0])) == shipped_scenarios()


def test_the_example_is_a_scenario_and_uses_every_field(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCS, flags=re.DOTALL)
    file = tmp_path / "evening.toml"
    file.write_text(example, encoding="utf-8")
    scenario = load_scenario(file)
    assert (len(scenario.spans), len(scenario.episodes), len(scenario.faults)) == (2, 2, 2)
    used = set(re.findall(r"(\w+) =", example)) | set(re.findall(r"^\[+([\w.]+)\]", example, flags=re.MULTILINE))
    parts = (ScenarioPart, TitlePart, RiverPart, SectionPart, SpanPart, EpisodePart, SelectPart, FaultPart)
    assert {name for part in parts for name in field_names(part)} <= used

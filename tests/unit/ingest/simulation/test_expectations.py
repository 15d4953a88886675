"""What is to follow from a scenario's episodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_files import DUST, SINTER, Read, at, episode, reader

from ingest.simulation.expectations import expects
from ingest.simulation.scenario import Scenario


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


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

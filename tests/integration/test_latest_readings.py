"""Rules of single readings: all of the last minutes, and how fast they change; stories told minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from device_stage import NOON, QUIET, TOWN, Town, a_town

from core.settings import CoreSettings

pytestmark = pytest.mark.stack

RULE = """\
[[device]]
id = "test-{condition}"
kinds = ["dust"]
condition = "{condition}"
factor = "a34002"
minutes = 5
levels = [{{ severity = "warning", {level} }}]
unit = "µg/m³"
legal_basis = "operational（测试）"
title = {{ zh = "{{object}} {{value}}", en = "{{object}} {{value}}" }}
detail = {{ zh = "{{since}}", en = "{{since}}" }}
todo = {{ zh = "看", en = "look" }}
cases = [{{ name = "例", open = false, steps = [{{}}] }}]
"""

Start = Callable[[str, str], Town]


@pytest.fixture
def town(stack: CoreSettings, tmp_path: Path) -> Iterator[Start]:
    """A town under one rule of a condition and a level."""
    with ExitStack() as hands:

        def start(condition: str, level: str) -> Town:
            folder = tmp_path / "rules"
            folder.mkdir()
            (folder / "test.toml").write_text(RULE.format(condition=condition, level=level), encoding="utf-8")
            return hands.enter_context(a_town(stack, tmp_path, folder))

        yield start


def happened(town: Town, rule: str) -> list[tuple[str, int]]:
    """What happened, and how many minutes after noon."""
    return [(happening, at) for happening, _, _, at in town.log(rule)]


def test_readings_that_all_exceed_for_five_minutes_open_and_the_first_that_does_not_clears(town: Start) -> None:
    site = town("reading", "reaches = 1000, clear = 900")
    site.minutes(4, QUIET, value=1200.0)
    assert happened(site, "test-reading") == []
    site.minutes(1, QUIET, value=1000.0)
    assert happened(site, "test-reading") == [("opened", 5)]
    site.minutes(1, QUIET, value=950.0)
    assert happened(site, "test-reading") == [("opened", 5)]
    site.minutes(1, QUIET, value=800.0)
    assert happened(site, "test-reading") == [("opened", 5), ("cleared", 7)]


def test_one_reading_below_is_enough_to_open_nothing(town: Start) -> None:
    site = town("reading", "reaches = 1000")
    site.minutes(3, QUIET, value=1200.0)
    site.minutes(1, QUIET, value=999.0)
    site.minutes(4, QUIET, value=1200.0)
    assert happened(site, "test-reading") == []


def test_where_less_is_worse_all_must_be_below(town: Start) -> None:
    site = town("reading", "below = 2")
    site.minutes(4, QUIET, value=1.0)
    site.minutes(1, QUIET, value=2.0)
    site.minutes(4, QUIET, value=1.0)
    assert happened(site, "test-reading") == []
    site.minutes(1, QUIET, value=1.0)
    assert [what for what, _ in happened(site, "test-reading")] == ["opened"]


def test_of_minutes_without_readings_nothing_is_known(town: Start) -> None:
    site = town("reading", "reaches = 1000")
    site.minutes(2, QUIET, value=1200.0)
    site.minutes(3)
    site.minutes(1, QUIET, value=1200.0)
    assert happened(site, "test-reading") == []


def test_a_jump_is_told_and_forgotten_once_it_is_the_new_level(town: Start) -> None:
    site = town("jump", "reaches = 300")
    site.minutes(6, QUIET, value=50.0)
    site.minutes(1, QUIET, value=349.0)
    assert happened(site, "test-jump") == []
    site.minutes(1, QUIET, value=350.0)
    assert happened(site, "test-jump") == [("opened", 8)]
    site.minutes(5, QUIET, value=350.0)
    assert [what for what, _ in happened(site, "test-jump")] == ["opened", "cleared"]


def test_an_alert_of_readings_began_with_the_first_of_them(town: Start) -> None:
    site = town("reading", "reaches = 1000")
    site.minutes(5, QUIET, value=1200.0)
    began = "select extract(epoch from first_start)::bigint from alert where city = %s"
    first = "select extract(epoch from min(time))::bigint from report where time >= to_timestamp(%s)"
    assert site.ground.rows(began, TOWN) == site.ground.rows(first, NOON - 60)

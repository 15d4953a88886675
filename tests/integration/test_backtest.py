"""What a rule would have said of the past is what the engine says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from engine_stage import EIGHT, HOUR, Site

from aggregate.statistic import StatementBatch
from alerts.judging import Judge
from alerts.rules import book
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry
from ingest.station_import import import_csv

pytestmark = pytest.mark.stack

COURSES = {
    "backtest-a": [100.0, 260.0, 300.0, 120.0, 255.0, 100.0],
    "backtest-b": [90.0, 100.0, 110.0, 400.0, 110.0, 100.0],
    "backtest-c": [95.0, 100.0, 90.0, 160.0, 100.0, 90.0],
    "backtest-d": [85.0, 110.0, 95.0, 150.0, 90.0, 100.0],
}


@pytest.fixture(scope="module")
def city(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Four dust sites of one county with six hours, judged by the engine's own transaction."""
    register = tmp_path_factory.mktemp("backtest") / "stations.csv"
    sites = [Site(stack, name) for name in COURSES]
    for site in sites:
        site.city = "city-backtest"
    rows = [f"{site.station},工地,Site,dust,140502,{site.city},东县,PT1M" for site in sites]
    register.write_text(
        "\n".join(["station,name_zh,name_en,kind,region,city,county,reporting_period", *rows]) + "\n", encoding="utf-8"
    )
    with closing(connect(stack, "registry", application="test")) as database:
        import_csv(database, register, effective=datetime.fromisoformat("2026-01-01T00:00:00+08:00"), user="test")
    said = [
        site.statement(hour, value)
        for site, course in zip(sites, COURSES.values(), strict=True)
        for hour, value in enumerate(course)
    ]
    for site in sites:
        site.store(*(one for one in said if one.object.endswith(site.station)))
    with closing(connect(stack, "engine", application="test")) as database, database.cursor() as cursor:
        registry = Registry.load(database)
        Judge(book.load()).judge(cursor, [StatementBatch("city-backtest", said)], registry, float(EIGHT + 7 * HOUR))
        database.commit()
    return "city-backtest"


def backtest(stack: CoreSettings, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LANTIAN_STATE_DIR": str(stack.state_dir)}
    command = [sys.executable, "-m", "deploy.cli", "rules", "backtest", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def answer(stack: CoreSettings, rule: str, *words: str) -> dict[str, Any]:
    done = backtest(stack, rule, "--from", "2026-03-02", "--to", "2026-03-03", "--json", *words)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("rule", ["dust-stop-work", "dust-not-stopped", "dust-sudden-rise", "dust-far-above-county"])
def test_it_names_the_alerts_that_the_engine_has_opened(stack: CoreSettings, city: str, rule: str) -> None:
    found = answer(stack, rule, "--city", city)
    with closing(connect(stack, "reader", application="test")) as database, database.cursor() as cursor:
        cursor.execute(
            "select object, extract(epoch from first_start)::bigint, extract(epoch from cleared_at)::bigint, peak"
            " from v_alerts where city = %s and rule_id = %s and state <> 'withdrawn'",
            (city, rule),
        )
        stored = sorted(cursor.fetchall())
    assert sorted((i["object"], i["first_start"], i["ended_at"], i["peak"]) for i in found["items"]) == stored
    assert found["objects"] == 4
    assert found["alerts"] == len(stored)


def test_it_counts_by_day_and_severity(stack: CoreSettings, city: str) -> None:
    found = answer(stack, "dust-stop-work", "--city", city)
    assert (found["by_day"], found["by_severity"]) == ({"2026-03-02": 3}, {"critical": 3})
    assert found["alerts_per_day"] == 1.5


def test_a_station_far_above_the_median_of_the_others_in_its_county_is_named(stack: CoreSettings, city: str) -> None:
    found = answer(stack, "dust-far-above-county", "--city", city)
    assert {(item["object"].removeprefix("station:"), item["first_start"] - EIGHT) for item in found["items"]} == {
        ("site-backtest-a", HOUR),
        ("site-backtest-b", 3 * HOUR),
        ("site-backtest-a", 4 * HOUR),
    }


def test_a_station_may_stand_against_a_background_station(stack: CoreSettings, city: str, tmp_path: Path) -> None:
    text = (book.BUILTIN / "dust.toml").read_text(encoding="utf-8")
    own = text.replace('against = { around = "county", least = 3 }', 'against = { station = "site-backtest-d" }')
    (tmp_path / "dust.toml").write_text(own, encoding="utf-8")
    found = answer(stack, "dust-far-above-county", "--city", city, "--rules-dir", str(tmp_path))
    assert {(item["object"].removeprefix("station:"), item["first_start"] - EIGHT) for item in found["items"]} == {
        ("site-backtest-a", 2 * HOUR),
        ("site-backtest-a", 4 * HOUR),
        ("site-backtest-b", 3 * HOUR),
    }


def test_a_neighbours_late_value_changes_what_others_stand_against(stack: CoreSettings, city: str) -> None:
    names = [f"late-{letter}" for letter in "abcd"]
    sites = [Site(stack, name) for name in names]
    for site in sites:
        site.city = "city-late"
    rows = [f"{site.station},工地,Site,dust,140502,{site.city},西县,PT1M" for site in sites]
    text = "\n".join(["station,name_zh,name_en,kind,region,city,county,reporting_period", *rows]) + "\n"
    register = stack.state_dir / "late.csv"
    register.write_text(text, encoding="utf-8")
    with closing(connect(stack, "registry", application="test")) as database:
        import_csv(database, register, effective=datetime.fromisoformat("2026-01-01T00:00:00+08:00"), user="test")
        registry = Registry.load(database)
    judge = Judge(book.load())

    def tell(values: dict[int, float], version: int) -> list[str]:
        said = [sites[place].statement(0, value, version) for place, value in values.items()]
        for place, one in zip(values, said, strict=True):
            sites[place].store(one)
        with closing(connect(stack, "engine", application="test")) as database, database.cursor() as cursor:
            result = judge.judge(cursor, [StatementBatch("city-late", said)], registry, float(EIGHT + 2 * HOUR))
            database.commit()
        return [note.happening for note in result.notices if note.alert.rule_id == "dust-far-above-county"]

    assert city
    assert tell({0: 300.0, 1: 100.0, 2: 100.0}, 1) == [], "two others are too few"
    assert tell({3: 100.0}, 1) == ["opened"], "the third is told, and the first stands out"
    assert tell({1: 290.0, 2: 290.0}, 2) == ["withdrawn"]


def test_people_get_a_chart(stack: CoreSettings, city: str) -> None:
    done = backtest(stack, "dust-stop-work", "--from", "2026-03-01", "--to", "2026-03-03", "--city", city)
    assert "4 个对象 objects，3 次报警 alerts，平均每天 a day 1.00" in done.stdout
    assert f"2026-03-02  {'█' * 40} 3" in done.stdout
    assert "2026-03-01\n" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none", "--from", "2026-03-01", "--to", "2026-03-02"], "lantian rules list"),
        (["dust-stop-work", "--from", "2026-03-02", "--to", "2026-03-01"], "ends before it begins"),
        (["dust-stop-work", "--from", "2026-03-01", "--to", "2026-03-02", "--city", "无此城"], "watches nothing"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(
    stack: CoreSettings, city: str, words: list[str], says: str
) -> None:
    done = backtest(stack, *words)
    assert city
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_of_ones_own_rules_is_tried_before_it_is_switched_on(
    stack: CoreSettings, city: str, tmp_path: Path
) -> None:
    text = (book.BUILTIN / "dust.toml").read_text(encoding="utf-8")
    (tmp_path / "dust.toml").write_text(text.replace("reaches = 250 }]", "reaches = 150 }]", 1), encoding="utf-8")
    found = answer(stack, "dust-stop-work", "--city", city, "--rules-dir", str(tmp_path))
    assert found["alerts"] == 5

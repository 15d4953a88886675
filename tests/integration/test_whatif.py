"""`lantian whatif` on a real database: under their own editions hours come to what is stored, under another not."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reports import DAY, HOUR, entry, report
from typer.testing import CliRunner, Result
from worker_stage import Ground, Log, Worker, worker

from aggregate.evaluation.days import DayColumns
from aggregate.evaluation.spans import Span
from aggregate.evaluation.stored import day_columns
from aggregate.regions.level import Level
from aggregate.statistic import DEVICES, VARIANTS, Key, Variant, Window, holding
from aggregate.statistic_store import read_spans
from aggregate.steps import city_step
from aggregate.store import Layouts
from aggregate.whatif.cli import tried
from aggregate.whatif.commands import app
from core.clock import midnight
from core.errors import InputError
from core.kafka import STATISTICS
from core.postgres import connect
from core.settings import CoreSettings
from ingest.envelope import Source
from ingest.kinds import KindSettings
from standards.editions import load_editions

pytestmark = pytest.mark.stack

TOWN = "试市"
NAMES = ("if-1", "if-2", "if-3", "if-4")
FIRST, END = date(2026, 2, 27), date(2026, 3, 4)
"""Two days of the edition of 2012, three of that of 2026."""
SPAN = Span("2026-02-27..2026-03-03", FIRST, END)
LATER = midnight(END) + 2 * DAY
DUST = (TOWN, midnight(date(2026, 2, 27)) + 5 * HOUR, midnight(date(2026, 2, 27)) + 11 * HOUR)
"""It leaves 18 hours of a day of the edition of 2012, which skips a missing pollutant."""
WORDS = ("--from", "2026-02-27", "--to", "2026-03-03", "--only", TOWN)


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Five days of four stations, one of them a control point, with gaps, a correction by a person, and sand-dust."""
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.clear()
    made.stations(*(f"{name},站,air,640105,{TOWN},PT1H,city,{'yes' if name == NAMES[3] else ''}," for name in NAMES))
    made.sanddust(DUST)
    with worker(stack, Log()) as hand, worker(stack, Log(), city_step(KindSettings.load())) as city:
        hand.gain(LATER)
        city.gain(LATER)
        dice = random.Random(5)
        for name in NAMES:
            _send(hand, name, dice)
        hand.take(LATER)
        for told in made.told(STATISTICS):
            city.log.add_bytes(0, told)
        city.take(LATER)
    yield made
    made.rows("delete from sanddust_period")


def _send(hand: Worker, name: str, dice: random.Random) -> None:
    hours = [hour for hour in range((END - FIRST).days * 24) if dice.random() < 0.98]
    for seq, hour in enumerate(hours, start=1):
        levels = {"PM2.5": 70, "PM10": 120, "SO2": 30, "NO2": 60, "CO": 1.2, "O3": 110}
        values = {of: round(level * dice.uniform(0.3, 1.7), 1) for of, level in levels.items() if dice.random() < 0.99}
        body = report(midnight(FIRST) + hour * HOUR, seq, values, name=name, period="PT1H")
        hand.log.add(entry(body, name=name, received=LATER))
    at = midnight(FIRST) + hours[30] * HOUR
    said = report(at, 1, {"PM2.5": 300.0}, name=name, period="PT1H", run=LATER)
    hand.log.add(entry(said, name=name, received=LATER, source=Source.PERSON))


@pytest.fixture
def environment(in_stack: None, ground: Ground) -> None:
    """Commands find the ground."""


def stored(ground: Ground, keys: list[str], variant: Variant) -> DayColumns:
    """The rows that hold, read one by one."""
    start, end = midnight(FIRST), midnight(END)
    with closing(connect(ground.settings, "reader", application="test")) as database, database.cursor() as cursor:
        rows = read_spans(cursor, Layouts(), Window.DAY, dict.fromkeys(keys, (start, end)))
    held = [
        {day: row for day in range(start, end, DAY) if (row := holding(Key(name, Window.DAY, day, *variant), rows.get))}
        for name in keys
    ]
    return day_columns(held, FIRST, (END - FIRST).days, load_editions())


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("level", "only"), [(Level.STATION, NAMES), (Level.CITY, (TOWN,))])
def test_under_their_own_editions_hours_come_to_the_days_that_are_stored(
    ground: Ground, level: Level, only: tuple[str, ...], variant: Variant
) -> None:
    trial = tried("2012", SPAN, level, only, variant)
    kept = stored(ground, [region.key for region in trial.regions], variant)
    assert kept.valid.sum() >= 0.6 * kept.valid.size
    for name in DayColumns._fields[1:]:
        np.testing.assert_array_equal(getattr(trial.own_days, name), getattr(kept, name), err_msg=name)


@pytest.mark.usefixtures("environment")
def test_days_that_are_of_the_edition_asked_for_do_not_differ(ground: Ground) -> None:
    trial = tried("2012", SPAN, Level.CITY, (TOWN,), DEVICES)
    assert trial.differs[0].tolist() == [False, False, True, True, True]
    assert trial.stretch.editions == ("2012", "2026")


@pytest.mark.usefixtures("environment")
def test_the_variants_are_not_alike(ground: Ground) -> None:
    values = [tried("2026", SPAN, Level.CITY, (TOWN,), variant).own_days.values.tobytes() for variant in VARIANTS]
    assert len(set(values)) == len(VARIANTS)


def command(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


def told(*words: str) -> dict[str, Any]:
    result = command(*WORDS, *words, "--json")
    assert result.exit_code == 0, result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


@pytest.mark.usefixtures("environment")
def test_both_are_told_side_by_side_with_their_sums(ground: Ground) -> None:
    said = told("--edition", "2026")
    [city] = said["objects"]
    assert (city["object"], said["edition"], said["period"]["editions"]) == (f"city:{TOWN}", "2026", ["2012", "2026"])
    assert [day["date"] for day in city["days"]] == ["2026-02-27", "2026-02-28"]
    for day in city["days"]:
        assert (day["own"]["edition"], day["other"]["edition"]) == ("2012", "2026")
        assert day["other"]["aqi"] > day["own"]["aqi"]
    assert city["other"]["days"]["attained"] <= city["own"]["days"]["attained"]
    assert city["other"]["days"]["valid"] == city["own"]["days"]["valid"] == 5
    assert len(told("--edition", "2026", "--all")["objects"][0]["days"]) == 5


@pytest.mark.usefixtures("environment")
def test_the_csv_has_a_row_a_day_and_people_get_tables(ground: Ground, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    result = command(*WORDS, "--edition", "2026", "--csv", str(file))
    assert result.exit_code == 0, result.exception
    for text in (TOWN, "假设 what if 2026：2/5 天不同", "浓度和综合指数", "达标评价", "不同的日子"):
        assert text in result.stdout
    days = told("--edition", "2026")["objects"][0]["days"]
    assert [
        (row["date"], int(row["own_aqi"]), int(row["aqi"])) for row in csv.DictReader(file.open(encoding="utf-8"))
    ] == [(day["date"], day["own"]["aqi"], day["other"]["aqi"]) for day in days]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*WORDS, "--edition", "2013"), "--edition"),
        ((*WORDS, "--only", "无市", "--edition", "2012"), "--only: is none of those"),
        (("--from", "2026-03-03", "--to", "2026-03-01", "--edition", "2012"), "--to: is before --from"),
        (("--from", "yesterday", "--to", "2026-03-01", "--edition", "2012"), "--from: is no day"),
        (("--from", "2199-03-01", "--to", "2199-03-01", "--edition", "2012"), "has no day that is over"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_one_line(words: tuple[str, ...], says: str) -> None:
    error = command(*words).exception
    assert isinstance(error, InputError)
    assert says in str(error)
    assert "\n" not in str(error)

"""`lantian sanddust` on a real database: a period comes in, and statistics stand with it and without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from reports import DAY, HOUR, MIDNIGHT, PM10, SO2, entry, report
from typer.testing import CliRunner, Result
from worker_stage import Ground, Log, Worker, worker

from aggregate.sanddust import table
from aggregate.sanddust.commands import app
from aggregate.statistic import Reason, Tier, Variant
from aggregate.steps import city_step
from core.kafka import STATISTICS
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import KindSettings
from truth.statistics import Cell

pytestmark = pytest.mark.stack

TOWN, NAMES = "dust-town", ("dust-1", "dust-2")
LATER = MIDNIGHT + 2 * DAY
OBJECTS = ("city:dust-town", "station:dust-1")
WITHOUT = Variant(Tier.RAW, sanddust=False)
STORM = f"{TOWN},2026-03-10T03:00,2026-03-10T05:30,晋环函〔2026〕1号\n"
HEADING = "city,start,end,basis\n"


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.stations(*(f"{name},站,air,140502,{TOWN},PT1H,city,," for name in NAMES))
    return made


@pytest.fixture
def hand(ground: Ground, in_stack: None) -> Iterator[Worker]:
    """A worker that has taken a day of both stations, dust from 03:00 to 05:30, and whose statements were heeded."""
    ground.clear()
    with worker(ground.settings, Log()) as hand, worker(ground.settings, Log(), city_step(KindSettings.load())) as city:
        hand.gain(LATER)
        city.gain(LATER)
        for name in NAMES:
            for n in range(24):
                values = {"PM10": 900.0 if 3 <= n < 6 else 100.0, "SO2": 20.0}
                body = report(MIDNIGHT + n * HOUR, n + 1, values, name=name, period="PT1H")
                hand.log.add(entry(body, name=name, received=LATER))
        hand.take(LATER)
        for told in ground.told(STATISTICS):
            city.log.add_bytes(0, told)
        city.take(LATER)
        yield hand


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["sanddust", *words])


def imported(tmp_path: Path, *rows: str) -> dict[str, Any]:
    file = tmp_path / "dust.csv"
    file.write_text(HEADING + "".join(rows), encoding="utf-8")
    result = command("import", str(file), "--user", "wang", "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


@pytest.mark.parametrize("name", OBJECTS)
def test_without_the_dust_the_particulates_of_its_hours_are_left_out(
    ground: Ground, hand: Worker, tmp_path: Path, name: str
) -> None:
    imported(tmp_path, STORM)
    inside, out = ground.windows(name), ground.windows(name, WITHOUT)
    four = MIDNIGHT + 4 * HOUR
    assert inside["hour", four][0][PM10].value == 900.0
    if name == OBJECTS[1]:
        assert out["hour", four][0][PM10] == Cell(None, 0, 1, Reason.SANDDUST)
    assert out["hour", four][0][SO2].value == 20.0
    assert ("hour", MIDNIGHT + 6 * HOUR) not in out
    assert inside["day", MIDNIGHT][0][PM10].value == 200.0
    assert out["day", MIDNIGHT][0][PM10].value == 100.0
    assert ("month", MIDNIGHT - 9 * DAY) in out


def test_what_comes_later_heeds_the_period_by_itself(ground: Ground, hand: Worker, tmp_path: Path) -> None:
    imported(tmp_path, STORM)
    correction = report(MIDNIGHT + 4 * HOUR, 99, {"SO2": 40.0}, name=NAMES[0], period="PT1H")
    hand.gain(LATER)
    hand.log.add(entry(correction, name=NAMES[0], received=LATER))
    hand.take(LATER)
    out = ground.windows(OBJECTS[1], WITHOUT)
    assert out["hour", MIDNIGHT + 4 * HOUR][0][SO2].value == 40.0
    assert out["hour", MIDNIGHT + 4 * HOUR][0][PM10].reason == Reason.SANDDUST


def test_the_same_file_again_changes_nothing(ground: Ground, hand: Worker, tmp_path: Path) -> None:
    assert imported(tmp_path, STORM)["figures_changed"] > 0
    assert imported(tmp_path, STORM) == {"added": 0, "unchanged": 1, "failed": 0, "figures_changed": 0}


def test_a_period_withdrawn_is_in_force_no_more_and_stays_in_the_list(
    ground: Ground, hand: Worker, tmp_path: Path
) -> None:
    imported(tmp_path, STORM)
    [period] = json.loads(command("list", "--city", TOWN, "--json").stdout)
    assert command("withdraw", str(period["period_id"]), "--user", "li").exit_code == 0
    for name in OBJECTS:
        inside = ground.windows(name)
        out = ground.windows(name, WITHOUT)
        assert {key: row[0] for key, row in out.items()} == {key: inside[key][0] for key in out}
    [period] = json.loads(command("list", "--city", TOWN, "--json").stdout)
    assert (period["imported_by"], period["withdrawn_by"], period["applied"]) == ("wang", "li", True)


def test_a_period_withdrawn_while_another_command_applies_it_is_not_taken_for_made(
    ground: Ground, hand: Worker
) -> None:
    ground.sanddust((TOWN, MIDNIGHT, MIDNIGHT + HOUR), (TOWN, MIDNIGHT + DAY, MIDNIGHT + DAY + HOUR))
    with closing(connect(ground.settings, "registry", application="test")) as database:
        applied = table.unapplied(database)
        table.withdraw(database, applied[0].period_id, "li")
        table.mark_applied(database, applied)
        assert table.unapplied(database) == [applied[0]._replace(withdrawn=True)]
        table.mark_applied(database, table.unapplied(database))
        assert table.unapplied(database) == []


def test_a_bad_row_is_told_and_stops_no_other(ground: Ground, hand: Worker, tmp_path: Path) -> None:
    file = tmp_path / "dust.csv"
    rows = (f"nowhere{STORM.removeprefix(TOWN)}", f"{TOWN},2026-03-10T05:00,2026-03-10T04:00,函\n", STORM)
    file.write_text(HEADING + "".join(rows), encoding="utf-8")
    result = command("import", str(file))
    assert result.exit_code == 1
    assert "dust.csv row 2, city: is no city of the registry (got 'nowhere')" in result.output
    assert "dust.csv row 3, end: is not after start" in result.output
    assert "sanddust: 1 added" in result.output

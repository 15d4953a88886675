"""`lantian recompute` on a real database: what was wrong is made right, told, and the worker reads again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date

import pytest
from reports import DAY, HOUR, MIDNIGHT, PM10, entry, report
from typer.testing import CliRunner
from worker_stage import Ground, Log, Worker, worker

from aggregate.commands import app
from aggregate.rebuild.change import Change
from aggregate.rebuild.rebuild import Rebuilder, Scope
from aggregate.statistic import PERIODS, Reason, Tier, Variant, Window, decode_statements
from aggregate.steps import city_step
from core.errors import FencedError
from core.kafka import STATISTICS
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import KindSettings
from standards.editions import load_editions

pytestmark = pytest.mark.stack

TOWN, NAMES = "again-town", ("again-1", "again-2")
TODAY = Scope(date(2026, 3, 10), date(2026, 3, 11))
LATER = MIDNIGHT + 2 * DAY
FIRST = f"station:{NAMES[0]}"
ALL = "select s::text from statistic s order by 1"


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.stations(*(f"{name},站,air,140502,{TOWN},PT1H,city,," for name in NAMES))
    return made


@pytest.fixture
def hand(ground: Ground) -> Iterator[Worker]:
    """A worker that has taken a day of both stations: PM10 80 and 100 µg/m³."""
    ground.clear()
    with worker(ground.settings, Log()) as hand, worker(ground.settings, Log(), city_step(KindSettings.load())) as city:
        hand.gain(LATER)
        city.gain(LATER)
        for name, value in zip(NAMES, (80.0, 100.0), strict=True):
            bodies = (report(MIDNIGHT + n * HOUR, n + 1, {"PM10": value}, name=name, period="PT1H") for n in range(24))
            hand.log.add(*(entry(body, name=name, received=LATER) for body in bodies))
        hand.take(LATER)
        for told in ground.told(STATISTICS):
            city.log.add_bytes(0, told)
        city.take(LATER)
        yield hand


@contextmanager
def begun(ground: Ground, *, dry_run: bool = False) -> Iterator[Rebuilder]:
    with closing(connect(ground.settings, "worker", application="test")) as database:
        yield Rebuilder(database, KindSettings.load().rules(), load_editions(), dry_run=dry_run, clock=lambda: LATER)


def run(rebuilder: Rebuilder, station: str | None = None) -> list[Change]:
    scope = TODAY._replace(stations=(station,) if station else None)
    return list(rebuilder.run(scope, lambda done, total: None))


def rebuild(ground: Ground, *, dry_run: bool = False, station: str | None = None) -> tuple[list[Change], Rebuilder]:
    with begun(ground, dry_run=dry_run) as rebuilder:
        return run(rebuilder, station), rebuilder


def tamper(ground: Ground) -> None:
    """An hour of the first station says 104 instead of 80."""
    ground.rows(
        "update statistic set \"values\" = array(select case when v = 80 then 104 else v end from unnest(\"values\") v)"
        " where object = %s and time_window = 'hour' and start = to_timestamp(%s)",
        FIRST, MIDNIGHT + 3 * HOUR,
    )  # fmt: skip


def report_otherwise(ground: Ground) -> None:
    """An hour of the first station was reported as 128."""
    ground.rows(
        "update report set \"values\" = '{128}' where station_id ="
        " (select station_id from station where station = %s) and time = to_timestamp(%s)",
        NAMES[0], MIDNIGHT + 3 * HOUR,
    )  # fmt: skip


def test_what_is_right_stays_as_it_is(ground: Ground, hand: Worker) -> None:
    before = ground.rows(ALL)
    changes, rebuilder = rebuild(ground)
    assert changes == []
    assert rebuilder.rebuilt.windows > 2 * 24
    assert ground.rows(ALL) == before


def test_a_wrong_figure_is_made_right_and_told_before_and_after(ground: Ground, hand: Worker) -> None:
    tamper(ground)
    changes, _ = rebuild(ground)
    told = [(c.key.object, c.key.window, c.before and c.before.value, c.after and c.after.value) for c in changes
            if c.factor == PM10]  # fmt: skip
    assert told == [(FIRST, Window.HOUR, 104.0, 80.0)]
    assert ground.hour(FIRST, MIDNIGHT + 3 * HOUR)[0][PM10].value == 80.0
    told_of = [(s.object, s.version) for record in ground.told(STATISTICS) for s in decode_statements(record).statements
               if (s.window, s.start) == (Window.HOUR, MIDNIGHT + 3 * HOUR)]  # fmt: skip
    assert sorted(told_of) == [(FIRST, 1), (FIRST, 2), (f"station:{NAMES[1]}", 1)]


def test_a_rehearsal_tells_the_same_up_to_the_city_and_keeps_nothing(ground: Ground, hand: Worker) -> None:
    report_otherwise(ground)
    rows = ground.rows(ALL)
    rehearsed, _ = rebuild(ground, dry_run=True)
    assert ground.rows(ALL) == rows
    assert {
        (c.key.object, c.key.window, c.after and c.after.value)
        for c in rehearsed
        if c.factor == PM10 and c.key.window not in PERIODS
    } == {
        (FIRST, Window.HOUR, 128.0),
        (FIRST, Window.DAY, 82.0),
        (f"city:{TOWN}", Window.HOUR, 114.0),
        (f"city:{TOWN}", Window.DAY, 91.0),
    }
    assert rebuild(ground)[0] == rehearsed


@pytest.mark.parametrize(("factor", "told"), [("PM10", {PM10, f"IAQI_{PM10}"}), ("PM2.5", set())])
def test_of_a_factor_what_is_made_of_it_is_told(
    ground: Ground, hand: Worker, in_stack: None, factor: str, told: set[str]
) -> None:
    report_otherwise(ground)
    words = ["recompute", "--from", "2026-03-10", "--to", "2026-03-10", "--factor", factor, "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output or result.exception
    *changes, summary = map(json.loads, result.stdout.splitlines())
    hours = {change["factor"] for change in changes if change["window"] == "hour"}
    assert (hours - {"AQI"}, summary["summary"]["changes"]) == (told, len(changes))


def test_a_citys_figure_is_made_anew_when_its_registry_was_corrected(ground: Ground, hand: Worker) -> None:
    ground.rows("update station_version set control_point = true where station_id ="
                " (select station_id from station where station = %s)", NAMES[1])  # fmt: skip
    try:
        changes, _ = rebuild(ground)
    finally:
        ground.rows("update station_version set control_point = false where station_id ="
                    " (select station_id from station where station = %s)", NAMES[1])  # fmt: skip
    of_day = [c for c in changes if c.key.window == Window.DAY and c.factor == PM10]
    assert [(c.key.object, c.after and c.after.value) for c in of_day] == [(f"city:{TOWN}", 80.0)]


def test_dust_that_comes_in_while_it_runs_is_heeded(ground: Ground, hand: Worker) -> None:
    with begun(ground) as rebuilder:
        ground.sanddust((TOWN, MIDNIGHT + 3 * HOUR, MIDNIGHT + 5 * HOUR))
        with begun(ground) as other:
            run(other)
        rows = ground.rows(ALL)
        assert run(rebuilder) == []
    assert ground.rows(ALL) == rows
    without = ground.windows(FIRST, Variant(Tier.RAW, sanddust=False))
    assert without["hour", MIDNIGHT + 3 * HOUR][0][PM10].reason == Reason.SANDDUST


def test_the_worker_must_read_again_after_it(ground: Ground, hand: Worker) -> None:
    rebuild(ground, station=NAMES[0])
    with pytest.raises(FencedError):
        hand.tick(LATER)


def test_a_closed_day_stands(ground: Ground, hand: Worker) -> None:
    ground.rows("insert into closed_day values (%s, '2026-03-10', 0, now())", NAMES[0])
    tamper(ground)
    changes, rebuilder = rebuild(ground)
    assert rebuilder.rebuilt.closed == 1
    assert [c for c in changes if c.key.object == FIRST] == []
    assert ground.hour(FIRST, MIDNIGHT + 3 * HOUR)[0][PM10].reason == Reason.VALID
    assert ground.hour(FIRST, MIDNIGHT + 3 * HOUR)[0][PM10].value == 104.0

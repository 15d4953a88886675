"""What the test of dashboards stands on: a day of a small town, lived through by the real processes and by persons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pipeline import Pipeline, running_pipeline
from waiting import eventually

from alerts.handling import desk
from alerts.handling.machine import Action, Request
from alerts.handling.order import OrderAction
from alerts.rules import book
from alerts.warnings import desk as warning_desk
from alerts.warnings.course import Action as WarningAction
from alerts.warnings.cuts import load_cuts
from alerts.warnings.decide import Wish
from alerts.warnings.scheme import Level
from core.clock import SHANGHAI, clock_of
from core.postgres import connect
from core.settings import CoreSettings
from deploy.processes import data_clock
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import load_scenario

CITY = "晋城市"
EVENING = datetime(2026, 11, 18, 20, tzinfo=SHANGHAI)
END = EVENING + timedelta(hours=1)
SPEED = 120.0
PACE = 30.0
SCRAPE_S = 15.0 / PACE
"""Prometheus looks at the processes so often, s."""
HEAD_START_S = 30.0
"""The clock stands still for this long: the stack and the processes start, and two days of hours are sent."""
AIR, SITE, STACK, FACILITY = "1405020100001", "1405020300003", "1405250500001", "1405251000001"
"""Of the made-up stations: those that dashboards show first, a stack and a treatment facility."""

SCENARIO = f"""
format = 1
name = "panels"
title = {{ zh = "看板的一天", en = "A day for dashboards" }}
seed = 11
climate = "jincheng"

[network]
area = "jincheng"

[network.counts]
air = 4
dust = 4
micro = 1
water = 2
cems = 3
effluent = 2
power = 2
facility = 2
gate = 1
noise = 1
weather = 1
forecast = 1

[[span]]
from = 2026-11-17T00:00:00
to = 2026-11-18T20:00:00
period = "PT1H"
origin = "resent"

[[span]]
from = 2026-11-18T20:00:00
to = 2026-11-18T21:00:00
paced = true

[[episode]]
kind = "heavy-pollution"
from = 2026-11-17T06:00:00
to = 2026-11-19T02:00:00
peak = 158

[[episode]]
kind = "construction-dust"
from = 2026-11-18T20:00:00
to = 2026-11-18T21:00:00
stations = ["{SITE}"]
peak = 900

[[fault]]
kind = "spike"
from = 2026-11-18T20:00:00
to = 2026-11-18T21:00:00
stations = ["{AIR}"]
factors = ["SO2"]
amount = 90.0
share = 1.0

[[fault]]
kind = "half-written"
from = 2026-11-18T20:00:00
to = 2026-11-18T21:00:00
stations = ["{AIR}", "{STACK}"]
share = 0.1

[[fault]]
kind = "gap"
from = 2026-11-18T20:05:00
to = 2026-11-18T21:00:00
stations = ["{FACILITY}"]
"""
FALSE = f"select alert_id from v_alerts where station_id = '{AIR}' and rule_id = 'so2-hour' and pages"
ORDERED = f"select alert_id from v_stop_work_orders join v_alerts using (alert_id) where station_id = '{SITE}'"
SANDDUST = f"""city,start,end,basis
{CITY},2026-11-17T08:00:00+08:00,2026-11-17T12:00:00+08:00,试验
"""
NOTIFY = """
gather = "PT5S"

[[target]]
id = "boards"
via = "mqtt"

[[route]]
id = "all"
to = ["boards"]
severity = "info"
"""


class Town:
    """The pipeline after the day, and the time that it is there."""

    def __init__(self, pipeline: Pipeline, timed: CoreSettings) -> None:
        """`timed`: settings with the day's clock."""
        self.pipeline = pipeline
        self._clock = clock_of(timed)

    @property
    def now(self) -> datetime:
        """Data time."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def look_up(self, query: str) -> list[tuple[Any, ...]]:
        """What the dashboards' role finds."""
        with (
            closing(connect(self.pipeline.core, "viewer", application="test")) as database,
            database.cursor() as cursor,
        ):
            cursor.execute(query)
            return list(cursor.fetchall())

    def until(self, what: str, query: str) -> None:
        """Wait until a query finds something."""
        eventually(what, lambda: self.look_up(query), 90.0, every=0.3)

    def persons_act(self) -> None:
        """The site is told to stop, the air station's alert closed as false, a warning issued."""
        (ordered,) = self.look_up(ORDERED)[0]
        (false,) = self.look_up(FALSE)[0]
        steps = [
            (ordered, Request(Action.ACKNOWLEDGE, text="收到"), "值班员张"),
            (ordered, Request(Action.DISPATCH, unit="执法一队", deadline=timedelta(hours=2)), "值班员张"),
            (ordered, Request(Action.FEEDBACK, text="已覆盖"), "队员李"),
            (false, Request(Action.ACKNOWLEDGE, text="收到"), "值班员张"),
            (false, Request(Action.FALSE_ALARM, text="标定未结束"), "值班员张"),
            (false, Request(Action.VERIFY, text="属实"), "科长王"),
        ]
        with closing(connect(self.pipeline.core, "operator", application="test")) as database:
            for alert_id, request, who in steps:
                answer = desk.act(database, book.load(), alert_id, request, who, self.now)
                assert type(answer).__name__ == "Taken", answer
            for action in (OrderAction.CONFIRM, OrderAction.ISSUE):
                order = desk.act_on_order(database, ordered, action, "科长王", "已到场核实", self.now)
                assert type(order).__name__ == "Taken", order
            wish = Wish("会商同意", WarningAction.START, Level.YELLOW, date(2026, 11, 19))
            issued = warning_desk.issue(database, load_cuts(), CITY, wish, "值班员张", self.now)
            assert type(issued.answer).__name__ == "Taken", issued.answer


@contextmanager
def town_after_a_day(folder: Path) -> Iterator[Town]:
    """The town with its processes still at work."""
    folder.mkdir(parents=True, exist_ok=True)
    file, registry, notify = folder / "panels.toml", folder / "stations.csv", folder / "notify.toml"
    sanddust = folder / "sanddust.csv"
    sanddust.write_text(SANDDUST, encoding="utf-8")
    file.write_text(SCENARIO, encoding="utf-8")
    notify.write_text(NOTIFY, encoding="utf-8")
    write_csv(load_scenario(file).network, registry)
    clock = data_clock(EVENING.isoformat(), (datetime.now(UTC) + timedelta(seconds=HEAD_START_S)).isoformat(), SPEED)
    quick = {"LANTIAN_METRICS_LOOK_SECONDS": "0.5", "LANTIAN_AGGREGATE_AUDIT_SECONDS": "5"}
    told = {"LANTIAN_ALERTS_NOTIFY_FILE": str(notify)}
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stages:
        environment.setenv("LANTIAN_LOCAL_METRICS_PACE", str(PACE))
        pipeline = stages.enter_context(running_pipeline(folder / "stack", registry, **clock, **quick, **told))
        pipeline.engine.start()
        pipeline.stack.up(with_metrics=True)
        timed = pipeline.core.model_copy(
            update={
                "clock_epoch": clock["LANTIAN_CLOCK_EPOCH"],
                "clock_started": clock["LANTIAN_CLOCK_STARTED"],
                "clock_speed": SPEED,
            }
        )
        town = Town(pipeline, timed)
        pipeline.run("stations", "credentials", "*", "--platform", "simulator")
        pipeline.run("sanddust", "import", str(sanddust))
        sending = pipeline.begin("simulate", "--scenario", str(file), "--platform", "simulator")
        assert pipeline.finished(sending, 120)["complete"]
        town.until("the site is to stop", ORDERED)
        town.until("the air station exceeds", FALSE)
        town.until("the facility is silent", f"select from v_alerts where station_id = '{FACILITY}'")
        town.persons_act()
        town.until("messages are delivered", "select from v_deliveries where fate = 'delivered'")
        town.until("the ledger is struck", "select from v_ledger where accounts > 0")
        yield town

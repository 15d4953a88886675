"""`lantian demo`: an evening in Jincheng, from the monitor to the stop-work order, on real servers.

The shared clock stands at 20:00 of a fixed day while the day's hours are loaded as the devices' buffers would send
them, then runs at 60× while every monitor reports each minute, until 22:00.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import typer

from aggregate.ledger import Account, read_ledger
from aggregate.settings import AggregateSettings
from aggregate.worker import warm_up
from alerts.settings import AlertsSettings
from core.clock import DAY, HOUR, SHANGHAI
from core.errors import SettingsError
from core.postgres import connect
from core.process import Shutdown
from core.settings import ConfiguredSettings, CoreSettings
from deploy import demo_report
from deploy.local.stack import Stack
from deploy.processes import Processes, data_clock
from ingest.credentials import issue_platform
from ingest.report import Origin
from ingest.settings import BridgeSettings
from ingest.simulate import registered_stations, run_plan
from ingest.simulation.events import parse_event
from ingest.simulation.plan import Leg, Plan
from ingest.simulation.sending import SendResult
from ingest.station_import import import_csv
from ingest.stations_cli import update_broker
from truth.settled import wait_at_rest

MIDNIGHT = datetime(2026, 4, 18, tzinfo=SHANGHAI)
"""A Saturday in the season of dust, under the editions of 2026."""
LIVE_FROM = MIDNIGHT + timedelta(hours=20)
LIVE_TO = MIDNIGHT + timedelta(hours=22)
HEAD_START_S = 15.0
"""The clock stands still for this long: time to start the processes and to load the day's hours."""
SERVERS = ("mqtt_host", "kafka", "postgres_host")
DUST_SITE = "140502201"
DUST = f"dust@20:05+45m:{DUST_SITE}"
SEED = 418
RUN = 1
PLATFORM = "demo"
REGISTRY = Path(__file__).parents[1] / "ingest" / "registries" / "jincheng.csv"
PROCESSES = {"ingest": ("ingest",), "aggregate": ("aggregate",), "alerts": ("alerts", "run")}
FREE_PORTS = {f"{settings.model_config['env_prefix']}METRICS_PORT": "0" for settings in
              (BridgeSettings, AggregateSettings, AlertsSettings)}  # fmt: skip
"""Demonstrations, and processes that run already, do not take each other's ports."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last line says."""

    sent: SendResult
    stored: int
    lost: int
    doubled: int
    statistics: int
    alerts: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"demo: reports {self.sent.reports}, readings {self.stored} stored, {self.lost} lost, "
            f"{self.doubled} duplicated, {self.statistics} statistics, {self.alerts} alerts, {self.seconds:.0f} s"
        )

    @property
    def good(self) -> bool:
        """Whether everything sent has arrived, once."""
        return self.sent.complete and not self.lost and not self.doubled


def run(*, once: bool, speed: float) -> bool:
    """Tell the story on a stack of its own, emptied first; returns whether nothing was lost or doubled."""
    configured = ConfiguredSettings.load()
    _refuse_servers(configured)
    began = time.monotonic()
    stop = Shutdown().install().requested
    stack = Stack(configured.model_copy(update={"state_dir": configured.state_dir / "demo"}))
    stack.erase()
    _say("starting Mosquitto, Kafka and TimescaleDB, empty")
    try:
        settings = stack.up()
        _register(settings)
        warm_up()
        started = datetime.now(UTC) + timedelta(seconds=HEAD_START_S)
        clock = data_clock(LIVE_FROM.isoformat(), started.isoformat(), speed)
        processes = Processes(stack.state_dir, {**os.environ, **stack.environment, **clock, **FREE_PORTS})
        timed = settings.model_copy(
            update={"clock_epoch": LIVE_FROM.isoformat(), "clock_started": started.isoformat(), "clock_speed": speed}
        )
        try:
            outcome = _tell(timed, processes, began, stop)
            if not once and sys.stdout.isatty() and not stop.is_set():
                _stay(stack, stop)
        finally:
            processes.stop()
    finally:
        stack.down()
    return outcome.good


def _refuse_servers(configured: ConfiguredSettings) -> None:
    """The story starts from nothing: it is never told on servers that may hold somebody's data."""
    for name in SERVERS:
        if getattr(configured, name):
            raise SettingsError(
                "demo",
                "the demonstration runs on servers of its own, never on those that are configured",
                field=f"LANTIAN_{name.upper()}",
                value=getattr(configured, name),
                hint="unset it, here and in lantian.toml",
            )


def _register(settings: CoreSettings) -> None:
    database = connect(settings, "registry", application="lantian demo")
    try:
        import_csv(database, REGISTRY, effective=MIDNIGHT, user="demo")
        names = [station.station for station in registered_stations(settings)]
        issue_platform(database, settings, PLATFORM, names)
        update_broker(database, settings.state_dir / "mosquitto")
    finally:
        database.close()
    _say(f"registered {len(names)} stations modelled on Jincheng (晋城)")


def _tell(settings: CoreSettings, processes: Processes, began: float, stop: threading.Event) -> Outcome:
    for name, arguments in PROCESSES.items():
        processes.start(name, *arguments)
    processes.wait_ready(60)
    _say("bridge, worker and alert engine are ready")
    first, live, last = (int(moment.timestamp()) for moment in (MIDNIGHT, LIVE_FROM, LIVE_TO))
    plan = Plan(
        registered_stations(settings),
        (
            Leg(first, live, HOUR, Origin.RESENT, paced=False),
            Leg(live, last, 60, Origin.LIVE, paced=True),
        ),
        SEED,
        (parse_event(DUST, MIDNIGHT),),
        RUN,
    )
    span = f"hours 00–20 at once, then minutes at {settings.clock_speed:.0f}× until {LIVE_TO:%H:%M}"
    _say(f"sending {MIDNIGHT:%Y-%m-%d}: {span}")
    sent = run_plan(settings, plan, PLATFORM, stop)
    database = connect(settings, "reader", application="lantian demo")
    try:
        wait_at_rest(settings, database, 60, processes.check, _all_hours_in)
        accounts = read_ledger(database, settings)
        with database, database.cursor() as cursor:
            demo_report.day_table(cursor, first, first + DAY)
            alerts = demo_report.alerts(cursor)
            cursor.execute("select count(*) from statistic")
            statistics = cursor.fetchone()[0]
    finally:
        database.close()
    stored = sum(account.current + account.superseded for account in accounts)
    doubled = sum(account.duplicated for account in accounts)
    outcome = Outcome(sent, stored, _lost(sent, accounts), doubled, statistics, alerts, time.monotonic() - began)
    typer.echo(str(outcome))
    return outcome


def _all_hours_in(cursor: Any) -> bool:
    """Whether no hour that the evening has completed is still open, cities' hours included."""
    cursor.execute(
        "select not exists (select from statistic where time_window = 'hour' and strpos(states, 'O') > 0"
        " and start < to_timestamp(%s)) and exists (select from statistic where maker = 'city'"
        " and start = to_timestamp(%s))",
        (LIVE_TO.timestamp(), LIVE_TO.timestamp() - HOUR),
    )
    return bool(cursor.fetchone()[0])


def _lost(sent: SendResult, accounts: list[Account]) -> int:
    """Numbers sent, by the sender's own count, that are not in the database."""
    received = {
        account.station: sum(balance.received for balance in account.runs if balance.run == sent.run)
        for account in accounts
    }
    return sum(max(0, last - received.get(station, 0)) for station, last in sent.last.items())


def _stay(stack: Stack, stop: threading.Event) -> None:
    typer.echo(
        f"\nThe stack runs on. In another terminal:\n"
        f"  export LANTIAN_STATE_DIR={stack.state_dir}\n"
        f"  lantian status            # servers and addresses\n"
        f"  lantian alerts list       # what an operator sees\n"
        f"  lantian stations list     # who reports\n"
        f"  lantian ledger            # nothing lost, nothing twice\n"
        f'  eval "$(lantian env)"     # addresses for psql and others\n'
        f"Ctrl-C ends it."
    )
    stop.wait()


def _say(text: str) -> None:
    sys.stderr.write(f"demo: {text}\n")
    sys.stderr.flush()

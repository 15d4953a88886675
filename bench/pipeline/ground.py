"""What a run stands on: an empty stack with its stations registered, the load's orders, Lantian's own processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from psycopg2.extensions import connection

from bench.pipeline.field import REGION, Field, kind_of, name_of
from bench.pipeline.generator import Account, Order, Platform, Sent
from bench.pipeline.meter import Meter
from bench.pipeline.task import Task
from core.clock import SHANGHAI
from core.errors import UnavailableError
from core.postgres import connect
from core.settings import CoreSettings
from deploy.local.stack import Stack
from deploy.processes import FREE_PORTS, PROCESSES, Processes, data_clock
from deploy.roles import superuser
from ingest.credentials import ALL_STATIONS, issue_platform
from ingest.period import format_period
from ingest.station_import import import_csv
from ingest.stations_cli import update_broker
from ingest.topics import platform_ack_topic
from truth.settled import wait_at_rest

START = int(datetime(2026, 11, 18, 10, tzinfo=SHANGHAI).timestamp())
"""Of the first hour: a morning of the heating season under edition 2026."""
PLATFORMS = 4
WINDOW = 150_000
"""Reports that the platforms have sent and not yet heard to be durable."""
READY_S = 60.0
REST_S = 1800.0

Tell = Callable[[str], None]


@dataclass
class Ground:
    """What a run stands on."""

    task: Task
    stack: Stack
    settings: CoreSettings
    source: Field
    accounts: list[Account]
    tell: Tell

    @property
    def platforms(self) -> Iterator[Platform]:
        """As the generator shares the live stations out."""
        for place, account in enumerate(self.accounts):
            yield Platform.share(
                account, place, len(self.accounts), self.task.live_stations, self.task.stations, self.task.first_live
            )

    def order(self, stations: int, first: int, last: int, live_from: float | None = None) -> Order:
        """For the generator: slots `first` … `last` - 1."""
        task = self.task
        return Order(
            self.settings.mqtt_host, self.settings.mqtt_port, self.accounts, self.source,
            stations, task.stations, task.first_live, first, last, WINDOW, live_from,
        )  # fmt: skip

    def superuser(self, database: str = "") -> connection:
        """Of Lantian's database, or another, for what only its owner may do; each statement commits."""
        settings = self.settings
        return superuser(settings.state_dir, settings.postgres_port, database or settings.postgres_database)

    @property
    def servers(self) -> dict[str, int]:
        """Pids of the stack's servers by name."""
        return {name: pid for name in self.stack.names if (pid := self.stack.pid(name)) is not None}

    @contextmanager
    def running(
        self, epoch: int, started: float, wanted: Mapping[str, tuple[str, ...]] = PROCESSES
    ) -> Iterator[tuple[Processes, Meter]]:
        """Processes by a clock that shows `epoch` (UTC seconds) until the machine's time `started`: bridge, worker,
        engine, or those `wanted`."""
        shown, until = (datetime.fromtimestamp(moment, UTC).isoformat() for moment in (epoch, started))
        clock = data_clock(shown, until, 1.0)
        notify = {"LANTIAN_ALERTS_NOTIFY_FILE": str(self._notify_file())}
        environment = {**os.environ, **self.stack.environment, **clock, **FREE_PORTS, **notify}
        processes = Processes(self.stack.state_dir, environment, threading.Event())
        try:
            for name, arguments in wanted.items():
                processes.start(name, *arguments)
            processes.wait_ready(READY_S)
            yield processes, Meter({**self.servers, **processes.pids})
        finally:
            processes.stop()

    def _notify_file(self) -> Path:
        """All is to be told to one target, later than the run lasts: what is measured is the job's own commit."""
        path = self.stack.state_dir / "notify.toml"
        path.write_text(
            'gather = "PT6H"\n[[target]]\nid = "boards"\nvia = "mqtt"\n[[route]]\nid = "all"\nto = ["boards"]\n',
            encoding="utf-8",
        )
        return path

    def send(self, order: Order, check: Callable[[], None]) -> Sent:
        """Have the generator send, and wait until all of it is durable; `check` raises what made that impossible."""
        command = [sys.executable, "-m", "bench.pipeline.generator"]
        done = subprocess.run(command, input=msgspec.json.encode(order), stdout=subprocess.PIPE, check=False)
        check()
        if done.returncode:
            raise UnavailableError("generator", f"the load ended with status {done.returncode}", hint="read above")
        return msgspec.json.decode(done.stdout, type=Sent)

    def rest(self, processes: Processes) -> float:
        """Wait until everything is told; returns when the last was stored, computed or judged (Unix seconds).

        That is the commit of the last transaction that moved a stream on.
        """
        with closing(connect(self.settings, "reader", application="lantian bench")) as database:
            wait_at_rest(self.settings, database, REST_S, processes.check, _all_followed)
        with closing(self.superuser()) as server, server.cursor() as cursor:
            cursor.execute(
                "select max(extract(epoch from pg_xact_commit_timestamp(xmin)))::float8 from lantian.consumer_offset"
            )
            return float(cursor.fetchone()[0])


def _all_followed(cursor: Any) -> bool:
    """Whether the notifier has gone through the log of each city."""
    cursor.execute("select not exists (select from alert_chain c left join notify_cursor n using (city)"
                   " where c.length > coalesce(n.place, 0))")  # fmt: skip
    return bool(cursor.fetchone()[0])


def register(ground: Ground) -> None:
    """The stations, and platforms that speak for all of them: Mosquitto reads an account's list at each publication."""
    task = ground.task
    head = "station,name_zh,kind,region,city,control_level,reporting_period,acks\n"
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(connect(ground.settings, "registry", application="lantian bench")) as database,
    ):
        credentials = [
            issue_platform(database, ground.settings, f"bench-{n}", [ALL_STATIONS]) for n in range(PLATFORMS)
        ]
        ground.accounts = [
            Account(each.username, each.password, platform_ack_topic(each.username)) for each in credentials
        ]
        file = Path(folder) / "stations.csv"
        with file.open("w", encoding="utf-8") as rows:
            rows.write(head)
            for number in range(task.live_stations):
                platform = ground.accounts[number % PLATFORMS].username
                rows.write(
                    f"{name_of(number)},测点{number},{kind_of(number)},{REGION},测试市,city,"
                    f"{format_period(task.period)},{platform}\n"
                )
        began = time.monotonic()
        result = import_csv(database, file, effective=datetime.fromtimestamp(START, UTC), user="bench")
        if result.errors:
            raise UnavailableError("stations", str(result.errors[0]))
        update_broker(database, ground.settings.state_dir / "mosquitto")
    ground.tell(f"registered {task.live_stations} stations in {time.monotonic() - began:.1f} s")

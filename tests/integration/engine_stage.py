"""What the tests of the alert engine stand on: a dust site of their own, and the engine as a process."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from kafka import KafkaConsumer, TopicPartition
from waiting import eventually

from aggregate.statistic import Reason, Statement, StatementBatch, Window, encode_statements, station_object
from aggregate.store import Layouts
from core import kafka
from core.postgres import connect
from core.settings import CoreSettings

HOUR = 3600
RULE = "dust-stop-work"
"""What these tests look at; other rules of the packs have their say too."""
EIGHT = int(datetime.fromisoformat("2026-03-02T08:00:00+08:00").timestamp())


@contextmanager
def held_up(settings: CoreSettings, table: str, what: str, lock: int) -> Iterator[Callable[[], bool]]:
    """Makes every `what` on `table` wait as long as this lasts; yields whether somebody is waiting."""
    with closing(connect(settings, "owner", application="test")) as database, database.cursor() as cursor:
        database.autocommit = True
        cursor.execute(
            f"create function hold_up() returns trigger language plpgsql security definer as $$ begin"
            f" perform pg_advisory_xact_lock({lock}); return null; end $$;"
            f"create trigger hold_up after {what} on {table} for each statement execute function hold_up();"
            f"select pg_advisory_lock({lock})"
        )

        def waiting() -> bool:
            cursor.execute("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
            return bool(cursor.fetchone()[0])

        try:
            yield waiting
        finally:
            cursor.execute(f"select pg_advisory_unlock({lock})")
            cursor.execute(f"drop trigger hold_up on {table}; drop function hold_up")


class Site:
    """A dust site of its own for one test, and what is told of it."""

    def __init__(self, settings: CoreSettings, name: str) -> None:
        self.settings = settings
        self.station = f"site-{name}"
        self.city = f"city-{name}"
        self.partition = kafka.partition_of(self.city)

    def statement(self, hour: int, value: float, version: int = 1, *, live: bool = True) -> Statement:
        start = EIGHT + hour * HOUR
        return Statement(
            object=station_object(self.station),
            kind="dust",
            window=Window.HOUR,
            start=start,
            end=start + HOUR,
            version=version,
            factors=["a34002"],
            states="P",
            values=[value],
            n_valid=[60],
            n_expected=[60],
            reasons=[Reason.VALID],
            edition="2026",
            live=[live],
        )

    def tell(self, *statements: Statement) -> int:
        """Let the statistics be so, and put a record that says it into Kafka; returns the offset behind it."""
        self.store(*statements)
        return self.repeat(*statements)

    def repeat(self, *statements: Statement) -> int:
        """Put a record into Kafka that says what is stored already; returns the offset behind it."""
        return self.tell_bytes(encode_statements(StatementBatch(self.city, list(statements))))

    def store(self, *statements: Statement) -> None:
        """Write the rows that the worker would have written; an older version changes nothing."""
        with (
            closing(connect(self.settings, "worker", application="test")) as database,
            database,
            database.cursor() as cursor,
        ):
            layouts = Layouts()
            for statement in statements:
                layout = layouts.ids(cursor, [tuple(statement.factors)])[tuple(statement.factors)]
                values = [math.nan if value is None else value for value in statement.values]
                cursor.execute(
                    "insert into statistic as s (object, time_window, start, maker, partition, layout, states,"
                    " \"values\", n_valid, n_expected, reasons, live, edition, version, revision, changed_at)"
                    " values (%s, %s, to_timestamp(%s), 'worker', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, now())"
                    " on conflict (object, time_window, start, tier, sanddust) do update set layout = excluded.layout,"
                    " states = excluded.states, \"values\" = excluded.\"values\", n_valid = excluded.n_valid,"
                    " n_expected = excluded.n_expected, reasons = excluded.reasons, live = excluded.live,"
                    " edition = excluded.edition, version = excluded.version where s.version < excluded.version",
                    (
                        statement.object, str(statement.window), statement.start, self.partition, layout,
                        statement.states, values, statement.n_valid, statement.n_expected,
                        [int(reason) for reason in statement.reasons], statement.live, statement.edition,
                        statement.version,
                    ),
                )  # fmt: skip

    def tell_bytes(self, value: bytes) -> int:
        with closing(kafka.producer(self.settings)) as producer:
            sent = producer.send(kafka.STATISTICS, key=self.city.encode(), value=value, partition=self.partition)
            return int(sent.get(timeout=30).offset) + 1

    def rows(self, query: str, role: str = "reader") -> list[tuple[Any, ...]]:
        with closing(connect(self.settings, role, application="test")) as database, database.cursor() as cursor:
            cursor.execute(query, {"city": self.city, "partition": self.partition})
            return list(cursor.fetchall())

    def alerts(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select state, value, peak, origin, pages from v_alerts where city = %(city)s"
            f" and rule_id = '{RULE}' order by alert_id"
        )

    def log(self) -> list[str]:
        return [
            row[0]
            for row in self.rows(
                "select l.happening from v_alert_log l join v_alerts a using (alert_id) where a.city = %(city)s"
                f" and rule_id = '{RULE}' order by log_id"
            )
        ]

    def judged_to(self, offset: int) -> bool:
        """Whether the engine has committed everything before `offset` and told what came of it."""
        done = self.rows(
            f"select next_offset >= {offset} from consumer_offset where consumer = 'engine'"
            f" and topic = '{kafka.STATISTICS}' and partition = %(partition)s"
        )
        untold = self.rows("select 1 from outbox where consumer = 'engine' and partition = %(partition)s")
        return done == [(True,)] and not untold

    def notices(self) -> list[tuple[str, int]]:
        """What was told of this site's alerts: happening and version, in order."""

        place = TopicPartition(kafka.ALERTS, self.partition)
        with closing(KafkaConsumer(bootstrap_servers=self.settings.kafka)) as consumer:
            consumer.assign([place])
            consumer.seek_to_beginning(place)
            end = consumer.end_offsets([place])[place]
            found = []
            while consumer.position(place) < end:
                for record in consumer.poll(timeout_ms=500).get(place, []):
                    value = json.loads(record.value)
                    if (value["alert"]["city"], value["alert"]["rule_id"]) == (self.city, RULE):
                        found.append((value["happening"], value["version"]))
            return found


class Process:
    """`lantian alerts run`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment | {
            "LANTIAN_ALERTS_METRICS_PORT": "0",
            "LANTIAN_ALERTS_REGISTRY_SECONDS": "0.001",
            "LANTIAN_CLOCK_EPOCH": datetime.fromtimestamp(EIGHT + 4 * HOUR, UTC).isoformat(),
            "LANTIAN_CLOCK_STARTED": datetime.now(UTC).isoformat(),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "deploy.cli", "alerts", "run"]
        self._process = subprocess.Popen(command, env=self._environment, cwd=Path(__file__).parents[2])
        eventually("the engine is ready", self.ready)

    def ready(self) -> bool:
        port = Path(self._environment["LANTIAN_STATE_DIR"]) / "run" / "alerts.port"
        assert self._process is not None
        assert self._process.poll() is None, "the engine has ended"
        try:
            with urlopen(f"http://127.0.0.1:{port.read_text().strip()}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def metrics(self) -> str:
        port = Path(self._environment["LANTIAN_STATE_DIR"]) / "run" / "alerts.port"
        with urlopen(f"http://127.0.0.1:{port.read_text().strip()}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(timeout=60)

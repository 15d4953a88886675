"""How the pipeline stands: its processes, how far each consumer is behind, what waits, how old the newest data are.

Everything is read from the outside: port files, `/readyz`, the database's rows, the ends of Kafka's log. What does not
answer in time is left out and named, so that the answer comes when servers are away or frozen too.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from psycopg2.errors import QueryCanceled

from aggregate.ledger.audit import Line, last
from core import kafka
from core.clock import clock_of
from core.errors import LantianError, UnavailableError
from core.postgres import connect
from core.settings import CoreSettings
from deploy.local.addresses import reachable
from deploy.local.stack import Stack, Status
from deploy.within import within

PATIENCE_S = 1.5
READY_PATIENCE_S = 1.0
OVERDUE_S = 60
"""A window that the clock should have changed so long ago is overdue."""
STATEMENT_SHARE = 1 / 5
"""Of the patience, for a statement: three that take too long leave time for the others."""
NEWEST_WITHIN = "7 days"
"""The newest report is looked for among those of the last days; the database has no index by time alone."""

_PORT_FILE = re.compile(r"(?P<role>ingest|gateway|aggregate|alerts|console)(-(?P<instance>[0-9]+))?\.port")


@dataclass(frozen=True)
class ProcessState:
    """A process that told its port."""

    role: str
    instance: int
    port: int
    pid: int | None
    """As it says itself."""
    answers: bool
    ready: bool
    lacks: list[str]
    """The servers that it waits for."""

    @property
    def name(self) -> str:
        """As an operator says it."""
        return self.role if self.instance == 1 else f"{self.role}-{self.instance}"


@dataclass(frozen=True)
class ConsumerState:
    """A consumer's offsets against the ends of Kafka's log."""

    name: str
    topic: str
    behind: int | None
    """Records of the log that it has not taken; None if Kafka does not answer."""
    still_s: float
    """Seconds since it took something of the partition that it has neglected longest, of those it is behind in."""


@dataclass(frozen=True)
class Stored:
    """What the database says; None where it took too long to say."""

    outbox: int | None
    """Messages that wait to be told to Kafka."""
    outbox_oldest_s: float | None
    overdue: int | None
    """Windows that the clock should have changed more than a minute ago."""
    newest_report_s: float | None
    """Data time since the newest report began its period."""
    newest_known: bool
    """False if it took too long to find; if it is known and None, there is none of the last seven days."""
    clock_ahead_s: float
    """The database machine's clock less this one's."""
    audit: list[Line]
    """What the last check of the ledger found, by source; empty if there was none."""


@dataclass(frozen=True)
class PipelineState:
    """The pipeline as a whole."""

    processes: list[ProcessState]
    consumers: list[ConsumerState]
    stored: Stored | None
    """None if the database does not answer."""
    silent: dict[str, str]
    """What could not be asked, and why."""


@dataclass(frozen=True)
class _Offset:
    consumer: str
    cluster: str
    place: TopicPartition
    next_offset: int
    still_s: float


@dataclass(frozen=True)
class _Log:
    cluster: str
    ends: Mapping[TopicPartition, int]


def look_at(stack: Stack) -> tuple[list[Status], PipelineState]:
    """A stack's servers and the pipeline on them, asked at once: within some two seconds, also when they are away."""
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(stack.status)
        pipeline = read_pipeline(stack.settings)
        return asked.result(), pipeline


def read_pipeline(settings: CoreSettings, patience: float = PATIENCE_S) -> PipelineState:
    """How it stands now, in `patience` seconds at most."""
    questions: dict[str, Callable[[], Any]] = {"processes": lambda: read_processes(settings)}
    if settings.postgres_host:
        questions["postgres"] = lambda: _read_database(settings, patience)
    if settings.kafka:
        questions["kafka"] = lambda: _read_log(settings, patience)
    answers: dict[str, Any] = within(patience, questions)
    silent = {
        name: _one_line(answer) if isinstance(answer, Exception) else "no address is known"
        for name in ("processes", "postgres", "kafka")
        if isinstance(answer := answers.get(name), Exception) or answer is None
    }
    stored, offsets = (None, []) if "postgres" in silent else answers["postgres"]
    log = None if "kafka" in silent else answers["kafka"]
    processes = [] if "processes" in silent else answers["processes"]
    return PipelineState(processes, consumers(offsets, log), stored, silent)


def read_processes(settings: CoreSettings) -> list[ProcessState]:
    """Every process of this state folder that told its port, and those that the settings name, in order.

    A killed one leaves its port file behind; a name that stands for no machine is one that does not answer.
    """
    found = {path.name: path for path in (settings.state_dir / "run").glob("*.port") if _PORT_FILE.fullmatch(path.name)}
    askers = {name: partial(_ask_here, settings.metrics_host, path) for name, path in found.items()}
    for place in filter(None, settings.processes.split(",")):
        askers[place] = partial(_ask_elsewhere, place)
    answers = within(READY_PATIENCE_S + 0.2, askers)
    states = [state for answer in answers.values() if isinstance(answer, list) for state in answer]
    return sorted(states, key=lambda state: (state.role, state.instance))


def _ask_here(host: str, path: Path) -> list[ProcessState]:
    matched = _PORT_FILE.fullmatch(path.name)
    role, instance = (matched["role"], int(matched["instance"] or 1)) if matched else (path.stem, 1)
    text = path.read_text(encoding="utf-8").strip()
    return [_ask_process(role, instance, host, int(text) if text.isdecimal() else 0)]


def _ask_elsewhere(place: str) -> list[ProcessState]:
    role, _, address = place.partition("=")
    host, _, port = address.rpartition(":")
    try:
        hosts = sorted({str(found[4][0]) for found in socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)})
    except OSError:
        return [ProcessState(role, 1, int(port), None, answers=False, ready=False, lacks=[])]
    return [_ask_process(role, instance, host, int(port)) for instance, host in enumerate(hosts, start=1)]


def _ask_process(role: str, instance: int, host: str, port: int) -> ProcessState:
    said = _readiness(host, port)
    if said is None or said.get("process") != role:  # another program may have that port by now
        return ProcessState(role, instance, port, None, answers=False, ready=False, lacks=[])
    lacks = sorted(server for server, answered in said.get("ready", {}).items() if not answered)
    return ProcessState(role, instance, port, said.get("pid"), answers=True, ready=not lacks, lacks=lacks)


def _readiness(host: str, port: int) -> dict[str, Any] | None:
    """What `/readyz` says, also with a 503; None if nobody answers so."""
    connection = HTTPConnection(host, port, timeout=READY_PATIENCE_S)
    try:
        connection.request("GET", "/readyz")
        said = json.loads(connection.getresponse().read())
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return said if isinstance(said, dict) else None


def consumers(offsets: Sequence[_Offset], log: _Log | None) -> list[ConsumerState]:
    """How far each consumer is behind the log that its offsets belong to; those of another cluster are left out."""
    states: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for offset in offsets:
        if log is None or offset.cluster == log.cluster:
            behind = max(0, log.ends.get(offset.place, 0) - offset.next_offset) if log else 0
            states[offset.consumer, offset.place.topic].append((behind, offset.still_s))
    return [
        ConsumerState(
            consumer,
            topic,
            sum(behind for behind, _ in parts) if log else None,
            round(max((still for behind, still in parts if behind), default=0.0), 1),
        )
        for (consumer, topic), parts in sorted(states.items())
    ]


def _read_log(settings: CoreSettings, patience: float) -> _Log:
    if not reachable(settings.kafka):
        raise UnavailableError("kafka", f"Kafka does not answer at {settings.kafka}", hint="run `lantian up`")
    places = [
        TopicPartition(topic, partition)
        for topic in (kafka.REPORTS, kafka.STATISTICS)
        for partition in range(kafka.PARTITIONS)
    ]
    with closing(kafka.admin(settings, patience_s=patience)) as admin:
        cluster = str(admin.describe_cluster()["cluster_id"])
        ends = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return _Log(cluster, {place: found.offset for place, found in ends.items()})


def _read_database(settings: CoreSettings, patience: float) -> tuple[Stored, list[_Offset]]:
    now = clock_of(settings).now()
    with closing(connect(settings, "reader", application="lantian status")) as database:
        database.autocommit = True
        with database.cursor() as cursor:
            cursor.execute("set statement_timeout = %s", (int(patience * 1000 * STATEMENT_SHARE),))
            cursor.execute(
                "select consumer, cluster, topic, partition, next_offset, extract(epoch from now() - moved_at)::float"
                " from consumer_offset"
            )
            offsets = [
                _Offset(consumer, cluster, TopicPartition(topic, partition), offset, still)
                for consumer, cluster, topic, partition, offset, still in cursor.fetchall()
            ]
            stored = _stored(cursor, now, last(database))
    return stored, offsets


def _stored(cursor: Any, now: float, audit: list[Line]) -> Stored:
    outbox, oldest = _row(
        cursor, "select count(*), extract(epoch from clock_timestamp() - min(written_at))::float from outbox", ()
    ) or (None, None)
    overdue = _row(cursor, "select count(*) from statistic where due < to_timestamp(%s)", (now - OVERDUE_S,))
    newest = _row(
        cursor,
        "select extract(epoch from max(newest))::float from station, lateral (select time as newest from report r"
        " where r.station_id = station.station_id and r.issued = '-infinity'"
        f" and r.time between to_timestamp(%s) - interval '{NEWEST_WITHIN}' and to_timestamp(%s)"
        " order by time desc limit 1) as of_station",
        (now, now),
    )
    ahead = _clock_ahead(cursor)
    age = None if newest is None or newest[0] is None else round(now - newest[0], 1)
    return Stored(outbox, oldest, overdue[0] if overdue else None, age, newest is not None, ahead, audit)


def _row(cursor: Any, query: str, values: tuple[object, ...]) -> Any:
    """The only row, or None if the database needs too long for it."""
    try:
        cursor.execute(query, values)
    except QueryCanceled:
        return None
    return cursor.fetchone()


def _clock_ahead(cursor: Any) -> float:
    before = time.time()
    cursor.execute("select extract(epoch from clock_timestamp())::float")
    there: float = cursor.fetchone()[0]
    return round(there - (before + time.time()) / 2, 3)


def _one_line(error: Exception) -> str:
    said = error.message if isinstance(error, LantianError) else str(error)
    return (said.strip() or repr(error)).splitlines()[0]

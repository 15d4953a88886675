"""Several bridges, workers and engines under load: they join, leave, die and freeze, and what stands is as ever.

The load is a scenario that the judge knows, sent slowly enough that all of it happens meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pipeline import Pipeline, Process, Row, running_pipeline
from waiting import eventually

from aggregate.statistic import PERIODS
from core.clock import DAY
from core.kafka import PARTITIONS
from core.postgres import connect
from deploy.processes import data_clock
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import load_scenario

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(1800)]

SCENARIO = "episodes"
REST_DAYS = 3
"""Past its end all windows have ended, and nothing is waited for."""
UNDER_WAY = "10"
"""Reports under way at once, which paces the load: some twenty-five a second."""
STREAMS = {"worker": ("worker", "city", "period"), "engine": ("engine",)}
"""The consumers of a role's processes; each holds partitions of its own."""
PATIENCE_S = 600.0


@dataclass
class Story:
    """What was seen while it happened, and what stood at the end."""

    sent: dict[str, Any] = field(default_factory=dict)
    verdict: dict[str, Any] = field(default_factory=dict)
    doubled: list[Row] = field(default_factory=list)
    """Readings with more than one current value, and numbers with more than one row."""
    fenced: float = 0.0
    """Transactions of frozen processes that were refused when they woke."""
    statuses: dict[str, int] = field(default_factory=dict)
    """What the processes that were there at the end exited with when they were told to."""


@contextmanager
def under_load(folder: Path, *more: tuple[str, int]) -> Iterator[tuple[Pipeline, Process, Story]]:
    """A pipeline with `more` beside its first bridge and worker; judged when the block and the load have ended."""
    scenario = load_scenario(SCENARIO)
    stations = folder / "stations.csv"
    write_csv(scenario.network, stations)
    epoch = datetime.fromtimestamp(scenario.end + REST_DAYS * DAY, UTC).isoformat()
    settings = data_clock(epoch, datetime.now(UTC).isoformat(), 1.0) | {
        "LANTIAN_SENDER_WINDOW": UNDER_WAY,
        "LANTIAN_SENDER_RESEND_SECONDS": "2",
        "LANTIAN_BRIDGE_ACK_SECONDS": "0.3",
    }
    with running_pipeline(folder / "stack", stations, **settings) as pipeline:
        added = [pipeline.process(role, instance) for role, instance in more]
        for process in added:
            process.start()
        for process in added:
            process.wait_ready()
        truth = folder / "truth"
        arguments = ["--scenario", SCENARIO, "--truth", str(truth), "--platform", "replay", "--as-fast-as-possible"]
        load = pipeline.begin("simulate", *arguments)
        eventually("reports arrive", lambda: pipeline.rows("select 1 from report limit 1"))
        story = Story()
        yield pipeline, load, story
        assert load.running, "the load was over before all of it had happened"
        story.sent = pipeline.finished(load, PATIENCE_S)
        story.verdict = json.loads(pipeline.run("simulate", "--judge", str(truth), "--json"))
        story.doubled = doubled(pipeline)
        running = {f"{role} {number}": made for (role, number), made in pipeline.processes.items() if made.running}
        story.statuses = {name: made.end() for name, made in running.items()}
        for name, status in story.statuses.items():
            if status:  # its log goes with the stack
                sys.stderr.write(f"\n{name} ended with {status}:\n{running[name].tail()}\n")


def doubled(pipeline: Pipeline) -> list[Row]:
    readings = pipeline.rows(
        "select r.station_id, r.period, r.time, v.factor from report r join layout l on l.layout_id = r.layout,"
        " unnest(l.factors) with ordinality as v(factor, place)"
        " where coalesce(substr(r.mask, v.place::int, 1), 'C') = 'C' group by 1, 2, 3, 4 having count(*) > 1"
    )
    numbers = pipeline.rows("select station_id, source, run, seq from report group by 1, 2, 3, 4 having count(*) > 1")
    return readings + numbers


def wait_shared(pipeline: Pipeline, role: str, *instances: int) -> None:
    """Until these processes, and no others, hold all partitions of their role, each its share."""
    streams = len(STREAMS[role])
    share = PARTITIONS * streams // len(instances)
    members = [pipeline.process(role, instance) for instance in instances]
    eventually(
        f"{role} {instances} hold {share} partitions each",
        lambda: all(member.metric("lantian_stream_partitions") == share for member in members),
        PATIENCE_S,
    )


def tell_pause(pipeline: Pipeline, role: str, what: str, strike: Callable[[], object]) -> None:
    """Strike, and say how long it took until every partition had another owner, and had been moved by it."""
    [(since,)] = pipeline.rows("select clock_timestamp()")
    before: dict[Any, Any] = dict(pipeline.rows("select (consumer, partition)::text, epoch from consumer_offset"))
    began = time.monotonic()
    strike()

    def advanced() -> bool:
        rows = pipeline.rows(
            "select (consumer, partition)::text, epoch, moved_at > %s or consumer <> 'worker' from consumer_offset"
            " where consumer = any(%s)",
            (since, list(STREAMS[role])),
        )
        return all(epoch > before[place] and moved for place, epoch, moved in rows)

    eventually("every partition advances again", advanced, PATIENCE_S)
    sys.stderr.write(f"\nscale-out: {what}: all partitions advance again after {time.monotonic() - began:.1f} s\n")


def sessions(pipeline: Pipeline, role: str, process: Process) -> list[Row]:
    """Of each database session of a process: what it waits for, and whether it is in a transaction."""
    with closing(connect(pipeline.core, role, application="test")) as database, database.cursor() as cursor:
        # asked as its own role: PostgreSQL tells others nothing of this
        cursor.execute(
            "select wait_event_type, xact_start is not null from pg_stat_activity where client_port = any(%s)",
            (list(ports_of(process.pid)),),
        )
        found: list[Row] = cursor.fetchall()
    assert found, f"{process.name} has no session"
    return found


def ports_of(pid: int) -> Iterator[int]:
    """The local ports of a process's TCP connections."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            sockets.add(str(descriptor.readlink()))
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        columns = line.split()
        if f"socket:[{columns[9]}]" in sockets:
            yield int(columns[1].rpartition(":")[2], 16)


def freeze_between_transactions(pipeline: Pipeline, role: str, process: Process) -> None:
    def caught() -> bool:
        os.kill(process.pid, signal.SIGSTOP)
        eventually("it is answered", lambda: all(waits == "Client" for waits, _ in sessions(pipeline, role, process)))
        if not any(within for _, within in sessions(pipeline, role, process)):
            return True
        wake(process)
        return False

    eventually(f"{process.name} is caught", caught)


def freeze_in_a_transaction(pipeline: Pipeline, worker: Process) -> None:
    """It has locked its offsets, and waits for a table of ours that it gets as soon as it is frozen."""
    with (
        closing(connect(pipeline.core, "owner", application="test")) as database,
        database,
        database.cursor() as cursor,
    ):
        cursor.execute("lock table intake in share mode")
        eventually(
            "it waits", lambda: any(waits == "Lock" for waits, _ in sessions(pipeline, "worker", worker)), PATIENCE_S
        )
        os.kill(worker.pid, signal.SIGSTOP)


def wake(process: Process) -> None:
    os.kill(process.pid, signal.SIGCONT)


def fenced(process: Process) -> float:
    return process.metric("lantian_stream_fenced_total")


def freeze_until_refused(pipeline: Pipeline, role: str, zombie: int, other: int) -> float:
    """Freeze a process between its transactions until another has all, wake it: how often it was refused.

    It may learn of its expulsion before it tries a transaction; then it is frozen once more.
    """
    process = pipeline.process(role, zombie)

    def refused() -> float:
        freeze_between_transactions(pipeline, role, process)
        wait_shared(pipeline, role, other)
        wake(process)
        wait_shared(pipeline, role, zombie, other)
        return fenced(process)

    return eventually("a zombie is refused", refused, PATIENCE_S)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One joins, one leaves, one dies, one wakes when its partitions have moved."""
    with under_load(tmp_path_factory.mktemp("workers"), ("worker", 2), ("engine", 1)) as (pipeline, load, story):
        wait_shared(pipeline, "worker", 1, 2)
        second, third = pipeline.process("worker", 2), pipeline.process("worker", 3)
        third.start()
        wait_shared(pipeline, "worker", 1, 2, 3)
        tell_pause(pipeline, "worker", "one of three workers ended in order", second.end)
        wait_shared(pipeline, "worker", 1, 3)
        second.start()
        wait_shared(pipeline, "worker", 1, 2, 3)
        tell_pause(pipeline, "worker", "one of three workers killed", third.kill)
        wait_shared(pipeline, "worker", 1, 2)
        story.fenced = freeze_until_refused(pipeline, "worker", zombie=2, other=1)
        strike = partial(freeze_in_a_transaction, pipeline, second)
        tell_pause(pipeline, "worker", "one of two workers frozen in a transaction", strike)
        wait_shared(pipeline, "worker", 1)
        wake(second)
        wait_shared(pipeline, "worker", 1, 2)
        assert load.running
    return story


@pytest.fixture(scope="module")
def bridges_and_engines(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Bridges join, leave for good and die; engines die and freeze."""
    members = [("bridge", 2), ("worker", 2), ("engine", 1), ("engine", 2)]
    with under_load(tmp_path_factory.mktemp("bridges"), *members) as (pipeline, load, story):
        second, third = pipeline.process("bridge", 2), pipeline.process("bridge", 3)
        third.start()
        for bridge in (pipeline.bridge, second, third):
            eventually(f"{bridge.name} takes its share", partial(took, bridge))
        second.end()
        pipeline.run("ingest", "--leave", "--name", "2")
        third.kill()
        pipeline.run("ingest", "--leave", "--name", "3")
        wait_shared(pipeline, "engine", 1, 2)
        engine = pipeline.process("engine", 2)
        tell_pause(pipeline, "engine", "one of two engines killed", engine.kill)
        engine.start()
        wait_shared(pipeline, "engine", 1, 2)
        story.fenced = freeze_until_refused(pipeline, "engine", zombie=2, other=1)
        assert load.running
    return story


def took(bridge: Process) -> bool:
    return bridge.metric("lantian_bridge_durable_total") > 0


@pytest.fixture(params=["workers", "bridges_and_engines"])
def story(request: pytest.FixtureRequest) -> Story:
    found: Story = request.getfixturevalue(request.param)
    return found


def test_every_report_is_received_and_none_stands_twice(story: Story) -> None:
    assert story.sent["complete"]
    assert story.doubled == []


def test_readings_statistics_cities_and_alerts_are_what_must_follow(story: Story) -> None:
    assert story.verdict["shown"] == []
    assert story.verdict["differences"] == 0
    assert set(story.verdict["open_of"]) <= set(PERIODS)
    assert story.verdict["of"]["statistic"] > 1000
    assert story.verdict["of"]["alert"] > 0


def test_what_wakes_when_its_partitions_have_moved_is_refused(story: Story) -> None:
    assert story.fenced > 0


def test_who_was_frozen_goes_on_and_ends_in_order(story: Story) -> None:
    assert set(story.statuses.values()) == {0}

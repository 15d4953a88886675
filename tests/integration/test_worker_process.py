"""`lantian aggregate` as a process on real Kafka: entries arrive, a kill at any moment loses and repeats nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaConsumer, TopicPartition
from reports import MIDNIGHT, MINUTE, PM10, entry, report
from waiting import eventually
from worker_stage import MINE, Ground

from aggregate.statistic import decode_statements
from core import kafka
from core.settings import CoreSettings
from ingest.envelope import Entry, encode_batch, headers

pytestmark = pytest.mark.stack

NAME = "process-air"
CITY = "process-city"


class Process:
    """`lantian aggregate`."""

    def __init__(self, environment: dict[str, str]) -> None:
        # one record a transaction, so that a kill falls between many
        self._environment = environment | {
            "LANTIAN_AGGREGATE_METRICS_PORT": "0",
            "LANTIAN_AGGREGATE_RECORDS_PER_TRANSACTION": "1",
            "LANTIAN_AGGREGATE_TICK_S": "0.1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "deploy.cli", "aggregate"]
        self._process = subprocess.Popen(command, env=self._environment, cwd=Path(__file__).parents[2])

    def end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        os.kill(self._process.pid, how)
        code = self._process.wait(timeout=60)
        self._process = None
        return code


@pytest.fixture
def ground(stack: CoreSettings, tmp_path: Path) -> Ground:
    made = Ground(stack, tmp_path)
    made.clear()
    made.stations(f"{NAME},站,air,140502,{CITY},PT1M,city,,")
    return made


@pytest.fixture(autouse=True)
def nothing_to_catch_up_with(ground: Ground, stack: CoreSettings) -> None:
    """What other tests left in the topics is behind the worker: it would take it one record a transaction."""
    cluster = kafka.cluster_id(stack)
    with closing(kafka.consumer(stack, group=None)) as consumer:
        for name, topic in (("worker", kafka.REPORTS), ("city", kafka.STATISTICS), ("period", kafka.STATISTICS)):
            ends = consumer.end_offsets([TopicPartition(topic, partition) for partition in range(kafka.PARTITIONS)])
            for place, end in ends.items():
                ground.rows(
                    "insert into consumer_offset (consumer, cluster, topic, partition, next_offset, epoch)"
                    " values (%s, %s, %s, %s, %s, 1) on conflict (consumer, cluster, topic, partition)"
                    " do update set next_offset = excluded.next_offset",
                    name,
                    cluster,
                    topic,
                    place.partition,
                    end,
                )


@pytest.fixture
def process(stack_environment: dict[str, str]) -> Iterator[Process]:
    made = Process(stack_environment)
    yield made
    made.end(signal.SIGKILL)


def minutes(first: int, last: int) -> list[Entry]:
    """Reports of these minutes of the day, each with its minute as number."""
    return [
        entry(report(MIDNIGHT + m * MINUTE, m + 1, {"PM10": 80}, name=NAME, period="PT1M"), name=NAME)
        for m in range(first, last)
    ]


def feed(settings: CoreSettings, *batches: list[Entry]) -> int:
    """Write records; returns the offset behind them."""
    partition = kafka.partition_of(NAME)
    with closing(kafka.producer(settings)) as producer:
        sent = [
            producer.send(kafka.REPORTS, value=encode_batch(batch), headers=headers(len(batch)), partition=partition)
            for batch in batches
        ]
        return max(int(future.get(timeout=60).offset) for future in sent) + 1


def told(settings: CoreSettings) -> Counter[tuple[str, str, int, int]]:
    """How often each version of each statistic of the station and its city stands in Kafka."""
    place = TopicPartition(kafka.STATISTICS, kafka.partition_of(CITY))
    found: Counter[tuple[str, str, int, int]] = Counter()
    with closing(KafkaConsumer(bootstrap_servers=settings.kafka)) as consumer:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end = consumer.end_offsets([place])[place]
        while consumer.position(place) < end:
            for record in consumer.poll(timeout_ms=500).get(place, []):
                if record.key == CITY.encode():  # other tests put others' cities there, and what is none of ours
                    batch = decode_statements(record.value)
                    found.update((s.object, str(s.window), s.start, s.version) for s in batch.statements)
    return found


def test_killed_between_any_two_batches_the_worker_takes_each_report_once(
    ground: Ground, process: Process, stack: CoreSettings
) -> None:
    def stored() -> int:
        return len(ground.readings(NAME))

    def stands_at(offset: int) -> bool:
        return bool(
            ground.rows(
                "select 1 from consumer_offset where consumer = 'worker' and topic = %s and partition = %s"
                " and next_offset >= %s and cluster not like 'test%%'",
                kafka.REPORTS,
                kafka.partition_of(NAME),
                offset,
            )
        )

    process.start()
    feed(stack, *(minutes(m, m + 2) for m in range(0, 40, 2)))
    eventually("reports are stored", lambda: stored() >= 10)
    process.end(signal.SIGKILL)
    feed(stack, *(minutes(m, m + 2) for m in range(30, 60, 2)))
    process.start()
    eventually("reports are stored", lambda: stored() >= 45)
    process.end(signal.SIGKILL)
    process.start()
    end = feed(stack, minutes(0, 60))
    eventually("the worker is at the end", lambda: stands_at(end))

    assert stored() == ground.rows("select count(*) from report")[0][0] == 60
    assert ground.rows("select sum(r), sum(p) from intake, unnest(readings, repeats) as t(r, p)") == [(130, 70)]
    cells, _, states = ground.hour(f"station:{NAME}", MIDNIGHT)
    assert (cells[PM10], set(states)) == ((80.0, 60, 60, 0), {"P"})

    eventually("all is told", lambda: not ground.rows(f"select 1 from outbox where {MINE}"))
    eventually("the city has its hour", lambda: ("hour", MIDNIGHT) in ground.windows(f"city:{CITY}"))
    eventually("all is told", lambda: not ground.rows(f"select 1 from outbox where {MINE}"))
    assert process.end(signal.SIGTERM) == 0
    versions = {key for key in told(stack) if key[:3] == (f"station:{NAME}", "hour", MIDNIGHT)}
    last = ground.rows("select version from statistic where object = %s and time_window = 'hour'", f"station:{NAME}")
    assert max(version for *_, version in versions) == last[0][0]

"""A worker that takes what really stands in Kafka, and what the ledger finds then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kafka import TopicPartition
from reports import DAY, HOUR, MIDNIGHT, MINUTE, PM10, entry, report
from worker_stage import Ground, Log, Record, Worker, worker

from aggregate.ledger.balance import Account, Books
from aggregate.ledger.books import Scope, read_books, read_ledger
from aggregate.ledger.check import Checked, check_log
from aggregate.ledger.explain import Explanation, explain
from core import kafka
from core.offsets import Stand
from core.postgres import connect
from core.settings import CoreSettings
from ingest.envelope import Entry, Source

START = MIDNIGHT + 9 * HOUR

NAME, DUST, NOBODY = "ledger-air", "ledger-dust", "ledger-nobody"


class KafkaLog(Log):
    """What is added goes to Kafka, and is kept with the offset that it got there."""

    def __init__(self, settings: CoreSettings) -> None:
        super().__init__()
        self._settings = settings

    def add_bytes(self, partition: int, value: bytes | None) -> None:
        with closing(kafka.producer(self._settings)) as producer:
            sent = producer.send(kafka.REPORTS, value=value, key=b"", partition=partition).get(timeout=30)
        self.partitions[partition].append(Record(sent.offset, value, sent.timestamp))

    def after(self, stands: Mapping[int, Stand], most: int) -> dict[int, list[Record]]:
        found = {
            partition: [record for record in self.partitions[partition] if record.offset >= stand.offset][:most]
            for partition, stand in stands.items()
        }
        return {partition: records for partition, records in found.items() if records}


@contextmanager
def ledger_worker(ground: Ground) -> Iterator[Worker]:
    """A worker behind whatever other tests left in Kafka, with a whole chain of `intake` up to there."""
    settings = ground.settings
    cluster = kafka.cluster_id(settings)
    ground.clear()
    with closing(kafka.consumer(settings, group=None)) as consumer:
        ends = consumer.end_offsets([TopicPartition(kafka.REPORTS, p) for p in range(kafka.PARTITIONS)])
    for place, end in ends.items():
        ground.rows(
            "insert into consumer_offset (consumer, cluster, topic, partition, next_offset, epoch)"
            " values ('worker', %s, %s, %s, %s, 1) on conflict (consumer, cluster, topic, partition)"
            " do update set next_offset = excluded.next_offset",
            cluster, kafka.REPORTS, place.partition, end,
        )  # fmt: skip
        ground.rows(
            "insert into intake_folded (cluster, partition, spans)"
            " select %s, %s, int8multirange(int8range(0, %s)) where %s > 0",
            cluster, place.partition, end, end,
        )  # fmt: skip
    with worker(settings, KafkaLog(settings), cluster=cluster) as made:
        made.gain(START)
        yield made


def sent(
    name: str, seq: int, values: dict[str, Any], *, minute: int | None = None, says: str = "", **more: Any
) -> Entry:
    """The report of 09:00 and as many minutes as its number, unless `minute` says otherwise."""
    time = START + (seq if minute is None else minute) * MINUTE
    return entry(report(time, seq, values, name=says or name, period="PT1M"), name=name, received=START + HOUR, **more)


def take(step: Worker, *entries: Entry) -> None:
    """One record a partition, taken at once."""
    step.log.add(*entries)
    step.take(START + HOUR)


def every_kind_of_entry() -> list[Entry]:
    """Taken, corrected, repeated and rejected for every reason that a device can give."""
    return [
        *(sent(NAME, seq, {"PM10": 80, "SO2": 9}) for seq in range(1, 6)),
        sent(NAME, 11, {"PM10": 81}, minute=3),
        sent(NAME, 12, {"PM10": 1e9, "SO2": 9}),
        sent(NAME, 13, {"PM10": 80, PM10: 80}),
        sent(NAME, 14, {"XYZ": 1}),
        sent(NAME, 15, {"PM10": 80}, minute=200),
        sent(NAME, 16, {"PM10": 80}, says="somebody-else"),
        sent(NAME, 2, {"PM10": 99, "SO2": 9}),
    ]


def honest_days(step: Worker) -> None:
    """Two kinds and a stranger, two sources, two days, repeats and rejects; nothing is missing."""
    take(
        step,
        *every_kind_of_entry(),
        *(sent(NAME, seq, {"PM10": 80, "SO2": 9}) for seq in range(6, 11)),
        *(sent(DUST, seq, {"PM10": 80}) for seq in range(1, 4)),
        *(sent(NOBODY, seq, {"PM10": 80}) for seq in range(1, 3)),
        *(sent(DUST, seq, {"PM10": 70, "PM2.5": 30}, source=Source.REPLAY) for seq in range(1, 3)),
    )
    yesterday = [report(START - DAY, 4, {"PM10": 60, "PM2.5": 20}, name=DUST, period="PT1M")] * 2
    take(step, *(entry(body, name=DUST, received=START) for body in yesterday))


class Found:
    """The ledger as it stands now."""

    def __init__(self, ground: Ground, scope: Scope | None = None) -> None:
        self._settings = ground.settings
        with closing(connect(self._settings, "reader", application="test")) as database:
            self.books: Books = read_books(database, self._settings, scope or Scope())
            self.accounts: list[Account] = read_ledger(database, self._settings, scope or Scope())
            self.explained: list[Explanation] = explain(database, self._settings, self.books.uneven, self.books.breaks)

    def account(self, name: str, source: Source = Source.DEVICE) -> Account:
        """One account."""
        return next(a for a in self.accounts if (a.station, a.source) == (name, source.name.lower()))

    def log(self) -> Checked:
        """What comes of comparing `intake` with Kafka's log."""
        with closing(connect(self._settings, "reader", application="test")) as database:
            return check_log(database, self._settings, lambda _partition, _done, _of: None)


def ledger_ground(settings: CoreSettings, folder: Path) -> Ground:
    """A registry with two of the three stations."""
    made = Ground(settings, folder)
    made.stations(f"{NAME},站,air,140502,ledger-city,PT1M,city,,", f"{DUST},工地,dust,140502,ledger-city,PT1M,,,")
    return made

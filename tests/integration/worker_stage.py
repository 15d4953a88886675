"""A worker without Kafka: a log in memory, the real step, the real database, and a clock that tests set."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from aggregate.report_step import ReportStep
from aggregate.settings import AggregateSettings
from aggregate.statistic import DEVICES, Tier, Variant
from core import offsets
from core.clock import parse_time
from core.kafka import PARTITIONS, partition_of
from core.offsets import Position, Stand
from core.postgres import connect
from core.settings import CoreSettings
from core.step import Step
from ingest.envelope import Entry, encode_batch
from ingest.kinds import KindSettings
from ingest.station_import import import_csv
from truth.statistics import Cell, Cells

HEADING = "station,name_zh,kind,region,city,reporting_period,control_level,control_point,valid_ranges"
TABLES = (
    "report, rejected, intake, told, statistic, statistic_revision, closed_day, closed_numbers, closed_counts,"
    " closed_payloads, intake_folded, rejected_replay, sanddust_period,"
    " reading_review, reading_statement, heard, heard_until"
)
MINE = "consumer in ('worker', 'city', 'period')"


class Record(NamedTuple):
    """What a step sees of a Kafka record."""

    offset: int
    value: bytes | None
    timestamp: int


class Log:
    """A topic of six partitions."""

    def __init__(self) -> None:
        self.partitions: dict[int, list[Record]] = {partition: [] for partition in range(PARTITIONS)}

    def add(self, *entries: Entry) -> None:
        """One record a partition, as the bridge batches."""
        groups: dict[int, list[Entry]] = {}
        for entry in entries:
            groups.setdefault(partition_of(entry.station), []).append(entry)
        for partition, group in groups.items():
            self.add_bytes(partition, encode_batch(group))

    def add_bytes(self, partition: int, value: bytes | None) -> None:
        """A record as it stands, ours or not."""
        records = self.partitions[partition]
        records.append(Record(len(records), value, 1_773_000_000_000))

    def after(self, stands: Mapping[int, Stand], most: int) -> dict[int, list[Record]]:
        """At most `most` records a partition from where a worker stands."""
        found = {p: self.partitions[p][stand.offset : stand.offset + most] for p, stand in stands.items()}
        return {partition: records for partition, records in found.items() if records}


class Worker:
    """Does with a step what `core.stream.Stream` does: one transaction a call, offset and epoch compared."""

    def __init__(
        self, settings: CoreSettings, log: Log, step: Step | None = None, *, cluster: str = "", role: str = "worker"
    ) -> None:
        self.step = step or ReportStep(AggregateSettings.load(), KindSettings.load())
        self.log = log
        self.stands: dict[int, Stand] = {}
        self.position = Position(self.step.consumer, cluster or f"test-{uuid.uuid4().hex}", self.step.topic)
        self.database = connect(settings, role, application=f"test {role}")

    def close(self) -> None:
        """End its connection."""
        self.database.close()

    def gain(self, now: float) -> None:
        """Take over all partitions, as at a start or in a rebalance."""
        self.step.forget()
        with self.database, self.database.cursor() as cursor:
            self.stands = offsets.claim(cursor, self.position, range(PARTITIONS))
            self.step.gained(cursor, sorted(self.stands), now)

    def take(self, now: float, most: int = 1_000_000) -> bool:
        """Take at most `most` records a partition; whether there were any."""
        records = self.log.after(self.stands, most)
        if not records:
            return False
        expected = {partition: self.stands[partition] for partition in records}
        after = {partition: batch[-1].offset + 1 for partition, batch in records.items()}
        with self.database, self.database.cursor() as cursor:
            offsets.lock(cursor, self.position, expected)
            self.step.take(cursor, records, now)
            offsets.advance(cursor, self.position, expected, after)
        self.step.committed(now)
        self.stands.update({p: Stand(offset, expected[p].epoch) for p, offset in after.items()})
        return True

    def take_and_lose_the_answer(self, now: float, most: int = 1_000_000, *, committed: bool) -> None:
        """Take, and not learn whether the commit went through: forget, and take the partitions over anew."""
        stands = dict(self.stands)
        if committed:
            self.take(now, most)
        else:
            with self.database.cursor() as cursor:
                offsets.lock(cursor, self.position, stands)
                self.step.take(cursor, self.log.after(stands, most), now)
            self.database.rollback()
        self.gain(now)

    def tick(self, now: float) -> bool:
        """Do what falls due by the clock; whether more waits."""
        with self.database, self.database.cursor() as cursor:
            offsets.lock(cursor, self.position, self.stands)
            more = self.step.tick(cursor, sorted(self.stands), now)
        self.step.committed(now)
        return more


@contextmanager
def worker(
    settings: CoreSettings, log: Log, step: Step | None = None, *, cluster: str = "", role: str = "worker"
) -> Iterator[Worker]:
    """A worker that has not gained anything yet; where it stands in a log of its own is forgotten with it."""
    with closing(Worker(settings, log, step, cluster=cluster, role=role)) as made:
        yield made
    if not cluster:
        with closing(connect(settings, "owner", application="test")) as database, database, database.cursor() as c:
            c.execute("delete from consumer_offset where cluster = %s", (made.position.cluster,))


class Ground:
    """The database under the workers, emptied for each test, and what tests look up in it."""

    def __init__(self, settings: CoreSettings, folder: Path) -> None:
        self.settings = settings
        self._folder = folder

    def clear(self) -> None:
        """No reports, no statistics, nothing to tell."""
        with closing(connect(self.settings, "owner", application="test")) as database, database, database.cursor() as c:
            c.execute(f"truncate {TABLES}")
            c.execute(f"delete from outbox where {MINE}")
            c.execute(f"delete from consumer_offset where {MINE} and cluster like 'test%'")

    def stations(self, *rows: str, since: str = "2020-01-01T00:00:00+08:00") -> None:
        """Register stations, or what they are from a later time on; `HEADING` names the columns."""
        file = self._folder / f"{uuid.uuid4().hex}.csv"
        file.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
        with closing(connect(self.settings, "registry", application="test")) as database:
            result = import_csv(database, file, effective=parse_time(since, field="t"), user="test")
        assert result.failed == 0, result.errors

    def sanddust(self, *periods: tuple[str, int, int]) -> None:
        """Have these periods (city, UTC seconds, half-open) in force, and say so to whoever holds the registry."""
        for city, start, end in periods:
            self.rows(
                'insert into sanddust_period (city, start, "end", basis, imported_by)'
                " values (%s, to_timestamp(%s), to_timestamp(%s), 'test', 'test')",
                city, start, end,
            )  # fmt: skip
        self.rows("update registry_version set version = version + 1")

    def erase_alerts(self, town: str) -> None:
        """Nothing of a town's alerts; their log is only ever added to, so its guard is set aside meanwhile."""
        mine = f"select alert_id from alert where city = '{town}'"
        for statement in (
            "alter table alert_log disable trigger only_added",
            f"delete from alert_log where city = '{town}'",
            "alter table alert_log enable trigger only_added",
            f"delete from alert_chain where city = '{town}'",
            *(
                f"delete from {table} where alert_id in ({mine})"
                for table in ("alert_escalation", "alert_handling", "stop_work_order", "alert_value", "alert")
            ),
        ):
            self.rows(statement)

    def rows(self, query: str, *values: Any, role: str = "owner") -> list[tuple[Any, ...]]:
        """What a query finds."""
        with closing(connect(self.settings, role, application="test")) as database, database, database.cursor() as c:
            c.execute(query, values)
            return list(c.fetchall()) if c.description else []

    def windows(self, object_: str, variant: Variant = DEVICES) -> dict[tuple[str, int], tuple[Cells, str, str]]:
        """The rows of one variant of an object by kind of window and start: cells, edition, states."""
        rows = self.rows(
            'select s.time_window, extract(epoch from s.start)::bigint, l.factors, s."values", s.n_valid,'
            " s.n_expected, s.reasons, s.edition, s.states from statistic s join layout l on l.layout_id = s.layout"
            " where s.object = %s and s.tier = %s and s.sanddust = %s",
            object_,
            variant.tier,
            variant.sanddust,
        )
        found = {}
        for window, start, names, values, n_valid, n_expected, reasons, edition, states in rows:
            shown = [None if math.isnan(value) else value for value in values]
            cells = map(Cell, shown, n_valid, n_expected, reasons)
            found[window, start] = (dict(zip(names, cells, strict=True)), edition, states)
        return found

    def holding(self, object_: str, variant: Variant) -> dict[tuple[str, int], tuple[Cells, str, str]]:
        """What holds for a variant: its own rows over those of the variants that leave more as it was measured."""
        reviewed, out = Variant(Tier.REVIEWED, sanddust=True), Variant(Tier.RAW, sanddust=False)
        below = [other for other in (reviewed, out) if variant not in {DEVICES, reviewed, out}]
        layers = [self.windows(object_, of) for of in (DEVICES, *below, variant)]
        return {key: window for layer in layers for key, window in layer.items()}

    def hour(self, object_: str, start: int) -> tuple[Cells, str, str]:
        """One hour: cells, edition, states."""
        return self.windows(object_)["hour", start]

    def readings(self, station: str, letters: str = "C") -> dict[tuple[int, int, str], tuple[Any, ...]]:
        """By period, time and factor: source, run, seq, value, flag of the readings whose mask is one of `letters`."""
        rows = self.rows(
            'select r.period, extract(epoch from r.time)::bigint, r.source, r.run, r.seq, l.factors, r."values",'
            " r.flags, r.mask from report r join layout l on l.layout_id = r.layout join station s using (station_id)"
            " where s.station = %s",
            station,
        )
        found: dict[tuple[int, int, str], tuple[Any, ...]] = {}
        for period, time, source, run, seq, names, values, flags, mask in rows:
            for place, name in enumerate(names):
                if (mask or "C" * len(names))[place] in letters:
                    value = None if math.isnan(values[place]) else values[place]
                    assert (period, time, name) not in found, "a reading with more than one current value"
                    found[period, time, name] = (source, run, seq, value, (flags or "N" * len(names))[place])
        return found

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.rows(f"select count(*) from {table}")[0][0])

    def told(self, topic: str, consumer: str = "worker") -> list[bytes]:
        """The outbox's messages of a topic, in order."""
        rows = self.rows("select value from outbox where topic = %s and consumer = %s order by id", topic, consumer)
        return [bytes(value) for (value,) in rows]

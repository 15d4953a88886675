"""How late reports, statistics and alerts were: from the moment they were due to the commit that made them visible.

Nothing is measured within the pipeline: PostgreSQL keeps the time of each row's commit, Kafka that of each record.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType

from aggregate.statistic import Window
from bench.pipeline.field import name_of
from bench.pipeline.generator import Platform
from core import kafka
from core.settings import CoreSettings
from ingest.envelope import decode_batch

Floats = npt.NDArray[np.float64]
QUANTILES = (0.5, 0.99, 0.999)


class Lateness(NamedTuple):
    """Seconds."""

    reports: int
    p50: float
    p99: float
    p999: float
    most: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Lateness:
        """NaN of nothing."""
        values = np.fromiter(seconds, dtype=np.float64)
        if not len(values):
            return cls(0, math.nan, math.nan, math.nan, math.nan)
        p50, p99, p999 = map(float, np.quantile(values, QUANTILES))
        return cls(len(values), p50, p99, p999, float(values.max()))


class Due(NamedTuple):
    """When live reports were due: by station, of its first live one; each further one a period later."""

    first: Mapping[str, float]
    """Unix seconds."""
    first_seq: Mapping[str, int]
    period: int

    @classmethod
    def of(cls, platforms: Iterable[Platform], stations: int, period: int, began: float, first_live: int) -> Due:
        """As the generator sends them."""
        first: dict[str, float] = {}
        first_seq: dict[str, int] = {}
        for platform in platforms:
            due = (began + platform.due(stations, period)).tolist()
            for group in platform.groups:
                first_seq.update(dict.fromkeys(map(name_of, group.numbers.tolist()), first_live - group.first_slot + 1))
            first.update(zip(map(name_of, platform.numbers.tolist()), due, strict=True))
        return cls(first, first_seq, period)

    def at(self, station: str, seq: int) -> float:
        """When a report was due."""
        return self.first[station] + (seq - self.first_seq[station]) * self.period


def stamp_by_broker(settings: CoreSettings) -> None:
    """Have Kafka stamp the records of reports when it has appended them."""
    resource = ConfigResource(ConfigResourceType.TOPIC, kafka.REPORTS, {"message.timestamp.type": "LogAppendTime"})
    with closing(kafka.admin(settings)) as client:
        client.alter_configs([resource])


def to_kafka(settings: CoreSettings, due: Due, began: float) -> Lateness:
    """From due to appended, of the records since `began` (Unix seconds)."""
    partitions = [TopicPartition(kafka.REPORTS, number) for number in range(kafka.PARTITIONS)]
    late: list[float] = []
    with closing(kafka.consumer(settings, group=None)) as consumer:
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        for partition, place in consumer.offsets_for_times(dict.fromkeys(partitions, int(began * 1000))).items():
            consumer.seek(partition, place.offset if place else ends[partition])
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=500).values():
                for record in records:
                    appended = record.timestamp / 1000
                    late += [
                        appended - due.at(entry.station, entry.seq)
                        for entry in decode_batch(record.value)
                        if entry.seq is not None and entry.seq >= due.first_seq[entry.station]
                    ]
    return Lateness.of(late)


def to_database(cursor: Any, due: Due, began: int) -> Lateness:
    """From due to committed, of reports of data time from `began` (UTC seconds)."""
    cursor.execute(
        "select s.station, r.seq, extract(epoch from pg_xact_commit_timestamp(r.xmin))::float8"
        " from lantian.report r join lantian.station s using (station_id)"
        " where r.time >= to_timestamp(%s)",
        (began,),
    )
    return Lateness.of(committed - due.at(station, seq) for station, seq, committed in cursor)


def to_statistic(cursor: Any, due: Due, hour: int) -> Lateness:
    """From the arrival of the value that completed an hour (its start in UTC seconds) to the hour's own commit."""
    return _of_hour(cursor, "lantian.statistic", "strpos(states, 'O') = 0", due, hour)


def to_alert(cursor: Any, due: Due, hour: int) -> Lateness:
    """From that arrival to the commit of what the hour did to an alert."""
    return _of_hour(cursor, "lantian.alert_log", "true", due, hour)


def to_notification(cursor: Any, due: Due, hour: int) -> Lateness:
    """From that arrival to the commit of the job to tell a target of that."""
    told = (
        "(select l.object, l.time_window, l.start, n.xmin from lantian.notification n join lantian.alert_log l"
        " on n.key = l.city || '#' || l.place) as told"
    )
    return _of_hour(cursor, told, "true", due, hour)


def _of_hour(cursor: Any, table: str, condition: str, due: Due, hour: int) -> Lateness:
    cursor.execute(
        "select substr(object, 9), extract(epoch from pg_xact_commit_timestamp(xmin))::float8"
        f" from {table} where time_window = %s and start = to_timestamp(%s) and object like 'station:%%'"
        f" and {condition}",
        (Window.HOUR, hour),
    )
    return Lateness.of(committed - due.first[station] for station, committed in cursor)

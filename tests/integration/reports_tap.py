"""What commands put on `lantian.reports.v1`, as whoever listens there sees it."""

from __future__ import annotations

from collections.abc import Mapping

from kafka import TopicPartition

from core import kafka
from core.settings import CoreSettings
from ingest.envelope import Entry, decode_batch

PLACES = [TopicPartition(kafka.REPORTS, partition) for partition in range(kafka.PARTITIONS)]


class Tap:
    """Hears what comes from now on."""

    def __init__(self, settings: CoreSettings) -> None:
        self._consumer = kafka.consumer(settings, group=None)
        self._ends = self._consumer.end_offsets(PLACES)

    def close(self) -> None:
        """End its connection."""
        self._consumer.close()

    def sent(self) -> list[Entry]:
        """What has come since it was last asked; each entry in the partition that it belongs to."""
        found: list[Entry] = []
        ends: Mapping[TopicPartition, int] = self._consumer.end_offsets(PLACES)
        self._consumer.assign(PLACES)
        for place in PLACES:
            self._consumer.seek(place, self._ends[place])
        while any(self._consumer.position(place) < ends[place] for place in PLACES):
            for place, records in self._consumer.poll(timeout_ms=500).items():
                for record in records:
                    entries = decode_batch(record.value)
                    assert {kafka.partition_of(item.station) for item in entries} == {place.partition}
                    found += entries
        self._ends = ends
        return found

"""How long until all works again: a report sent now to each partition is stored, and city and engine are through."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import msgspec
from field import Field
from kafka import TopicPartition
from stage import BEGIN, PROBES

from core import kafka
from core.errors import UnavailableError
from core.postgres import Gone
from ingest.envelope import Source
from ingest.kinds import Kind
from ingest.report import format_instant
from ingest.sender import Identity, ReportSender
from ingest.settings import SenderSettings
from ingest.topics import Leaf, station_topic
from truth.settled import CONSUMERS

MOST_S = 180.0
LOOK_S = 0.2
"""Between two looks at the database, which take time from those who are to recover."""


def recover(field: Field, since: float) -> float:
    """Seconds from the monotonic moment `since` until reports sent now are through everything.

    Of a fault `since` is when its end began, so that the start of a server or process is part of it. Fails `MOST_S`
    from now.
    """
    core = field.core.model_copy(update={"mqtt_port": field.links["sender-mqtt"].port})
    settings = SenderSettings(resend_seconds=1.0, resend_longest_seconds=1.0)
    sender = ReportSender(core, settings, Identity.platform("simulator"), Source.DEVICE)
    number = next(field.probes)
    for station in PROBES:
        address = station_topic("140500", Kind.NOISE, station, Leaf.REPORT).rpartition("/")[0]
        sender.submit(address, 1, number, _payload(station, number))
    _pump_until(lambda: _stand(field, number), field, sender, "a report of each partition, sent afterwards, is stored")
    ends = _ends(field)
    _pump_until(lambda: _through(field, ends), field, sender, "city and engine are through with what was told by then")
    seconds = time.monotonic() - since
    _pump_until(lambda: not sender.outstanding, field, sender, "the reports are acknowledged")
    sender.abandon()
    return seconds


def _pump_until(look: Callable[[], bool], field: Field, sender: ReportSender, what: str) -> None:
    deadline = time.monotonic() + MOST_S
    while not look():
        field.check_alive()
        assert time.monotonic() < deadline, f"not within {MOST_S:.0f} s after the fault: {what}"
        sender.wait(LOOK_S)


def _payload(station: str, number: int) -> bytes:
    """Each of a minute of its own, so that none supersedes another."""
    report = {
        "station": station,
        "time": format_instant(int(BEGIN.timestamp()) + 60 * number),
        "period": "PT1M",
        "run": 1,
        "seq": number,
        "origin": "resent",
        "values": {"Leq": 50.0},
    }
    return msgspec.json.encode(report)


def _stand(field: Field, number: int) -> bool:
    query = "select from report r join station s using (station_id) where s.station = any(%s) and r.seq = %s"
    try:
        return len(field.rows(query, (list(PROBES), number))) == len(PROBES)
    except (UnavailableError, *Gone):
        return False


def _ends(field: Field) -> dict[tuple[str, int], int]:
    """Where city and engine must come: by consumer and partition."""
    places = [TopicPartition(kafka.STATISTICS, partition) for partition in range(kafka.PARTITIONS)]
    with closing(kafka.consumer(field.core, group=None)) as consumer:
        ends = consumer.end_offsets(places)
    followers = [name for name, topic in CONSUMERS.items() if topic == kafka.STATISTICS]
    return {(name, place.partition): end for name in followers for place, end in ends.items()}


def _through(field: Field, ends: dict[tuple[str, int], int]) -> bool:
    query = "select consumer, partition, next_offset from consumer_offset where topic = %s"
    stands = {(name, partition): offset for name, partition, offset in field.rows(query, (kafka.STATISTICS,))}
    return all(stands.get(place, 0) >= end for place, end in ends.items())

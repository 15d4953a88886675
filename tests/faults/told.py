"""What a round told others: the topics of alerts and of rejected hold what the database does, all of it and no more."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec
from field import Field
from kafka import TopicPartition

from core import kafka

Key = tuple[Hashable, ...]

_LAST = (
    "select coalesce((select max(log_id) from v_alert_log), 0), coalesce((select max(rejected_id) from rejected), 0)"
)
_ALERTS = "select alert_id, version, happening, state from v_alert_log where log_id > %s"
_REJECTED = """
select station, source, run, seq, (extract(epoch from received) * 1000000)::bigint, whole, reason
from rejected where rejected_id > %s
"""


class _State(msgspec.Struct):
    state: str


class _Notice(msgspec.Struct):
    """As much of `alerts.alert.Notice` as names a line of the log."""

    alert_id: int
    version: int
    happening: str
    alert: _State


class _Rejected(msgspec.Struct):
    """As much of `aggregate.rejection.Rejection` as names a row."""

    station: str
    source: int
    run: int | None
    seq: int | None
    received: int
    whole: bool
    reason: str


@dataclass(frozen=True)
class Stand:
    """Where tables and topics stood when a round began, at rest."""

    log_id: int
    rejected_id: int
    ends: dict[TopicPartition, int]


def stand(field: Field) -> Stand:
    """Now."""
    ((log_id, rejected_id),) = field.rows(_LAST)
    with closing(kafka.consumer(field.core, group=None)) as consumer:
        return Stand(log_id, rejected_id, _ends(consumer, kafka.ALERTS) | _ends(consumer, kafka.REJECTED))


def check_told(field: Field, begin: Stand) -> None:
    """Since `begin` each topic was told what its table took up: at least once, and nothing that is not there."""
    pairs = (
        (kafka.ALERTS, _notice, field.rows(_ALERTS, (begin.log_id,))),
        (kafka.REJECTED, _rejection, field.rows(_REJECTED, (begin.rejected_id,))),
    )
    with closing(kafka.consumer(field.core, group=None)) as consumer:
        for topic, key, rows in pairs:
            told, stands = {key(value) for value in _values(consumer, topic, begin)}, set(rows)
            missing, unknown = stands - told, told - stands
            assert not missing, f"{len(missing)} of {len(stands)} never told on {topic}: {list(missing)[:5]}"
            assert not unknown, (
                f"{len(unknown)} told on {topic} of which the database knows nothing: {list(unknown)[:5]}"
            )


def _notice(value: bytes) -> Key:
    notice = msgspec.json.decode(value, type=_Notice)
    return notice.alert_id, notice.version, notice.happening, notice.alert.state


def _rejection(value: bytes) -> Key:
    return msgspec.structs.astuple(msgspec.json.decode(value, type=_Rejected))


def _ends(consumer: Any, topic: str) -> dict[TopicPartition, int]:
    places = [TopicPartition(topic, partition) for partition in range(kafka.PARTITIONS)]
    return dict(consumer.end_offsets(places))


def _values(consumer: Any, topic: str, begin: Stand) -> Iterator[bytes]:
    ends = _ends(consumer, topic)
    consumer.assign(list(ends))
    for place in ends:
        consumer.seek(place, begin.ends[place])
    while any(consumer.position(place) < end for place, end in ends.items()):
        for records in consumer.poll(timeout_ms=500).values():
            yield from (record.value for record in records)

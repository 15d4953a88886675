"""Entries that commands put on `lantian.reports.v1`.

Delivery guarantee: when a batch's call returns, Kafka has it (acks=all). Who sends writes before what is meant to be
sent, and afterwards that it is sent; whoever is killed in between may send it again: what was taken by then is an
identical repeat (state-model: report and reading).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from core import kafka
from core.clock import MICROS
from core.settings import CoreSettings
from ingest.batching import Batch, Batcher, Token
from ingest.envelope import Entry, encode_batch, headers

BATCH_ENTRIES, BATCH_BYTES = 200, 900_000
SEND_TIMEOUT_S = 60


class Who(NamedTuple):
    """Who asks for it, and why."""

    user: str
    why: str


Deliver = Callable[[Batch[Any]], None]


def in_batches(entries: Iterable[tuple[Entry, Token]]) -> Iterator[Batch[Token]]:
    """Batches of one partition each, from entries and the tokens by which their giver knows them."""
    batcher: Batcher[Token] = Batcher(BATCH_ENTRIES, BATCH_BYTES, linger=0.0)
    for entry, token in entries:
        yield from batcher.add(kafka.partition_of(entry.station), entry, token, entry.received / MICROS)
    yield from batcher.take_all()


@contextmanager
def delivery(settings: CoreSettings) -> Iterator[Deliver]:
    """Gives the call that sends a batch and waits until Kafka has it; raises Kafka's errors."""
    with closing(kafka.producer(settings)) as producer:

        def deliver(batch: Batch[Any]) -> None:
            producer.send(
                kafka.REPORTS,
                value=encode_batch(batch.entries),
                partition=batch.partition,
                headers=headers(len(batch.entries)),
            ).get(timeout=SEND_TIMEOUT_S)

        yield deliver

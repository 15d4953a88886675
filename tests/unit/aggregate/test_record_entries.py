"""Records of Kafka as entries: what is none of ours is kept whole, whatever stands around it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from aggregate.entries import entries_of
from aggregate.take import day_of_receipt
from core.clock import MICROS
from ingest.envelope import EntryKind


class Record(NamedTuple):
    offset: int
    value: bytes | None
    timestamp: int


@pytest.mark.parametrize(
    ("timestamp", "received"),
    [(1_773_000_000_000, 1_773_000_000), (-1, 0), (10**15, 4_102_444_800), (2**63 - 1, 4_102_444_800)],
)
def test_a_foreign_record_is_received_when_it_says_within_the_years_that_are_years(
    timestamp: int, received: int
) -> None:
    [(position, entry)] = entries_of(3, [Record(17, b"no batch of ours", timestamp)])
    assert (position.offset, entry.kind, entry.body) == (17, EntryKind.REPORT, b"no batch of ours")
    assert entry.received == received * MICROS
    assert day_of_receipt(entry) <= received

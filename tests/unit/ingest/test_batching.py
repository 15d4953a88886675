"""Batches of one partition, bounded in number, bytes and age."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batching import Batch, Batcher, size_of
from ingest.envelope import Entry, EntryKind, Source, encode_batch


def entry(body: bytes, station: str = "晋城-1") -> Entry:
    return Entry(2**60, EntryKind.REPORT, Source.DEVICE, station, body, 2**62, 2**62, "bridge-12345678-ffff")


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400)), max_size=80))
def test_every_entry_leaves_once_in_its_partition_and_in_order(arrivals: list[tuple[int, int]]) -> None:
    batcher: Batcher[int] = Batcher(max_entries=7, max_bytes=1500, linger=1.0)
    batches: list[Batch[int]] = []
    for number, (partition, length) in enumerate(arrivals):
        batches += batcher.add(partition, entry(b"x" * length), number, now=0.0)
    batches += batcher.take_all()
    for partition in range(4):
        left = [token for batch in batches if batch.partition == partition for token in batch.tokens]
        assert left == [number for number, (place, _) in enumerate(arrivals) if place == partition]


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.integers(0, 700), max_size=60))
def test_no_batch_is_larger_than_its_bounds(lengths: list[int]) -> None:
    batcher: Batcher[None] = Batcher(max_entries=9, max_bytes=2000, linger=1.0)
    batches: list[Batch[None]] = []
    for length in lengths:
        batches += batcher.add(0, entry(b"x" * length), None, now=0.0)
    for batch in batches:
        assert len(batch.entries) <= 9
        assert len(batch.entries) == 1 or batch.size <= 2000
        assert len(encode_batch(batch.entries)) <= batch.size + 16


def test_a_batch_falls_due_when_its_first_entry_has_waited() -> None:
    batcher: Batcher[int] = Batcher(max_entries=100, max_bytes=10_000, linger=0.02)
    assert batcher.wait(5.0) is None
    batcher.add(1, entry(b"a"), 1, now=5.0)
    batcher.add(1, entry(b"b"), 2, now=5.015)
    assert batcher.due(5.019) == []
    (batch,) = batcher.due(5.02)
    assert batch.tokens == [1, 2]
    assert batcher.due(9.0) == []


def test_when_one_batch_falls_due_all_leave_with_it() -> None:
    batcher: Batcher[int] = Batcher(max_entries=100, max_bytes=10_000, linger=0.02)
    batcher.add(1, entry(b"a"), 1, now=5.0)
    batcher.add(2, entry(b"b"), 2, now=5.019)
    assert [batch.partition for batch in batcher.due(5.02)] == [1, 2]
    assert batcher.wait(5.02) is None


def test_an_entry_s_size_is_never_underestimated() -> None:
    for length in (0, 31, 32, 255, 256, 65_535, 65_536):
        one = entry(b"x" * length)
        assert len(encode_batch([one])) <= size_of(one)

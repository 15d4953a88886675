"""What the worker tells others fits into Kafka's records, whatever it is."""

from __future__ import annotations

import msgspec
import pytest

from aggregate.publish import STATEMENTS_A_RECORD, batches
from aggregate.statistic import Reason, Statement, Window, decode_statements
from core.kafka import MAX_RECORD_BYTES


def statement(start: int, factors: int) -> Statement:
    names = [f"factor-with-a-long-name-{place}" for place in range(factors)]
    return Statement(
        object="station:s1",
        kind="air",
        window=Window.HOUR,
        start=start,
        end=start + 3600,
        version=1,
        factors=names,
        states="P" * factors,
        values=[1 / 3] * factors,
        n_valid=[60] * factors,
        n_expected=[60] * factors,
        reasons=[Reason.VALID] * factors,
        edition="2026",
        live=[True] * factors,
    )


def test_statements_are_told_in_the_order_they_were_made() -> None:
    made = [statement(start, 1) for start in range(STATEMENTS_A_RECORD + 10)]
    records = batches("晋城市", made)
    assert [len(decode_statements(record.value).statements) for record in records] == [STATEMENTS_A_RECORD, 10]
    assert [s for record in records for s in decode_statements(record.value).statements] == made


def test_large_statements_take_more_records_and_keep_their_order() -> None:
    made = [statement(start, 200) for start in range(200)]
    records = batches("晋城市", made)
    assert all(len(record.value) <= MAX_RECORD_BYTES for record in records)
    assert [s.start for record in records for s in decode_statements(record.value).statements] == list(range(200))


def test_nothing_to_tell_is_no_record() -> None:
    assert batches("晋城市", []) == []


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"city":1}', b'{"x":' + b"[" * 100_000])
def test_bytes_that_are_no_statements_are_told_from_some(value: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_statements(value)

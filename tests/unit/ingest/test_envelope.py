"""The record: what is no batch of entries is told from what is one."""

from __future__ import annotations

import msgspec
import pytest

from ingest.envelope import Entry, EntryKind, Source, decode_batch, encode_batch

ENTRY = Entry(1, EntryKind.REPORT, Source.DEVICE, "s1", b"{}")


def test_a_batch_survives_its_own_encoding() -> None:
    assert decode_batch(encode_batch([ENTRY])) == [ENTRY]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff\x00",
        encode_batch([ENTRY])[:-1],
        msgspec.msgpack.encode({"another": "schema"}),
        msgspec.msgpack.encode([["another", "schema"]]),
        b"\x91" * 100_000,
        b"\xdd\xff\xff\xff\xff",
        # nested beyond all bounds in a field that no entry has
        b"\x91\x9a"
        + b"".join(map(msgspec.msgpack.encode, msgspec.structs.astuple(ENTRY)))
        + b"\x91" * 100_000
        + b"\xc0",
    ],
)
def test_bytes_that_are_no_batch_are_told_from_one(value: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_batch(value)

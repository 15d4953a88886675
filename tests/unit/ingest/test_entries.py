"""From an MQTT message to the entry that stands for it."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from core.kafka import MAX_RECORD_BYTES, partition_of
from ingest.entries import MAX_BODY_BYTES, Publisher, make_entry, publisher_of
from ingest.envelope import EntryKind, Oversize, Source, encode_batch


def publisher(leaf: str, station: str = "d1") -> Publisher:
    found = publisher_of(f"lantian/v1/140502/dust/{station}/{leaf}")
    assert found is not None
    return found


def test_a_topic_says_who_publishes_where_it_is_acknowledged_and_into_which_partition() -> None:
    found = publisher("report", "140502201")
    assert (found.station, found.address) == ("140502201", "lantian/v1/140502/dust/140502201")
    assert found.partition == partition_of("140502201")


@pytest.mark.parametrize("text", ["lantian/v1/140502/dust/d1/ack", "lantian/v1/140502/dust/d1/hj212", "lantian/v1/d1"])
def test_nobody_publishes_reports_elsewhere(text: str) -> None:
    assert publisher_of(text) is None


def test_the_bytes_are_passed_on_with_the_topic_s_station_and_the_number() -> None:
    body = b'{"station": "another", "run": 3, "seq": 42, "rest": [1]}'
    entry = make_entry(publisher("report"), body, 1_700_000_000_000_000, "1-a-1")
    assert (entry.body, entry.station, entry.run, entry.seq) == (body, "d1", 3, 42)
    assert (entry.kind, entry.source, entry.received) == (EntryKind.REPORT, Source.DEVICE, 1_700_000_000_000_000)


def test_the_topic_says_what_is_a_replay() -> None:
    assert make_entry(publisher("replay"), b'{"seq":1}', 0, "").source is Source.REPLAY


def test_a_number_that_cannot_be_read_is_left_out() -> None:
    entry = make_entry(publisher("report"), b'{"seq": ', 0, "")
    assert (entry.run, entry.seq, entry.body) == (None, None, b'{"seq": ')


def test_a_status_is_an_entry_of_its_own_with_the_number_told() -> None:
    entry = make_entry(publisher("status"), b'{"state": "online", "run": 0, "seq": 1234}', 0, "")
    assert (entry.kind, entry.run, entry.seq) == (EntryKind.STATUS, 0, 1234)


def test_a_payload_too_large_for_a_record_is_passed_on_as_its_hash_size_and_beginning() -> None:
    body = b'{"seq": 5, "values": {' + b" " * MAX_BODY_BYTES + b"}}"
    entry = make_entry(publisher("report"), body, 0, "1-a-1")
    told = msgspec.json.decode(entry.body, type=Oversize)
    assert entry.kind is EntryKind.OVERSIZE
    assert (told.sha256, told.size, told.beginning) == (hashlib.sha256(body).hexdigest(), len(body), body[:1024])
    assert (entry.run, entry.seq) == (0, 5)


def test_a_status_too_large_for_a_record_is_no_payload_of_a_report() -> None:
    entry = make_entry(publisher("status"), b'{"state": "online", "seq": 5' + b" " * MAX_BODY_BYTES + b"}", 0, "1-a-1")
    assert entry.kind is EntryKind.STATUS
    assert len(encode_batch([entry])) < MAX_RECORD_BYTES


def test_the_largest_payload_passed_on_whole_fits_into_a_record() -> None:
    entry = make_entry(publisher("report"), b"x" * (MAX_BODY_BYTES - len("d1")), 0, "1-a-1")
    assert entry.kind is EntryKind.REPORT
    assert len(encode_batch([entry])) < MAX_RECORD_BYTES


def test_a_station_s_name_counts_in_the_size_of_its_record() -> None:
    entry = make_entry(publisher("report", "d" * 60_000), b"x" * (MAX_BODY_BYTES - 1000), 0, "1-a-1")
    assert entry.kind is EntryKind.OVERSIZE
    assert len(encode_batch([entry])) < MAX_RECORD_BYTES

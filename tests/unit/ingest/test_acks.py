"""What the bridge tells on `…/ack`."""

from __future__ import annotations

import json

import pytest

from ingest.acks import (
    ACKS_A_MESSAGE,
    PAYLOADS_KEPT,
    RANGES_AN_ACK,
    Durable,
    StationAck,
    decode_ack,
    decode_platform_acks,
    encode_ack,
    encode_platform_acks,
    payload_hash,
)
from ingest.envelope import Source

ADDRESS = "lantian/v1/140502/dust/d1"


def taken(durable: Durable) -> list[StationAck]:
    return [ack for _, ack in durable.take()]


def test_numbers_are_told_as_ranges_by_source_and_run() -> None:
    durable = Durable()
    for seq in (1, 2, 3, 12):
        durable.note_number(ADDRESS, Source.DEVICE, 0, seq)
    durable.note_number(ADDRESS, Source.REPLAY, 7, 5)
    device, replay = taken(durable)
    assert (device.station, device.source, device.run, device.seq) == ("d1", "device", 0, [(1, 3), (12, 12)])
    assert (replay.source, replay.run, replay.seq) == ("replay", 7, [(5, 5)])


def test_the_station_s_own_payload_is_that_of_the_contract() -> None:
    ack = StationAck(source="device", run=0, seq=[(1, 9), (12, 12)], payloads=[], station="d1")
    assert json.loads(encode_ack(ack)) == {"source": "device", "run": 0, "seq": [[1, 9], [12, 12]], "payloads": []}
    assert decode_ack(encode_ack(ack), "d1") == ack


def test_a_platform_s_payload_names_the_stations() -> None:
    acks = [StationAck(source="device", run=0, seq=[(1, 9)], payloads=[], station=f"s{n}") for n in range(3)]
    (payload,) = encode_platform_acks(acks)
    assert json.loads(payload)["acks"][0] == {
        "station": "s0", "source": "device", "run": 0, "seq": [[1, 9]], "payloads": []
    }  # fmt: skip
    assert decode_platform_acks(payload) == acks


def test_a_platform_with_many_stations_is_told_in_several_messages() -> None:
    acks = [
        StationAck(source="device", run=0, seq=[(1, 1)], payloads=[], station=str(n)) for n in range(ACKS_A_MESSAGE + 1)
    ]
    payloads = list(encode_platform_acks(acks))
    assert len(payloads) == 2
    assert [ack for payload in payloads for ack in decode_platform_acks(payload)] == acks


def test_what_has_no_number_is_told_by_its_hash() -> None:
    durable = Durable()
    durable.note_payload(ADDRESS, Source.DEVICE, payload_hash(b"{broken"))
    (ack,) = taken(durable)
    assert (ack.seq, ack.payloads) == ([], [payload_hash(b"{broken")])


def test_what_was_told_is_not_told_again() -> None:
    durable = Durable()
    durable.note_number(ADDRESS, Source.DEVICE, 0, 1)
    assert durable
    assert len(taken(durable)) == 1
    assert not durable
    assert taken(durable) == []


def test_many_gaps_go_into_several_acknowledgements() -> None:
    durable = Durable()
    for seq in range(1, 2 * RANGES_AN_ACK + 4, 2):
        durable.note_number(ADDRESS, Source.DEVICE, 0, seq)
    assert [len(ack.seq) for ack in taken(durable)] == [RANGES_AN_ACK, 2]


def test_the_hashes_kept_for_a_flood_of_rubbish_are_bounded() -> None:
    durable = Durable()
    for number in range(PAYLOADS_KEPT + 5):
        durable.note_payload(ADDRESS, Source.DEVICE, str(number))
    (ack,) = taken(durable)
    assert len(ack.payloads) == PAYLOADS_KEPT


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"acks": 1}', b"\xff"])
def test_an_unreadable_acknowledgement_raises(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode_platform_acks(payload)

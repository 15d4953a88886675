"""The load of the pipeline's benchmark is what monitors would send."""

from __future__ import annotations

import numpy as np
import pytest

from bench.pipeline.field import PACKET_IDS, Field, Group, Packets, factors_of, joined, kind_of, name_of
from bench.pipeline.generator import Account, Platform
from bench.pipeline.packets import taken
from core.errors import InputError
from ingest.kinds import Kind
from ingest.report import decode_report
from ingest.topics import Leaf, parse_topic
from standards.factors import load_catalogue

FACTORS = tuple(factors_of(load_catalogue(), 3))
SOURCE = Field(FACTORS, 30, 1_795_000_000 // 3600 * 3600, 7)


def split(packets: Packets) -> list[tuple[str, int, bytes]]:
    """Topic, packet id and payload of each packet."""
    bodies = [body for kind, body in taken(bytearray(packets.content)) if kind == 0x32]
    found = []
    for body in bodies:
        after = 2 + int.from_bytes(body[:2], "big")
        found.append((body[2:after].decode(), int.from_bytes(body[after : after + 2], "big"), body[after + 2 :]))
    return found


def test_a_packet_holds_a_report_of_its_topics_station_with_the_values_of_its_slot() -> None:
    tenths = SOURCE.tenths(41, 30)
    group = Group(Kind.CEMS, 10, np.array([3, 8, 29]))
    for (name, _, payload), number in zip(split(SOURCE.packets(41, group, tenths, 1)), group.numbers, strict=True):
        topic, report = parse_topic(name), decode_report(payload)
        assert topic is not None
        assert (topic.station, topic.kind, topic.leaf) == (name_of(number), Kind.CEMS, Leaf.REPORT)
        assert (report.station, report.time, report.period) == (name_of(number), SOURCE.start + 41 * 30, 30)
        assert report.seq == 32
        assert list(report.names) == list(FACTORS)
        assert list(report.values) == (tenths[number] / 10).tolist()


def test_packet_ids_go_on_from_group_to_group_and_are_never_zero() -> None:
    tenths = SOURCE.tenths(0, 40)
    platform = Platform.share(Account("platform-a", "secret", "acks"), 1, 2, 40, 20, 0)
    platform.next_id = PACKET_IDS - 3
    ids = [number for _, number, _ in split(platform.packets(SOURCE, 0, tenths))]
    assert ids[:4] == [PACKET_IDS - 3, PACKET_IDS - 2, PACKET_IDS - 1, PACKET_IDS]
    assert ids[4:] == list(range(1, 17))
    assert platform.next_id == 17


def test_where_a_packet_ends_the_next_begins() -> None:
    tenths = SOURCE.tenths(0, 20)
    parts = [SOURCE.packets(0, Group(kind, 0, np.array([1, 2])), tenths, 1) for kind in (Kind.DUST, Kind.CEMS)]
    whole = joined(parts)
    assert [len(split(Packets(whole.content[:end], whole.ends))) for end in whole.ends.tolist()] == [1, 2, 3, 4]


def test_a_stations_values_do_not_depend_on_how_many_others_there_are() -> None:
    assert np.array_equal(SOURCE.tenths(5, 20), SOURCE.tenths(5, 2_000)[:20])


def test_platforms_share_all_stations_and_spread_their_reports_over_the_period() -> None:
    platforms = [Platform.share(Account("platform-a", "secret", "acks"), place, 3, 10, 4, 5) for place in range(3)]
    assert sorted(number for platform in platforms for number in platform.numbers) == list(range(10))
    due = sorted(moment for platform in platforms for moment in platform.due(10, 30))
    assert due == pytest.approx([3.0 * place for place in range(10)])


def test_a_tenth_of_the_stations_watch_dust_and_stop_the_work_half_of_them_from_the_second_hour_on() -> None:
    second = -(-3600 // SOURCE.period)
    first, later = SOURCE.tenths(0, 200), SOURCE.tenths(second, 200)
    dusty = [number for number in range(200) if kind_of(number) is Kind.DUST]
    assert len(dusty) == 20
    assert [(first[number, 0] >= 2500) for number in dusty] == [number % 20 != 0 for number in dusty]
    assert (later[dusty, 0] >= 2500).all()


def test_more_factors_than_there_are_is_refused() -> None:
    with pytest.raises(InputError, match="not so many"):
        factors_of(load_catalogue(), 10_000)


def test_packets_that_have_not_wholly_arrived_stay() -> None:
    confirmed = bytes([0x40, 2, 0, 1]) * 3
    buffer = bytearray(confirmed + bytes([0x30, 5, 0, 1, 65]))
    assert list(taken(buffer)) == [(0x40, bytes(12))]
    buffer += b"xy"
    assert list(taken(buffer)) == [(0x30, bytes([0, 1, 65]) + b"xy")]
    assert not buffer

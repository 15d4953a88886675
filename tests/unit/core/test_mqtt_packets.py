"""PUBLISH packets cut out of bytes, whatever the bytes are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.pipeline.packets import packet, text
from core.mqtt_packets import Message, cut, pubacks

TOPIC = "lantian/v1/140502/dust/工地/report"
HEADS = (0x30, 0x31, 0x32, 0x33, 0x38, 0x3A, 0x3B)
ALL = 10_000

anything = st.one_of(
    st.binary(max_size=80),
    st.tuples(st.sampled_from((*HEADS, 0x34, 0x36, 0x40, 0xD0)), st.binary(max_size=300)).map(lambda p: packet(*p)),
)


def publish(payload: bytes, mid: int = 7, head: int = 0x32, topic: str = TOPIC) -> bytes:
    return packet(head, text(topic) + (mid.to_bytes(2, "big") if head & 2 else b"") + payload)


@pytest.mark.parametrize("head", HEADS)
def test_a_publish_of_qos_0_or_1_is_cut_whatever_dup_and_retain_say(head: int) -> None:
    content = publish(b"payload", 515, head)
    qos = head >> 1 & 1
    assert cut(content, 0, ALL, 3) == ([Message(TOPIC, b"payload", qos, 515 * qos, 3)], len(content))


@pytest.mark.parametrize("length", [0, 80, 81, 127, 128, 16_300, 16_400, 2_097_200])
def test_a_payload_may_be_of_any_length(length: int) -> None:
    [message], _ = cut(publish(b"x" * length), 0, ALL, 1)
    assert len(message.payload) == length


@pytest.mark.parametrize(
    "other",
    [
        packet(0x34, text(TOPIC) + b"\0\1payload"),
        packet(0x40, b"\0\1"),
        packet(0x32, b""),
        packet(0x32, b"\0"),
        packet(0x32, b"\0\0\0\1payload"),
        packet(0x32, text(TOPIC) + b"\0"),
        packet(0x32, b"\xff\xff" + b"topic"),
        packet(0x30, b"\0\2\xff\xfe" + b"payload"),
        b"\x32\xff\xff\xff\xff\x01" + bytes(200),
        publish(b"half")[:-1],
        b"\x32",
        b"\x32\x80",
    ],
    ids=[
        "QoS 2", "another packet", "empty", "too short", "no topic", "no packet id", "a topic beyond its packet",
        "a topic that is not UTF-8", "a length of five bytes", "half a packet", "a first byte", "half a length",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_where_it_stands(other: bytes) -> None:
    before = publish(b"1") + publish(b"2")
    messages, end = cut(before + other, 0, ALL, 1)
    assert [message.payload for message in messages] == [b"1", b"2"]
    assert end == len(before)


def test_no_more_than_asked_for_are_cut_and_the_next_cut_goes_on_there() -> None:
    content = b"".join(publish(b"%d" % number) for number in range(5))
    first, end = cut(content, 0, 3, 1)
    rest, _ = cut(content, end, 3, 1)
    assert [message.payload for message in first + rest] == [b"0", b"1", b"2", b"3", b"4"]
    assert len(first) == 3


@settings(max_examples=400, derandomize=True)
@given(st.lists(anything, max_size=8).map(b"".join), st.integers(0, 10), st.data())
def test_whatever_the_bytes_none_beyond_the_end_is_needed(content: bytes, most: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(start, len(content)))
    messages, end = cut(content, start, most, 1)
    fewer, earlier = cut(content[:length], start, most, 1)
    assert start <= earlier <= min(end, length)
    assert len(messages) <= most
    assert messages[: len(fewer)] == fewer
    assert (messages == fewer) == (end == earlier)


def test_acknowledgements_stand_one_behind_the_other() -> None:
    assert pubacks([1, 258, 65_535]) == bytes.fromhex("40020001 40020102 4002ffff")
    assert pubacks([]) == b""

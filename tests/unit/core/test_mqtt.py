"""A connection to a broker that speaks byte by byte: what goes past paho is what paho would have made of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from waiting import eventually

from bench.pipeline.packets import packet, text
from core.mqtt import PACKETS_A_TURN, Connection, Login, Message
from core.mqtt_packets import pubacks
from core.secrets import write_secret
from core.settings import CoreSettings

USERNAME = "bridge"
CONNACK = packet(0x20, b"\0\0")
PINGRESP = packet(0xD0, b"")
PATIENCE_S = 5.0

Heard = list[tuple[str, bytes, int, int]]
"""Topic, payload, QoS and packet id."""


class Broker:
    """The far end of one connection after another, written by hand: a real broker sends nothing malformed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._peer = socket.socket()

    def accept(self) -> None:
        """Take the connection that waits, and its CONNECT."""
        self._peer.close()
        self._peer, _ = self._listener.accept()
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer.settimeout(PATIENCE_S)

    def send(self, content: bytes) -> None:
        self._peer.sendall(content)

    def end(self) -> None:
        """Say that nothing more comes."""
        self._peer.shutdown(socket.SHUT_WR)

    def received(self, length: int) -> bytes:
        """The next bytes from the client."""
        content = b""
        while len(content) < length:
            piece = self._peer.recv(length - len(content))
            assert piece, f"the client left after {content!r}"
            content += piece
        return content

    def packet(self) -> bytes:
        """The next packet from the client, of less than 128 bytes."""
        head = self.received(2)
        return head + self.received(head[1])

    def close(self) -> None:
        self._peer.close()
        self._listener.close()


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with closing(Broker()) as made:
        yield made


@pytest.fixture(scope="module")
def core(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> CoreSettings:
    folder: Path = tmp_path_factory.mktemp("mqtt")
    write_secret(folder, f"mqtt-{USERNAME}", "secret")
    return CoreSettings(state_dir=folder, mqtt_host="127.0.0.1", mqtt_port=broker.port)


@contextmanager
def connected(
    core: CoreSettings, broker: Broker, on_messages: Callable[[Sequence[Message]], None], gather: float = 0.0
) -> Iterator[Connection]:
    connection = Connection(core, Login(USERNAME, "test"), on_messages=on_messages, gather=gather)
    try:
        reconnected(connection, broker)
        yield connection
    finally:
        connection.disconnect()


def reconnected(connection: Connection, broker: Broker) -> None:
    before = connection.number
    eventually("it asks", lambda: polled(connection)._client.socket() is not None, every=0)
    connection.poll(0)
    broker.accept()
    broker.packet()
    broker.send(CONNACK)
    eventually("it is connected", lambda: polled(connection).number > before, every=0)


def polled(connection: Connection) -> Connection:
    connection.poll(0.05)
    return connection


def heard_by_us(core: CoreSettings, broker: Broker, pieces: Sequence[bytes]) -> Heard:
    """All that the owner is told of until the connection ends."""
    heard: Heard = []

    def hear(messages: Sequence[Message]) -> None:
        heard.extend((each.topic, each.payload, each.qos, each.mid) for each in messages)

    with connected(core, broker, hear) as connection:
        for piece in pieces:
            broker.send(piece)
            connection.poll(PATIENCE_S)
            if not connection.connected:
                return heard
        broker.end()
        eventually("the end is seen", lambda: not polled(connection).connected, every=0)
    return heard


def heard_by_paho(broker: Broker, pieces: Sequence[bytes]) -> Heard:
    """The same of paho's own loop, on paho's own socket."""
    heard: Heard = []
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311, manual_ack=True)
    client.on_message = lambda _client, _data, each: heard.append((each.topic, bytes(each.payload), each.qos, each.mid))
    client.connect("127.0.0.1", broker.port)
    broker.accept()
    broker.send(b"".join([CONNACK, *pieces]))
    broker.end()
    eventually("the end is seen", lambda: client.loop_read() != paho.MQTT_ERR_SUCCESS, every=0)
    return heard


texts = st.text("lantian/工", min_size=1, max_size=12)
payloads = st.one_of(st.binary(max_size=40), st.sampled_from((127, 128, 16_384)).map(bytes))
publishes = st.builds(
    lambda head, topic, mid, payload: packet(
        head, text(topic) + (mid.to_bytes(2, "big") if head & 6 else b"") + payload
    ),
    st.sampled_from((0x30, 0x31, 0x32, 0x33, 0x3A, 0x3B, 0x34)), texts, st.integers(0, 65_535), payloads,
)  # fmt: skip
others = st.sampled_from((PINGRESP, packet(0x40, b"\0\5"), packet(0x62, b"\0\1")))
malformed = st.sampled_from(
    (packet(0x32, b"\0\0\0\1x"), packet(0x32, b"\0\7x"), packet(0xE0, b""), b"\x32\xff\xff\xff\xff\1")
)
streams = st.tuples(
    st.lists(st.one_of(publishes, publishes, publishes, others), max_size=12), st.one_of(st.just(b""), malformed)
).map(lambda parts: b"".join(parts[0]) + parts[1])


@settings(max_examples=150, derandomize=True, deadline=None)
@given(streams, st.lists(st.integers(1, 60), max_size=8), st.integers(0, 5))
def test_any_packets_cut_anywhere_into_pieces_are_the_messages_that_paho_reads(
    core: CoreSettings, broker: Broker, content: bytes, lengths: list[int], missing: int
) -> None:
    content = content[: len(content) - missing]
    ends = [0]
    for length in lengths:
        ends.append(min(len(content), ends[-1] + length))
    pieces = [piece for first, last in pairwise([*ends, len(content)]) if (piece := content[first:last])]
    assert heard_by_us(core, broker, pieces) == heard_by_paho(broker, pieces)


def publish(mid: int, payload: bytes = b"{}") -> bytes:
    return packet(0x32, text("lantian/v1/140502/dust/d1/report") + mid.to_bytes(2, "big") + payload)


def test_what_looks_like_a_packet_in_the_rest_of_half_a_packet_is_none(core: CoreSettings, broker: Broker) -> None:
    inner = publish(2)
    outer = publish(1, inner)
    pieces = [outer[: -len(inner)], inner, publish(3)]
    assert [payload for _, payload, _, _ in heard_by_us(core, broker, pieces)] == [inner, b"{}"]


def test_acknowledgements_in_one_write_are_paho_s_bytes(core: CoreSettings, broker: Broker) -> None:
    mids = [1, 255, 256, 65_535]
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311, manual_ack=True)
    client.connect("127.0.0.1", broker.port)
    broker.accept()
    broker.packet()
    for mid in mids:
        client.ack(mid, 1)
    assert pubacks(mids) == broker.received(4 * len(mids))


def test_acknowledgements_and_what_paho_writes_keep_each_other_s_packets_whole(
    core: CoreSettings, broker: Broker
) -> None:
    taken: list[Message] = []
    with connected(core, broker, taken.extend) as connection:
        broker.send(publish(1) + publish(2) + publish(3))
        eventually("all have come", lambda: polled(connection) and len(taken) == 3, every=0)
        connection.publish("a", b"1")
        connection.ack(taken[:2])
        connection.publish("b", b"2")
        connection.poll(0)
        connection.ack(taken[2:])
        connection.poll(0)
        packets = [broker.packet() for _ in range(5)]
    assert sorted(each[0] for each in packets) == [0x32, 0x32, 0x40, 0x40, 0x40]
    assert [each for each in packets if each[0] == 0x40] == [pubacks([mid]) for mid in (1, 2, 3)]


def test_what_came_on_a_connection_that_is_gone_is_not_acknowledged_on_the_next(
    core: CoreSettings, broker: Broker
) -> None:
    taken: list[Message] = []
    with connected(core, broker, taken.extend) as connection:
        broker.send(publish(7))
        eventually("it has come", lambda: polled(connection) and taken, every=0)
        broker.end()
        eventually("the end is seen", lambda: not polled(connection).connected, every=0)
        connection.ack(taken)
        reconnected(connection, broker)
        connection.ack(taken)
        broker.send(publish(8))
        eventually("another has come", lambda: polled(connection) and len(taken) == 2, every=0)
        connection.ack(taken)
        connection.poll(0)
        assert broker.packet() == pubacks([8])


def test_a_message_of_qos_0_is_not_acknowledged(core: CoreSettings, broker: Broker) -> None:
    taken: list[Message] = []
    with connected(core, broker, taken.extend) as connection:
        broker.send(packet(0x30, text("a") + b"{}") + publish(9))
        eventually("both have come", lambda: polled(connection) and len(taken) == 2, every=0)
        connection.ack(taken)
        connection.poll(0)
        assert broker.packet() == pubacks([9])


def test_with_reading_off_what_arrives_stays_where_it_is(core: CoreSettings, broker: Broker) -> None:
    taken: list[Message] = []
    with connected(core, broker, taken.extend) as connection:
        broker.send(publish(1))
        for _ in range(3):
            connection.poll(0.05, read=False)
        assert taken == []
        eventually("it has come", lambda: polled(connection) and taken, every=0)


@pytest.mark.parametrize("unconfirmed", [0, 2 * PACKETS_A_TURN])
def test_the_owner_gets_its_turn_among_many_messages(core: CoreSettings, broker: Broker, unconfirmed: int) -> None:
    turns: list[int] = []
    with connected(core, broker, lambda messages: turns.append(len(messages))) as connection:
        for _ in range(unconfirmed):
            connection.publish("a", b"")
        broker.send(PINGRESP + b"".join(publish(1, b"") for _ in range(PACKETS_A_TURN + 500)))
        connection.poll(PATIENCE_S)
        assert sum(turns) <= PACKETS_A_TURN
        eventually("all have come", lambda: polled(connection) and sum(turns) == PACKETS_A_TURN + 500, every=0)


def test_what_comes_soon_after_a_read_is_gathered(core: CoreSettings, broker: Broker) -> None:
    reads: list[int] = []
    with connected(core, broker, lambda messages: reads.append(len(messages)), gather=0.2) as connection:
        broker.send(publish(1))
        eventually("the first has come", lambda: polled(connection) and reads, every=0)
        broker.send(publish(2))
        connection.poll(0)
        broker.send(publish(3))
        eventually("the others have come", lambda: polled(connection) and sum(reads) == 3, every=0)
    assert reads == [1, 2]

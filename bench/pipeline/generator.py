"""The load: platforms that publish their stations' reports over MQTT, a process of its own.

`python -m bench.pipeline.generator` reads an `Order` in JSON from standard input and ends with a line of JSON, `Sent`.
MQTT 3.1.1 by hand and packets made by columns: a client library costs more for a message than all of the pipeline.

Two ways to send. At full speed, as devices do that have buffered: reports not yet called durable on `…/ack` are
bounded, so the pace is that of the slowest stage. Live, each at its moment whatever the others do: what is late is sent
late, and whoever measures counts from the moment at which the report was due (no coordinated omission).
"""

from __future__ import annotations

import resource
import select
import socket
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt

from bench.pipeline.field import PACKET_IDS, Field, Group, Packets, joined, kind_of
from bench.pipeline.packets import CONNACK, CONNECT, PUBACK, PUBACK_BYTES, PUBLISH, SUBSCRIBE, packet, taken, text
from core.errors import UnavailableError
from ingest.acks import decode_platform_acks
from ingest.kinds import Kind

READ_BYTES = 1 << 18
WRITE_BYTES = 1 << 18
TICK_S = 0.002
"""The finest at which live reports are sent."""
KEEPALIVE_S = 600
QUIET_S = 120.0
"""So long without a word of anything durable, with reports unsaid: it is of no use to wait on."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Account(msgspec.Struct, frozen=True):
    """A platform's: it speaks for a share of the stations."""

    username: str
    password: str
    ack_topic: str


class Order(msgspec.Struct, frozen=True):
    """What to send."""

    host: str
    port: int
    accounts: list[Account]
    source: Field
    stations: int
    whole: int
    """So many of the stations report from slot 0 on, the others from `first_live` on."""
    first_live: int
    first_slot: int
    last_slot: int
    """Excluded."""
    window: int
    """Reports sent and not yet called durable, at full speed."""
    live_from: float | None = None
    """The machine's Unix time at which the first slot's first report is due; None for full speed."""
    by_broker: bool = False
    """Who says that a report is durable: the broker that has taken it, for there is no Lantian behind it."""


class Sent(msgspec.Struct, frozen=True):
    """What came of it."""

    reports: int
    began: float
    ended: float
    """Unix seconds of the first and the last write."""
    durable: float
    """When the last report was called durable."""
    cpu_seconds: float
    late_p99: float
    """Seconds by which the generator itself was late, live."""
    late_most: float


@dataclass
class Platform:
    """A connection and what of its stations is to be sent."""

    account: Account
    place: int
    """Among so many:"""
    of: int
    groups: list[Group]
    numbers: Integers
    """Of its stations, in the order in which they are sent."""
    connection: socket.socket = field(init=False)
    outgoing: bytearray = field(default_factory=bytearray)
    incoming: bytearray = field(default_factory=bytearray)
    next_id: int = 1
    sent: int = 0
    durable: int = 0
    by_broker: bool = False

    @classmethod
    def share(cls, account: Account, place: int, of: int, stations: int, whole: int, first_live: int) -> Platform:
        """Every `of`th station from `place` on. Those alike stand together: by kind, the first `whole` reporting from
        slot 0 on, the others from `first_live` on."""
        members: dict[tuple[Kind, int], list[int]] = defaultdict(list)
        for number in range(place, stations, of):
            members[kind_of(number), 0 if number < whole else first_live].append(number)
        groups = [Group(kind, first, np.array(numbers)) for (kind, first), numbers in members.items()]
        return cls(account, place, of, groups, np.concatenate([group.numbers for group in groups]))

    def due(self, stations: int, period: int) -> Floats:
        """Seconds after a slot's end at which each of `numbers` reports: all platforms' stations spread evenly."""
        return (np.arange(len(self.numbers), dtype=np.float64) * self.of + self.place) * (period / stations)

    def connect(self, order: Order) -> None:
        """Log in and listen to what becomes durable; raises `UnavailableError` if the broker refuses."""
        self.by_broker = order.by_broker
        self.connection = socket.create_connection((order.host, order.port), timeout=10)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = text("MQTT") + bytes([4, 0xC2]) + struct.pack(">H", KEEPALIVE_S)
        body += b"".join(map(text, (self.account.username, self.account.username, self.account.password)))
        self.connection.sendall(packet(CONNECT, body))
        answer = self.connection.recv(4)
        if len(answer) < 4 or answer[0] != CONNACK or answer[3]:
            raise UnavailableError("mqtt", f"the broker refuses {self.account.username}: {answer.hex()}")
        self.connection.sendall(packet(SUBSCRIBE, b"\0\1" + text(self.account.ack_topic) + b"\1"))
        self.connection.setblocking(False)

    def packets(self, source: Field, slot: int, tenths: Integers) -> Packets:
        """What its stations publish of a slot."""
        parts = []
        for group in self.groups:
            parts.append(source.packets(slot, group, tenths, self.next_id))
            self.next_id = (self.next_id - 1 + len(group.numbers)) % PACKET_IDS + 1
        return joined(parts)

    def write(self) -> None:
        """Give the kernel what it takes."""
        while self.outgoing:
            try:
                taken = self.connection.send(memoryview(self.outgoing)[:WRITE_BYTES])
            except BlockingIOError:
                return
            del self.outgoing[:taken]

    def read(self) -> None:
        """Count what is durable."""
        try:
            piece = self.connection.recv(READ_BYTES)
        except BlockingIOError:
            return
        if not piece:
            raise UnavailableError("mqtt", f"the broker closed the connection of {self.account.username}")
        self.incoming += piece
        for kind, body in taken(self.incoming):
            if kind & 0xF0 == PUBLISH:
                self._hear(kind, body)
            elif kind == PUBACK and self.by_broker:
                self.durable += len(body) // PUBACK_BYTES

    def _hear(self, kind: int, body: bytes) -> None:
        after = 2 + int.from_bytes(body[:2], "big")
        if kind & 0x06:
            self.outgoing += bytes([PUBACK, 2]) + body[after : after + 2]
            after += 2
        for ack in decode_platform_acks(body[after:]):
            self.durable += sum(last - first + 1 for first, last in ack.seq)


def send(order: Order) -> Sent:
    """Send all of it; ends when all is called durable."""
    platforms = [
        Platform.share(account, place, len(order.accounts), order.stations, order.whole, order.first_live)
        for place, account in enumerate(order.accounts)
    ]
    for platform in platforms:
        platform.connect(order)
    began = time.time()
    if order.live_from is None:
        _at_full_speed(order, platforms)
        late = np.zeros(1)
    else:
        late = _live(order, platforms, order.live_from)
    ended = time.time()
    _wait(platforms, 0)
    durable = time.time()
    for platform in platforms:
        platform.connection.close()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Sent(
        sum(platform.sent for platform in platforms), began, ended, durable, usage.ru_utime + usage.ru_stime,
        float(np.quantile(late, 0.99)), float(late.max()),
    )  # fmt: skip


def _at_full_speed(order: Order, platforms: Sequence[Platform]) -> None:
    for slot in range(order.first_slot, order.last_slot):
        tenths = order.source.tenths(slot, order.stations)
        for platform in platforms:
            packets = platform.packets(order.source, slot, tenths)
            platform.outgoing += packets.content
            platform.sent += len(packets.ends)
        _wait(platforms, order.window)


def _wait(platforms: Sequence[Platform], window: int) -> None:
    """Until all is written and no more than `window` reports are unsaid."""
    heard, at = -1, time.monotonic()
    while any(platform.outgoing for platform in platforms) or _unsaid(platforms) > window:
        _turn(platforms, 0.5)
        if (now_heard := sum(platform.durable for platform in platforms)) != heard:
            heard, at = now_heard, time.monotonic()
        elif time.monotonic() - at > QUIET_S:
            raise UnavailableError("quiet", f"{_unsaid(platforms)} reports were not called durable in {QUIET_S:.0f} s")


def _unsaid(platforms: Sequence[Platform]) -> int:
    return sum(platform.sent - platform.durable for platform in platforms)


def _live(order: Order, platforms: Sequence[Platform], began: float) -> Floats:
    """Each report at its moment; returns by how many seconds each was late."""
    late = []
    for slot in range(order.first_slot, order.last_slot):
        tenths = order.source.tenths(slot, order.stations)
        made = [platform.packets(order.source, slot, tenths) for platform in platforms]
        due = [platform.due(order.stations, order.source.period) for platform in platforms]
        start = began + (slot - order.first_slot) * order.source.period
        written = [0] * len(platforms)
        while any(count < len(of) for count, of in zip(written, due, strict=True)):
            now = time.time()
            for place, platform in enumerate(platforms):
                until = int(np.searchsorted(due[place], now - start, side="right"))
                if until > written[place]:
                    ends = made[place].ends
                    first = int(ends[written[place] - 1]) if written[place] else 0
                    platform.outgoing += made[place].content[first : int(ends[until - 1])]
                    late.append(now - start - due[place][written[place] : until])
                    platform.sent += until - written[place]
                    written[place] = until
            _turn(platforms, TICK_S)
    return np.concatenate(late)


def _turn(platforms: Sequence[Platform], patience: float) -> None:
    by_handle = {platform.connection: platform for platform in platforms}
    writing = [platform.connection for platform in platforms if platform.outgoing]
    readable, writable, _ = select.select(list(by_handle), writing, [], patience)
    for handle in writable:
        by_handle[handle].write()
    for handle in readable:
        by_handle[handle].read()


def main() -> None:
    """Read an order, send, tell."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(send(order)) + b"\n")


if __name__ == "__main__":
    main()

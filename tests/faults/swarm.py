"""Thousands of devices in one process, each on an MQTT connection of its own, for what happens when all come at once.

`python swarm.py HOST PORT DEVICES.json EVERY JITTER BEGIN`: a device makes a report every EVERY seconds, keeps it until
`…/ack` names its number, and, thrown out, comes again within JITTER seconds (0: at once, all together). Every line on
standard input is a command: `mark` (count what is unsaid of all made so far), `hush` (make no more). Every half second
a line of JSON tells how they stand. MQTT 3.1.1 by hand: paho takes a thousandfold of memory for each.
"""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import select
import socket
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bench.pipeline.packets import packet, text
from ingest.acks import decode_ack
from ingest.report import format_instant

KEPT_OFF_S = (1.0, 15.0)
"""After a connection that failed: the first wait, and the longest; each is the double of the one before."""
RESEND_S = (10.0, 60.0)
"""What is unsaid for so long is sent again; as long as the centre says nothing, the double each time, up to this."""
TOLD_S = 0.5
_CONNACK, _PUBLISH, _SUBACK, _PUBACK = 0x20, 0x30, 0x90, 0x40


def split(buffer: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole packet out of what has arrived; None if there is none yet."""
    length = shift = 0
    for place in range(1, 5):
        if place >= len(buffer):
            return None
        length |= (buffer[place] & 0x7F) << shift
        shift += 7
        if not buffer[place] & 0x80:
            end = place + 1 + length
            if len(buffer) < end:
                return None
            kind, body = buffer[0], bytes(buffer[place + 1 : end])
            del buffer[:end]
            return kind, body
    raise ValueError("a length of more than four bytes")


@dataclass
class Device:
    """A monitor: its account, its reports that are unsaid, its connection."""

    station: str
    address: str
    password: str
    next_report: float
    due: float = 0.0
    """When to connect."""
    failures: int = 0
    patience: float = RESEND_S[0]
    seq: int = 0
    marked: int = 0
    unsaid: dict[int, float] = field(default_factory=dict)
    """By number, when it was sent last; 0 if never."""
    connection: socket.socket | None = None
    connected: bool = False
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)

    def payload(self, seq: int, begin: int) -> bytes:
        """The same bytes each time."""
        moment = format_instant(begin + 60 * (seq - 1))
        head = f'{{"station":"{self.station}","time":"{moment}","period":"PT1M","seq":{seq},"origin":"resent"'
        return f'{head},"values":{{"PM10":{20 + seq % 50},"SO2":12}}}}'.encode()


class Swarm:
    """All devices, driven by one thread."""

    def __init__(self, host: str, port: int, devices: list[Device], every: float, jitter: float, begin: int) -> None:
        self._place = (host, port)
        self._devices = devices
        self._every, self._jitter, self._begin = every, jitter, begin
        self._poll = select.epoll()
        self._by_handle: dict[int, Device] = {}
        self._hushed = False
        self.sent = self.lost = self.refused = 0

    def turn(self) -> None:
        """Whatever is due, and what the connections say."""
        now = time.monotonic()
        for device in self._devices:
            if device.connection is None:
                if now >= device.due:
                    self._connect(device)
            elif device.connected:
                self._work(device, now)
        for handle, event in self._poll.poll(0.02):
            device = self._by_handle[handle]
            try:
                self._handle(device, event)
            except OSError:
                self._drop(device)

    def mark(self) -> None:
        """Remember what is made by now."""
        for device in self._devices:
            device.marked = device.seq

    def hush(self) -> None:
        """Make no more."""
        self._hushed = True

    def state(self) -> dict[str, int]:
        """How they stand."""
        return {
            "connected": sum(device.connected for device in self._devices),
            "made": sum(device.seq for device in self._devices),
            "unsaid": sum(len(device.unsaid) for device in self._devices),
            "marked": sum(seq <= device.marked for device in self._devices for seq in device.unsaid),
            "sent": self.sent,
            "lost": self.lost,
            "refused": self.refused,
        }

    def _connect(self, device: Device) -> None:
        connection = socket.socket()
        connection.setblocking(False)
        if connection.connect_ex(self._place) not in {0, errno.EINPROGRESS}:
            connection.close()
            self._wait(device)
            return
        device.connection = connection
        login = text("MQTT") + b"\x04\xc2" + struct.pack(">H", 0) + text(f"swarm-{device.station}")
        device.outgoing += packet(0x10, login + text(device.station) + text(device.password))
        self._by_handle[connection.fileno()] = device
        self._poll.register(connection, select.EPOLLIN | select.EPOLLOUT)

    def _drop(self, device: Device) -> None:
        """The connection is gone: come again, a sane device not at once."""
        assert device.connection is not None
        self._poll.unregister(device.connection)
        del self._by_handle[device.connection.fileno()]
        device.connection.close()
        if device.connected:
            self.lost += 1
            device.failures = 0
            device.due = time.monotonic() + random.uniform(0, self._jitter)
        else:
            self._wait(device)
        device.connection, device.connected = None, False
        device.incoming.clear()
        device.outgoing.clear()

    def _wait(self, device: Device) -> None:
        self.refused += 1
        delay = min(KEPT_OFF_S[0] * 2**device.failures, KEPT_OFF_S[1])
        device.failures += 1
        device.due = time.monotonic() + (delay * random.uniform(0.5, 1.5) if self._jitter else delay)

    def _work(self, device: Device, now: float) -> None:
        if now >= device.next_report and not self._hushed:
            device.seq += 1
            device.unsaid[device.seq] = 0.0
            device.next_report = max(now, device.next_report + self._every)
        late = [seq for seq, at in device.unsaid.items() if now - at > device.patience]
        if late:
            if any(device.unsaid[seq] for seq in late):
                device.patience = min(2 * device.patience, RESEND_S[1])
            for seq in late:
                self._publish(device, seq, now)
            self._flush(device)

    def _publish(self, device: Device, seq: int, now: float) -> None:
        head = text(f"{device.address}/report") + struct.pack(">H", seq & 0x7FFF or 1)
        device.outgoing += packet(0x32, head + device.payload(seq, self._begin))
        device.unsaid[seq] = now
        self.sent += 1

    def _flush(self, device: Device) -> None:
        assert device.connection is not None
        if device.outgoing:
            with suppress(BlockingIOError):
                del device.outgoing[: device.connection.send(device.outgoing)]
        events = select.EPOLLIN | (select.EPOLLOUT if device.outgoing else 0)
        self._poll.modify(device.connection, events)

    def _handle(self, device: Device, event: int) -> None:
        assert device.connection is not None
        if event & select.EPOLLOUT:
            self._flush(device)
        if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            piece = device.connection.recv(65536)
            if not piece:
                raise ConnectionResetError
            device.incoming += piece
            while (found := split(device.incoming)) is not None:
                self._hear(device, *found)

    def _hear(self, device: Device, kind: int, body: bytes) -> None:
        if kind == _CONNACK:
            if body[1]:
                raise ConnectionRefusedError
            device.connected = True
            device.unsaid = dict.fromkeys(sorted(device.unsaid), 0.0)
            device.outgoing += packet(0x82, b"\0\1" + text(f"{device.address}/ack") + b"\0")
            self._flush(device)
        elif kind & 0xF0 == _PUBLISH:
            length = struct.unpack_from(">H", body)[0]
            device.patience = RESEND_S[0]
            ack = decode_ack(body[2 + length :], device.station)
            for first, last in ack.seq:
                for seq in [seq for seq in device.unsaid if first <= seq <= last]:
                    del device.unsaid[seq]


def main(host: str, port: str, file: str, every: str, jitter: str, begin: str) -> None:
    """Until standard input ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listed = msgspec.json.decode(Path(file).read_bytes(), type=list[tuple[str, str, str]])
    now = time.monotonic()
    devices = [Device(*one, next_report=now + random.uniform(0, float(every))) for one in listed]
    swarm = Swarm(host, int(port), devices, float(every), float(jitter), int(begin))
    os.set_blocking(sys.stdin.fileno(), False)
    told = 0.0
    while True:
        swarm.turn()
        command = sys.stdin.buffer.read()
        if command == b"":
            return
        for line in (command or b"").split():
            {b"mark": swarm.mark, b"hush": swarm.hush}[line]()
        if time.monotonic() >= told:
            told = time.monotonic() + TOLD_S
            sys.stdout.write(json.dumps(swarm.state()) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

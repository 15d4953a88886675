"""Control packets of MQTT 3.1.1 by hand, for loads: a client library would cost more than all that is loaded. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

CONNECT, CONNACK, PUBLISH, PUBLISH_QOS1, PUBACK, SUBSCRIBE = 0x10, 0x20, 0x30, 0x32, 0x40, 0x82
PUBACK_BYTES = 4


def packet(kind: int, body: bytes) -> bytes:
    """A control packet."""
    length, head = len(body), bytearray([kind])
    while True:
        length, low = divmod(length, 128)
        head.append(low | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def text(content: str) -> bytes:
    """A string with its length."""
    raw = content.encode()
    return struct.pack(">H", len(raw)) + raw


def taken(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take the whole packets out of what has arrived: kind and body; PUBACKs that follow one another as one."""
    place = 0
    while place + 2 <= len(buffer):
        if buffer[place] == PUBACK:
            whole = (len(buffer) - place) // PUBACK_BYTES * PUBACK_BYTES
            words = np.frombuffer(bytes(buffer[place : place + whole]), dtype=np.uint32)
            others = np.flatnonzero(words & 0xFFFF != (2 << 8 | PUBACK))
            count = int(others[0]) if len(others) else len(words)
            if not count:
                break
            yield PUBACK, bytes(PUBACK_BYTES * count)
            place += PUBACK_BYTES * count
            continue
        length = shift = 0
        after = place + 1
        while after < len(buffer):
            length |= (buffer[after] & 0x7F) << shift
            shift += 7
            after += 1
            if not buffer[after - 1] & 0x80:
                break
        else:
            break
        if after + length > len(buffer):
            break
        yield buffer[place], bytes(buffer[after : after + length])
        place = after + length
    del buffer[:place]

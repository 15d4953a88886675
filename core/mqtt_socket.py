"""A socket that reads and writes in large pieces: paho reads a packet in three calls and writes it in one.

What is plain never comes to paho: `take` cuts messages out of what was read, `put` writes beside it. Both begin and end
at a packet's boundary, for paho's `send` is taken as a whole or not at all.
"""

from __future__ import annotations

from typing import Any

from core.mqtt_packets import Message, cut

READ_BYTES = 256 * 1024
PENDING_BYTES = 1024 * 1024
"""Written by paho and not yet taken by the kernel: beyond this, paho waits."""


class BufferedSocket:
    """Wraps a socket; errors are those of the socket, `BlockingIOError` where it would have to wait."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._in: bytes = b""
        self._position = 0
        self._out = bytearray()

    @property
    def available(self) -> int:
        """Bytes read from the kernel and not yet by paho."""
        return len(self._in) - self._position

    @property
    def pending(self) -> int:
        """Bytes written by paho and not yet to the kernel."""
        return len(self._out)

    def fill(self) -> None:
        """Read from the kernel if all that was read is used up; nothing is `available` after it at the stream's end."""
        if self._position >= len(self._in):
            self._in = self._stream.recv(READ_BYTES)
            self._position = 0

    def take(self, most: int, connection: int) -> list[Message]:
        """At most `most` messages from the front of what was read, which must be a packet's beginning (see `cut`)."""
        messages, self._position = cut(self._in, self._position, most, connection)
        return messages

    def recv(self, buffer_size: int) -> bytes:
        """At most `buffer_size` bytes; empty at the stream's end."""
        self.fill()
        piece: bytes = self._in[self._position : self._position + buffer_size]
        self._position += len(piece)
        return piece

    def send(self, buffer: bytes | bytearray) -> int:
        """Keep the bytes for the next `flush`."""
        if len(self._out) > PENDING_BYTES:
            self.flush()
            if len(self._out) > PENDING_BYTES:
                raise BlockingIOError
        self._out += buffer
        return len(buffer)

    def put(self, packets: bytes) -> None:
        """Keep whole packets for the next `flush`, however many wait already: their giver bounds them."""
        self._out += packets

    def flush(self) -> None:
        """Give the kernel what it takes without waiting."""
        while self._out:
            try:
                sent = self._stream.send(self._out)
            except BlockingIOError:
                return
            del self._out[:sent]

    def close(self) -> None:
        """Send what is pending, briefly waiting for it, and close."""
        try:
            self._stream.settimeout(2.0)
            while self._out:
                del self._out[: self._stream.send(self._out)]
        except OSError:
            self._out.clear()  # the connection is gone: what was not sent is repeated on the next one
        finally:
            self._stream.close()

    def fileno(self) -> int:
        """For `select`."""
        return int(self._stream.fileno())

    def setblocking(self, flag: bool) -> None:
        """As the socket's own."""
        self._stream.setblocking(flag)

"""The sessions that Mosquitto keeps, read from the file to which it writes them every ten seconds.

Of the file's chunks (Mosquitto 2.0, version 6) only two kinds matter: clients, and messages queued for one.
"""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import LantianError

VERSION = 6
EXPIRATION_S = 30 * 86_400
"""After so long the broker forgets a session (`persistent_client_expiration` of its configuration)."""

_HEADER = struct.Struct(">15sII")
_CHUNK = struct.Struct(">II")
_CLIENT_MESSAGE, _CLIENT = 3, 6
_CLIENT_HEAD = struct.Struct("<q6x")
"""When the session expires, in the machine's own order of bytes; 0 while its client is connected."""
_LENGTH = struct.Struct(">H")
_CLIENT_LENGTH_AT, _CLIENT_ID_AT = 14, 24
_MESSAGE_LENGTH_AT, _MESSAGE_ID_AT = 10, 16


@dataclass(frozen=True, slots=True)
class Session:
    """What the broker keeps for one client."""

    client: str
    absent_since: float | None
    """UTC seconds; None while it was connected."""
    messages: int
    """Queued or sent and not acknowledged."""


def read_sessions(path: Path) -> list[Session]:
    """The sessions of `mosquitto.db`, by client; raises `LantianError` if the file is not of the known kind."""
    clients: dict[str, int] = {}
    messages: Counter[str] = Counter()
    try:
        # mapped, not read: queues may fill the whole of the broker's memory, which is as large as this file
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for kind, place in _chunks(content):
                if kind == _CLIENT:
                    client = _text(content, place + _CLIENT_LENGTH_AT, place + _CLIENT_ID_AT)
                    clients[client] = _CLIENT_HEAD.unpack_from(content, place)[0]
                elif kind == _CLIENT_MESSAGE:
                    messages[_text(content, place + _MESSAGE_LENGTH_AT, place + _MESSAGE_ID_AT)] += 1
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise LantianError("broker_file", f"{path} cannot be read: {error}", hint="see the broker's log") from error
    return [
        Session(client, expires - EXPIRATION_S if expires else None, messages[client])
        for client, expires in sorted(clients.items())
    ]


def _chunks(content: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Of each its kind, and where its body begins."""
    magic, _, version = _HEADER.unpack_from(content)
    if not magic.endswith(b"mosquitto db") or version != VERSION:
        raise ValueError(f"it is not of version {VERSION}")
    place = _HEADER.size
    while place < len(content):
        kind, length = _CHUNK.unpack_from(content, place)
        place += _CHUNK.size
        yield kind, place
        place += length


def _text(content: mmap.mmap, length_at: int, text_at: int) -> str:
    (length,) = _LENGTH.unpack_from(content, length_at)
    return content[text_at : text_at + length].decode()

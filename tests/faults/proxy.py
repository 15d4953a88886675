"""TCP lines that can be cut, slowed and silenced: `python proxy.py '{"name": [listen, target], …}'`, ports of loopback.

A process of its own, so that what it forwards costs nobody else's time. Commands are lines of standard input, answered
when they are in force by a line each: how many clients were reset.
`cut NAME`: everything is reset and connecting refused; `slow NAME SECONDS`: each piece is held up for so long;
`silence NAME`: nothing is forwarded, nothing closed; `reset NAME`: everything is reset once; `mend NAME`: as new.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
from contextlib import suppress

HOST = "127.0.0.1"
PIECE = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close at once and say so with RST."""


class Line:
    """A listening port, and what becomes of what comes there."""

    def __init__(self, listen: int, target: int) -> None:
        self._listen = listen
        self._target = target
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        """Theirs, and those towards the target."""
        self._flows = asyncio.Event()
        self._flows.set()
        self._delay = 0.0

    async def mend(self) -> int:
        """Forward, at once. What was silent is forgotten: its ends are reset."""
        count = 0
        if not self._flows.is_set():
            count = self.reset()
            self._flows.set()
        self._delay = 0.0
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, HOST, self._listen, limit=PIECE)
        return count

    def cut(self) -> int:
        """Reset everything, and refuse."""
        if self._server is not None:
            self._server.close()
            self._server = None
        return self.reset()

    def slow(self, seconds: float) -> int:
        """Hold every piece up."""
        self._delay = seconds
        return 0

    def silence(self) -> int:
        """Forward nothing, close nothing."""
        self._flows.clear()
        return 0

    def reset(self) -> int:
        """End every connection with RST."""
        count = len(self._clients)
        for end in list(self._ends):
            opened: socket.socket = end.get_extra_info("socket")
            with suppress(OSError):
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()
        return count

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        self._ends.add(writer)
        try:
            await self._serve(reader, writer)
        finally:
            self._clients.discard(writer)
            self._ends.discard(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        if writer.is_closing():  # reset while it was silent
            return
        try:
            to_reader, to_writer = await asyncio.open_connection(HOST, self._target, limit=PIECE)
        except OSError:
            writer.transport.abort()
            return
        self._ends.add(to_writer)
        await asyncio.gather(self._pump(reader, to_writer), self._pump(to_reader, writer))
        self._ends.discard(to_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction; when it ends, the other does."""
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if not self._flows.is_set():
                    await self._flows.wait()
                writer.write(piece)
                await writer.drain()
        with suppress(OSError):
            writer.close()


async def _obey(lines: dict[str, Line]) -> None:
    loop = asyncio.get_running_loop()
    for line in lines.values():
        await line.mend()
    print("ready", flush=True)  # noqa: T201  (the answer)
    while command := await loop.run_in_executor(None, sys.stdin.readline):
        match command.split():
            case ["mend", name]:
                count = await lines[name].mend()
            case ["cut", name]:
                count = lines[name].cut()
            case ["slow", name, seconds]:
                count = lines[name].slow(float(seconds))
            case ["silence", name]:
                count = lines[name].silence()
            case ["reset", name]:
                count = lines[name].reset()
            case _:
                raise ValueError(f"no command: {command!r}")
        print(count, flush=True)  # noqa: T201


async def _main() -> None:
    asked: dict[str, tuple[int, int]] = json.loads(sys.argv[1])
    await _obey({name: Line(*ports) for name, ports in asked.items()})


if __name__ == "__main__":
    asyncio.run(_main())

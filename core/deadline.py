"""A bound on how long the database is waited for.

libpq waits for an answer for ever. Keep-alives find a dead line, but not a proxy or a server that keeps the connection
and says nothing.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from psycopg2.extensions import connection


@contextmanager
def deadline(database: connection, seconds: float) -> Iterator[None]:
    """Cut the connection if the block takes longer: what waits in it fails as if the server had gone away."""
    line = socket.socket(fileno=os.dup(database.fileno()))
    timer = threading.Timer(seconds, _cut, [line])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # the block has just ended
        line.shutdown(socket.SHUT_RDWR)

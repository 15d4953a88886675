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

from core.logs import get_logger

_log = get_logger(__name__)


@contextmanager
def deadline(database: connection, seconds: float) -> Iterator[None]:
    """Cut the connection if the block takes longer: what waits in it fails as if the server had gone away."""
    line = socket.socket(fileno=os.dup(database.fileno()))
    timer = threading.Timer(seconds, _cut, [line, seconds])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.close()


def _cut(line: socket.socket, seconds: float) -> None:
    # else what follows would read as if the server had gone away
    _log.warning("deadline_passed", seconds=seconds)
    with suppress(OSError):  # the block has just ended
        line.shutdown(socket.SHUT_RDWR)

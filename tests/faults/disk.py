"""A server's disk that runs full under load.

What the servers do (PostgreSQL 17, Kafka 4.3): a table that cannot grow fails its statement (SQLSTATE 53100) and all
goes on; a log (WAL) that cannot grow is a PANIC, and as recovery needs room too, the server ends; Kafka gives its only
log folder up at the first write that fails and ends.
"""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fault import Fault
from waiting import eventually

from core.errors import UnavailableError
from core.postgres import Gone, connect

if TYPE_CHECKING:
    from field import Field

FULL = b"No space left on device"
_BALLAST = "ballast"
_BLOCK = bytes(1 << 20)


@contextmanager
def small_disk(state_dir: Path, server: str, megabytes: int) -> Iterator[None]:
    """`<state_dir>/<server>` on a disk of its own, held in memory: before the stack's first `up`, until it is erased.

    The folder is a link, which the stack can erase as it does any folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", folder], check=True)
        try:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            (state_dir / server).symlink_to(folder)
            yield
        finally:
            # lazily: a process that a failed test left must not keep the mount
            subprocess.run(["umount", "--lazy", folder], check=True)


class DiskFull(Fault):
    """No byte is free on the `small_disk` of a server, and the server has noticed."""

    def __init__(self, server: str, *, log: bool = False) -> None:
        """`log`: of PostgreSQL, fill its log to the brim too, as another writer would."""
        self.name = f"disk full ({server}{', in its log' if log else ''})"
        self.touches = frozenset({server})
        self._server = server
        self._log = log

    def strike(self, field: Field) -> None:
        """Fill it, and keep it full until the server has failed to write."""
        ballast = field.folder / self._server / _BALLAST
        told = field.folder / "log" / f"{self._server}.log"
        begin = told.stat().st_size

        def noticed() -> bool:
            _fill(ballast)
            if self._log:
                _fill_log(field)
            if self._log or self._server == "kafka":
                return field.stack.pid(self._server) is None  # it ends, some time after it has said why
            with told.open("rb") as log:
                log.seek(begin)
                return FULL in log.read()

        eventually(f"{self._server} has met the end of its disk", noticed)

    def heal(self, field: Field) -> None:
        """Make room, and start the server if it has ended."""
        (field.folder / self._server / _BALLAST).unlink()
        field.stack.start(self._server)


def _fill(ballast: Path) -> None:
    """Take what is free to the last byte."""
    handle = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        while True:
            os.write(handle, _BLOCK)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    finally:
        os.close(handle)


def _fill_log(field: Field) -> None:
    """Write to PostgreSQL's log alone, until the server breaks off."""
    with suppress(*Gone, UnavailableError), closing(connect(field.core, "owner", application="test")) as database:
        database.autocommit = True
        with database.cursor() as cursor:
            for _ in range(100):
                cursor.execute("select pg_logical_emit_message(false, 'ballast', repeat('x', 1000000))")

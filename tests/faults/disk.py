"""A server's disk that runs full under load.

What the servers do (PostgreSQL 17, Kafka 4.3): a table that cannot grow fails its statement (SQLSTATE 53100) and all
goes on, but for a session that begins then and may not even get that far; a log (WAL) that cannot grow is a PANIC, and
as recovery needs room too, the server ends; Kafka gives its only log folder up at the first write that fails and ends.
"""

from __future__ import annotations

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fault import Fault
from psycopg2.extensions import connection
from waiting import eventually

from core.postgres import Gone, connect

if TYPE_CHECKING:
    from field import Field

FULL = b"No space left on device"
_BALLAST = "ballast"
_TO_LOG = "select pg_logical_emit_message(false, 'ballast', repeat('x', 1000000)) from generate_series(1, 100)"
_TO_FILE = "select count(*) from generate_series(1, 10000000)"
"""More than memory is allowed for: it goes to a temporary file."""
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
        self.server = server
        self._log = log

    def strike(self, field: Field) -> None:
        """Fill it, and keep it full until the server has failed to write."""
        ballast = field.folder / self.server / _BALLAST
        told = field.folder / "log" / f"{self.server}.log"
        begin = told.stat().st_size
        with ExitStack() as open_:
            # before the disk is full: a session that begins then may fail, and no other fault may keep work from it
            database = open_.enter_context(_session(field)) if self.server == "postgres" else None

            def noticed() -> bool:
                _fill(ballast)
                if database is not None:
                    _write(database, _TO_LOG if self._log else _TO_FILE)
                if self._log or self.server == "kafka":
                    return field.stack.pid(self.server) is None  # it ends, some time after it has said why
                with told.open("rb") as log:
                    log.seek(begin)
                    return FULL in log.read()

            eventually(f"{self.server} has met the end of its disk", noticed)

    def heal(self, field: Field) -> None:
        """Make room, and start the server if it has ended."""
        (field.folder / self.server / _BALLAST).unlink()
        field.stack.start(self.server)


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


@contextmanager
def _session(field: Field) -> Iterator[connection]:
    """Of another writer."""
    with closing(connect(field.core, "owner", application="test")) as database:
        database.autocommit = True
        yield database


def _write(database: connection, statement: str) -> None:
    """Some 100 MB, or as much as there is room for."""
    with suppress(*Gone), database.cursor() as cursor:  # psycopg2's DiskFull is one of them
        cursor.execute(statement)

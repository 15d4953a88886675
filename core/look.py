"""Looks at the database again and again, beside a process's work, for gauges that are nobody's own.

Of several processes one looks, under a lock of the database, and tells what it saw; the others tell nothing. When it
ends, or loses its connection, another takes over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import psycopg2
import psycopg2.errors
from prometheus_client import Counter
from psycopg2.extensions import connection

from core.errors import UnavailableError
from core.logs import get_logger
from core.metrics import Samples, Seen
from core.postgres import Gone, connect
from core.settings import CoreSettings

LOOKS = Counter("lantian_looks_total", "Looks at the database for gauges, by what they are of", ["of", "outcome"])

SHARE = 20
"""A look takes at most one part in so many of the time."""
LONGEST_S = 30
"""What a statement of a look may take at most."""
ASK_AGAIN_S = 15.0
"""After the database was away, or while another process looks."""

_log = get_logger(__name__)

Work = Callable[[Any], Samples]
"""What a look reads, by a cursor of its own transaction."""


class Looker:
    """Looks every `every` seconds, in a thread and with a connection of its own."""

    def __init__(self, settings: CoreSettings, role: str, name: str, seen: Seen, work: Work, every: float) -> None:
        """`name`: of the look, for its lock, its metric and its lines in the log."""
        self._settings = settings
        self._role = role
        self._name = name
        self._seen = seen
        self._work = work
        self._every = every
        self._database: connection | None = None

    def start(self, stop: threading.Event) -> threading.Thread:
        """Look until `stop` is set, in a thread that nobody needs to wait for."""
        thread = threading.Thread(target=self.run, args=(stop,), name=f"look at {self._name}", daemon=True)
        thread.start()
        return thread

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; whatever fails is said, counted and tried again, for the process goes on without it."""
        while not stop.is_set():
            try:
                with closing(connect(self._settings, self._role, application=f"lantian look {self._name}")) as database:
                    self._database = database
                    self._look_on(database, stop)
            except (*Gone, UnavailableError) as error:
                self._failed(stop, str(error).strip())
            except Exception:
                _log.exception("look_failed", of=self._name)
                LOOKS.labels(self._name, "failed").inc()
            finally:
                self._database = None
                self._seen.hide()
            stop.wait(ASK_AGAIN_S)

    def cancel(self) -> None:
        """End the query under way; from another thread."""
        database = self._database
        if database is not None:
            with suppress(psycopg2.InterfaceError):  # closed meanwhile: there is none
                database.cancel()

    def _look_on(self, database: connection, stop: threading.Event) -> None:
        with database, database.cursor() as cursor:
            cursor.execute("set statement_timeout = %s", (f"{LONGEST_S}s",))
            # a process that is frozen would keep the lock for ever, and nobody would look
            cursor.execute("set idle_session_timeout = %s", (f"{self._longest_rest_s * 1000:.0f}ms",))
        while not self._lock(database):
            if stop.wait(ASK_AGAIN_S):
                return
        while not stop.is_set():
            began = time.monotonic()
            try:
                with database, database.cursor() as cursor:
                    self._seen.show(self._work(cursor))
                LOOKS.labels(self._name, "done").inc()
            except psycopg2.errors.QueryCanceled as error:
                self._seen.hide()
                self._failed(stop, str(error).strip())
            stop.wait(max(self._every, SHARE * (time.monotonic() - began)))

    @property
    def _longest_rest_s(self) -> float:
        """Between two looks, and as much again as is usual."""
        return SHARE * LONGEST_S + 2 * self._every

    def _failed(self, stop: threading.Event, error: str) -> None:
        if not stop.is_set():
            LOOKS.labels(self._name, "failed").inc()
            _log.warning("look_failed", of=self._name, error=error)

    def _lock(self, database: connection) -> bool:
        """The look's lock, held until the connection ends; whether nobody else has it."""
        with database, database.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(hashtextextended('lantian look ' || %s, 0))", (self._name,))
            return bool(cursor.fetchone()[0])

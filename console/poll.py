"""One look at the database for all browsers together, and one at the pipeline, each in a thread of its own.

However many browsers there are, the servers are asked equally often. What could not be read leaves what was read before
where it is, with its age: an operator must not take a database that is away for a quiet night.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
import psycopg2
from psycopg2.extensions import connection

from console.queries import prepare, read
from console.snapshot import Health, Shown
from core.clock import Clock
from core.errors import LantianError
from core.logs import get_logger
from core.postgres import connect
from core.settings import CoreSettings

HEALTH_EVERY_S = 5.0
"""The pipeline is asked no more often: it costs an answer of each process."""


class Poller:
    """Keeps `shown` fresh until `stop` is set."""

    def __init__(
        self,
        settings: CoreSettings,
        clock: Clock,
        look: Callable[[], Health],
        *,
        refresh_s: float,
        most: int,
        stop: threading.Event,
    ) -> None:
        """`look` says how the pipeline stands, within some seconds; it may raise `LantianError`."""
        self._settings = settings
        self._clock = clock
        self._look = look
        self._refresh_s = refresh_s
        self._most = most
        self._stop = stop
        self._lock = threading.Lock()
        self._shown = Shown()
        self._database: connection | None = None
        self._log = get_logger(__name__)

    @property
    def shown(self) -> Shown:
        """The latest of everything; one frozen value, the same object until something changes."""
        return self._shown

    def start(self) -> list[threading.Thread]:
        """Begin to look; returns the threads, which end soon after `stop` is set."""
        every_health = max(self._refresh_s, HEALTH_EVERY_S)
        threads = [
            threading.Thread(target=self._repeat, args=(self._read, self._refresh_s), name="alerts", daemon=True),
            threading.Thread(target=self._repeat, args=(self._examine, every_health), name="health", daemon=True),
        ]
        for thread in threads:
            thread.start()
        return threads

    def _repeat(self, act: Callable[[], None], every_s: float) -> None:
        while not self._stop.is_set():
            act()
            self._stop.wait(every_s)

    def _read(self) -> None:
        began = time.monotonic()
        try:
            if self._database is None:
                self._database = connect(self._settings, "viewer", application="lantian console")
                prepare(self._database)
            found = read(self._database, self._clock.datetime(), self._most)
        except (psycopg2.Error, LantianError, ValueError) as error:  # ValueError: a stage that a newer Lantian wrote
            self._drop()
            away = _one_line(error)
            if not self._shown.away:
                self._log.warning("console_database_away", error=away)
            self._publish(away=away)
            return
        if self._shown.away:
            self._log.info("console_database_back")
        self._publish(read=found, read_at=began, away="")

    def _drop(self) -> None:
        if self._database is not None:
            with suppress(psycopg2.Error):
                self._database.close()
        self._database = None

    def _examine(self) -> None:
        began = time.monotonic()
        try:
            found = self._look()
        except LantianError as error:
            self._log.warning("console_health_unknown", error=error.message)
            self._publish(health=None, health_at=began)
        else:
            self._publish(health=found, health_at=began)

    def _publish(self, **changes: object) -> None:
        with self._lock:  # two threads replace parts of it
            self._shown = msgspec.structs.replace(self._shown, **changes)


def _one_line(error: Exception) -> str:
    said = error.message if isinstance(error, LantianError) else str(error)
    return (said.strip() or type(error).__name__).splitlines()[0]

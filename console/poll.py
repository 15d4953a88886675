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
        """`look` says how the pipeline stands, within some seconds; what it raises is shown and logged."""
        self._settings = settings
        self._clock = clock
        self._look = look
        self._refresh_s = refresh_s
        self._most = most
        self._stop = stop
        self._lock = threading.Lock()
        self._shown = Shown()
        self._database: connection | None = None
        self._threads: list[threading.Thread] = []
        self._log = get_logger(__name__)

    @property
    def shown(self) -> Shown:
        """The latest of everything; one frozen value, the same object until something changes."""
        return self._shown

    @property
    def alive(self) -> bool:
        """Whether both threads look: what one of them showed last would stand still and look current."""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def start(self) -> list[threading.Thread]:
        """Begin to look; returns the threads, which end soon after `stop` is set."""
        every_health = max(self._refresh_s, HEALTH_EVERY_S)
        work = (
            ("alerts", self._read, self._lost, self._refresh_s),
            ("health", self._examine, self._unknown, every_health),
        )
        self._threads = [
            threading.Thread(target=self._repeat, args=(act, failed, every_s), name=name, daemon=True)
            for name, act, failed, every_s in work
        ]
        for thread in self._threads:
            thread.start()
        return self._threads

    def _repeat(self, act: Callable[[], None], failed: Callable[[Exception], None], every_s: float) -> None:
        while not self._stop.is_set():
            try:
                act()
            except Exception as error:
                self._log.exception("console_look_failed")
                failed(error)
            self._stop.wait(every_s)

    def _read(self) -> None:
        began = time.monotonic()
        try:
            if self._database is None:
                self._database = connect(self._settings, "viewer", application="lantian console")
                prepare(self._database)
            found = read(self._database, self._clock.datetime(), self._most)
        except (psycopg2.Error, LantianError, ValueError) as error:  # ValueError: a stage that a newer Lantian wrote
            if not self._shown.away:
                self._log.warning("console_database_away", error=_one_line(error))
            self._lost(error)
            return
        if self._shown.away:
            self._log.info("console_database_back")
        self._publish(read=found, read_at=began, away="")

    def _lost(self, error: Exception) -> None:
        self._drop()
        self._publish(away=_one_line(error))

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
            self._unknown(error)
        else:
            self._publish(health=found, health_at=began, health_away="")

    def _unknown(self, error: Exception) -> None:
        self._publish(health=None, health_at=time.monotonic(), health_away=_one_line(error))

    def _publish(self, **changes: object) -> None:
        with self._lock:  # two threads replace parts of it
            self._shown = msgspec.structs.replace(self._shown, **changes)


def _one_line(error: Exception) -> str:
    said = error.message if isinstance(error, LantianError) else str(error)
    return (said.strip() or type(error).__name__).splitlines()[0]

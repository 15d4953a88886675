"""Which stations are acknowledged through a platform's topic: a copy of the registry's answer, read again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from core.errors import LantianError
from core.logs import get_logger
from core.postgres import Gone
from core.process import Backoff

log = get_logger(__name__)


class AckRoutes:
    """Station to platform credential, reloaded by a thread of its own; while the database is away the last known."""

    def __init__(self, load: Callable[[], Mapping[str, str]], period: float) -> None:
        self._load = load
        self._period = period
        self._routes: Mapping[str, str] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry", daemon=True)

    @property
    def known(self) -> bool:
        """Whether the registry has answered once."""
        return self._routes is not None

    def platform_of(self, station: str) -> str | None:
        """The credential on whose topic the station is acknowledged; None: on its own."""
        return self._routes.get(station) if self._routes else None

    def start(self) -> None:
        """Begin to load."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it does now."""
        self._stop.set()
        self._thread.join(timeout=10.0)

    def _run(self) -> None:
        backoff = Backoff(shortest=0.5, longest=self._period)
        while not self._stop.is_set():
            try:
                self._routes = self._load()
            except (LantianError, *Gone) as error:
                log.warning("registry_unreadable", error=str(error), known=self.known)
                backoff.wait(self._stop)
                continue
            backoff.reset()
            self._stop.wait(self._period)

"""The notifier beside the engine, in a thread of the same process."""

from __future__ import annotations

import threading
from pathlib import Path

from alerts.notify.channels.opening import channel_of
from alerts.notify.file import NotifyFile
from alerts.notify.notifier import Notifier
from core.clock import clock_of
from core.settings import CoreSettings


class NotifierThread:
    """Runs a notifier until `stop` is set, and sets it if the notifier cannot go on: half a process is none.

    Raises `InputError` for a faulty file at once.
    """

    def __init__(self, settings: CoreSettings, path: Path, stop: threading.Event) -> None:
        self._stop = stop
        self._failed: BaseException | None = None
        self._notifier = Notifier(
            settings, NotifyFile(path), clock_of(settings), lambda target: channel_of(target, settings)
        )
        self._thread = threading.Thread(target=self._run, name="notifier")

    @property
    def well(self) -> bool:
        """Whether the notifier is at work."""
        return self._notifier.well

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Wait until it has left; raises what it failed of."""
        if self._thread.ident is not None:
            self._thread.join()
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        try:
            self._notifier.run(self._stop)
        except BaseException as error:
            self._failed = error
            self._stop.set()

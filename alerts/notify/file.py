"""The notifications' file as it stands, read again when it or its roster has changed; a faulty one changes nothing."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import Gauge

from alerts.notify.routes import Routes, load
from core.errors import InputError
from core.logs import get_logger

REFUSED = Gauge(
    "lantian_notify_file_refused", "1 while the notifications' file has a fault and the former is in force."
)

_log = get_logger(__name__)

_Print = tuple[tuple[int, int] | None, ...]


class NotifyFile:
    """What a path holds. Raises `InputError` if it cannot be used at first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.routes = load(path)
        self._print = _print(self.routes)
        self._refused: str | None = None

    def renew(self) -> bool:
        """Whether it says something else than before; what cannot be used is told, and the former stays."""
        found = _print(self.routes)
        if found == self._print and self._refused is None:
            return False
        self._print = found
        try:
            self.routes = load(self._path)
        except InputError as error:  # it may name a roster that nobody has looked at: each look tries again
            REFUSED.set(1)
            if str(error) != self._refused:
                _log.error("notify_file_refused", error=str(error))
            self._refused = str(error)
            return False
        self._refused = None
        self._print = _print(self.routes)
        REFUSED.set(0)
        _log.info("notify_file_renewed", targets=len(self.routes.targets))
        return True


def _print(routes: Routes) -> _Print:
    return tuple(_of(path) for path in routes.paths)


def _of(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:  # replaced just now, or gone: the next look sees what it has become
        return None
    return stat.st_mtime_ns, stat.st_size

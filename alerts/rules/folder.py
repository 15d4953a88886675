"""The rule packs of a folder as they stand, read again when a file has changed; faulty ones change nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from prometheus_client import Gauge

from alerts.rules.book import load, packs_in
from core.errors import InputError
from core.logs import get_logger

REFUSED = Gauge("lantian_alerts_rules_refused", "1 while the rule packs have a fault and the former ones are in force.")
RULES = Gauge("lantian_alerts_rules", "Rules in force.")

_log = get_logger(__name__)

_Print = tuple[tuple[str, int, int], ...]


class RuleFolder:
    """What stands in a folder of rule packs. Raises `InputError` if it cannot be used at first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._print = _print(folder)
        self.book = load(folder)
        RULES.set(len(self.book.rules))

    def renew(self) -> bool:
        """Whether other rules are in force than before; what cannot be used is told, and the former rules stay."""
        found = _print(self._folder)
        if found == self._print:
            return False
        self._print = found
        try:
            self.book = load(self._folder)
        except InputError as error:
            REFUSED.set(1)
            _log.error("rules_refused", error=str(error))
            return False
        REFUSED.set(0)
        RULES.set(len(self.book.rules))
        _log.info("rules_renewed", rules=len(self.book.rules))
        return True


def _print(folder: Path) -> _Print:
    found = []
    for path in packs_in(folder):
        with suppress(FileNotFoundError):  # renamed meanwhile: the next look sees what it has become
            stat = path.stat()
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(found)

"""Logs by structlog: one event a line, JSON or console; secrets never go in."""

from __future__ import annotations

import logging
import math
import sys
from collections import Counter
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.clock import clock_of
from core.settings import CoreSettings


def configure(settings: CoreSettings, process: str) -> None:
    """Set up structlog for this process, which says in each line who it is.

    Logs go to stderr so that stdout stays a command's answer.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    console = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    clock = clock_of(settings)

    def speaker(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Not by contextvars: a thread begins without its starter's."""
        return {"process": process, "instance": settings.instance, **event}

    def data_time(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if clock.epoch:
            event["data_time"] = clock.datetime().isoformat(timespec="seconds")
        return event

    structlog.configure(
        processors=[
            speaker,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            data_time,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(Seldom())


class Seldom(logging.Filter):
    """Lets a place in a library's code speak once a minute, and says how often it was silenced meanwhile.

    kafka-python tells of each try to reach a broker that is away, some fourteen lines a second of a worker.
    """

    EVERY_S = 60.0

    def __init__(self) -> None:
        super().__init__()
        self._spoke: dict[tuple[str, int, int], float] = {}
        self._silenced: Counter[tuple[str, int, int]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """By the record's own time; what it remembers is bounded by the places that log, and the levels.

        A line of code may warn of one thing and complain of a worse one.
        """
        place = (record.name, record.lineno, record.levelno)
        if record.created - self._spoke.get(place, -math.inf) < self.EVERY_S:
            self._silenced[place] += 1
            return False
        self._spoke[place] = record.created
        if silenced := self._silenced.pop(place, 0):
            record.msg, record.args = f"{record.getMessage()} ({silenced} more since the last such line)", ()
        return True


def get_logger(name: str) -> Any:
    """A bound structlog logger."""
    return structlog.get_logger(name)

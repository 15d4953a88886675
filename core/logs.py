"""Logs by structlog: one event a line, JSON or console; secrets never go in, and what repeats is bounded.

An event's name is in snake_case and, where a metric counts the same thing, that metric's without package and unit
(docs/operations.md).
"""

from __future__ import annotations

import logging
import math
import re
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

from core.clock import clock_of
from core.log_masking import MaskingFormatter, mask_event
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

    stamped: list[structlog.typing.Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        data_time,
        structlog.processors.format_exc_info,
        mask_event,
    ]
    json = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            speaker,
            structlog.processors.add_log_level,
            SeldomEvents(time.monotonic),
            *stamped,
            structlog.dev.ConsoleRenderer() if console else json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Seldom())
        handler.setFormatter(
            MaskingFormatter("%(asctime)s %(name)s %(message)s")
            if console
            else structlog.stdlib.ProcessorFormatter(
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _library_said,
                    speaker,
                    *stamped,
                    json,
                ],
                foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
            )
        )


def _library_said(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's words are no name that can be searched for: they stand beside one."""
    return {**event, "said": event["event"], "event": "library_said"}


EVERY_S = 60.0
"""How often the same complaint may be heard."""


class Seldom(logging.Filter):
    """Lets a place in a library's code speak once a minute, and says how often it was silenced meanwhile.

    kafka-python tells of each try to reach a broker that is away, some fourteen lines a second of a worker.
    """

    def __init__(self) -> None:
        super().__init__()
        self._spoke: dict[tuple[str, int, int], float] = {}
        self._silenced: Counter[tuple[str, int, int]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """By the record's own time; what it remembers is bounded by the places that log, and the levels.

        A line of code may warn of one thing and complain of a worse one. A clock that was set back silences nothing.
        """
        place = (record.name, record.lineno, record.levelno)
        if 0 <= record.created - self._spoke.get(place, -math.inf) < EVERY_S:
            self._silenced[place] += 1
            return False
        self._spoke[place] = record.created
        if silenced := self._silenced.pop(place, 0):
            record.msg, record.args = f"{record.getMessage()} ({silenced} more since the last such line)", ()
        return True


_NUMBERED = re.compile(r"\w*\d\w*")


class SeldomEvents:
    """The same for our own warnings and errors: an event speaks once a minute about the same thing.

    A server that is away for an hour costs sixty lines, not thousands; the next line says in `silenced` how many were
    left out. What an event is about is told by a few fields (`ABOUT`) and by its error's words, so that one alert does
    not silence another. A station is not among them: they are tens of thousands, and one fault may be all theirs. If
    the trouble ends, whichever line comes next after the minute tells in `left_out` what nobody told.
    """

    LEVELS = frozenset({"warning", "error", "critical"})
    ABOUT = ("alert_id", "city", "consumer", "member", "part", "partition", "reason", "target", "topic")
    ERRORS = 64
    """Told apart at most about one thing: what devices send stands in errors, and must not fill the log."""
    PLACES = 2000
    """Remembered at most: beyond it those that have been quiet for long are forgotten, or else all."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` gives seconds that only go forward."""
        self._now = now
        self._spoke: dict[tuple[object, ...], float] = {}
        self._silenced: Counter[tuple[object, ...]] = Counter()
        self._left_out: Counter[str] = Counter()
        self._due = math.inf
        self._lock = threading.Lock()

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A processor for structlog, behind `add_log_level`; raises `DropEvent` for what was just said."""
        with self._lock:
            now = self._now()
            if event["level"] in self.LEVELS:
                self._hear(event, now)
            if now >= self._due:
                self._gather(now)
            if self._left_out:
                event["left_out"] = dict(self._left_out)
                self._left_out.clear()
        return event

    def _hear(self, event: MutableMapping[str, Any], now: float) -> None:
        fields = (str(event.get(name, "")) for name in self.ABOUT)
        about = (event["event"], event["level"], *fields, _kind(str(event.get("error", "")), self.ERRORS))
        spoke = self._spoke.get(about, -math.inf)
        if now - spoke < EVERY_S:
            self._silenced[about] += 1
            self._due = min(self._due, spoke + EVERY_S)
            raise structlog.DropEvent
        if len(self._spoke) >= self.PLACES:
            self._forget(now)
        self._spoke[about] = now
        if silenced := self._silenced.pop(about, 0):
            event["silenced"] = silenced

    def _gather(self, now: float) -> None:
        """What was silenced and whose minute is over: `left_out`, by event."""
        for about in [about for about in self._silenced if now - self._spoke[about] >= EVERY_S]:
            self._left_out[str(about[0])] += self._silenced.pop(about)
        self._due = min((self._spoke[about] + EVERY_S for about in self._silenced), default=math.inf)

    def _forget(self, now: float) -> None:
        fresh = {about: spoke for about, spoke in self._spoke.items() if now - spoke < EVERY_S}
        self._spoke = fresh if len(fresh) < self.PLACES else {}
        for about in [about for about in self._silenced if about not in self._spoke]:
            self._left_out[str(about[0])] += self._silenced.pop(about)


def _kind(error: str, kinds: int) -> int:
    """Which of `kinds` an error is; a try's number or a port makes no other of it."""
    return zlib.crc32(_NUMBERED.sub("#", error[:500]).encode("utf-8", "replace")) % kinds


def get_logger(name: str) -> Any:
    """A bound structlog logger."""
    return structlog.get_logger(name)

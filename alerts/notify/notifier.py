"""The notifier: follows the alerts' log, writes messages down, and sends each until its target has confirmed it.

Delivery guarantee: at least once. A message is committed before it is first sent, and again when it was confirmed;
whoever dies between sends it again under the same id. One notifier serves a target at a time (a lock of the session,
free as soon as the process is gone); the others wait. One thread does all work in the database, others send.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from prometheus_client import Counter, Gauge
from psycopg2.extensions import connection

from alerts.notify import store
from alerts.notify.delays import CONFIRMED_DELAY, delays
from alerts.notify.file import NotifyFile
from alerts.notify.follow import LOST, follow, given_up, hand_on, release
from alerts.notify.giving_up import Lost, overdue
from alerts.notify.handover import hand_over
from alerts.notify.message import Channel, Failure, Outcome
from alerts.notify.outgoing import Sent, next_message, record
from alerts.notify.store import ToSend
from alerts.notify.target import Target
from core.clock import Clock
from core.errors import LantianError, UnavailableError
from core.logs import get_logger
from core.postgres import Gone, connect
from core.process import Backoff
from core.settings import CoreSettings

ROLE = "notifier"
APPLICATION = "lantian notifier"
POLL_S = 0.2
"""Between two looks at the log."""
CHORES_S = 15.0
"""Between two looks at what is held back, given up or handed over, and at the file; of data time."""
SEND_S = 15.0
"""How long a try may take."""
THREADS = 32
STALLED_S = 30
"""Who holds a target's lock and has asked the database nothing for so long is frozen, and its session is ended."""

REST_S = 60.0
"""So long a city, a target or a message that fails unforeseen is left alone."""

FAILED = Counter("lantian_notify_failed", "What failed unforeseen of a city, a target or a message; it is tried again.")
TURNED = Gauge("lantian_notify_turned_timestamp_seconds", "When the notifier last went round, Unix seconds.")
TRIES = Counter("lantian_notify_tries", "Tries to send a message.", ["target", "outcome"])
WAITING = Gauge(
    "lantian_notify_oldest_seconds", "Age of the oldest notification that is due and not confirmed, in data time."
)

_log = get_logger(__name__)
_LOCK = "select pg_try_advisory_lock(hashtextextended('lantian notify ' || %s, 0))"
_STALLED = """
select count(pg_terminate_backend(a.pid)) from pg_stat_activity a join pg_locks l using (pid)
where l.locktype = 'advisory' and l.granted and a.usename = current_user and a.pid <> pg_backend_pid()
    and (a.state <> 'active' or a.wait_event_type = 'Client')
    and a.state_change < clock_timestamp() - make_interval(secs => %s)
"""


class Notifier:
    """Runs until told to stop; `open_channel` makes a target's channel."""

    def __init__(
        self, settings: CoreSettings, file: NotifyFile, clock: Clock, open_channel: Callable[[Target], Channel]
    ) -> None:
        self._settings = settings
        self._file = file
        self._clock = clock
        self._open_channel = open_channel
        self._database: connection | None = None
        self._held: set[str] = set()
        self._channels: dict[str, tuple[Target, Channel]] = {}
        self._busy: set[str] = set()
        self._done: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._unrecorded: list[Sent] = []
        self._chores_at = float("-inf")
        self._resting: dict[str, float] = {}
        self._turned = float("-inf")
        self._backoff = Backoff()

    @property
    def well(self) -> bool:
        """Whether it has gone round of late."""
        return time.monotonic() - self._turned < STALLED_S

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; what is being sent then is waited for and recorded."""
        with ThreadPoolExecutor(THREADS, thread_name_prefix="notify") as threads:
            try:
                while not stop.is_set():
                    try:
                        self._turn(threads)
                        self._turned = time.monotonic()
                        TURNED.set_to_current_time()
                        self._backoff.reset()
                    except (*Gone, UnavailableError) as error:
                        _log.warning("server_away", error=str(error).strip())
                        self._close_database()
                        self._backoff.wait(stop)
            finally:
                self._finish()

    def _turn(self, threads: ThreadPoolExecutor) -> None:
        database = self._open()
        now = self._clock.datetime()
        with database, database.cursor() as cursor:
            behind = store.behind(cursor, self._file.routes.cities)
        more = [city for city in behind if self._apart(f"city {city}", partial(self._follow, city, now))]
        if abs(now.timestamp() - self._chores_at) >= CHORES_S:
            self._chores_at = now.timestamp()
            self._apart("chores", partial(self._chores, database, now))
        with database, database.cursor() as cursor:
            due = [target for target in store.with_work(cursor, now) if target in self._file.routes.targets]
        for target in due:
            if target not in self._busy and self._hold(database, target):
                self._apart(f"target {target}", partial(self._begin, threads, target, now))
        self._collect(0.0 if more else POLL_S)
        for sent in list(self._unrecorded):
            self._apart(f"message {sent.what.message.id}", partial(self._record, sent))

    def _apart(self, name: str, work: Callable[[], bool | None]) -> bool | None:
        """Do what belongs to one city, target or message; what fails in it, unforeseen, rests and stops no other."""
        if time.monotonic() < self._resting.get(name, 0.0):
            return None
        try:
            return work()
        except (*Gone, UnavailableError):
            raise
        except Exception:
            FAILED.inc()
            _log.exception("notifier_failed", part=name)
            self._resting[name] = time.monotonic() + REST_S
            return None

    def _follow(self, city: str, now: datetime) -> bool:
        with self._open() as database, database.cursor() as cursor:
            return follow(cursor, self._file.routes, city, now)

    def _open(self) -> connection:
        if self._database is None:
            self._database = connect(self._settings, ROLE, application=APPLICATION)
        return self._database

    def _chores(self, database: connection, now: datetime) -> None:
        former = set(self._file.routes.targets)
        self._file.renew()
        routes = self._file.routes
        gone = former.difference(routes.targets)
        with database, database.cursor() as cursor:
            release(cursor, routes, now)
            hand_over(cursor, routes, now)
            lost = given_up(cursor, routes, now)
            lost += overdue(cursor, gone, datetime.max.replace(tzinfo=UTC), now)
            self._hand_on(cursor, lost, now)
            WAITING.set(store.oldest_s(cursor, now))

    def _hand_on(self, cursor: Any, lost: list[Lost], now: datetime) -> None:
        if unheard := hand_on(cursor, self._file.routes, lost, now):
            LOST.inc(unheard)
            _log.error("notifications_given_up", count=unheard, hint="name a last_resort that answers")

    def _hold(self, database: connection, target: str) -> bool:
        """Whether this notifier is the one that serves the target."""
        if target not in self._held:
            with database, database.cursor() as cursor:
                cursor.execute(_LOCK, (target,))
                if cursor.fetchone()[0]:
                    self._held.add(target)
                else:
                    cursor.execute(_STALLED, (STALLED_S,))
        return target in self._held

    def _begin(self, threads: ThreadPoolExecutor, name: str, now: datetime) -> None:
        """Have the next message sent: an older one that is due, or one of what waits."""
        target = self._file.routes.targets[name]
        with self._open() as database, database.cursor() as cursor:
            what = next_message(cursor, target, now)
        if what is not None:
            self._busy.add(name)
            threads.submit(self._send, target, what)

    def _send(self, target: Target, what: ToSend) -> None:
        """In a thread of the target's own; whatever happens, its end is told."""
        began, clock = self._clock.datetime(), time.monotonic()
        outcome = Outcome(Failure.UNKNOWN, "the channel failed")
        try:
            outcome = self._channel(target).send(what.message, SEND_S)
            if outcome.failure is Failure.REFUSED:  # its secret may be another by now
                self._channels.pop(target.id)[1].close()
        except LantianError as error:
            outcome = Outcome(Failure.UNREACHABLE, str(error))
        except Exception as error:
            _log.error("channel_failed", target=target.id, error=type(error).__name__)  # its words may hold a secret
            outcome = Outcome(Failure.UNKNOWN, type(error).__name__)
        finally:
            self._done.put(Sent(target.id, what, outcome, began, time.monotonic() - clock))

    def _channel(self, target: Target) -> Channel:
        """The target's channel, a new one where its settings have changed; only the target's thread asks."""
        former = self._channels.get(target.id)
        if former is not None and former[0] == target:
            return former[1]
        if former is not None:
            former[1].close()
        channel = self._open_channel(target)
        self._channels[target.id] = (target, channel)
        return channel

    def _collect(self, wait_s: float) -> None:
        """Take what was sent meanwhile; wait for the first of it, if there is none."""
        try:
            found = self._done.get(timeout=wait_s) if wait_s else self._done.get_nowait()
            while True:
                self._unrecorded.append(found)
                found = self._done.get_nowait()
        except queue.Empty:
            return

    def _record(self, sent: Sent) -> None:
        with self._open() as database, database.cursor() as cursor:
            now = self._clock.datetime()
            self._hand_on(cursor, record(cursor, sent, now), now)
        self._unrecorded.remove(sent)
        self._busy.discard(sent.target)
        failure = sent.outcome.failure
        TRIES.labels(sent.target, failure or "delivered").inc()
        if failure is None:
            for delay in delays(sent.what.message, now):
                CONFIRMED_DELAY.observe(delay)
        tell = _log.info if failure is None else _log.warning
        tell("message_sent" if failure is None else "message_not_sent", target=sent.target,
             message_id=sent.what.message.id, failure=failure, detail=sent.outcome.detail)  # fmt: skip

    def _finish(self) -> None:
        """Wait for what is being sent and record it, if the database still answers."""
        while self._busy - {sent.target for sent in self._unrecorded}:
            self._collect(SEND_S)
        try:
            for sent in list(self._unrecorded) if self._database is not None else ():
                self._record(sent)
        except (*Gone, UnavailableError) as error:
            _log.warning("server_away", error=str(error).strip())
        for _, channel in self._channels.values():
            channel.close()
        self._close_database()

    def _close_database(self) -> None:
        self._held.clear()
        if self._database is not None:
            self._database.close()
            self._database = None

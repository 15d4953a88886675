"""The ledger struck again and again beside the worker, for metrics and `lantian status`.

Of several workers whichever first finds it due strikes it, under a lock of the database, and writes the result there;
all show what stands there, so whichever is asked says the same. Only while little is in flight: numbers in flight are
read from Kafka, and to read a whole backlog again each time would take from the worker what it needs to work it off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from decimal import Decimal
from typing import Any

import msgspec
import psycopg2
import psycopg2.errors
from kafka.errors import KafkaError
from prometheus_client import Counter, Gauge
from psycopg2.extensions import connection

from aggregate.ledger.balance import Account, balance, source_name
from aggregate.ledger.books import read_books
from aggregate.ledger.intake import stands
from aggregate.ledger.log import records_ahead
from core import kafka
from core.errors import UnavailableError
from core.logs import get_logger
from core.postgres import Gone, connect
from core.settings import CoreSettings
from ingest.envelope import Source

MISSING = Gauge("lantian_ledger_missing", "Report numbers due, not received and not in flight", ["source"])
UNACCOUNTED = Gauge("lantian_ledger_unaccounted", "Readings taken that do not stand, or stand and were not", ["source"])
DOUBLED = Gauge("lantian_ledger_doubled", "Readings with more than one current value", ["source"])
IN_FLIGHT = Gauge("lantian_ledger_in_flight", "Report numbers that Kafka holds and no worker has taken", ["source"])
BREAKS = Gauge("lantian_ledger_intake_breaks", "Gaps and overlaps in what the worker says it took")
CHECKED = Gauge("lantian_ledger_checked_timestamp_seconds", "When the ledger was last struck")
AUDITS = Counter("lantian_ledger_audits_total", "Times the ledger was struck or was to be", ["outcome"])

SHARE = 20
"""The ledger is struck for at most one part in so many of the time."""
LITTLE = 1000
"""Records ahead of the workers, at most, while the ledger is struck: each is read once more."""
LONGEST_S = 300
"""What a statement may take at most: its snapshot keeps back the clearing of dead rows in the whole database."""
LOOK_AGAIN_S = 30.0
"""After too much was in flight, or another worker was at it."""

_LOCK = 0x6C_65_64_67_65_72
"""Of the database's advisory locks, the ledger's: “ledger”."""

_log = get_logger(__name__)


class Line(msgspec.Struct, frozen=True):
    """What the last check found of a source; `breaks`, `checked_at` (Unix seconds) and `seconds` are of the whole."""

    source: str
    accounts: int
    unbalanced: int
    due: int
    in_flight: int
    missing: int
    readings: int
    unaccounted: int
    doubled: int
    breaks: int
    checked_at: float
    seconds: float

    @property
    def balanced(self) -> bool:
        """Whether nothing is missing, doubled or unaccounted for."""
        return not (self.missing or self.unaccounted or self.doubled or self.breaks)


def last(database: connection) -> list[Line]:
    """The result of the last check, a line a source; none if the ledger was never struck. Ends its transaction."""
    with database, database.cursor() as cursor:
        cursor.execute(
            "select source, accounts, unbalanced, due, in_flight, missing, readings, unaccounted, doubled, breaks,"
            " extract(epoch from checked_at)::float8, seconds from ledger_audit order by source"
        )
        return [
            Line(source_name(source), *(int(figure) if isinstance(figure, Decimal) else figure for figure in figures))
            for source, *figures in cursor.fetchall()
        ]


def lines(accounts: Sequence[Account], breaks: int, checked_at: float, seconds: float) -> list[Line]:
    """A line for every source, also for those of which there is nothing. Pure."""
    found = []
    for source in map(source_name, Source):
        of = [account for account in accounts if account.source == source]
        found.append(
            Line(
                source,
                len(of),
                sum(not account.balanced for account in of),
                sum(account.due for account in of),
                sum(account.in_flight for account in of),
                sum(account.lost for account in of),
                sum(account.readings for account in of),
                sum(account.unaccounted for account in of),
                sum(account.duplicated for account in of),
                breaks,
                checked_at,
                seconds,
            )
        )
    return found


def due_in(known: Sequence[Line], now: float, every: float) -> float:
    """Seconds until the ledger is to be struck again, 0 if now: it began `seconds` before `checked_at`. Pure."""
    if not known:
        return 0.0
    began = known[0].checked_at - known[0].seconds
    return max(0.0, began + max(every, SHARE * known[0].seconds) - now)


class Auditor:
    """Strikes the ledger when it is due, in a thread and with a connection of its own."""

    def __init__(self, settings: CoreSettings, role: str, every: float) -> None:
        self._settings = settings
        self._role = role
        self._every = every
        self._database: connection | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; whatever fails is said, counted and tried again, for the worker goes on without the ledger."""
        while not stop.is_set():
            try:
                with closing(connect(self._settings, self._role, application="lantian audit")) as database:
                    self._database = database
                    pause = self.turn(database)
            except psycopg2.errors.QueryCanceled:
                pause = float(max(self._every, SHARE * LONGEST_S))
                if not stop.is_set():
                    AUDITS.labels("too_large").inc()
                    _log.warning("audit_too_large", seconds=LONGEST_S)
            except (*Gone, UnavailableError, KafkaError) as error:
                pause = LOOK_AGAIN_S
                if not stop.is_set():
                    AUDITS.labels("failed").inc()
                    _log.warning("audit_failed", error=str(error).strip())
            except Exception:
                pause = self._every
                AUDITS.labels("failed").inc()
                _log.exception("audit_failed")
            finally:
                self._database = None
            stop.wait(pause)

    def cancel(self) -> None:
        """End the query under way; from another thread."""
        database = self._database
        if database is not None:
            with suppress(psycopg2.InterfaceError):  # closed meanwhile: there is none
                database.cancel()

    def turn(self, database: connection) -> float:
        """Show the last result, and strike the ledger if it is due; returns how many seconds to wait.

        Raises `QueryCanceled` if the database holds more than is counted in `LONGEST_S`.
        """
        _show(last(database))
        with database, database.cursor() as cursor:
            cursor.execute("set statement_timeout = %s", (f"{LONGEST_S}s",))
        pause = self._strike(database) if _lock(database) else LOOK_AGAIN_S
        _show(last(database))
        return pause

    def _strike(self, database: connection) -> float:
        pause = due_in(last(database), time.time(), self._every)
        if pause > 0:
            return min(pause, self._every)
        cluster = kafka.cluster_id(self._settings)
        with database, database.cursor() as cursor:
            reached = stands(cursor, cluster)
        if records_ahead(self._settings, reached) > LITTLE:
            AUDITS.labels("put_off").inc()
            return LOOK_AGAIN_S
        began = time.monotonic()
        books = read_books(database, self._settings)
        found = lines(balance(books), len(books.breaks), time.time(), time.monotonic() - began)
        with database, database.cursor() as cursor:
            _write(cursor, found)
        AUDITS.labels("done").inc()
        if not all(line.balanced for line in found):
            _log.warning("ledger_unbalanced", **{line.source: line.unbalanced for line in found if line.unbalanced},
                         breaks=len(books.breaks))  # fmt: skip
        return max(self._every, SHARE * found[0].seconds)


def _lock(database: connection) -> bool:
    """The ledger's lock, held until the connection ends; whether nobody else has it."""
    with database, database.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
        return bool(cursor.fetchone()[0])


def _write(cursor: Any, found: Sequence[Line]) -> None:
    columns = Line.__struct_fields__
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    places = ", ".join("to_timestamp(%s)" if name == "checked_at" else "%s" for name in columns)
    for line in found:
        cursor.execute(
            f"insert into ledger_audit ({', '.join(columns)}) values ({places}) on conflict (source) do update"
            f" set {changes}",
            (int(Source[line.source.upper()]), *msgspec.structs.astuple(line)[1:]),
        )


def _show(known: Sequence[Line]) -> None:
    for line in known:
        MISSING.labels(line.source).set(line.missing)
        UNACCOUNTED.labels(line.source).set(line.unaccounted)
        DOUBLED.labels(line.source).set(line.doubled)
        IN_FLIGHT.labels(line.source).set(line.in_flight)
        BREAKS.set(line.breaks)
        CHECKED.set(line.checked_at)

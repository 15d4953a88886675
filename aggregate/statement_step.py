"""The worker's further steps: statistics made of other statistics, from the statements that tell of these.

What is made is a function of the rows as they stand: a statement only says where to look. Who gains a partition notes
what is open there, and its next ticks make it anew, slice by slice (docs/decisions/0007).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from prometheus_client import Counter

from aggregate.owed import Owed
from aggregate.publish import batches
from aggregate.settle import Settled, finish
from aggregate.statistic import Key, State, Statement, Statistic, decode_statements
from aggregate.statistic_store import SLICE, Writer, fills_slice, read_due, slices, weight, write
from aggregate.store import Layouts
from aggregate.tally import Tally
from core import offsets
from core.kafka import STATISTICS, partition_of
from core.logs import get_logger
from core.outbox import enqueue
from ingest.registry import Registry, RegistryReader

MALFORMED = Counter("lantian_statements_malformed_total", "Records of the statistics topic that are none of ours")

_log = get_logger(__name__)


class Maker(Protocol):
    """Makes statistics of statistics."""

    name: str
    """The consumer, and who writes them."""

    def touched(self, city: str, statement: Statement) -> Iterable[Key]:
        """The windows that a statement about a station or city changes."""

    def place(self, registry: Registry, key: Key) -> tuple[str, str]:
        """City, whose partition it belongs to, and kind of a window's object."""

    def make(
        self, cursor: Any, registry: Registry, windows: Iterable[Key], now: int, over: Mapping[Key, Statistic]
    ) -> list[Settled]:
        """What of these windows has changed; rows in `over` stand for those in the database. Nothing is written."""


class StatementStep:
    """Takes `lantian.statistics.v1` (core.step.Step)."""

    topic = STATISTICS

    def __init__(
        self, maker: Maker, layouts: Layouts, lateness_s: int, registries: RegistryReader | None = None
    ) -> None:
        """`layouts`: the maker's; `registries`: what the steps of a process share."""
        self.consumer = maker.name
        self._maker = maker
        self._layouts = layouts
        self._lateness_s = lateness_s
        self._registries = registries or RegistryReader()
        self._registry = Registry.empty()
        self._owed = Owed(maker.name)
        self._tally = Tally()

    def forget(self) -> None:
        """Drop what a transaction may have left half known."""
        self._layouts.forget()
        self._tally.clear()

    def committed(self, now: float) -> None:
        """Count what was written."""
        self._tally.tell(now)

    def gained(self, cursor: Any, partitions: Sequence[int], now: float) -> None:
        """Note every open window of the partitions: the ticks that follow make them anew."""
        self._refresh(cursor)
        self._owed.note(cursor, partitions)

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> bool:
        """What falls due by the clock, and what is still owed."""
        due = read_due(cursor, self._layouts, self.consumer, partitions, now)
        owed = self._owed.take(partitions, SLICE - sum(weight(row.key.window) for row in due))
        if not due and not owed:
            return False
        self._refresh(cursor)
        ended: list[Statistic] = []
        anew = set(owed)
        for row in due:
            if State.OPEN in row.states or partition_to_hold(self._maker, self._registry, row.key) not in partitions:
                anew.add(row.key)
            else:
                ended.append(row)
        done = self._update(cursor, partitions, anew, int(now))
        finished = (finish(row, now=int(now), lateness=self._lateness_s) for row in ended if row.key not in done)
        self._publish(cursor, [settled for settled in finished if settled])
        return fills_slice(due) or self._owed.waits(partitions)

    def take(self, cursor: Any, records: Mapping[int, Sequence[Any]], now: float) -> None:
        """Make anew the windows that statements touch."""
        self._refresh(cursor)
        touched: set[Key] = set()
        for batch in records.values():
            for record in batch:
                try:
                    told = decode_statements(record.value or b"")
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    MALFORMED.inc()
                    _log.warning("statements_malformed", offset=record.offset, error=str(error))
                    continue
                for statement in told.statements:
                    touched.update(self._maker.touched(told.city, statement))
        self._update(cursor, records, touched, int(now))

    def _refresh(self, cursor: Any) -> None:
        self._registry = self._registries.read(cursor.connection)

    def _update(self, cursor: Any, held: Collection[int], keys: Iterable[Key], now: int) -> set[Key]:
        """Make windows anew; returns those that changed.

        Slice by slice, also where it must be one transaction: each computes for seconds and holds its days in memory,
        and the database ends a session that stands still for long.
        """
        wanted = sorted({key.base for key in keys})
        hold_others(cursor, self._maker, self._registry, wanted, held)
        done: set[Key] = set()
        for part in slices(wanted, SLICE, lambda key: key.window):
            made = self._maker.make(cursor, self._registry, part, now, {})
            self._publish(cursor, made)
            done.update(settled.row.key for settled in made)
        return done

    def _publish(self, cursor: Any, made: Sequence[Settled]) -> None:
        publish(cursor, self._maker, self._layouts, self._registry, made)
        self._tally.note_statistics(settled.row for settled in made)


def partition_to_hold(maker: Maker, registry: Registry, key: Key) -> int:
    """Whose holder alone writes a window."""
    return partition_of(maker.place(registry, key)[0])


def hold_others(cursor: Any, maker: Maker, registry: Registry, keys: Iterable[Key], held: Collection[int]) -> None:
    """Lock the partitions that windows belong to and that are not held yet.

    The days of a station that has moved are told of by its new city's partition, and its year belongs to the old one's.
    """
    others = {partition_to_hold(maker, registry, key) for key in keys}.difference(held)
    if others:
        offsets.hold(cursor, maker.name, STATISTICS, others)


def publish(cursor: Any, maker: Maker, layouts: Layouts, registry: Registry, made: Sequence[Settled]) -> None:
    """Write what was made and tell others of it, each city's by its partition."""
    placed = [(settled, *maker.place(registry, settled.row.key)) for settled in made]
    write(cursor, layouts, [(settled, Writer(maker.name, partition_of(city))) for settled, city, _ in placed])
    told: dict[str, list[Statement]] = defaultdict(list)
    for settled, city, kind in placed:
        if settled.told:
            told[city].append(settled.row.statement(kind))
    for city, statements in told.items():
        enqueue(cursor, maker.name, partition_of(city), batches(city, statements))

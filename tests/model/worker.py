"""Workers: from Kafka to the database, one transaction at a time, under the partition's lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

from .delivery import Broken, Kafka
from .judge import Judge
from .mutants import Mutant
from .tables import Rejected, State, Statement, Tables, Tier
from .vocabulary import Body, Entry, Fate, Slot, day_of
from .windows import Memory, Statistics


class OffsetBeyondLogError(Exception):
    """The database stands on what Kafka no longer has."""


@dataclass
class Shared:
    """What all processes see: the log, the database, the topics that it feeds, the clock."""

    kafka: Kafka = field(default_factory=Kafka)
    database: list[Tables] = field(default_factory=lambda: [Tables(), Tables()])
    statistics: list[Statement] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    now: int = 0
    watch: Callable[[int], None] = lambda _: None

    def commit(self, partition: int, tables: Tables) -> None:
        """Makes a transaction's tables those of the partition; `watch` is told."""
        self.database[partition] = tables
        self.watch(partition)


APART: dict[Mutant, tuple[str, ...]] = {
    Mutant.OFFSET_APART: ("offset",),
    Mutant.OUTBOX_APART: ("outbox",),
    Mutant.STATISTICS_APART: ("stats", "former", "outbox"),
    Mutant.INTAKE_APART: ("intake",),
    Mutant.REJECTED_APART: ("rejected",),
}
"""What each of these mutants commits after the rest, and loses when the process dies between."""

Change = Callable[[Tables, Memory], None]


class Worker:
    """Remembers the partitions that it believes to hold."""

    def __init__(self, shared: Shared, broken: Broken) -> None:
        self.shared = shared
        self.broken = broken
        self.judge = Judge(broken)
        self.statistics = Statistics(broken)
        self.memory: dict[int, Memory] = {}

    def gain(self, partition: int, *, again: bool = False) -> None:
        """Raises the epoch and reads the row; the clock rebuilds what is open; `again` after a doubtful commit."""
        tx = self.shared.database[partition].copy()
        self._check_offset(partition, tx)
        keeps = Mutant.EPOCH_KEPT_ON_DOUBT if again else Mutant.EPOCH_KEPT_ON_GAIN
        if not self.broken(keeps):
            tx.epoch += 1
        self.memory[partition] = self.statistics.remembered(tx, (tx.offset, tx.epoch), self.shared.now)
        self.shared.commit(partition, tx)

    def dies(self) -> None:
        """Forgets everything."""
        self.memory = {}

    def work(self, partition: int, records: int, fate: Fate) -> None:
        """Takes the next records of its partition in one transaction."""
        memory = self.memory[partition]
        start = memory.base[0]
        batch = self.shared.kafka.log[partition][start : start + records]
        if not batch:
            return

        def change(tx: Tables, memory: Memory) -> None:
            slots: set[Slot] = set()
            for record in batch:
                slots |= self._take(tx, memory, record)
            tx.offset = start + len(batch)
            self.statistics.changed(tx, memory, slots, self.shared.now)

        self._transact(partition, change, fate)

    def tick(self, partition: int, fate: Fate) -> None:
        """Writes what has fallen due by the clock."""
        self._transact(
            partition, lambda tx, memory: self.statistics.due(tx, memory, self.shared.now), fate, by_clock=True
        )

    def relay(self, partition: int, count: int, *, marks: bool) -> None:
        """Sends the oldest unsent items of the outbox; if it dies before it `marks` them, they are sent again."""
        tables = self.shared.database[partition]
        items = tables.outbox[tables.relayed : tables.relayed + count]
        if marks or self.broken(Mutant.RELAY_MARKS_FIRST):
            tables.relayed += len(items)
        if not marks and self.broken(Mutant.RELAY_MARKS_FIRST):
            return
        for item in reversed(items) if self.broken(Mutant.RELAY_OUT_OF_ORDER) else items:
            self._publish(item)

    def relay_late(self, partition: int, first: int) -> None:
        """Sends what it read from the outbox long ago."""
        for item in self.shared.database[partition].outbox[first : first + 2]:
            self._publish(item)

    def _publish(self, item: Statement | Rejected) -> None:
        if isinstance(item, Statement):
            self.shared.statistics.append(item)
        else:
            self.shared.rejected.append(item)

    def _check_offset(self, partition: int, tx: Tables) -> None:
        end = len(self.shared.kafka.log[partition])
        if tx.offset > end:
            if not self.broken(Mutant.JUMPS_TO_THE_END):
                raise OffsetBeyondLogError
            tx.offset = end

    def _take(self, tx: Tables, memory: Memory, record: tuple[Entry, ...]) -> set[Slot]:
        spoilt = any(e.report is not None and e.report.body is Body.UNSTORABLE for e in record)
        slots: set[Slot] = set()
        for entry in record:
            closed = tx.is_closed(entry.station, entry.day)
            if self.broken(Mutant.CLOSED_FROM_MEMORY):
                closed = (entry.station, entry.day) in memory.closed
            if self.broken(Mutant.CLOSED_TAKEN):
                closed = False
            slots |= self.judge.take(tx, entry, self.shared.now, closed=closed, spoilt=spoilt)
        return slots

    def _transact(self, partition: int, change: Change, fate: Fate, *, by_clock: bool = False) -> None:
        memory = self.memory[partition]
        before = memory.copy()
        tx = self.shared.database[partition].copy()
        if not self._stands(memory, tx, by_clock=by_clock):
            self.gain(partition, again=True)
            return
        change(tx, memory)
        if fate.done:
            self.shared.commit(partition, tx)
        elif late := next((names for mutant, names in APART.items() if self.broken(mutant)), None):
            self.shared.commit(partition, _without(tx, self.shared.database[partition], late))
        memory.base = (tx.offset, memory.base[1])
        if fate.dies:
            self.dies()
        elif fate is not Fate.DONE and self.broken(Mutant.UNKNOWN_MEANS_UNDONE):
            self.memory[partition] = before
        elif fate is not Fate.DONE and not self.broken(Mutant.UNKNOWN_MEANS_DONE):
            self.gain(partition, again=True)

    def _stands(self, memory: Memory, tx: Tables, *, by_clock: bool) -> bool:
        offset, epoch = memory.base
        if by_clock and self.broken(Mutant.CLOCK_DOES_NOT_COMPARE):
            return True
        if self.broken(Mutant.NOTHING_COMPARED):
            return True
        return offset == tx.offset and (epoch == tx.epoch or self.broken(Mutant.EPOCH_NOT_COMPARED))


def _without(tx: Tables, before: Tables, late: tuple[str, ...]) -> Tables:
    """The transaction but for some of its fields."""
    parts = {f.name: getattr(before if f.name in late else tx, f.name) for f in fields(Tables)}
    return Tables(**parts)


def recompute(shared: Shared, partition: int, broken: Broken) -> None:
    """A new rule for every window of the days not closed; the worker must rebuild."""
    statistics = Statistics(broken)
    tx = shared.database[partition].copy()
    tx.rule += 1
    if not broken(Mutant.RECOMPUTE_KEEPS_EPOCH):
        tx.epoch += 1
    memory = statistics.remembered(tx, (tx.offset, tx.epoch), shared.now)
    keys = {key._replace(tier=tier) for key in tx.stats for tier in Tier}
    statistics.rebuild(tx, memory, keys, shared.now)
    shared.commit(partition, tx)


def unfinished(tables: Tables, station: str, day: int) -> bool:
    """Whether a window of the station's day is not final."""
    return any(
        cell.state is not State.FINAL
        for key, stat in tables.stats.items()
        if (key.station, day_of(key.start)) == (station, day)
        for cell in stat.cells.values()
    )

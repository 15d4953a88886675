"""The alert engine: statements in, alerts and pages out, one transaction at a time.

Its rule: factor `a` of an hour, raw, is high. It opens an alert, which is confirmed when it has been high for `HOLD`
ticks, and clears it when it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .delivery import Broken
from .mutants import Mutant
from .tables import Cell, Statement, StatKey, Tier, Window
from .vocabulary import Fate
from .worker import Shared

HOLD = 3
HIGH = 4


class Alert(NamedTuple):
    """An alert that stands; `confirmed` by the clock."""

    since: int
    confirmed: bool = False


class Event(NamedTuple):
    """A line of the log of alerts, in the order written; `opened` events of live data page someone."""

    key: StatKey
    what: str
    live: bool


@dataclass
class AlertTables:
    """What the engine has in the database."""

    offset: int = 0
    epoch: int = 0
    judged: dict[StatKey, int] = field(default_factory=dict)
    alerts: dict[StatKey, Alert] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    pages: list[Event] = field(default_factory=list)

    def copy(self) -> AlertTables:
        """What a transaction works on."""
        return replace(
            self,
            judged=dict(self.judged),
            alerts=dict(self.alerts),
            log=list(self.log),
            pages=list(self.pages),
        )


class Desk:
    """The engine's database, shared by its processes."""

    def __init__(self) -> None:
        self.tables = AlertTables()


class Engine:
    """One process; remembers rule states and alerts, and the offset and epoch that they stand on."""

    def __init__(self, shared: Shared, desk: Desk, broken: Broken) -> None:
        self.shared = shared
        self.desk = desk
        self.broken = broken
        self.memory: AlertTables | None = None

    def gain(self) -> None:
        """Raises the epoch and reads everything."""
        self.desk.tables = replace(self.desk.tables.copy(), epoch=self.desk.tables.epoch + 1)
        self.memory = self.desk.tables.copy()

    def work(self, fate: Fate) -> None:
        """Judges the next two statements."""
        tx = self._begin(by_clock=False)
        if tx is None:
            return
        batch = self.shared.statistics[tx.offset : tx.offset + 2]
        for statement in batch:
            self._judge(tx, statement)
        tx.offset += len(batch)
        self._commit(tx, fate)

    def tick(self, fate: Fate) -> None:
        """Confirms what has been high long enough."""
        tx = self._begin(by_clock=True)
        if tx is None:
            return
        for key, alert in tx.alerts.items():
            if not alert.confirmed and self.shared.now >= alert.since + HOLD:
                tx.alerts[key] = alert._replace(confirmed=True)
                tx.log.append(Event(key, "confirmed", live=False))
        self._commit(tx, fate)

    def _begin(self, *, by_clock: bool) -> AlertTables | None:
        memory, tables = self.memory, self.desk.tables
        if memory is None:
            return None
        compares = not self.broken(Mutant.ENGINE_DOES_NOT_COMPARE)
        if by_clock and self.broken(Mutant.ENGINE_CLOCK_DOES_NOT_COMPARE):
            compares = False
        if compares and (memory.offset, memory.epoch) != (tables.offset, tables.epoch):
            self.gain()
            return None
        return replace(memory.copy(), epoch=tables.epoch, log=list(tables.log), pages=list(tables.pages))

    def _commit(self, tx: AlertTables, fate: Fate) -> None:
        if fate.done:
            self.desk.tables = tx
        elif self.broken(Mutant.ENGINE_LOG_APART):
            self.desk.tables = replace(tx, log=self.desk.tables.log, pages=self.desk.tables.pages)
        if fate.dies:
            self.memory = None
        elif fate is Fate.DONE:
            self.memory = tx.copy()
        else:
            self.gain()

    def _judge(self, tx: AlertTables, statement: Statement) -> None:
        key, stat = statement
        if (key.window, key.tier) != (Window.HOUR, Tier.RAW) or "a" not in stat.cells:
            return
        if stat.version <= tx.judged.get(key, 0) and not self.broken(Mutant.ENGINE_TAKES_OLD_VERSIONS):
            return
        tx.judged[key] = stat.version
        cell = stat.cells["a"]
        if high(cell) and key not in tx.alerts:
            opened = Event(key, "opened", cell.live)
            tx.alerts[key] = Alert(self.shared.now)
            tx.log.append(opened)
            if cell.live or self.broken(Mutant.HISTORY_PAGES):
                tx.pages.append(opened)
        elif not high(cell) and key in tx.alerts:
            del tx.alerts[key]
            tx.log.append(Event(key, "cleared", live=False))


def high(cell: Cell) -> bool:
    """Whether the rule's condition holds; never of an open cell."""
    values = cell.compared.value if cell.compared and cell.compared.valid else ()
    return sum(v for v in values if isinstance(v, int)) >= HIGH

"""Retention: a station's day is closed, then dropped with its chunk."""

from __future__ import annotations

from .delivery import Broken
from .mutants import Mutant
from .tables import Closed, Tables, readings_kept, row_day, row_number
from .vocabulary import DAY, LATENESS, PARTITION, Source
from .worker import Shared, unfinished


def close(shared: Shared, station: str, day: int, broken: Broken) -> None:
    """Closes the station's day in one transaction, if its windows are final; the epoch stays."""
    tx = shared.database[PARTITION[station]].copy()
    over = shared.now >= day + DAY + LATENESS
    waits = unfinished(tx, station, day) and not broken(Mutant.CLOSED_BEFORE_FINAL)
    if not over or waits or tx.is_closed(station, day):
        return
    tx.closed[station, day] = _condensed(tx, station, day, broken)
    shared.commit(PARTITION[station], tx)


def _condensed(tx: Tables, station: str, day: int, broken: Broken) -> Closed:
    numbers = {row_number(k) for k in tx.rows if (k.slot.station, row_day(k)) == (station, day)}
    rejected = [r for r in tx.rejected if (r.station, r.day) == (station, day)]
    if not broken(Mutant.REJECTED_NOT_CONDENSED):
        numbers |= {r.number for r in rejected if r.number}
    if broken(Mutant.CONDENSED_AS_SPAN):
        numbers = {n._replace(seq=seq) for n in numbers for seq in range(1, n.seq + 1)}
    unreadable = frozenset(r.payload.bytes() for r in rejected if r.number is None)
    counts: dict[Source, int] = {} if broken(Mutant.COUNTS_NOT_KEPT) else readings_kept(tx, station, day)
    return Closed(frozenset(numbers), unreadable, counts)


def drop(shared: Shared, day: int, broken: Broken) -> None:
    """Drops the day's chunk, if every station-day in it is closed."""
    held = {
        (station, tables.is_closed(station, day)) for tables in shared.database for station in _stations(tables, day)
    }
    if not all(closed for _, closed in held) and not (broken(Mutant.DROPPED_BEFORE_CLOSED) and any(c for _, c in held)):
        return
    for partition, tables in enumerate(shared.database):
        tx = tables.copy()
        tx.rows = {k: r for k, r in tx.rows.items() if row_day(k) != day}
        tx.rejected = [r for r in tx.rejected if r.day != day]
        if broken(Mutant.INTAKE_DROPPED):
            tx.intake = {k: i for k, i in tx.intake.items() if k[2] != day}
        shared.commit(partition, tx)


def _stations(tables: Tables, day: int) -> set[str]:
    return {k.slot.station for k in tables.rows if row_day(k) == day} | {
        r.station for r in tables.rejected if r.day == day
    }

"""The ledger: two balances, by station and source, from what stands in the database and in Kafka."""

from __future__ import annotations

from dataclasses import dataclass

from .delivery import Broken, Kafka
from .mutants import Mutant
from .tables import Tables, readings_kept, row_day, row_number
from .vocabulary import Number, Report, Source


@dataclass(frozen=True)
class Balance:
    """Of one partition. `taken` and `stand` count readings by station and source."""

    received: frozenset[Number]
    received_count: int
    in_flight: frozenset[Number]
    missing: frozenset[Number]
    lost: int
    taken: dict[tuple[str, Source], int]
    stand: dict[tuple[str, Source], int]
    unreadable: int


def balance(tables: Tables, kafka: Kafka, partition: int, broken: Broken) -> Balance:
    """Reads both balances of a partition."""
    received, count = _received(tables, broken)
    behind = kafka.entries(partition)[len(kafka.entries(partition, tables.offset)) :]
    in_flight = {e.number for e in behind if e.number and dense(e.number)}
    if broken(Mutant.IN_FLIGHT_FORGOTTEN):
        in_flight = set()
    highest: dict[tuple[str, Source, int], int] = {} if broken(Mutant.DUE_ONLY_SEEN) else dict(tables.told)
    for number in received | in_flight:
        highest[number[:3]] = max(highest.get(number[:3], 0), number.seq)
    due = {Number(*sender, seq) for sender, last in highest.items() for seq in range(1, last + 1)}
    missing = frozenset(due - received - in_flight)
    unreadable = len(_unreadable(tables))
    return Balance(
        received=frozenset(received),
        received_count=count,
        in_flight=frozenset(in_flight),
        missing=missing,
        lost=len(missing) - (0 if broken(Mutant.LOST_BUT_KEPT) else unreadable),
        taken=_taken(tables),
        stand=_stand(tables),
        unreadable=unreadable,
    )


def dense(number: Number) -> bool:
    """Whether its source numbers without gaps."""
    return number.source is not Source.PERSON


def _received(tables: Tables, broken: Broken) -> tuple[set[Number], int]:
    rows = {row_number(k) for k in tables.rows if not tables.is_closed(k.slot.station, row_day(k))}
    rejected = {r.number for r in tables.rejected if r.number and not tables.is_closed(r.station, r.day)}
    closed = {number for kept in tables.closed.values() for number in kept.numbers}
    parts = [{n for n in part if dense(n)} for part in (rows, rejected, closed)]
    joined = parts[0] | parts[1] | parts[2]
    count = sum(map(len, parts)) if broken(Mutant.NUMBERS_SUMMED) else len(joined)
    return joined, count


def _unreadable(tables: Tables) -> set[Report]:
    standing = {
        r.payload.bytes() for r in tables.rejected if r.number is None and not tables.is_closed(r.station, r.day)
    }
    return standing.union(*(kept.unreadable for kept in tables.closed.values()))


def _taken(tables: Tables) -> dict[tuple[str, Source], int]:
    taken: dict[tuple[str, Source], int] = {}
    for (station, source, _), intake in tables.intake.items():
        taken[station, source] = taken.get((station, source), 0) + intake.readings
    return taken


def _stand(tables: Tables) -> dict[tuple[str, Source], int]:
    stand: dict[tuple[str, Source], int] = {(station, source): 0 for station, source, _ in tables.intake}
    days = {(station, day) for station, _, day in tables.intake}
    for station, day in days | tables.closed.keys():
        kept = tables.closed.get((station, day))
        counts = readings_kept(tables, station, day) if kept is None else kept.counts
        for source, count in counts.items():
            stand[station, source] = stand.get((station, source), 0) + count
    return stand

"""The two balances from what was counted: numbers due, and readings taken. Pure.

The law is state-model, “Ledger”. Numbers have no day, they have runs; readings are balanced by station, source and day,
and everything coarser is their sum, so that too many on one day never make up for too few on another.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from aggregate.ledger.chain import Break
from ingest.envelope import Source
from ingest.ranges import RangeSet

DENSE = (Source.DEVICE, Source.REPLAY)
"""Sources whose numbers have no holes by design; HJ 212 and persons have the second balance alone."""

UNKNOWN = "unknown"
"""The kind of stations that the registry has never known."""

AccountKey = tuple[str, int]
"""Station and source."""

RunKey = tuple[str, int, int]
"""Station, source, run."""

Ranges = list[tuple[int, int]]
"""Ascending, both ends in."""


class Counts(msgspec.Struct, frozen=True):
    """Readings, and the reports they came in; the second balance of whatever they were counted of."""

    reports: int = 0
    """Taken by the worker, repeats among them."""
    readings: int = 0
    """Taken, counted before judging."""
    repeats: int = 0
    current: int = 0
    superseded: int = 0
    rejected: int = 0
    closed: int = 0
    """Current, superseded and rejected ones of closed days."""
    unaccounted: int = 0
    """Differences by station, source and day, each without its sign, added up."""

    @property
    def difference(self) -> int:
        """Readings taken and not accounted for; below zero: more stand than were taken."""
        return self.readings - self.current - self.superseded - self.repeats - self.rejected - self.closed


class Uneven(msgspec.Struct, frozen=True):
    """A day of a station's source whose readings do not balance."""

    station: str
    source: str
    day: str
    counts: Counts


class Doubled(msgspec.Struct, frozen=True):
    """A reading with more than one current value."""

    station: str
    source: str
    """The lowest of those that it stands of."""
    day: str
    factor: str
    time: int
    """UTC seconds."""
    period: int
    """Seconds."""
    numbers: list[tuple[int, int, int]]
    """Source, run and seq of the reports whose value is current."""


class RunBalance(msgspec.Struct, frozen=True):
    """First balance: numbers due = received + in flight + missing, of one run of one station's source."""

    run: int
    due: int
    received: int
    in_flight: int
    missing: Ranges

    @property
    def lost(self) -> int:
        """How many numbers are missing."""
        return sum(last - first + 1 for first, last in self.missing)


class Account(Counts, frozen=True, kw_only=True):
    """Both balances of one station and source."""

    station: str
    source: str
    kind: str = UNKNOWN
    runs: list[RunBalance] = []
    unreadable: int = 0
    """Payloads kept without a readable number."""
    duplicated: int = 0
    """Readings with more than one current value."""

    @property
    def due(self) -> int:
        """Numbers given out."""
        return sum(run.due for run in self.runs)

    @property
    def received(self) -> int:
        """Numbers that stand in the database."""
        return sum(run.received for run in self.runs)

    @property
    def lost(self) -> int:
        """Numbers missing, less the payloads kept without a readable one."""
        return max(0, sum(run.lost for run in self.runs) - self.unreadable)

    @property
    def in_flight(self) -> int:
        """Numbers that Kafka holds and the worker has not taken yet."""
        return sum(run.in_flight for run in self.runs)

    @property
    def balanced(self) -> bool:
        """Whether nothing is missing, doubled or unaccounted for."""
        return not (self.unaccounted or self.lost or self.duplicated)


class Books(msgspec.Struct, frozen=True):
    """What was counted, of whatever was asked for."""

    received: Mapping[RunKey, RangeSet]
    told: Mapping[RunKey, int]
    flying: Mapping[RunKey, RangeSet]
    readings: Mapping[AccountKey, Counts]
    unreadable: Mapping[AccountKey, int] = {}
    doubled: Sequence[Doubled] = ()
    kinds: Mapping[str, str] = {}
    """The registry's, by station."""
    days: Mapping[str, Counts] = {}
    """By day of Asia/Shanghai."""
    uneven: Sequence[Uneven] = ()
    breaks: Sequence[Break] = ()
    """Of the chain of `intake`, whatever was asked for."""


class By(StrEnum):
    """What a line of the ledger stands for."""

    SOURCE = "source"
    KIND = "kind"
    STATION = "station"
    DAY = "day"


class Group(Counts, frozen=True, kw_only=True):
    """Both balances of several accounts together; of a day the second alone, for numbers have none."""

    name: str
    due: int | None = None
    received: int | None = None
    in_flight: int | None = None
    lost: int | None = None
    duplicated: int = 0


def balance(books: Books) -> list[Account]:
    """The accounts, by station and source."""
    runs: dict[AccountKey, list[RunBalance]] = defaultdict(list)
    for key in sorted({*books.received, *books.told, *books.flying}):
        station, source, run = key
        if source in DENSE:
            got, coming = books.received.get(key, RangeSet()), books.flying.get(key, RangeSet())
            runs[station, source].append(_run_balance(run, got, coming, books.told.get(key, 0)))
    doubled = Tally((reading.station, reading.source) for reading in books.doubled)
    accounts = []
    for station, source in sorted({*runs, *books.readings}):
        name = source_name(source)
        accounts.append(
            Account(
                **_fields([books.readings.get((station, source), Counts())]),
                station=station,
                source=name,
                kind=books.kinds.get(station, UNKNOWN),
                runs=runs.get((station, source), []),
                unreadable=books.unreadable.get((station, source), 0),
                duplicated=doubled[station, name],
            )
        )
    return accounts


def source_name(source: int) -> str:
    """As the ledger writes it."""
    return Source(source).name.lower()


def group(books: Books, accounts: Sequence[Account], by: By) -> list[Group]:
    """The accounts put together, in the order of their names."""
    if by is By.DAY:
        doubled = Tally(reading.day for reading in books.doubled)
        days = sorted({*books.days, *doubled})
        return [Group(**_fields([books.days.get(day, Counts())]), name=day, duplicated=doubled[day]) for day in days]
    members: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        members[str(getattr(account, by))].append(account)
    return [together(name, members[name]) for name in sorted(members)]


def together(name: str, accounts: Sequence[Account]) -> Group:
    """One line of several accounts."""
    return Group(
        **_fields(accounts),
        name=name,
        due=sum(account.due for account in accounts),
        received=sum(account.received for account in accounts),
        in_flight=sum(account.in_flight for account in accounts),
        lost=sum(account.lost for account in accounts),
        duplicated=sum(account.duplicated for account in accounts),
    )


def _fields(counts: Sequence[Counts]) -> dict[str, int]:
    """The sum, field by field."""
    return {name: sum(getattr(row, name) for row in counts) for name in Counts.__struct_fields__}


def _run_balance(run: int, received: RangeSet, flying: RangeSet, told: int) -> RunBalance:
    known = RangeSet(received.encode())
    known.merge(flying)
    spans = known.encode()
    highest = max(told, spans[-1][1] if spans else 0)
    missing, next_due = [], 1
    for first, last in spans:
        if first > next_due:
            missing.append((next_due, first - 1))
        next_due = last + 1
    if next_due <= highest:
        missing.append((next_due, highest))
    return RunBalance(run, highest, len(received), len(known) - len(received), missing)

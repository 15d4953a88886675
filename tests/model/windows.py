"""Statistics: what a window is made of, how far it is, and the row that is written of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .delivery import Broken
from .mutants import Mutant
from .tables import Cell, Compared, Mask, Stat, State, Statement, StatKey, Tables, Tier, Window
from .vocabulary import ERA, GRACE, HOUR, LATENESS, SLOT, RowKey, Slot, Source, day_of, hour_of


class Reading(NamedTuple):
    """What counts at one place of one factor."""

    value: int | None
    flag: str
    live: bool

    @property
    def counts(self) -> bool:
        """Only normal values do."""
        return self.flag == "N" and self.value is not None


class Place(NamedTuple):
    """Where a reading lies within its hour."""

    factor: str
    period: int
    time: int


class Draft(NamedTuple):
    """What a factor's cell would say by now."""

    compared: Compared
    complete: bool
    live: bool


Hour = dict[Place, dict[Tier, Reading]]


@dataclass
class Memory:
    """What a worker remembers of a partition, and the offset and epoch that it stands on."""

    base: tuple[int, int]
    rule: int
    stats: dict[StatKey, Stat] = field(default_factory=dict)
    hours: dict[tuple[str, int], Hour] = field(default_factory=dict)
    closed: frozenset[tuple[str, int]] = frozenset()

    def copy(self) -> Memory:
        """To go back to; only mutants do."""
        return replace(self, stats=dict(self.stats), hours={k: dict(v) for k, v in self.hours.items()})


class Statistics:
    """Keeps the rows of statistics true within a transaction."""

    def __init__(self, broken: Broken) -> None:
        self.broken = broken

    def changed(self, tx: Tables, memory: Memory, slots: Iterable[Slot], now: int) -> None:
        """Follows changed readings up through every window that they are in."""
        hours: set[tuple[str, int]] = set()
        for slot in slots:
            if slot.issued is None:
                hour = (slot.station, hour_of(slot.time))
                self._remember(tx, memory, hour, slot)
                hours.add(hour)
        self.rebuild(tx, memory, windows_of(hours), now)

    def rebuild(self, tx: Tables, memory: Memory, keys: Iterable[StatKey], now: int) -> None:
        """Makes the windows anew, those below first, and writes what differs."""
        for key in sorted(keys, key=lambda k: (list(Window).index(k.window), k.start, k.tier is Tier.REVIEWED)):
            if not tx.is_closed(key.station, day_of(key.start)) or self.broken(Mutant.CLOSED_REBUILT):
                self._write(tx, memory, key, self._drafts(tx, memory, key, now), now)

    def due(self, tx: Tables, memory: Memory, now: int) -> None:
        """What the clock causes: a window that is open is made anew, another only ages."""
        aging = []
        for key, stat in list(memory.stats.items()):
            states = {cell.state for cell in stat.cells.values()}
            if State.OPEN in states:
                aging += [key._replace(tier=tier) for tier in Tier]
            elif State.PROVISIONAL in states:
                own = {f: Draft(c.compared, complete=True, live=c.live) for f, c in stat.cells.items() if c.compared}
                self._write(tx, memory, key, own, now)
        self.rebuild(tx, memory, aging, now)

    def remembered(self, tx: Tables, base: tuple[int, int], now: int) -> Memory:
        """What who gains the partition finds: every row of statistics, and what the open windows are made of."""
        memory = Memory(base, tx.rule, dict(tx.stats), closed=frozenset(tx.closed))
        for key, stat in tx.stats.items():
            if key.window is Window.HOUR and any(c.state is State.OPEN for c in stat.cells.values()):
                self._remember(tx, memory, (key.station, key.start))
        if self.broken(Mutant.GAIN_SKIPS_OVERDUE):
            overdue = [k for k in memory.stats if now >= k.end + GRACE]
            memory.stats = {
                k: s
                for k, s in memory.stats.items()
                if k not in overdue or all(c.state is not State.OPEN for c in s.cells.values())
            }
        return memory

    def _remember(self, tx: Tables, memory: Memory, hour: tuple[str, int], slot: Slot | None = None) -> None:
        readings = memory.hours.get(hour)
        if readings is None:
            memory.hours[hour] = readings_of(tx, hour, self.broken)
        elif slot is not None:
            fresh = readings_of(tx, hour, self.broken, slot)
            memory.hours[hour] = {**{p: r for p, r in readings.items() if p not in fresh}, **fresh}

    def _drafts(self, tx: Tables, memory: Memory, key: StatKey, now: int) -> dict[str, Draft]:
        edition = "later" if (now if self.broken(Mutant.EDITION_OF_NOW) else key.start) >= ERA else "first"
        edition = f"{edition}.{memory.rule}"
        from_readings = self.broken(Mutant.LONGER_FROM_READINGS)
        if key.window is Window.HOUR:
            self._remember(tx, memory, (key.station, key.start))
            return self._hour_drafts(memory.hours[key.station, key.start], key, edition)
        if from_readings:
            for part in parts_of(key):
                memory.hours.pop((key.station, part), None)
                self._remember(tx, memory, (key.station, part))
        return self._longer_drafts(memory, key, edition)

    def _hour_drafts(self, readings: Hour, key: StatKey, edition: str) -> dict[str, Draft]:
        places = [p for p, by_tier in readings.items() if key.tier in by_tier]
        if not self.broken(Mutant.ORDER_OF_ARRIVAL):
            places.sort()
        drafts = {}
        for factor in {p.factor for p in places}:
            of = {p: readings[p][key.tier] for p in places if p.factor == factor}
            logger = next((r for p, r in of.items() if p.period == HOUR and r.counts), None)
            slots = [r for p, r in of.items() if p.period == SLOT]
            values = [r.value for r in slots if r.counts]
            compared = (
                Compared((logger.value,), 2, "valid", edition) if logger else _judged(values, len(values), edition)
            )
            live = any(r.live for r in of.values())
            drafts[factor] = Draft(compared, complete=logger is not None or len(slots) >= HOUR // SLOT, live=live)
        if self.broken(Mutant.FLAGGED_AWAY_DELETED):
            drafts = {f: d for f, d in drafts.items() if d.compared.valid_count}
        return drafts

    def _longer_drafts(self, memory: Memory, key: StatKey, edition: str) -> dict[str, Draft]:
        parts = [self._below(memory, key, start) for start in parts_of(key)]
        drafts = {}
        for factor in {f for part in parts for f in part}:
            cells = [part.get(factor) for part in parts]
            done = [c if c and c.compared else None for c in cells]
            values = [c.compared.value if c and c.compared and c.compared.valid else None for c in done]
            compared = _judged(values, sum(v is not None for v in values), edition)
            live = any(c.live for c in cells if c)
            drafts[factor] = Draft(compared, complete=all(done), live=live)
        return drafts

    def _below(self, memory: Memory, key: StatKey, start: int) -> Mapping[str, Cell]:
        if self.broken(Mutant.LONGER_FROM_READINGS):
            drafts = self._hour_drafts(memory.hours[key.station, start], key, "")
            return {f: Cell(State.PROVISIONAL, d.compared, 0, d.live) for f, d in drafts.items()}
        hour = StatKey(key.station, Window.HOUR, start, key.tier)
        return effective(memory.stats, hour)

    def _write(self, tx: Tables, memory: Memory, key: StatKey, drafts: dict[str, Draft], now: int) -> None:
        old = memory.stats.get(key)
        cells = {f: self._aged(old.cells.get(f) if old else None, drafts[f], key.end, now) for f in sorted(drafts)}
        if old is None and key.tier is Tier.REVIEWED and not self._differs(memory, key, cells):
            return
        if (old is None and not cells) or (old is not None and old.cells == cells):
            return
        revised = old is not None and revises(old.cells, cells)
        if old is not None and revised and not self.broken(Mutant.FORMER_NOT_KEPT):
            tx.former[key, old.revision] = old
        version = old.version + 1 if old else 1
        if old and self.broken(Mutant.VERSION_KEPT):
            version = old.version
        stat = Stat(cells, version, (old.revision if old else 0) + revised)
        memory.stats[key] = stat
        settled = any(c.state is not State.OPEN for c in cells.values())
        if not settled and self.broken(Mutant.OPEN_HAS_NO_ROW):
            return
        tx.stats[key] = stat
        if settled and not (old and self.broken(Mutant.CHANGES_UNPUBLISHED)):
            tx.outbox.append(Statement(key, stat))

    def _differs(self, memory: Memory, key: StatKey, cells: Mapping[str, Cell]) -> bool:
        if self.broken(Mutant.REVIEWED_ALWAYS):
            return bool(cells)
        raw = memory.stats.get(key._replace(tier=Tier.RAW))
        return told(cells) != told(raw.cells if raw else {})

    def _aged(self, old: Cell | None, draft: Draft, end: int, now: int) -> Cell:
        grace = 0 if self.broken(Mutant.NO_GRACE) else GRACE
        overdue = now >= end + grace and not self.broken(Mutant.NEVER_OVERDUE)
        complete = draft.complete and (now >= end or not self.broken(Mutant.COMPLETE_WAITS_FOR_END))
        if old is None or old.state is State.OPEN:
            if not complete and not overdue:
                return Cell(State.OPEN, None, now if old is None else old.changed, draft.live)
            cell = Cell(State.PROVISIONAL, draft.compared, now, draft.live)
        elif old.compared == draft.compared or (old.state is State.FINAL and self.broken(Mutant.FINAL_FROZEN)):
            cell = old._replace(live=draft.live)
        else:
            cell = old._replace(compared=draft.compared, changed=now, live=draft.live)
        since = end if self.broken(Mutant.FINAL_IN_SPITE_OF_CHANGE) else max(end, cell.changed)
        if self.broken(Mutant.FINAL_BEFORE_LATENESS):
            since -= LATENESS
        return cell._replace(state=State.FINAL) if now >= since + LATENESS else cell


def _judged(values: Sequence[object], count: int, edition: str) -> Compared:
    reason = "valid" if count >= 2 else "too few" if count else "no values"
    return Compared(tuple(values), count, reason, edition)


def readings_of(tx: Tables, hour: tuple[str, int], broken: Broken, only: Slot | None = None) -> Hour:
    """The readings of a station's hour that count, by tier, in the order of their rows."""
    found: Hour = {}
    for key, row in tx.rows.items():
        if (key.slot.station, hour_of(key.slot.time)) != hour or (only is not None and key.slot != only):
            continue
        for factor, stored in row.cells.items():
            place = Place(factor, key.slot.period, key.slot.time)
            reading = Reading(stored.value, stored.flag, row.origin == "live")
            for tier in _tiers(key, stored.mask, broken):
                found.setdefault(place, {})[tier] = reading
    return found


def _tiers(key: RowKey, mask: Mask, broken: Broken) -> tuple[Tier, ...]:
    raw = mask is not Mask.SUPERSEDED and (key.source is not Source.PERSON or broken(Mutant.RAW_WITH_PERSONS))
    reviewed = mask is Mask.CURRENT
    return tuple(tier for tier, holds in ((Tier.RAW, raw), (Tier.REVIEWED, reviewed)) if holds)


def windows_of(hours: Iterable[tuple[str, int]]) -> set[StatKey]:
    """Every window that the hours are part of."""
    keys = set()
    for station, hour in hours:
        for tier in Tier:
            keys |= {StatKey(station, window, hour, tier) for window in (Window.HOUR, Window.RUN)}
            keys.add(StatKey(station, Window.RUN, hour + HOUR, tier))
            keys.add(StatKey(station, Window.DAY, day_of(hour), tier))
    return keys


def parts_of(key: StatKey) -> tuple[int, int]:
    """Starts of the hours that a longer window is made of."""
    return (key.start, key.start + HOUR) if key.window is Window.DAY else (key.start - HOUR, key.start)


def effective(stats: Mapping[StatKey, Stat], key: StatKey) -> Mapping[str, Cell]:
    """The cells that hold for a tier: the reviewed row where there is one, else the raw one."""
    stat = stats.get(key) or stats.get(key._replace(tier=Tier.RAW))
    return stat.cells if stat else {}


def told(cells: Mapping[str, Cell]) -> dict[str, Compared | None]:
    """What a row says, without states, times and who may be paged."""
    return {factor: cell.compared for factor, cell in cells.items()}


def revises(old: Mapping[str, Cell], new: Mapping[str, Cell]) -> bool:
    """Whether a final factor changes in what is compared."""
    return any(
        cell.state is State.FINAL and (factor not in new or new[factor].compared != cell.compared)
        for factor, cell in old.items()
    )

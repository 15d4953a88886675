"""Open hours in memory: what plain reports have added to them, so that no reading is read back.

Each plain report is later than all of its station before, so values are added in order of time, as the mean of a whole
hour adds them (`aggregate.windows.hour_means`): the sum is the same to the last bit. Winds are kept slot by slot, for
whether their directions are weighed by speed is known at the end only.

An hour is held from its first report on, and only as long as nothing but plain reports of the same factors and period
come to it: then it holds exactly what the database does. All other hours are read from the database when they are
computed. Bounded: with no room left an hour is not held.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from aggregate.hours import LIVE, HourKey, Summed
from aggregate.plain.reports import Booleans, Floats, Integers, PlainReports, grouped
from aggregate.statistic import WIND_DIRECTION, WIND_SPEED
from core.clock import HOUR

FIRST_ROWS = 4
NOWHERE = -1


class Filled(NamedTuple):
    """What plain reports have done to an hour."""

    key: HourKey
    period: int
    reports: int
    held: bool
    """Whether all of its readings are held; if not, only the database has them."""
    begun: bool
    """Whether it is held since these reports, its first."""
    complete: bool
    """Whether it is held and lacks nothing any more."""


class OpenHours:
    """Held hours, by factors and period in pools."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self.forget()

    def forget(self) -> None:
        """Drop everything."""
        self._bytes = 0
        self._pools: dict[tuple[tuple[str, ...], int], _Pool] = {}
        self._places: dict[HourKey, tuple[_Pool, int]] = {}

    def __contains__(self, key: HourKey) -> bool:
        return key in self._places

    def summed(self, key: HourKey) -> Summed:
        """All readings of an hour that is held."""
        pool, row = self._places[key]
        return Summed(
            pool.period, pool.names, pool.total[row], int(pool.reports[row]), bool(pool.live[row]), pool.wind[row]
        )

    def drop(self, key: HourKey) -> None:
        """Hold an hour no longer: something else than plain reports has come to it, or it is complete."""
        if key not in self._places:
            return
        pool, row = self._places.pop(key)
        pool.free.append(row)
        if len(pool.free) == len(pool.total):
            self._bytes -= pool.bytes(len(pool.total))
            del self._pools[pool.names, pool.period]

    def fill(self, reports: PlainReports, latest: Integers) -> list[Filled]:
        """Put reports of an hour and less in; `latest`: by report, until when its station had anything before."""
        found: list[Filled] = []
        for period in np.unique(reports.period).tolist():
            if period <= HOUR:
                wanted = reports.period == period
                found += self._fill(reports.only(wanted), latest[wanted], period)
        return found

    def _fill(self, reports: PlainReports, latest: Integers, period: int) -> list[Filled]:
        start = reports.time // HOUR * HOUR
        groups = grouped(reports.station_id, start)
        ids, starts = reports.station_id[groups.first], start[groups.first]
        hours = list(map(HourKey, ids.tolist(), starts.tolist()))
        is_new = latest[groups.first] < starts
        known = [key in self._places for key in hours]
        places = [self._place(key, reports.names, period, new) for key, new in zip(hours, is_new.tolist(), strict=True)]
        pool = next((pool for pool, _ in filter(None, places)), None)
        if pool is None:
            of_hours = zip(hours, groups.counts.tolist(), strict=True)
            return [Filled(key, period, count, held=False, begun=False, complete=False) for key, count in of_hours]
        rows = np.array([place[1] if place else NOWHERE for place in places])
        held = rows != NOWHERE
        order = np.argsort(reports.time, kind="stable")
        order = order[rows[groups.places[order]] != NOWHERE]
        slots = (reports.time - start) // period
        pool.add(rows[groups.places[order]], slots[order], reports.values[order], reports.origin[order] == LIVE)
        complete = held & (pool.reports[rows] == -(-HOUR // period))
        return [
            Filled(key, period, count, is_held, is_held and not before, whole)
            for key, count, is_held, before, whole in zip(
                hours, groups.counts.tolist(), held.tolist(), known, complete.tolist(), strict=True
            )
        ]

    def _place(self, key: HourKey, names: tuple[str, ...], period: int, is_new: bool) -> tuple[_Pool, int] | None:
        """Where an hour is held, from now on if it is new."""
        place = self._places.get(key)
        if place is not None:
            if (place[0].names, place[0].period) == (names, period):
                return place
            self.drop(key)
        elif is_new and (place := self._begin(names, period)):
            self._places[key] = place
            return place
        return None

    def _begin(self, names: tuple[str, ...], period: int) -> tuple[_Pool, int] | None:
        pool = self._pools.get((names, period)) or _Pool(names, period)
        if not pool.free:
            more = max(FIRST_ROWS, len(pool.total))
            if self._bytes + pool.bytes(more) > self._limit:
                return None
            pool.grow(more)
            self._bytes += pool.bytes(more)
            self._pools[names, period] = pool
        return pool, pool.begin()


class _Pool:
    """Hours of the same factors and period: a row an hour."""

    def __init__(self, names: tuple[str, ...], period: int) -> None:
        self.names, self.period = names, period
        self._winds = [names.index(name) if name in names else None for name in (WIND_DIRECTION, WIND_SPEED)]
        slots = -(-HOUR // period) if WIND_DIRECTION in names else 0
        self.total = np.empty((0, len(names)))
        self.reports = np.empty(0, dtype=np.int64)
        self.live = np.empty(0, dtype=np.bool_)
        self.wind = np.empty((0, slots, 2))
        self.free: list[int] = []

    def bytes(self, rows: int) -> int:
        """What so many rows take."""
        return rows * (8 * (self.total.shape[1] + 2 * self.wind.shape[1] + 1) + 1)

    def grow(self, more: int) -> None:
        """Have so many rows more."""
        count = len(self.total)
        self.total, self.reports, self.live, self.wind = (
            np.concatenate([column, np.empty((more, *column.shape[1:]), dtype=column.dtype)])
            for column in (self.total, self.reports, self.live, self.wind)
        )
        self.free.extend(range(count + more - 1, count - 1, -1))

    def begin(self) -> int:
        """An empty row."""
        row = self.free.pop()
        self.total[row], self.reports[row], self.live[row], self.wind[row] = 0.0, 0, False, np.nan
        return row

    def add(self, rows: Integers, slots: Integers, values: Floats, live: Booleans) -> None:
        """Add reports to their rows, in order of time."""
        np.add.at(self.total, rows, values)
        np.add.at(self.reports, rows, 1)
        self.live[rows[live]] = True
        for place, column in enumerate(self._winds):
            if column is not None and self.wind.shape[1]:
                self.wind[rows, slots, place] = values[:, column]

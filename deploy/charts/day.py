"""A day's rows, read for pictures. Times are hours after the day's first second, as the pictures' axis shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.clock import HOUR
from ingest.kinds import Kind

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """Values [N] over periods that begin at `hours` [N] and last `lengths` [N] hours."""

    hours: Floats
    values: Floats
    lengths: Floats

    @classmethod
    def of(cls, rows: Sequence[tuple[float, float | None, float]]) -> Course:
        """Of (hour, value, length in hours); a value that is None is NaN."""
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])

    def __len__(self) -> int:
        return len(self.hours)

    @property
    def peak(self) -> float:
        """The greatest value; 0 without any."""
        return float(np.nanmax(self.values)) if np.isfinite(self.values).any() else 0.0

    def broken(self) -> tuple[Floats, Floats]:
        """The periods' middles and their values, with a NaN wherever periods are left out between two of them."""
        idle = self.hours[1:] - (self.hours + self.lengths)[:-1]
        gaps = np.flatnonzero(idle > self.lengths[:-1] / 2) + 1
        middles = self.hours + self.lengths / 2
        return np.insert(middles, gaps, middles[gaps]), np.insert(self.values, gaps, np.nan)


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert: over which hours the object exceeded what a rule allows."""

    rule: str
    object: str
    title_zh: str
    title_en: str
    first: float
    end: float


class Place(NamedTuple):
    """A registered station as pictures know it; `limits` by factor code."""

    station: str
    kind: Kind
    name_zh: str
    name_en: str
    city: str
    enterprise: str
    longitude: float
    latitude: float
    limits: dict[str, float]


_READINGS = """
select extract(epoch from r.time)::bigint, r."values"[p.place], r.period
from report r join station s using (station_id) join layout l on l.layout_id = r.layout
    cross join lateral (select array_position(l.factors, %s) as place) p
where s.station = %s and r.time >= to_timestamp(%s) and r.time < to_timestamp(%s) and p.place is not null
    and r.period between %s and %s
    and (r.mask is null or substr(r.mask, p.place, 1) = 'C') and (r.flags is null or substr(r.flags, p.place, 1) = 'N')
order by r.time
"""
_HOURS = """
select extract(epoch from s.start)::bigint, s."values"[p.place], 3600
from statistic s join layout l on l.layout_id = s.layout
    cross join lateral (select array_position(l.factors, %s) as place) p
where s.object = %s and s.time_window = 'hour' and s.tier = 'raw' and s.sanddust
    and s.start >= to_timestamp(%s) and s.start < to_timestamp(%s) and p.place is not null
order by s.start
"""
_TYPICAL = """
select extract(epoch from s.start)::bigint,
    percentile_cont(0.5) within group (order by s."values"[array_position(l.factors, %s)]), 3600
from statistic s join layout l on l.layout_id = s.layout
where s.object = any(%s) and s.time_window = 'hour' and s.tier = 'raw' and s.sanddust
    and s.start >= to_timestamp(%s) and s.start < to_timestamp(%s)
    and s."values"[array_position(l.factors, %s)] < 'NaN'
group by s.start order by s.start
"""
_ALERTS = """
select rule_id, object, title_zh, title_en, extract(epoch from first_start)::bigint,
    extract(epoch from last_start)::bigint
from v_alerts where state <> 'withdrawn' and first_start >= to_timestamp(%s) and first_start < to_timestamp(%s)
order by first_start, alert_id
"""
_STATIONS = """
select station, kind, name_zh, coalesce(name_en, name_zh), city, coalesce(enterprise, ''), longitude, latitude, limits
from station_register where valid_from < to_timestamp(%s) and valid_to > to_timestamp(%s) and active
    and longitude is not null and latitude is not null
order by station
"""
_ARRIVALS = """
select v.kind, floor(extract(epoch from r.received) / 60)::bigint * 60 as minute, count(*), 60
from report r join station_register v using (station_id)
where r.received >= to_timestamp(%s) and r.time >= to_timestamp(%s) and r.time < to_timestamp(%s)
    and v.valid_from <= r.time and v.valid_to > r.time
group by 1, 2 order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Day:
    """Rows of the data time `[first, end)`, UTC seconds, as `cursor` (the reader's) finds them."""

    cursor: Any
    first: int
    end: int

    def hours(self, subject: str, factor: str) -> Course:
        """Hour values of an object; those that are not valid are NaN."""
        self.cursor.execute(_HOURS, (factor, subject, self.first, self.end))
        return self._course(self.cursor.fetchall())

    def readings(self, station: str, factor: str, shortest: int = 1, longest: int = HOUR - 1) -> Course:
        """What a station itself reported of a factor, current and normal, over periods of so many seconds."""
        self.cursor.execute(_READINGS, (factor, station, self.first, self.end, shortest, longest))
        return self._course(self.cursor.fetchall())

    def typical(self, objects: list[str], factor: str) -> Course:
        """The median of many objects' hour values."""
        self.cursor.execute(_TYPICAL, (factor, objects, self.first, self.end, factor))
        return self._course(self.cursor.fetchall())

    def alerts(self) -> list[Raised]:
        """The alerts of the day; their windows are hours."""
        self.cursor.execute(_ALERTS, (self.first, self.end))
        return [
            Raised(rule, subject, zh, en, self._hours(first), self._hours(last + HOUR))
            for rule, subject, zh, en, first, last in self.cursor.fetchall()
        ]

    def stations(self) -> list[Place]:
        """The stations registered on that day that have a place on a map."""
        self.cursor.execute(_STATIONS, (self.end, self.first))
        return [
            Place(
                station,
                Kind(kind),
                zh,
                en,
                city,
                enterprise,
                east,
                north,
                {code: limit["maximum"] for code, limit in limits.items() if "maximum" in limit},
            )
            for station, kind, zh, en, city, enterprise, east, north, limits in self.cursor.fetchall()
        ]

    def arrivals(self, since: int) -> dict[Kind, Course]:
        """Reports a minute of the data time from `since` on, by the minute in which they were received."""
        self.cursor.execute(_ARRIVALS, (since, since, self.end))
        by_kind: dict[Kind, list[tuple[int, float, int]]] = {}
        for kind, *row in self.cursor.fetchall():
            by_kind.setdefault(Kind(kind), []).append(tuple(row))
        return {kind: self._course(rows) for kind, rows in by_kind.items()}

    def _hours(self, seconds: int) -> float:
        return (seconds - self.first) / HOUR

    def _course(self, rows: Sequence[tuple[int, float, int]]) -> Course:
        return Course.of([(self._hours(start), value, length / HOUR) for start, value, length in rows])

"""What need not be asked of the database: reports that are later than all of their station that is known.

Nearly every live report is new, and nothing of it was ever rejected. What is remembered here is true as long as this
process alone writes the stations' rows, as of the statistics in memory: it is dropped with them (state-model: one
writer). Whoever else deletes rows, as closing a day does, only makes us ask in vain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from aggregate.plain.reports import PlainReports, last_times
from aggregate.reading import Judged, Number, Slot
from aggregate.take import Taken

_NONE = np.iinfo(np.int64).min
"""Later than that is every report."""


class Known:
    """By station the latest time of any report that stands, and of any that was rejected (UTC seconds)."""

    def __init__(self) -> None:
        self._stored: dict[int, int] = {}
        self._rejected: dict[str, int] = {}

    def forget(self) -> None:
        """Drop everything."""
        self._stored.clear()
        self._rejected.clear()

    def learn(self, cursor: Any, stations: Collection[int], names: Collection[str]) -> None:
        """Ask of stations, by the database's numbers, and of topics' stations what is not known yet."""
        if lacking := [station for station in stations if station not in self._stored]:
            self._stored.update(_stored(cursor, lacking))
        if unheard := [name for name in names if name not in self._rejected]:
            self._rejected.update(_rejected(cursor, unheard))

    def latest(self, stations: npt.NDArray[np.int64], names: Mapping[int, str]) -> npt.NDArray[np.int64]:
        """The latest time of which anything is known, of each of `stations`; `names`: what topics call them."""
        distinct, places = np.unique(stations, return_inverse=True)
        latest = [max(self._stored[station], self._rejected[names[station]]) for station in distinct.tolist()]
        return np.array(latest, dtype=np.int64)[places]

    def slots(self, judged: Iterable[Judged]) -> set[Slot]:
        """Those in which something may stand."""
        return {
            report.slot
            for report in judged
            if report.slot.station_id > 0
            and (report.slot.issued is not None or report.slot.time <= self._stored[report.slot.station_id])
        }

    def numbers(self, judged: Iterable[Judged]) -> set[tuple[str, Number]]:
        """Those of which something may stand rejected."""
        return {
            (report.entry.station, report.number)
            for report in judged
            if report.slot.time <= self._rejected[report.entry.station]
        }

    def note(self, taken: Taken, plain: Sequence[PlainReports]) -> None:
        """Remember what is being written."""
        for slot in taken.slots:
            self._stored[slot.station_id] = max(self._stored[slot.station_id], slot.time)
        for reports in plain:
            self._stored.update(last_times(reports))
        for outcome in taken.rejected:
            name, time = outcome.judged.entry.station, outcome.judged.slot.time
            self._rejected[name] = max(self._rejected[name], time)


def _stored(cursor: Any, stations: Sequence[int]) -> dict[int, int]:
    found = dict.fromkeys(stations, _NONE)
    cursor.execute(
        "select k.station_id, extract(epoch from r.time)::bigint from unnest(%s::int[]) as k(station_id)"
        " cross join lateral (select time from report where station_id = k.station_id order by time desc limit 1) r",
        (stations,),
    )
    found.update(cursor.fetchall())
    return found


def _rejected(cursor: Any, names: Sequence[str]) -> dict[str, int]:
    found = dict.fromkeys(names, _NONE)
    cursor.execute(
        "select k.station, extract(epoch from r.time)::bigint from unnest(%s::text[]) as k(station)"
        " cross join lateral (select time from rejected where station = k.station and time is not null"
        " order by time desc limit 1) r",
        (names,),
    )
    found.update(cursor.fetchall())
    return found

"""What need not be asked of the database: reports that are later than all their station has, and stations in order.

Nearly every live report is new, and nothing of it was ever rejected. What is remembered here is true as long as this
process alone writes the stations' rows, as of the statistics in memory: it is dropped with them (state-model: one
writer). Whoever else deletes rows, as closing a day does, only makes us ask in vain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aggregate.reading import Judged, Number, Slot
from aggregate.take import Taken


class Known:
    """By station, the latest time of any report stored, and whether anything of it stands rejected."""

    def __init__(self) -> None:
        self._latest: dict[int, int] = {}
        self._rejected: dict[str, bool] = {}

    def forget(self) -> None:
        """Drop everything."""
        self._latest.clear()
        self._rejected.clear()

    def learn(self, cursor: Any, judged: Sequence[Judged]) -> None:
        """Ask of the stations of `judged` what is not known yet."""
        stations = {report.slot.station_id for report in judged if report.slot.station_id > 0}.difference(self._latest)
        names = {report.entry.station for report in judged}.difference(self._rejected)
        if stations:
            self._latest.update(_latest(cursor, sorted(stations)))
        if names:
            self._rejected.update(_rejected(cursor, sorted(names)))

    def slots(self, judged: Iterable[Judged]) -> set[Slot]:
        """Those in which something may stand."""
        return {
            report.slot
            for report in judged
            if report.slot.station_id > 0
            and (report.slot.issued is not None or report.slot.time <= self._latest[report.slot.station_id])
        }

    def numbers(self, judged: Iterable[Judged]) -> set[tuple[str, Number]]:
        """Those of which something may stand rejected."""
        return {(report.entry.station, report.number) for report in judged if self._rejected[report.entry.station]}

    def note(self, taken: Taken) -> None:
        """Remember what is being written."""
        for slot in taken.slots:
            self._latest[slot.station_id] = max(self._latest[slot.station_id], slot.time)
        for outcome in taken.rejected:
            self._rejected[outcome.judged.entry.station] = True


def _latest(cursor: Any, stations: Sequence[int]) -> dict[int, int]:
    """The start of each station's latest report in UTC seconds, 0 without any."""
    found = dict.fromkeys(stations, 0)
    cursor.execute(
        "select k.station_id, extract(epoch from r.time)::bigint from unnest(%s::int[]) as k(station_id)"
        " cross join lateral (select time from report where station_id = k.station_id order by time desc limit 1) r",
        (stations,),
    )
    found.update(cursor.fetchall())
    return found


def _rejected(cursor: Any, names: Sequence[str]) -> dict[str, bool]:
    found = dict.fromkeys(names, False)
    cursor.execute(
        "select k.station from unnest(%s::text[]) as k(station)"
        " cross join lateral (select from rejected where station = k.station limit 1) r",
        (names,),
    )
    found.update((name, True) for (name,) in cursor.fetchall())
    return found

"""Which reports of a batch are plain: numbers alone, nothing wrong with them, and later than all of their station."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from aggregate.closed_store import closed_anywhere
from aggregate.entries import Located
from aggregate.judge import Judge
from aggregate.known import Known
from aggregate.plain.channels import Channels
from aggregate.plain.reports import PlainReports, in_several, judged, later
from ingest.kinds import Kind, KindRules


class Sorted(NamedTuple):
    """A batch, sorted."""

    plain: list[PlainReports]
    aside: set[str]
    """Stations of which each report is to be looked at by itself."""
    names: Mapping[int, str]
    """What topics call the stations of plain reports, by the database's numbers."""


class Sorter:
    """Sorts batches by the registry that `judge` holds and by what is known."""

    def __init__(self, judge: Judge, kinds: Mapping[Kind, KindRules], known: Known) -> None:
        self._judge = judge
        self._known = known
        self._channels = Channels(judge, kinds)

    def sort(self, cursor: Any, located: Sequence[Located]) -> Sorted:
        """Plain reports apart from the others."""
        blocks, aside = self._channels.gather(located)
        if not blocks:
            return Sorted([], aside, {})
        found = [judged(block, self._channels.columns(block.channels)) for block in blocks]
        reports = [of_block for of_block, _ in found]
        names = self._names(reports)
        self._known.learn(cursor, names.keys(), names.values())
        days = {int(day) for each in reports for day in np.unique(each.day)}
        closed = list(closed_anywhere(cursor, days))
        several = in_several(reports)
        of_time = later(reports, lambda stations: self._known.latest(stations, names))
        fine = [
            well & new & ~np.isin(each.day, closed) & ~np.isin(each.station_id, several)
            for each, (_, well), new in zip(reports, found, of_time, strict=True)
        ]
        for each, good in zip(reports, fine, strict=True):
            for station_id in np.unique(each.station_id[~good]).tolist():
                aside.add(names[station_id])
                self._channels.forget_station(names[station_id])
        apart = [station_id for station_id, name in names.items() if name in aside]
        kept = [each.only(~np.isin(each.station_id, apart)) for each in reports]
        return Sorted([each for each in kept if len(each.time)], aside, names)

    def _names(self, reports: Sequence[PlainReports]) -> dict[int, str]:
        stations = np.unique(np.concatenate([each.station_id for each in reports])).tolist()
        return {station_id: self._judge.registry.name_of(station_id) or "" for station_id in stations}

"""Days of stations, counties and cities from what is stored, a block of places at a time. As `lantian_reader`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import FACTORS, DayColumns
from aggregate.evaluation.spans import Span
from aggregate.evaluation.stored import DAILY_NAMES
from aggregate.regions.figures import Figures, evaluate, joined, mean_of, taken
from aggregate.regions.grid import read_left_out, read_values
from aggregate.regions.level import Level
from aggregate.regions.means import judged, levels_of, masked, mean_days, rows, stacked, withheld
from aggregate.regions.places import Membership, Places, Region, places_of
from aggregate.statistic import AQI, O3_1H_MAX, Variant, Window, station_object
from ingest.registry import Registry
from standards.editions import Editions

BLOCK_DAYS = 50_000
"""Object-days in memory at once, unless one county alone has more."""

Tell = Callable[[int], None]
"""Hears how many places are through."""

_NAMES = (*DAILY_NAMES, O3_1H_MAX, AQI)


class StoredDays:
    """What is stored, as of one moment; `editions` judge each day, and a period by its last one."""

    def __init__(self, cursor: Any, registry: Registry, editions: Editions, *, again: bool) -> None:
        """`again`: the AQI of days is that of `editions`, not the one that is stored."""
        self._cursor = cursor
        self._registry = registry
        self._editions = editions
        self._again = again
        self._places: dict[Span, Places] = {}

    def places(self, span: Span) -> Places:
        """Who counts where in the days of a span."""
        if span not in self._places:
            self._places[span] = places_of(self._registry, span, self._editions)
        return self._places[span]

    def figures(
        self, regions: Sequence[Region], span: Span, variants: Sequence[Variant], tell: Tell
    ) -> dict[Variant, Figures]:
        """The figures of regions in a span, in their order, by variant."""
        leaves = leaves_of(regions)
        parts: dict[Variant, list[Figures]] = {variant: [] for variant in variants}
        done = 0
        for days in self._blocks(leaves, span, variants):
            for variant in variants:
                parts[variant].append(evaluate(days[variant], span, self._editions))
            done += days[variants[0]].aqi.shape[0]
            tell(done)
        edition, place = self._editions.at(span.last), {key: number for number, key in enumerate(leaves)}
        found = {}
        for variant, of_leaves in ((variant, joined(of)) for variant, of in parts.items()):
            own = [taken(of_leaves, [place[key] for key in region.members or [region.key]]) for region in regions]
            found[variant] = joined(
                [mean_of(of, edition) if region.members else of for region, of in zip(regions, own, strict=True)]
            )
        return found

    def days(self, places: Sequence[str], span: Span, variant: Variant) -> DayColumns:
        """The days of some stations, counties and cities, by their keys."""
        return stacked([days[variant] for days in self._blocks(places, span, [variant])])

    def _blocks(
        self, keys: Sequence[str], span: Span, variants: Sequence[Variant]
    ) -> Iterator[dict[Variant, DayColumns]]:
        """Days of places, in their order."""
        length = (span.end - span.first).days
        block: list[str] = []
        objects = 0
        for key in keys:
            own = len(self._objects(key, span))
            if block and (objects + own) * length > BLOCK_DAYS:
                yield self._block(block, span, variants)
                block, objects = [], 0
            block.append(key)
            objects += own
        if block:
            yield self._block(block, span, variants)

    def _block(self, keys: Sequence[str], span: Span, variants: Sequence[Variant]) -> dict[Variant, DayColumns]:
        objects = [self._objects(key, span) for key in keys]
        names = sorted({name for of_place in objects for name in of_place})
        place = {name: number for number, name in enumerate(names)}
        places = [[place[name] for name in of_place] for of_place in objects]
        grids = read_values(self._cursor, names, Window.DAY, _NAMES, span, variants)
        left_out = read_left_out(self._cursor, names, Window.DAY, span, variants)
        found = {}
        for variant, grid in grids.items():
            days = withheld(self._columns(grid, span), left_out[variant])
            found[variant] = stacked(
                [
                    self._place(key, rows(days, own), left_out[variant][own], span)
                    for key, own in zip(keys, places, strict=True)
                ]
            )
        return found

    def _columns(self, grid: npt.NDArray[np.float64], span: Span) -> DayColumns:
        """Stored days of objects; of their counts of hours nobody asks."""
        values, largest, aqi = grid[:, :FACTORS], grid[:, FACTORS], grid[:, FACTORS + 1]
        days = judged(span.first, values, (~np.isnan(values)).astype(np.int32), largest, self._editions)
        if self._again:
            return days
        valid = ~np.isnan(aqi) & ~np.isnan(values).all(axis=1)
        return days._replace(aqi=aqi, level=levels_of(span.first, aqi, self._editions), valid=valid)

    def _objects(self, key: str, span: Span) -> list[str]:
        """Of whose stored days a place's are made."""
        if not key.startswith(f"{Level.COUNTY}:"):
            return [key]
        membership = self.places(span).counties.get(key)
        return [station_object(name) for name in membership.stations] if membership else []

    def _place(self, key: str, days: DayColumns, left_out: npt.NDArray[np.bool_], span: Span) -> DayColumns:
        """One place's days from those of its objects."""
        nobody = Membership((), np.zeros(days.aqi.shape, dtype=np.bool_))
        if key.startswith(f"{Level.COUNTY}:"):
            counts = self.places(span).counties.get(key, nobody).counts
            return mean_days(days, counts, left_out, self._editions)
        if key.startswith(f"{Level.STATION}:"):
            return masked(days, self.places(span).stations.get(key, nobody).counts)
        return days


def leaves_of(regions: Sequence[Region]) -> list[str]:
    """The keys of all places that have days of their own, each once."""
    return list(dict.fromkeys(key for region in regions for key in region.members or (region.key,)))

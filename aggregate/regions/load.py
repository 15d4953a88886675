"""Days of stations, counties and cities from what is stored, a block of places at a time. As `lantian_reader`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from aggregate.evaluation.days import DayColumns
from aggregate.evaluation.spans import Span
from aggregate.evaluation.stored import day_columns
from aggregate.regions.figures import Figures, evaluate, joined, mean_of, taken
from aggregate.regions.level import Level
from aggregate.regions.means import judged, masked, mean_days, rows, stacked
from aggregate.regions.places import Places, Region, places_of
from aggregate.statistic import DEVICES, Statistic, Variant, holding, station_object
from aggregate.statistic_store import read_days
from aggregate.store import Layouts
from core.clock import midnight
from ingest.registry import Registry
from standards.editions import Editions

BLOCK_DAYS = 10_000
"""Object-days in memory at once, some 3 kB each, unless one county alone has more."""

Tell = Callable[[int], None]
"""Hears how many places are through."""


class StoredDays:
    """What is stored, as of one moment; `editions` judge each day, and a period by its last one."""

    def __init__(self, cursor: Any, registry: Registry, editions: Editions, *, again: bool) -> None:
        """`again`: indices of days are those of `editions`, not those that are stored."""
        self._cursor = cursor
        self._registry = registry
        self._editions = editions
        self._again = again
        self._layouts = Layouts()
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
        bounds = (midnight(span.first), midnight(span.end))
        stored = read_days(self._cursor, self._layouts, dict.fromkeys(names, bounds))
        place = {name: number for number, name in enumerate(names)}
        found = {}
        for variant in variants:
            held = [dict[int, Statistic]() for _ in names]
            for key in stored:
                if key.variant == DEVICES and (row := holding(key.of(variant), stored.get)) is not None:
                    held[place[key.object]][key.start] = row
            columns = day_columns(held, span.first, (span.end - span.first).days, self._editions)
            found[variant] = stacked(
                [
                    self._place(key, rows(columns, [place[name] for name in of_place]), span)
                    for key, of_place in zip(keys, objects, strict=True)
                ]
            )
        return found

    def _objects(self, key: str, span: Span) -> list[str]:
        """Of whose stored days a place's are made."""
        if not key.startswith(f"{Level.COUNTY}:"):
            return [key]
        membership = self.places(span).counties.get(key)
        return [station_object(name) for name in membership.stations] if membership else []

    def _place(self, key: str, days: DayColumns, span: Span) -> DayColumns:
        """One place's days from those of its objects."""
        places = self.places(span)
        if key.startswith(f"{Level.COUNTY}:"):
            membership = places.counties.get(key)
            counts = membership.counts if membership else np.zeros(days.aqi.shape, dtype=np.bool_)
            return mean_days(days, counts, self._editions)
        if key.startswith(f"{Level.STATION}:"):
            membership = places.stations.get(key)
            days = masked(days, membership.counts if membership else np.zeros(days.aqi.shape, dtype=np.bool_))
        return judged(days.first, days.values, days.n_valid, days.o3_1h_max, self._editions) if self._again else days


def leaves_of(regions: Sequence[Region]) -> list[str]:
    """The keys of all places that have days of their own, each once."""
    return list(dict.fromkeys(key for region in regions for key in region.members or (region.key,)))

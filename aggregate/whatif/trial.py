"""A trial: stored hours of stations or cities judged under their own editions and under another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import DayColumns
from aggregate.evaluation.spans import Span
from aggregate.regions.grid import read_left_out, read_values
from aggregate.regions.level import Level
from aggregate.regions.places import Places, Region, chosen, places_of
from aggregate.regions.stretch import Stretch
from aggregate.regions.survey import Assessed, assess
from aggregate.statistic import Variant, Window, station_object
from aggregate.whatif.compare import Side, differing, side_of, sides_joined
from core.errors import InputError
from ingest.registry import Registry
from standards.editions import HOURLY_FACTORS, Edition, Editions

BLOCK_HOURS = 500_000
"""Station-hours in memory at once, 48 bytes each, unless one city alone has more."""

Tell = Callable[[int, int], None]
"""Hears how many regions are through, of how many."""


class RegionDay(NamedTuple):
    """A day of a region, in the arrays of a trial."""

    row: int
    number: int
    day: date


@dataclass(frozen=True, slots=True)
class Trial:
    """What `lantian whatif` tells."""

    stretch: Stretch
    """Of the days' own editions."""
    edition: Edition
    """The other one."""
    editions: Editions
    """Those by date."""
    level: Level
    variant: Variant
    regions: Sequence[Region]
    own_days: DayColumns
    other_days: DayColumns
    own: Assessed
    other: Assessed
    differs: npt.NDArray[np.bool_]
    """bool[regions, days]"""

    def days(self, *, every: bool) -> Iterator[RegionDay]:
        """The days of all regions that differ, or every one."""
        for row, number in np.argwhere(self.differs | every).tolist():
            yield RegionDay(row, number, self.stretch.span.first + timedelta(days=number))


class Court:
    """Judges what is stored under two sets of editions."""

    def __init__(self, cursor: Any, registry: Registry, editions: Editions, edition: Edition) -> None:
        """`editions`: those by date; `edition` is to judge all dates."""
        self._cursor = cursor
        self._registry = registry
        self._editions = editions, Editions((edition,))

    def trial(self, stretch: Stretch, level: Level, only: Sequence[str], variant: Variant, tell: Tell) -> Trial:
        """All regions of a level, or some of them. Raises `InputError`."""
        own, other = (places_of(self._registry, stretch.span, editions) for editions in self._editions)
        every = {region.key: region for places in (other, own) for region in places.all(level)}
        if not every:
            raise InputError("nobody", f"no {level} has an official air station in these days", field="--from",
                             value=str(stretch.span.first), hint="see `lantian stations list --kind air`")  # fmt: skip
        regions = chosen([every[key] for key in sorted(every)], only)
        sides: tuple[list[Side], list[Side]] = [], []
        done = 0
        for block, stations in _blocks(regions, (own, other), stretch.span):
            objects = [station_object(name) for name in stations]
            grids = read_values(self._cursor, objects, Window.HOUR, HOURLY_FACTORS, stretch.span, [variant])
            left_out = read_left_out(self._cursor, objects, Window.HOUR, stretch.span, [variant])
            for of, places, editions in zip(sides, (own, other), self._editions, strict=True):
                of.append(side_of(grids[variant], left_out[variant], stations, block, places, editions))
            done += len(block)
            tell(done, len(regions))
        edition = self._editions[1].all[0]
        of_own, of_other = (sides_joined(of) for of in sides)
        return Trial(
            stretch, edition, self._editions[0], level, variant, regions, of_own.days, of_other.days,
            assess(of_own.figures, stretch.edition), assess(of_other.figures, edition),
            differing(of_own.days, of_other.days),
        )  # fmt: skip


def _blocks(regions: Sequence[Region], both: Sequence[Places], span: Span) -> Iterator[tuple[list[Region], list[str]]]:
    """Regions in their order, and the stations that count for one of them in ascending order."""
    block: list[Region] = []
    stations: set[str] = set()
    for region in regions:
        members = (places.membership(region.key) for places in both)
        own = {name for of in members if of is not None for name in of.stations}
        if block and len(stations | own) * (span.end - span.first).days * 24 > BLOCK_HOURS:
            yield block, sorted(stations)
            block, stations = [], set()
        block.append(region)
        stations |= own
    if block:
        yield block, sorted(stations)

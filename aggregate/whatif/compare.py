"""Days and a whole span of hours under two sets of editions, side by side. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import DayColumns, evaluate_days
from aggregate.regions.figures import Figures, evaluate, joined
from aggregate.regions.means import masked, mean_days, rows, stacked, withheld
from aggregate.regions.places import Membership, Places, Region
from aggregate.windows import DAY_HOURS
from standards.editions import Editions

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Side:
    """What hours come to under editions; a row a region."""

    days: DayColumns
    figures: Figures


def side_of(
    hours: Floats, left_out: Bools, stations: Sequence[str], regions: Sequence[Region], places: Places,
    editions: Editions,
) -> Side:  # fmt: skip
    """Stations' hours float64[stations, 6, hours of the span] as days of regions, stations or cities, and their span.

    As stored days are made: a city's day is the mean of its stations' days. `left_out` bool[stations, 2, hours]: the
    hour lacks this particulate for sand-dust.
    """
    taken = np.logical_or.reduce(left_out.reshape(*left_out.shape[:2], -1, DAY_HOURS), axis=-1)
    of_stations = withheld(evaluate_days(hours, places.span.first, editions), taken)
    place = {name: number for number, name in enumerate(stations)}
    days = stacked([_days(region, of_stations, taken, place, places, editions) for region in regions])
    return Side(days, evaluate(days, places.span, editions))


def sides_joined(sides: Sequence[Side]) -> Side:
    """One below the other."""
    return Side(stacked([side.days for side in sides]), joined([side.figures for side in sides]))


def differing(own: DayColumns, other: DayColumns) -> Bools:
    """bool[regions, days]: AQI or primary pollutants are not the same."""
    same = (own.aqi == other.aqi) | (np.isnan(own.aqi) & np.isnan(other.aqi))
    return np.asarray(~same | (own.primary != other.primary))


def _days(
    region: Region, of_stations: DayColumns, taken: Bools, place: Mapping[str, int], places: Places, editions: Editions
) -> DayColumns:
    length = of_stations.aqi.shape[1]
    members = places.membership(region.key) or Membership((), np.zeros((0, length), dtype=np.bool_))
    numbers = [place[name] for name in members.stations]
    own = rows(of_stations, numbers)
    if region.key in places.stations:
        return masked(own, members.counts)
    return mean_days(own, members.counts, taken[numbers], editions)

"""Targets against a base: where a region stands, and what the rest of the period may bring. Pure.

A target is met by what is printed: the figure rounded to its places. It is therefore taken to these places itself,
towards the stricter side: 54 less 20 % is 43.2, and 43 is the largest printed figure that meets it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import DayColumns
from aggregate.evaluation.percentiles import percentiles
from aggregate.evaluation.spans import Span
from aggregate.evaluation.tables import TOKENS
from aggregate.regions.figures import Figures, principal
from aggregate.regions.verdict import rounded, share
from standards.editions import HOURLY_FACTORS, Edition
from standards.rounding import round_decimal

Floats = npt.NDArray[np.float64]

BEYOND = 1e6
"""A concentration above all that occur."""


class Item(StrEnum):
    """What a target may be of."""

    PM25 = "pm25"
    PM10 = "pm10"
    SO2 = "so2"
    NO2 = "no2"
    CO = "co"
    O3 = "o3"
    COMPOSITE = "composite"
    ATTAINED_SHARE = "attained_share"
    HEAVY_DAYS = "heavy_days"

    @property
    def column(self) -> int | None:
        """The place of a pollutant in `HOURLY_FACTORS`; None for the others."""
        return TOKENS.index(self.value) if self.value in TOKENS else None


class Target(NamedTuple):
    """One target, as a person set it: by a change against the base, or absolutely."""

    region: str
    """Key of a region."""
    item: Item
    base: Span | None
    change: Decimal | None
    """In percent of the base's figure if `relative`, else to be added to it (share: percentage points)."""
    relative: bool
    absolute: Decimal | None


class Rest(StrEnum):
    """What is told of the days that are left."""

    MEAN = "mean"
    """The largest mean of the remaining days with which the target is met, to one place more than is printed."""
    FAILING = "days_may_fail"
    """How many of them may fail to attain."""
    HEAVY = "days_may_be_heavy"
    ABOVE = "days_may_be_above"
    """How many of them may be above the target's concentration, however far."""
    LOST = "lost"
    """Whatever they bring, the target is missed."""
    OVER = "over"
    """No day is left."""
    UNTOLD = "untold"
    """The figure does not follow from one number of the rest."""


class Now(NamedTuple):
    """Where a region stands."""

    figures: Figures
    """One row."""
    days: DayColumns
    """So far, of its members, or of itself alone."""
    edition: Edition
    left: int
    """Days of the period that are still to come."""


class Standing(NamedTuple):
    """What is told of a target. None: there is no figure."""

    target: Target
    base: float | None
    aim: float | None
    """The printed figure that just meets it."""
    now: float | None
    """As printed."""
    met: bool | None
    progress: float | None
    """Percent of the way from the base to the aim."""
    left: int
    rest: Rest
    allowed: float | None
    """What `rest` names: a concentration, or a number of days; of several members: of their days together."""
    members: int


def standing(target: Target, base: tuple[Figures, Edition] | None, now: Now) -> Standing:
    """Where a target stands; `base`: one row of figures of its base period, and their edition."""
    before = None if base is None else printed(base[0], target.item, base[1])
    figure = printed(now.figures, target.item, now.edition)
    aim = _aim(target, before, now.edition)
    met, progress = None, None
    if aim is not None and figure is not None:
        met = figure >= aim if target.item is Item.ATTAINED_SHARE else figure <= aim
        if before is not None and before != aim:
            progress = float(now.edition.shares.rounded([100.0 * (before - figure) / (before - aim)])[0])
    rest, allowed = _rest(target.item, aim, now)
    return Standing(target, before, aim, figure, met, progress, now.left, rest, allowed, now.days.aqi.shape[0])


def printed(figures: Figures, item: Item, edition: Edition) -> float | None:
    """A region's figure as it is printed; None if there is none."""
    if item.column is not None:
        value = rounded(principal(figures, edition), edition)[0, item.column]
    elif item is Item.COMPOSITE:
        value = figures.composite[0]
    elif item is Item.ATTAINED_SHARE:
        value = share(figures.days_attained, figures.days_valid, edition)[0]
    else:
        value = figures.days_heavy[0] if figures.days_valid[0] else np.nan
    return None if np.isnan(value) else float(value)


def _aim(target: Target, base: float | None, edition: Edition) -> float | None:
    if target.absolute is not None:
        aim = target.absolute
    elif target.change is None or base is None:
        return None
    else:
        was = Decimal(repr(base))
        aim = was * (1 + target.change / 100) if target.relative else was + target.change
    mode = ROUND_CEILING if target.item is Item.ATTAINED_SHARE else ROUND_FLOOR
    return float(aim.quantize(Decimal(1).scaleb(-_places(target.item, edition)), mode))


def _places(item: Item, edition: Edition) -> int:
    if item.column is not None:
        return edition.decimals[HOURLY_FACTORS[item.column]]
    if item is Item.HEAVY_DAYS:
        return 0
    return edition.composite.total_decimals if item is Item.COMPOSITE else edition.shares.decimals


def _rest(item: Item, aim: float | None, now: Now) -> tuple[Rest, float | None]:
    if now.left == 0:
        return Rest.OVER, None
    if aim is None or item is Item.COMPOSITE:
        return Rest.UNTOLD, None
    return _rest_of_days(item, aim, now) if item.column is None else _rest_of_values(item.column, aim, now)


def _rest_of_days(item: Item, aim: float, now: Now) -> tuple[Rest, float | None]:
    valid, index, rule = now.days.valid, now.days.aqi, now.edition.period
    members = valid.shape[0]
    if item is Item.HEAVY_DAYS:
        heavy = int(np.count_nonzero(valid & (index > rule.heavy_above)))
        return _allowed(Rest.HEAVY, min(math.floor(aim * members) - heavy, now.left * members))
    attained = int(np.count_nonzero(valid & (index <= rule.attained_up_to)))
    may = days_may_fail(attained, int(np.count_nonzero(valid)), now.left * members, aim, now.edition)
    return _allowed(Rest.FAILING, may)


def _rest_of_values(column: int, aim: float, now: Now) -> tuple[Rest, float | None]:
    factor, values, rule = HOURLY_FACTORS[column], now.days.values[:, column], now.edition.period
    places = now.edition.decimals[factor]
    if factor in rule.means:
        return _allowed(Rest.MEAN, mean_left(values, now.left, aim, places))
    if values.shape[0] > 1:
        return Rest.UNTOLD, None
    may = days_may_be_above(values[0], now.left, aim, rule.percents[factor], places)
    return _allowed(Rest.ABOVE, may)


def _allowed(rest: Rest, value: float) -> tuple[Rest, float | None]:
    return (Rest.LOST, None) if value < 0 else (rest, value)


def mean_left(values: Floats, left: int, aim: float, places: int) -> float:
    """The largest mean of the `left` days to come, to `places` + 1, with which the printed mean of all meets `aim`.

    `values` float64[m, d] are daily values so far, NaN for none; with several members the mean of their means is
    meant, and each has the same mean to come. Below 0: it cannot be reached.
    """
    so_far = np.nansum(values, axis=1)
    days = np.count_nonzero(~np.isnan(values), axis=1) + left
    scale = 10.0 ** (places + 1)

    def printed_with(coming: int) -> float:
        return float(round_decimal(float(np.mean((so_far + left * (coming / scale)) / days)), places))

    beyond = math.ceil((aim + 1) * scale / np.mean(left / days))
    return (bisect_right(range(beyond), aim, key=printed_with) - 1) / scale


def days_may_fail(attained: int, valid: int, left: int, aim: float, edition: Edition) -> int:
    """How many of the `left` days to come may fail so that the printed share of days attained is at least `aim` %.

    All of them are taken to be valid. -1: it cannot be reached.
    """
    failing = np.arange(left + 1)
    shares = share((attained + left - failing).astype(float), np.full(left + 1, float(valid + left)), edition)
    return int(np.count_nonzero(shares >= aim)) - 1


def days_may_be_above(values: Floats, left: int, aim: float, p: float, places: int) -> int:
    """How many of the `left` days to come may be above `aim`, however far, so that the printed percentile meets it.

    `values` float64[d] so far, NaN for none; the others to come are taken to be at `aim`. -1: it cannot be reached.
    """
    known = np.tile(values, (left + 1, 1))
    coming = np.where(np.arange(left) < np.arange(left + 1)[:, None], BEYOND, aim)
    found = percentiles(np.concatenate([known, coming], axis=1), p)
    return sum(round_decimal(value, places) <= aim for value in found.tolist()) - 1

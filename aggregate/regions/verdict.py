"""What a period's figures say: attainment of the limits, shares of days, rank, change against a base. Pure.

Judged is what is printed: concentrations rounded by GB/T 8170 to the edition's places. That the means of months and
seasons are held against annual limits is practice, not text (unconfirmed, M).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.regions.figures import Figures, means_of, principal
from standards.composite import dense_rank
from standards.editions import HOURLY_FACTORS, Edition
from standards.rounding import round_decimals

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ranks = npt.NDArray[np.int64]

_OZONE_AVERAGE = {"a05024": "max_8h"}


class Attainment(NamedTuple):
    """Of n objects; float64[n, 6] in the order of `HOURLY_FACTORS`."""

    item: Floats
    """1 where mean and percentile are within the class II limits, 0 where one is not, NaN where it cannot be said.

    Of too few valid days it cannot be said that they are; that one is not is told, as of a day that is incomplete.
    """
    every: Floats
    """float64[n]: of all six together."""
    mean_multiple: Floats
    """(C - S) / S of the mean, 0 up to the limit; NaN without a mean."""
    percentile_multiple: Floats


class Ranking(NamedTuple):
    """Of n objects, the least first."""

    rank: Ranks
    """int64[n], 0 for those that are not ranked."""
    tied: Bools
    """bool[n]: shares its rank (并列)."""


class Change(NamedTuple):
    """Of n objects against a base."""

    concentration: Floats
    """float64[n, 6], percent, of the six statistics."""
    composite: Floats
    """float64[n], percent; NaN where the two are computed by different methods."""
    share: Floats
    """float64[n], percentage points, of the share of days attained."""
    days_attained: Floats
    days_heavy: Floats
    ranking: Ranking
    """By the change of the composite index: the most improved first."""
    worsening: Bools
    """bool[n]: higher, and known not to attain in an item (who attains in all is not listed as worsening)."""


def rounded(concentrations: Floats, edition: Edition) -> Floats:
    """Concentrations float64[n, 6] as they are printed."""
    columns = [round_decimals(concentrations[:, c], edition.decimals[f]) for c, f in enumerate(HOURLY_FACTORS)]
    return np.stack(columns, axis=1)


def limits(edition: Edition) -> tuple[Floats, Floats]:
    """Class II limits float64[6] of the means and of the percentiles; NaN where the edition has none."""
    annual = [edition.limits.get((factor, "year")) for factor in HOURLY_FACTORS]
    daily = [edition.limits.get((factor, _OZONE_AVERAGE.get(factor, "day"))) for factor in HOURLY_FACTORS]
    bare = [
        np.array([np.nan if limit is None else limit.class_2 for limit in of], dtype=float) for of in (annual, daily)
    ]
    return np.where(means_of(edition), bare[0], np.nan), bare[1]


def attainment(figures: Figures, edition: Edition) -> Attainment:
    """Whether each object keeps to the class II limits of its period's edition (HJ 663; M: of mean and percentile)."""
    places = edition.period.multiple_decimals
    of_mean, of_percentile = limits(edition)
    mean, percentile = rounded(figures.mean, edition), rounded(figures.percentile, edition)
    within = np.stack([_within(mean, of_mean), _within(percentile, of_percentile)])
    asked = np.stack([~np.isnan(of_mean), ~np.isnan(of_percentile)])[:, None]
    found = _together(np.where(asked, within, 1.0))
    item = np.where(figures.valid | (found == 0), found, np.nan)
    return Attainment(
        item, _together(item.T), _multiple(mean, of_mean, places), _multiple(percentile, of_percentile, places)
    )


def _within(values: Floats, bounds: Floats) -> Floats:
    return np.where(np.isnan(values), np.nan, (values <= bounds).astype(np.float64))


def _together(parts: Floats) -> Floats:
    """0 where one of the parts [k, …] is 0, else NaN where one is unknown, else 1."""
    unknown = np.isnan(parts).any(axis=0)
    return np.where((parts == 0).any(axis=0), 0.0, np.where(unknown, np.nan, 1.0))


def _multiple(values: Floats, bounds: Floats, places: int) -> Floats:
    return round_decimals(np.maximum((values - bounds) / bounds, 0.0), places)


def share(days: Floats, of: Floats, edition: Edition) -> Floats:
    """Days in percent of others, rounded as shares are; NaN of none."""
    with np.errstate(invalid="ignore"):
        return edition.shares.rounded(100.0 * days / of)


def all_valid(figures: Figures) -> Bools:
    """bool[n]: all six have enough valid days."""
    return np.asarray(figures.valid.all(axis=1))


def ranking(index: Floats, ranked: Bools) -> Ranking:
    """Ranks of those of float64[n] that are `ranked` and have one; equal ones tie, and no rank is left out."""
    rank = dense_rank(np.where(ranked, index, np.nan))
    return Ranking(rank, (rank > 0) & (np.bincount(rank, minlength=1)[rank] > 1))


def composite_ranking(figures: Figures) -> Ranking:
    """By the composite index, the best first; without enough valid days of all six there is no rank."""
    return ranking(figures.composite, all_valid(figures))


def change(figures: Figures, edition: Edition, base: Figures, base_edition: Edition) -> Change:
    """What has changed since the base, from what is printed of both, as bulletins reckon.

    Under two editions the composite indices cannot be compared; concentrations and days are, each as it was judged.
    """
    now, then = (rounded(principal(f, e), e) for f, e in ((figures, edition), (base, base_edition)))
    alike = edition.id == base_edition.id
    composite = (
        _percent(figures.composite, base.composite, edition) if alike else np.full(figures.composite.shape, np.nan)
    )
    points = share(figures.days_attained, figures.days_valid, edition)
    points = points - share(base.days_attained, base.days_valid, base_edition)
    comparable = all_valid(figures) & all_valid(base)
    there = np.where((figures.members > 0) & (base.members > 0), 0.0, np.nan)
    return Change(
        concentration=_percent(now, then, edition),
        composite=composite,
        share=round_decimals(points, edition.shares.decimals),
        days_attained=figures.days_attained - base.days_attained + there,
        days_heavy=figures.days_heavy - base.days_heavy + there,
        ranking=ranking(composite, comparable),
        worsening=(composite > 0) & (attainment(figures, edition).every == 0.0),
    )


def _percent(now: Floats, then: Floats, edition: Edition) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        changed = 100.0 * (now - then) / then
    return edition.shares.rounded(np.where(then > 0, changed, np.nan))

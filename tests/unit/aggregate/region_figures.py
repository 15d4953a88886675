"""Figures and days as tests make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.days import DayColumns
from aggregate.regions.figures import Figures, nothing
from aggregate.regions.means import judged
from standards.editions import Editions, load_editions

EDITIONS = load_editions()
OLD, NEW = EDITIONS.by_id("2012"), EDITIONS.by_id("2026")
NAN = float("nan")
CLEAN = (20.0, 40.0, 10.0, 20.0, 0.6, 80.0)
"""A day that attains: PM2.5, PM10, SO2, NO2, CO, O3."""


def six(rows: Sequence[Sequence[float]] | npt.NDArray[np.float64], **others: Any) -> Figures:
    """Figures of objects with these six statistics — PM2.5, PM10, SO2, NO2, CO, O3 —, all of them valid."""
    known = np.array(rows, dtype=float).reshape(-1, 6)
    n = known.shape[0]
    mean, percentile = known.copy(), known.copy()
    mean[:, 4:] = NAN
    return nothing(n)._replace(
        mean=mean, percentile=percentile, valid=np.ones((n, 6), dtype=np.bool_), members=np.ones(n, dtype=np.int64),
        **others,
    )  # fmt: skip


def days_of(
    first: date, rows: Sequence[Sequence[Sequence[float]]] | npt.NDArray[np.float64], editions: Editions = EDITIONS
) -> DayColumns:
    """Days [objects][days][six], judged; the hourly maximum of O3 is its daily maximum 8-hour mean."""
    values = np.ascontiguousarray(np.moveaxis(np.array(rows, dtype=float), 2, 1))
    n_valid = np.where(np.isnan(values), 0, 24).astype(np.int32)
    return judged(first, values, n_valid, values[:, 5].copy(), editions)

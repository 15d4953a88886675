"""What a recomputation changes, factor by factor. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from aggregate.explanation.names import is_count, measured, taken_together
from aggregate.periods import COMPOSITE
from aggregate.settle import Settled
from aggregate.statistic import AQI, Content, Key
from standards.editions import HOURLY_FACTORS


class Figure(NamedTuple):
    """One factor of a window, as it is compared."""

    value: float | None
    n_valid: int
    n_expected: int
    reason: int
    edition: str


class Change(NamedTuple):
    """What one factor of a window said, and says now; None: the window did not, or does not, have it."""

    key: Key
    factor: str
    before: Figure | None
    after: Figure | None


def changes(settled: Settled) -> Iterator[Change]:
    """Where what is compared differs; states, versions and what may page anyone are not."""
    before = _figures(settled.before.content) if settled.before else {}
    after = _figures(settled.row.content)
    for factor in sorted({*before, *after}):
        if before.get(factor) != after.get(factor):
            yield Change(settled.row.key, factor, before.get(factor), after.get(factor))


def comes_of(figure: str, factor: str) -> bool:
    """Whether a figure is made of a factor, as are an index and the counts of days by it of each pollutant."""
    if figure in {AQI, COMPOSITE} or is_count(figure):
        return factor in HOURLY_FACTORS
    return factor in taken_together(measured(figure))


def _figures(content: Content) -> dict[str, Figure]:
    columns = zip(content.values, content.n_valid, content.n_expected, content.reasons, strict=True)
    return {factor: Figure(*column, content.edition) for factor, column in zip(content.factors, columns, strict=True)}

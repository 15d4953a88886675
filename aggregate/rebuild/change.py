"""What a recomputation changes, factor by factor. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from aggregate.settle import Settled
from aggregate.statistic import Content, Key


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


def _figures(content: Content) -> dict[str, Figure]:
    columns = zip(content.values, content.n_valid, content.n_expected, content.reasons, strict=True)
    return {factor: Figure(*column, content.edition) for factor, column in zip(content.factors, columns, strict=True)}

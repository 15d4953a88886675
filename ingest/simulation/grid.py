"""A grid of time for what depends on the past: made at whole steps, so that any span is the same, and read between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.simulation.noise import Floats, Ints


@dataclass(frozen=True, slots=True)
class Grid:
    """The multiples of `step` seconds from the `first` to the `last`."""

    step: int
    first: int
    last: int

    @classmethod
    def around(cls, times: Ints, step: int, lag: float = 0.0) -> Grid:
        """A grid that holds the UTC seconds `times`, and those `lag` seconds before."""
        if not times.size:
            return cls(step, 0, 1)
        return cls(step, int((times.min() - lag) // step), int(times.max() // step) + 1)

    def times(self, memory: int = 1) -> Ints:
        """[G + memory - 1] UTC seconds: the grid, and as many steps before it as a memory of that many needs."""
        return np.arange(self.first - memory + 1, self.last + 1, dtype=np.int64) * self.step

    def position(self, times: Ints, lags: Floats) -> Floats:
        """[T, S] where on the grid the instants are that lie `lags` [S] seconds before `times` [T]."""
        position: Floats = (times[:, None] - lags) / self.step - self.first
        return position


def remembered(values: Floats, weights: Floats) -> Floats:
    """[G, S]: the weighted mean of each step and those before it, of [G + memory - 1, S]; `weights` from now back."""
    steps = values.shape[0] - weights.size + 1
    total = np.zeros((steps, *values.shape[1:]))
    for ago, weight in enumerate(weights):  # a matrix product would round otherwise for every length
        total += weight * values[weights.size - 1 - ago :][:steps]
    mean: Floats = total / weights.sum()
    return mean


def read(table: Floats, position: Floats, columns: Ints) -> Floats:
    """[T, S] of a table on the grid at positions [T, S] in its `columns` [S], by straight lines between the steps."""
    below = np.minimum(position.astype(np.int64), table.shape[0] - 2)
    part = position - below
    value: Floats = (1.0 - part) * table[below, columns] + part * table[below + 1, columns]
    return value

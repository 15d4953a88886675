"""Means of wind: directions are averaged as vectors, for the mean of 350° and 10° is north."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

CALM_BELOW = 1e-9
"""m/s: vectors that leave less than this of their speed have no direction; what remains is noise of the sines."""


class Wind(NamedTuple):
    """What `wind_means` gives for n windows; NaN where too few slots have speed and direction."""

    direction: Floats
    """float64[n], degrees from which the wind blows, 0 ≤ d < 360; NaN where no direction prevails."""
    speed: Floats
    """float64[n], mean of the speeds, m/s."""
    resultant: Floats
    """float64[n], speed of the mean vector, m/s; never above `speed`."""
    n_valid: npt.NDArray[np.int32]
    """int32[n], slots with both."""


@njit(nogil=True, cache=True, error_model="numpy")
def _means(
    speed: Floats,
    direction: Floats,
    least: int,
    out_direction: Floats,
    out_speed: Floats,
    resultant: Floats,
    n_valid: npt.NDArray[np.int32],
) -> None:
    for row in range(speed.shape[0]):
        total, east, north, unit_east, unit_north, count = 0.0, 0.0, 0.0, 0.0, 0.0, 0
        for slot in range(speed.shape[1]):
            if not (np.isnan(speed[row, slot]) or np.isnan(direction[row, slot])):
                sine, cosine = np.sin(np.radians(direction[row, slot])), np.cos(np.radians(direction[row, slot]))
                total += speed[row, slot]
                east += speed[row, slot] * sine
                north += speed[row, slot] * cosine
                unit_east += sine
                unit_north += cosine
                count += 1
        n_valid[row] = count
        out_direction[row], out_speed[row], resultant[row] = np.nan, np.nan, np.nan
        if count == 0 or count < least:
            continue
        out_speed[row] = total / count
        resultant[row] = min(np.hypot(east, north) / count, out_speed[row])
        if resultant[row] < CALM_BELOW:
            resultant[row], east, north = 0.0, unit_east, unit_north
        if np.hypot(east, north) / count >= CALM_BELOW:
            degrees = np.degrees(np.arctan2(east, north)) % 360.0
            out_direction[row] = degrees if degrees < 360.0 else 0.0  # a hair west of north


def wind_means(speed: npt.ArrayLike, direction: npt.ArrayLike, least: int) -> Wind:
    """Vector means of windows [n, slots] of speeds (m/s) and directions (degrees from which it blows).

    Valid with `least` slots that have both. In a calm, where the vectors leave no speed, the directions count alike
    whatever their speed; where these leave none either, there is no direction. No regulation says so (M).
    """
    speeds, directions = (np.ascontiguousarray(array, dtype=np.float64) for array in (speed, direction))
    if speeds.ndim != 2 or speeds.shape != directions.shape:
        raise ValueError(f"speed and direction must both be [n, slots] (got {speeds.shape} and {directions.shape})")
    n = speeds.shape[0]
    wind = Wind(np.empty(n), np.empty(n), np.empty(n), np.empty(n, dtype=np.int32))
    _means(speeds, directions, least, *wind)
    return wind

"""Rounding of the decimal number that a double stands for: half to even (GB/T 8170), or half up.

A double carries 15 decimal digits. What lies beyond them, or more than nine digits beyond the kept ones, is noise of
binary arithmetic: 0.285 kept to two decimals is a tie (0.28), though its double lies above 0.285, and so is a mean
that came out as 2.5000000000000004.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from standards.nano import NANO, NANO_LARGEST

MAX_DECIMALS = 9
GUARD_DIGITS = 9

DIGITS_LIMIT = 1e15
"""Below this a double holds every whole number, and fifteen digits of any number."""
_POWERS = np.array([10.0**n for n in range(MAX_DECIMALS + GUARD_DIGITS + 1)])
_INTEGER_POWERS = np.array([10**n for n in range(GUARD_DIGITS + 1)], dtype=np.int64)


@njit(nogil=True, cache=True)
def _rounded(value: float, decimals: int, half_up: bool) -> float:
    if not np.isfinite(value):
        return value
    guard = GUARD_DIGITS
    while guard > 0 and abs(value) * _POWERS[decimals + guard] >= DIGITS_LIMIT:
        guard -= 1
    scaled = np.rint(abs(value) * _POWERS[decimals + guard])
    if scaled >= DIGITS_LIMIT:
        return value
    step = _INTEGER_POWERS[guard]
    digits = np.int64(scaled)
    kept = digits // step
    twice_rest = 2 * (digits - kept * step)
    if twice_rest > step or (twice_rest == step and (half_up or kept % 2 == 1)):
        kept += 1
    if kept == 0:
        return 0.0
    rounded = float(kept / _POWERS[decimals])
    return rounded if value > 0 else -rounded


@njit(nogil=True, cache=True)
def round_decimal(value: float, decimals: int) -> float:
    """`value` to `decimals` (0 … 9) places, GB/T 8170; NaN and infinities stay."""
    return _rounded(value, decimals, False)


@njit(nogil=True, cache=True)
def round_half_up(value: float, decimals: int) -> float:
    """`value` to `decimals` (0 … 9) places, a tie away from zero: 86.25 is 86.3, as bulletins print shares."""
    return _rounded(value, decimals, True)


@njit(nogil=True, cache=True)
def to_nano(value: float) -> int:
    """A number 0 … 1e6 in whole billionths, so that comparing and dividing are exact; what is above counts as 1e6."""
    return int(np.rint(min(value, NANO_LARGEST) * NANO))


@njit(nogil=True, cache=True, error_model="numpy")
def nano_column(values: npt.NDArray[np.float64], decimals: int, nano: npt.NDArray[np.int64]) -> None:
    """Billionths int64[n] of values float64[n], rounded before if `decimals` is not negative, for compiled code.

    0 for what is missing or negative. Loops without branches, which compilers turn into vector instructions; what they
    do not hold comes after.
    """
    if decimals < 0:
        for i in range(values.size):
            known = values[i] if values[i] >= 0.0 else 0.0
            nano[i] = np.int64(np.rint((known if known < NANO_LARGEST else NANO_LARGEST) * NANO))
        return
    scale, unit = 10.0 ** (decimals + GUARD_DIGITS), 10 ** (MAX_DECIMALS - decimals)
    bound = DIGITS_LIMIT / scale
    for i in range(values.size):
        known = values[i] if 0.0 <= values[i] < bound else 0.0
        digits = np.int64(np.rint(known * scale))
        kept = np.int64(float(digits) / NANO)
        twice_rest = 2 * (digits - kept * NANO)
        nano[i] = (kept + ((twice_rest > NANO) | ((twice_rest == NANO) & (kept % 2 == 1)))) * unit
    for i in range(values.size):
        if values[i] >= bound:
            nano[i] = to_nano(round_decimal(values[i], decimals))


@njit(nogil=True, cache=True)
def _round_all(values: npt.NDArray[np.float64], decimals: int, half_up: bool, out: npt.NDArray[np.float64]) -> None:
    for i in range(values.size):
        out[i] = _rounded(values[i], decimals, half_up)


def round_decimals(values: npt.ArrayLike, decimals: int, *, half_up: bool = False) -> npt.NDArray[np.float64]:
    """Every number of `values` (any shape) to `decimals` places, GB/T 8170 or half up; a new array of the same shape.

    Raises `ValueError` if `decimals` is not 0 … 9.
    """
    if not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"decimals must be 0 … {MAX_DECIMALS} (got {decimals})")
    array = np.ascontiguousarray(values, dtype=np.float64)
    out = np.empty_like(array)
    _round_all(array.reshape(-1), decimals, half_up, out.reshape(-1))
    return out

"""Random numbers that can be looked up: Gaussian noise as a function of seed, place and time.

Nothing is drawn in sequence, so any span of any station can be made alone and is the same. A `Field` is made of knots,
each a hashed standard normal, between which it runs smoothly; near in time or space means alike.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def key_of(seed: int, *names: str) -> int:
    """A 64-bit key that differs for each seed and list of names."""
    text = "\0".join(names).encode()
    low, high = zlib.crc32(text), zlib.crc32(text[::-1] + b"\1")
    return int(_mixed(np.array([(high << 32 | low) ^ (seed * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)], np.uint64))[0])


def name_numbers(names: list[str]) -> Ints:
    """A number for each name, the same in every run and whatever stands beside it."""
    return np.array([zlib.crc32(name.encode()) for name in names], dtype=np.int64)


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def hashed(key: int, *indices: npt.ArrayLike) -> Hashes:
    """A hash for each combination of the integer `indices`, broadcast against each other."""
    state: Hashes = np.array(key, dtype=np.uint64)
    for index in indices:
        with np.errstate(over="ignore"):
            state = _mixed((state ^ np.asarray(index, dtype=np.int64).view(np.uint64)) + _STEP)
    return state


def uniforms(key: int, *indices: npt.ArrayLike) -> Floats:
    """A number in (0, 1) for each combination of the integer `indices`."""
    return ((hashed(key, *indices) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def gaussians(key: int, *indices: npt.ArrayLike) -> Floats:
    """A standard normal for each combination of the integer `indices` (Box and Muller)."""
    bits = hashed(key, *indices)
    radius = ((bits >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32
    angle = (bits & np.uint64(0xFFFFFFFF)).astype(np.float64) * (2.0 * np.pi * 2.0**-32)
    normal: Floats = np.sqrt(-2.0 * np.log(radius)) * np.cos(angle)
    return normal


def _between(position: Floats) -> tuple[Ints, Floats, Floats]:
    """Knot below, and the weights of it and the next, such that the variance is the same everywhere."""
    below = np.floor(position)
    part = position - below
    rising = part * part * (3.0 - 2.0 * part)
    norm = np.sqrt(rising * rising + (1.0 - rising) * (1.0 - rising))
    return below.astype(np.int64), (1.0 - rising) / norm, rising / norm


@dataclass(frozen=True, slots=True)
class Field:
    """Noise of mean 0 and variance 1 that changes over `seconds` and, between places, over `km`.

    `km` 0: every place has noise of its own, by its number.
    """

    key: int
    seconds: float
    km: float = 0.0

    def at(self, times: Ints, numbers: Ints, x: Floats, y: Floats) -> Floats:
        """[T, S] at UTC seconds [T] and at places [S]: their numbers, and km east and north."""
        knots, low, high = _between(np.asarray(times, dtype=np.float64) / self.seconds)
        first, last = (int(knots.min()), int(knots.max()) + 1) if knots.size else (0, 0)
        table = self._knots(np.arange(first, last + 1), numbers, x, y)
        return low[:, None] * table[knots - first] + high[:, None] * table[knots - first + 1]

    def _knots(self, steps: Ints, numbers: Ints, x: Floats, y: Floats) -> Floats:
        if not self.km or not x.size:
            return gaussians(self.key, steps[:, None], numbers[None, :])
        column, west, east = _between(x / self.km)
        row, south, north = _between(y / self.km)
        columns, rows = np.arange(column.min(), column.max() + 2), np.arange(row.min(), row.max() + 2)
        # far fewer knots than places, where places are many
        grid = gaussians(self.key, steps[:, None, None], columns[:, None], rows).reshape(steps.size, -1)
        corner = (column - columns[0]) * rows.size + row - rows[0]
        total = np.zeros((steps.size, x.size))
        for dx, across in ((0, west), (1, east)):
            for dy, along in ((0, south), (1, north)):
                total += across * along * grid.take(corner + (dx * rows.size + dy), axis=1)
        return total


@dataclass(frozen=True, slots=True)
class Noise:
    """A mixture of fields with variance 1; `parts` are (share of the variance, field)."""

    parts: tuple[tuple[float, Field], ...]

    @classmethod
    def of(cls, seed: int, name: str, *parts: tuple[float, float, float]) -> Noise:
        """From (share of the variance, seconds, km) of each part; shares are scaled to sum to 1."""
        total = sum(share for share, _, _ in parts)
        return cls(
            tuple(
                (share / total, Field(key_of(seed, name, str(place)), seconds, km))
                for place, (share, seconds, km) in enumerate(parts)
            )
        )

    def at(self, times: Ints, numbers: Ints, x: Floats, y: Floats) -> Floats:
        """[T, S], as `Field.at`."""
        total = np.zeros((times.size, numbers.size))
        for share, field in self.parts:
            total += np.sqrt(share) * field.at(times, numbers, x, y)
        return total

"""What the kinds of monitor measure in the course of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.kinds import Kind

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """A factor's day: `base` in the catalogue's unit for the kind, raised and lowered by shares of it.

    `swing` is the share by which the daily wave rises at `peak` (hour of Asia/Shanghai); `second` the same of a wave
    of half a day, which makes the two rush hours; `noise` the standard deviation of one value's logarithm.
    """

    code: str
    base: float
    swing: float
    peak: float
    second: float
    noise: float

    def at(self, hours: Floats) -> Floats:
        """The course without noise at hours of the Shanghai day."""
        daily = np.cos((hours - self.peak) * (2 * np.pi / 24))
        half = np.cos((hours - self.peak) * (4 * np.pi / 24))
        return self.base * (1 + self.swing * daily + self.second * half)


# Air: a winter-spring day of a city in a valley, traffic at 8 and 20 h, ozone in the afternoon.
# CEMS: dry stack gas of a boiler at ultra-low emission, nearly level. Water: class II to III of GB 3838-2002.
COURSES: Mapping[Kind, tuple[Course, ...]] = {
    Kind.AIR: (
        Course("a34004", 46, 0.20, 22, 0.12, 0.05),
        Course("a34002", 96, 0.18, 21, 0.12, 0.05),
        Course("a21026", 13, 0.25, 9, 0.05, 0.06),
        Course("a21004", 31, 0.25, 20, 0.20, 0.05),
        Course("a21005", 0.9, 0.20, 21, 0.15, 0.04),
        Course("a05024", 70, 0.70, 15, 0.05, 0.03),
    ),
    Kind.DUST: (
        Course("a34001", 160, 0.35, 14, 0.10, 0.07),
        Course("a34002", 110, 0.30, 14, 0.10, 0.06),
        Course("a01001", 11, 0.45, 15, 0.00, 0.01),
        Course("a01007", 2.2, 0.40, 15, 0.00, 0.10),
    ),
    Kind.WATER: (
        Course("w01001", 7.9, 0.02, 16, 0.0, 0.004),
        Course("w01010", 12.5, 0.08, 16, 0.0, 0.006),
        Course("w01009", 8.6, 0.06, 15, 0.0, 0.010),
        Course("w01019", 3.1, 0.05, 10, 0.0, 0.030),
        Course("w21003", 0.32, 0.10, 9, 0.05, 0.050),
        Course("w21011", 0.07, 0.08, 9, 0.05, 0.050),
    ),
    Kind.CEMS: (
        Course("a21026", 18, 0.08, 10, 0.03, 0.06),
        Course("a21002", 34, 0.07, 10, 0.03, 0.05),
        Course("a34013", 4.2, 0.06, 10, 0.02, 0.07),
        Course("a19001", 7.8, 0.03, 4, 0.01, 0.02),
        Course("a01011", 9.5, 0.05, 10, 0.02, 0.03),
        Course("a01012", 52, 0.03, 14, 0.00, 0.01),
        Course("a00000", 120, 0.06, 10, 0.02, 0.03),
    ),
}
SIMULATED = tuple(COURSES)
"""The kinds that can be simulated."""

DUST_FACTORS: Mapping[Kind, Mapping[str, float]] = {
    Kind.DUST: {"a34001": 2.0, "a34002": 1.0},
    Kind.AIR: {"a34002": 0.75, "a34004": 0.15},
}
"""How strongly a dust event lifts a factor: as a share of what PM10 of the site itself rises by."""

"""How an index or an ozone maximum comes from its inputs, step by step, for people to follow. Pure.

The results are the kernels'; what stands between input and result is told in exact decimals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from aggregate.cells import left_out
from aggregate.explanation.again import concentrations
from aggregate.explanation.names import indicators
from aggregate.statistic import AQI, IAQI_PREFIX, O3, Content, Reason, Statistic, Window
from aggregate.windows import EIGHT, eight_hour_windows, rolling_eight_hours
from standards.aqi import IndexTable, aqi
from standards.edition_file import LevelPart
from standards.editions import Edition
from standards.nano import NANO
from standards.rounding import round_decimal, to_nano


@dataclass(frozen=True, slots=True)
class IndexStep:
    """One indicator's way from concentration to IAQI."""

    factor: str
    concentration: float | None
    decimals: int | None
    """Places to which the concentration is rounded before; None: it is taken as it is."""
    rounded: float | None
    """What is judged."""
    between: tuple[float, float] | None
    """The breakpoints around it; None without a concentration, or above the last breakpoint."""
    indices: tuple[int, int] | None
    """The IAQI at these."""
    interpolated: Fraction | None
    """Between them, before it is rounded up."""
    above: float | None
    """The last breakpoint, if the concentration is above it."""
    iaqi: float | None


@dataclass(frozen=True, slots=True)
class IndexSteps:
    """From concentrations to the AQI; of an IAQI alone only its own step."""

    steps: tuple[IndexStep, ...]
    whole: bool
    """Whether the AQI was asked for; what follows says nothing else."""
    largest: float | None = None
    aqi: float | None = None
    reason: Reason = Reason.VALID
    primary: tuple[str, ...] = ()
    """Indicators that tie for the largest IAQI where the AQI is above 50."""
    level: LevelPart | None = None


@dataclass(frozen=True, slots=True)
class EightHours:
    """A running 8-hour mean of ozone, by the hour (UTC seconds) that it ends with."""

    end: int
    mean: float | None
    n_valid: int
    largest: bool


def index_steps(content: Content, factor: str, window: Window, edition: Edition) -> IndexSteps:
    """The way to an AQI or IAQI of an hour or day from the concentrations of its row."""
    every = indicators(AQI, window, edition)
    table = edition.hourly if window is Window.HOUR else edition.daily
    cells = concentrations(content)
    values = [cells[name].value if name in cells else None for name in every]
    found = aqi(np.array([values], dtype=np.float64), table)
    steps = [
        _step(name, value, table, column, float(found.iaqi[0, column]))
        for column, (name, value) in enumerate(zip(every, values, strict=True))
    ]
    if factor != AQI:
        own = tuple(step for step in steps if IAQI_PREFIX + step.factor == factor)
        return IndexSteps(own, whole=False)
    largest = max((step.iaqi for step in steps if step.iaqi is not None), default=None)
    if left_out(cells[name] for name in every if name in cells):
        return IndexSteps(tuple(steps), True, largest, reason=Reason.SANDDUST)
    published = _known(float(found.aqi[0]))
    bits = int(found.primary[0])
    return IndexSteps(
        tuple(steps),
        True,
        largest,
        published,
        Reason(int(found.reason[0])),
        tuple(name for column, name in enumerate(every) if bits >> column & 1),
        None if published is None else edition.level(published),
    )


def _step(name: str, value: float | None, table: IndexTable, column: int, iaqi: float) -> IndexStep:
    places = int(table.decimals[column])
    decimals = places if places >= 0 else None
    if value is None or value < 0:
        return IndexStep(name, value, decimals, None, None, None, None, None, None)
    rounded = value if decimals is None else float(round_decimal(value, decimals))
    exact = int(to_nano(rounded))
    breaks = [int(point) for point in table.breaks[column] if point >= 0]
    if exact > breaks[-1]:
        return IndexStep(name, value, decimals, rounded, None, None, None, breaks[-1] / NANO, _known(iaqi))
    upper = next(place for place in range(1, len(breaks)) if exact <= breaks[place])
    low, high = breaks[upper - 1], breaks[upper]
    below, above = int(table.steps[upper - 1]), int(table.steps[upper])
    interpolated = below + Fraction((above - below) * (exact - low), high - low)
    return IndexStep(
        name, value, decimals, rounded, (low / NANO, high / NANO), (below, above), interpolated, None, _known(iaqi)
    )


def eight_hour_steps(hours: Sequence[Statistic | None], start: int, edition: Edition) -> tuple[EightHours, ...]:
    """The running means that a day's maximum is taken of: those that end at 08:00 … 24:00."""
    series = [value if hour and (value := hour[O3]) is not None else math.nan for hour in hours]
    means = rolling_eight_hours(eight_hour_windows(series), edition.validity.eight_hours)
    largest = np.fmax.reduce(means.value[EIGHT - 1 :])
    return tuple(
        EightHours(start + (place + 1) * 3600, _known(float(means.value[place])), int(means.n_valid[place]),
                   bool(means.value[place] == largest))
        for place in range(EIGHT - 1, len(series))
    )  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value

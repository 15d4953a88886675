"""What the names of statistics tell: of which factor they are, and what they are made of. Pure."""

from __future__ import annotations

from aggregate.cells import daily_indicators
from aggregate.evaluation.stored import DAILY_NAMES
from aggregate.periods import COMPOSITE, SINGLE_PREFIX
from aggregate.statistic import AQI, IAQI_PREFIX, O3, O3_1H_MAX, O3_8H_MAX, WIND_DIRECTION, WIND_SPEED, Window
from standards.editions import HOURLY_FACTORS, Edition


def is_index(factor: str) -> bool:
    """Whether it is an AQI or an IAQI, of an hour or a day."""
    return factor == AQI or factor.startswith(IAQI_PREFIX)


def is_count(factor: str) -> bool:
    """Whether it counts the days of a month, quarter or year."""
    return factor.startswith("days_")


def measured(factor: str) -> str:
    """The factor of the catalogue that it is of: `a05024` of `a05024_8h_max`, `IAQI_a05024` and `a05024_8h_p90`."""
    for prefix in (IAQI_PREFIX, SINGLE_PREFIX):
        factor = factor.removeprefix(prefix)
    for ending in (O3_8H_MAX, O3_1H_MAX):
        if factor == ending:
            return O3
    head, _, share = factor.rpartition("_p")
    return head.removesuffix("_8h") if head and share.replace(".", "").isdigit() else factor


def indicators(factor: str, window: Window, edition: Edition) -> tuple[str, ...]:
    """The concentrations that an AQI or IAQI is made of, in the order of the edition's table."""
    every = HOURLY_FACTORS if window is Window.HOUR else daily_indicators(edition)
    return every if factor == AQI else (factor.removeprefix(IAQI_PREFIX),)


def taken_together(factor: str) -> tuple[str, ...]:
    """What readings or hours of a station it is made of: a wind's direction of speeds, too."""
    if factor in {O3_1H_MAX, O3_8H_MAX}:
        return (O3,)
    return (WIND_DIRECTION, WIND_SPEED) if factor == WIND_DIRECTION else (factor,)


def daily_factors(factor: str) -> tuple[str, ...]:
    """The factors of days that one of a month, quarter or year is made of."""
    if factor == COMPOSITE:
        return DAILY_NAMES
    if is_count(factor):
        return (AQI, *DAILY_NAMES)
    return (O3_8H_MAX if measured(factor) == O3 else measured(factor),)

"""How a percentile or a composite index of a month, quarter or year comes from what it is made of. Pure.

The results are the kernels'; what stands between is told as it enters them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from aggregate.evaluation.percentiles import SHARE_UNIT, share_of
from aggregate.explanation.evidence import figure_of
from aggregate.explanation.inputs import Why, WindowInput
from aggregate.explanation.names import measured
from aggregate.periods import COMPOSITE, SINGLE_PREFIX, percentile_name
from aggregate.statistic import Content
from standards.editions import HOURLY_FACTORS, Edition
from standards.rounding import round_decimal


@dataclass(frozen=True, slots=True)
class PercentileStep:
    """The place of a percentile among the n ascending values: k = 1 + (n - 1)·p."""

    share: Fraction
    n: int
    k: Fraction
    lower: float
    """The value of rank ⌊k⌋."""
    upper: float | None
    """The next one, if there is one."""


@dataclass(frozen=True, slots=True)
class SingleStep:
    """One pollutant's share in a composite index."""

    factor: str
    counted: str
    """The factor of the row that is judged: the mean, of CO and O3 the percentile."""
    concentration: float | None
    decimals: int
    rounded: float | None
    limit: float
    single: float | None
    weight: float


def percentile_step(factor: str, inputs: Iterable[WindowInput], edition: Edition) -> PercentileStep | None:
    """Of a percentile the place and its neighbours; None for another factor, or without values."""
    of = measured(factor)
    share = edition.period.percents.get(of)
    if share is None or factor != percentile_name(of, share):
        return None
    values = sorted(
        each.figure.value
        for each in inputs
        if each.why is Why.COUNTED and each.figure is not None and each.figure.value is not None
    )
    if not values:
        return None
    exact = Fraction(share_of(share), SHARE_UNIT)
    k = 1 + (len(values) - 1) * exact
    rank = int(k)
    return PercentileStep(exact, len(values), k, values[rank - 1], values[rank] if rank < len(values) else None)


def single_steps(factor: str, content: Content, edition: Edition) -> tuple[SingleStep, ...]:
    """Of a composite index or a single one, what its row says of the pollutants; empty for another factor."""
    if factor == COMPOSITE:
        wanted: tuple[str, ...] = HOURLY_FACTORS
    elif factor.startswith(SINGLE_PREFIX):
        wanted = (factor.removeprefix(SINGLE_PREFIX),)
    else:
        return ()
    return tuple(_single(of, content, edition) for of in wanted)


def _single(of: str, content: Content, edition: Edition) -> SingleStep:
    rule, column = edition.composite, HOURLY_FACTORS.index(of)
    counted = of if of in edition.period.means else percentile_name(of, edition.period.percents[of])
    concentration, single = _value(content, counted), _value(content, SINGLE_PREFIX + of)
    decimals = int(rule.decimals[column])
    rounded = None if concentration is None else float(round_decimal(concentration, decimals))
    return SingleStep(of, counted, concentration, decimals, rounded, float(rule.limits[column]), single,
                      float(rule.weights[column]))  # fmt: skip


def _value(content: Content, factor: str) -> float | None:
    found = figure_of(content, factor)
    return None if found is None else found.value

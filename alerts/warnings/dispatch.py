"""What enterprises have to do when the level changes, and whether the plans add up to the city's cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from alerts.warnings.cuts import Cut, Pollutant
from alerts.warnings.plan import Measure, Plan
from alerts.warnings.scheme import Level


class Change(StrEnum):
    """Of a measure from one level to the next."""

    NEW = "new"
    CHANGED = "changed"
    """In place of something else that the unit has done until now."""
    SAME = "same"
    LIFTED = "lifted"
    """The unit goes back to normal in this."""

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"new": "新增", "changed": "调整", "same": "不变", "lifted": "解除"}[self.value]


class Verdict(StrEnum):
    """Of the sum of the plans' shares beside the city's cut."""

    REACHED = "reached"
    SHORT = "short"
    NO_CUT = "no_cut"
    """The city has no cut at this level."""

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"reached": "达到", "short": "不足", "no_cut": "无要求"}[self.value]


@dataclass(frozen=True, slots=True)
class Order:
    """A line of the dispatch list; of a lifted measure what is lifted."""

    measure: Measure
    change: Change


@dataclass(frozen=True, slots=True)
class Sum:
    """The shares of a pollutant at a level, per cent of what the city emits."""

    pollutant: Pollutant
    planned: Decimal
    required: Decimal | None
    verdict: Verdict

    @property
    def short(self) -> Decimal:
        """What is missing; 0 where nothing is."""
        return max(Decimal(0), (self.required or Decimal(0)) - self.planned)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A dispatch list at a change from one level to another; None for no warning."""

    before: Level | None
    level: Level | None
    orders: tuple[Order, ...]
    """By enterprise, line, process, equipment; what is lifted last of a unit."""
    sums: tuple[Sum, ...]
    idle: tuple[str, ...]
    """Enterprises of the plan that have nothing at this level."""
    weaker: tuple[str, ...]
    """Enterprises whose plan cuts less of something at this level than at a lower one."""


def dispatch(
    plan: Plan, cut: Cut | None, level: Level | None, before: Level | None = None, former: Plan | None = None
) -> Dispatch:
    """What each enterprise does at `level` by its plan, against what it did at `before`, in a fixed order.

    `former` is the plan by which it did that, if another. A level is complete in itself: what a unit does at a lower
    one and not at this is lifted.
    """
    now = plan.at(level) if level else []
    busy = {measure.unit.enterprise for measure in now}
    return Dispatch(
        before,
        level,
        tuple(_orders(now, (former or plan).at(before) if before else [])),
        tuple(_sums(now, cut, level)) if level else (),
        tuple(sorted(plan.enterprises - busy)) if level else (),
        tuple(sorted(_weaker(plan, level))) if level else (),
    )


def _orders(now: Sequence[Measure], before: Sequence[Measure]) -> list[Order]:
    old = {(measure.unit, measure.text) for measure in before}
    new = {(measure.unit, measure.text) for measure in now}
    left = {unit for unit, _ in old - new}
    taken_up = {unit for unit, _ in new - old}
    orders = []
    for measure in now:
        same = (measure.unit, measure.text) in old
        change = Change.SAME if same else Change.CHANGED if measure.unit in left else Change.NEW
        orders.append(Order(measure, change))
    orders += [
        Order(measure, Change.LIFTED)
        for measure in before
        if (measure.unit, measure.text) not in new and measure.unit not in taken_up
    ]
    return sorted(orders, key=lambda order: (order.measure.unit, order.change is Change.LIFTED, order.measure.text))


def _sums(now: Iterable[Measure], cut: Cut | None, level: Level) -> Iterable[Sum]:
    measures = list(now)
    for pollutant in Pollutant:
        planned = sum((measure.shares[pollutant] for measure in measures), Decimal(0))
        required = cut.shares.get(level) if cut and pollutant in cut.pollutants else None
        if required is None:
            yield Sum(pollutant, planned, None, Verdict.NO_CUT)
        else:
            yield Sum(pollutant, planned, required, Verdict.REACHED if planned >= required else Verdict.SHORT)


def _weaker(plan: Plan, level: Level) -> set[str]:
    own = _by_enterprise(plan.at(level))
    found = set()
    for lower in Level:
        if lower.rank < level.rank:
            for (enterprise, pollutant), share in _by_enterprise(plan.at(lower)).items():
                if own.get((enterprise, pollutant), Decimal(0)) < share:
                    found.add(enterprise)
    return found


def _by_enterprise(measures: Iterable[Measure]) -> dict[tuple[str, Pollutant], Decimal]:
    sums: dict[tuple[str, Pollutant], Decimal] = {}
    for measure in measures:
        for pollutant, share in measure.shares.items():
            key = measure.unit.enterprise, pollutant
            sums[key] = sums.get(key, Decimal(0)) + share
    return sums

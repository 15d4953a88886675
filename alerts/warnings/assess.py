"""Which level a sequence of days meets, by which condition, on which days. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from alerts.warnings.days import ONE_DAY, Day, Kind, Values, at_worst, values_of
from alerts.warnings.scheme import Alternative, Level, Scheme


class Why(StrEnum):
    """Why an assessment has the level it has, or none."""

    CONDITION_MET = "CONDITION_MET"
    BELOW = "BELOW"
    """No condition of a warning is met."""
    OZONE_APART = "OZONE_APART"
    """What is met is met by days of ozone alone, which is handled apart."""
    DUST_APART = "DUST_APART"
    """What is met is met by days of sand-dust, which is handled apart."""
    UNKNOWN_DAYS = "UNKNOWN_DAYS"
    """Nothing is met, but could have been on the days that are not known."""
    NO_DAYS = "NO_DAYS"


@dataclass(frozen=True, slots=True)
class Met:
    """A condition of a level that an episode meets."""

    level: Level
    number: int
    """Of the level's alternatives, from 1."""
    condition: str
    days: tuple[date, ...]
    """The days of the episode above the condition's lowest AQI."""
    hot: tuple[date, ...]
    """Those above its highest: while one is to come the level is needed."""


@dataclass(frozen=True, slots=True)
class Apart:
    """An episode of another kind that would have been a warning's."""

    kind: Kind
    met: Met


@dataclass(frozen=True, slots=True)
class Assessment:
    """What days come to; `level` is None where no warning's condition is met."""

    level: Level | None
    why: Why
    met: Met | None
    """The condition of `level`; of several the earliest."""
    could_be: Level | None
    """The level if the days that are not known had been the worst there are."""
    lower_tier: Met | None
    """Temporary control is allowed (2024), below the warnings."""
    apart: tuple[Apart, ...]
    """Ozone and dust, the highest of each."""


def assess(scheme: Scheme, days: Iterable[Day]) -> Assessment:
    """The highest level of a scheme that particulates meet, in whatever order the days are given.

    Days of ozone alone and of sand-dust are none of theirs. Raises `ValueError` for a date that is told twice.
    """
    given = tuple(days)
    values = values_of(given, Kind.PARTICULATE)
    met = list(conditions_met(scheme, values))
    worst = highest(conditions_met(scheme, at_worst(values)))
    apart = tuple(
        Apart(kind, other)
        for kind in (Kind.OZONE, Kind.DUST)
        if (other := highest(conditions_met(scheme, values_of(given, kind)))) is not None
    )
    top = highest(met)
    could_be = worst.level if worst else None
    return Assessment(
        level=top.level if top else None,
        why=_why(top, could_be, apart, known=any(value is not None for value in values.values())),
        met=top,
        could_be=could_be,
        lower_tier=next((one for one in met if not one.level.is_warning), None) if top is None else None,
        apart=apart,
    )


def _why(top: Met | None, could_be: Level | None, apart: Sequence[Apart], *, known: bool) -> Why:
    if top is not None:
        return Why.CONDITION_MET
    if not known:
        return Why.NO_DAYS
    if apart:
        return Why.DUST_APART if any(one.kind is Kind.DUST for one in apart) else Why.OZONE_APART
    return Why.BELOW if could_be is None else Why.UNKNOWN_DAYS


def conditions_met(scheme: Scheme, values: Values) -> Iterator[Met]:
    """Every condition that an episode meets, with its days; least level first, then in order of time."""
    for part in scheme.level:
        for number, alternative in enumerate(part.any, start=1):
            for days in episodes(values, alternative.floor, scheme.merge_days):
                if _is_met(alternative, days, values):
                    hot = tuple(day for day in days if _above(values, day, alternative.hot))
                    yield Met(part.level, number, alternative.chinese, days, hot)


def highest(met: Iterable[Met]) -> Met | None:
    """The condition of the highest level of a warning; of several the earliest."""
    warnings = (one for one in met if one.level.is_warning)
    return min(warnings, key=lambda one: (-one.level.rank, one.days[0], one.number), default=None)


def episodes(values: Values, floor: int, merge_days: int) -> Iterator[tuple[date, ...]]:
    """Days above `floor`, put together where at most `merge_days` that are not, or not known, lie between them."""
    run: list[date] = []
    for day in values:
        if not _above(values, day, floor):
            continue
        if run and (day - run[-1]).days - 1 > merge_days:
            yield tuple(run)
            run = []
        run.append(day)
    if run:
        yield tuple(run)


def _is_met(alternative: Alternative, days: Sequence[date], values: Values) -> bool:
    """The first clause counts the episode's days; the others want theirs one after another."""
    first, *others = alternative.all
    return len(days) >= first.days and all(_longest(values, days, one.floor) >= one.days for one in others)


def _longest(values: Values, days: Sequence[date], floor: int) -> int:
    longest = length = 0
    last: date | None = None
    for day in days:
        if _above(values, day, floor):
            length = length + 1 if last is not None and day - last == ONE_DAY else 1
            last, longest = day, max(longest, length)
    return longest


def _above(values: Values, day: date, floor: int) -> bool:
    value = values.get(day)
    return value is not None and value > floor

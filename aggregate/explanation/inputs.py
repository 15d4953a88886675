"""What a figure is made of, a line each: what counted, and why the rest did not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from aggregate.cities import Excluded
from aggregate.explanation.again import hour_content, is_open
from aggregate.explanation.evidence import Evidence, figure_of
from aggregate.explanation.names import daily_factors, indicators, is_index, taken_together
from aggregate.hours import PARTICULATES
from aggregate.reading import Slot, Stored
from aggregate.readings.reviews import Reading, readings_of
from aggregate.rebuild.change import Figure
from aggregate.revision import BY_PERSON, SUPERSEDED
from aggregate.statistic import PERIODS, Key, State, Statistic, Tier, Variant, Window, station_object
from core.clock import DAY, HOUR
from ingest.envelope import Source
from ingest.value import Flag
from standards.editions import Edition


class Why(StrEnum):
    """Whether an input counted, and if not, why."""

    COUNTED = "COUNTED"
    FLAGGED = "FLAGGED"
    """Its flag is not N."""
    OTHER_PERIOD = "OTHER_PERIOD"
    """Readings of another averaging period stand for the hour: a logger's own hour value, or what covers more."""
    SANDDUST = "SANDDUST"
    """Particulates of a sand-dust period, and the figure is without."""
    SUPERSEDED = "SUPERSEDED"
    """By a later number."""
    BY_PERSON = "BY_PERSON"
    """By what a person said, and the figure is the reviewed one."""
    NOT_OF_TIER = "NOT_OF_TIER"
    """A person said it, and the figure is the devices'."""
    NOT_VALID = "NOT_VALID"
    OPEN = "OPEN"
    """It still waits for values."""
    ABSENT = "ABSENT"
    ENTERPRISE = "ENTERPRISE"
    """A works' own station."""
    CONTROL_POINT = "CONTROL_POINT"


NO_INPUT = frozenset({Why.SUPERSEDED, Why.BY_PERSON, Why.NOT_OF_TIER, Why.ENTERPRISE, Why.CONTROL_POINT})
"""What is shown and is not among the inputs: nothing would change without it."""
_EXCLUDED = {Excluded.ENTERPRISE: Why.ENTERPRISE, Excluded.CONTROL_POINT: Why.CONTROL_POINT}


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """A reading of a station's hour."""

    slot: Slot
    row: Stored
    reading: Reading
    why: Why


@dataclass(frozen=True, slots=True)
class WindowInput:
    """One factor of a statistic below, or of the same window: what an index is made of."""

    key: Key
    factor: str
    figure: Figure | None
    state: State | None
    why: Why
    holds: Variant | None = None
    """Of which variant the row is; None without one."""


Input = ReadingInput | WindowInput


def inputs_of(evidence: Evidence, edition: Edition) -> tuple[Input, ...]:
    """The inputs in order of time or name."""
    asked = evidence.question
    if asked.window in PERIODS:
        return tuple(_days(evidence))
    if is_index(asked.factor):
        return tuple(_concentrations(evidence, indicators(asked.factor, asked.window, edition)))
    if asked.of_city:
        return tuple(_stations(evidence))
    return tuple(_readings(evidence, edition) if asked.of_readings else _hours(evidence))


def _readings(evidence: Evidence, edition: Edition) -> Iterator[ReadingInput]:
    factors = taken_together(evidence.question.factor)
    chosen = _chosen_period(evidence, edition)
    for slot, row in evidence.readings:
        for reading in readings_of(row):
            if reading.factor in factors:
                yield ReadingInput(slot, row, reading, _why(evidence, slot, reading, chosen))


def _chosen_period(evidence: Evidence, edition: Edition) -> int | None:
    """The averaging period whose readings stand for the hour: the one that alone gives the same."""
    factor = evidence.question.factor
    whole = figure_of(hour_content(evidence, edition), factor)
    periods = sorted({slot.period for slot, row in evidence.readings if factor in row.names})
    alike = (p for p in periods if figure_of(hour_content(evidence, edition, [p]), factor) == whole)
    return next(alike, None)


def _why(evidence: Evidence, slot: Slot, reading: Reading, chosen: int | None) -> Why:
    tier = evidence.question.variant.tier
    if reading.number.source == Source.PERSON and tier is Tier.RAW:
        return Why.NOT_OF_TIER
    if reading.state == SUPERSEDED:
        return Why.SUPERSEDED
    if reading.state == BY_PERSON and tier is Tier.REVIEWED:
        return Why.BY_PERSON
    if reading.flag != Flag.NORMAL:
        return Why.FLAGGED
    if slot.period != chosen:
        return Why.OTHER_PERIOD
    return Why.SANDDUST if evidence.without_particulates and reading.factor in PARTICULATES else Why.COUNTED


def _hours(evidence: Evidence) -> Iterator[WindowInput]:
    asked = evidence.question
    starts = range(asked.start, asked.key.end, HOUR)
    return _below(evidence, asked.object, Window.HOUR, starts, taken_together(asked.factor))


def _days(evidence: Evidence) -> Iterator[WindowInput]:
    asked = evidence.question
    starts = range(asked.start, asked.key.end, DAY)
    return _below(evidence, asked.object, Window.DAY, starts, daily_factors(asked.factor))


def _stations(evidence: Evidence) -> Iterator[WindowInput]:
    asked = evidence.question
    for member in evidence.members:
        if member.excluded is Excluded.KIND:
            continue
        name = station_object(member.station.station)
        for found in _below(evidence, name, asked.window, [asked.start], [asked.factor]):
            why = _EXCLUDED[member.excluded] if member.excluded else found.why
            yield WindowInput(found.key, found.factor, found.figure, found.state, why, found.holds)


def _concentrations(evidence: Evidence, names: Iterable[str]) -> Iterator[WindowInput]:
    return (_window(evidence.question.key, name, evidence.row) for name in names)


def _below(
    evidence: Evidence, of: str, window: Window, starts: Iterable[int], names: Iterable[str]
) -> Iterator[WindowInput]:
    names = tuple(names)
    for start in starts:
        key = Key(of, window, start, *evidence.question.variant)
        row = evidence.holding(key)
        for name in names:
            yield _window(key, name, row)


def _window(key: Key, name: str, row: Statistic | None) -> WindowInput:
    figure = figure_of(row.content, name) if row else None
    if row is None or figure is None:
        return WindowInput(key, name, None, None, Why.ABSENT, row.key.variant if row else None)
    state = State(row.states[row.content.factors.index(name)])
    why = Why.OPEN if is_open(row, name) else Why.COUNTED if figure.value is not None else Why.NOT_VALID
    return WindowInput(key, name, figure, state, why, row.key.variant)

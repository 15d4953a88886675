"""A figure once more, from what it is shown to be made of, by the kernels that made it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from sys import maxsize

from aggregate.cells import Cell, day_indices, hour_indices
from aggregate.cities import compute_city_day, compute_city_hour
from aggregate.evaluation.periods import Span, evaluate_periods
from aggregate.evaluation.stored import day_columns
from aggregate.explanation.evidence import Evidence, figure_of, taken
from aggregate.explanation.names import is_index
from aggregate.hours import HourInput, compute_hours
from aggregate.periods import edition_of, period_cells
from aggregate.rebuild.change import Figure
from aggregate.spans import compute_days, compute_eight_hours
from aggregate.statistic import PERIODS, Content, Key, State, Statistic, Window, station_object
from core.clock import DAY, HOUR, date_of
from ingest.kinds import Kind
from standards.editions import Edition, Editions

_LATER = maxsize
"""Nothing is waited for any more."""


def again(evidence: Evidence, editions: Editions) -> Figure | None:
    """What the inputs give for the factor; None if they give no such factor. The readings must not be gone."""
    asked = evidence.question
    if asked.window in PERIODS:
        return _of_period(evidence, editions)
    edition = editions.at(asked.start)
    if is_index(asked.factor):
        return _index(evidence.row.content, asked.factor, asked.window, edition)
    if asked.of_city:
        content = _of_city(evidence, edition)
    elif asked.window is Window.HOUR:
        content = hour_content(evidence, edition)
    else:
        content = _of_hours(evidence, edition)
    return figure_of(content, asked.factor)


def hour_content(evidence: Evidence, edition: Edition, periods: Sequence[int] | None = None) -> Content:
    """What the readings of a station's hour come to, or those of some averaging periods (seconds) alone."""
    readings = [taken(slot, row) for slot, row in evidence.readings if periods is None or slot.period in periods]
    asked, has_aqi = evidence.question, evidence.station is not None and evidence.station.kind == Kind.AIR
    hour = HourInput(asked.start, readings, has_aqi, 0, asked.variant, evidence.dusty)
    return compute_hours([hour], [edition])[0].content


def hours_below(evidence: Evidence) -> list[Statistic | None]:
    """The hours that a station's 8-hour window or day is made of, in order; None where there is none."""
    asked = evidence.question
    starts = range(asked.start, asked.key.end, HOUR)
    return [evidence.holding(Key(asked.object, Window.HOUR, start, *asked.variant)) for start in starts]


def stations_below(evidence: Evidence) -> list[Statistic | None]:
    """The windows of the stations that count for a city's, in order; None where a station has said nothing."""
    asked = evidence.question
    return [
        evidence.holding(Key(station_object(member.station.station), asked.window, asked.start, *asked.variant))
        for member in evidence.members
        if member.excluded is None
    ]


def days_below(evidence: Evidence) -> dict[int, Statistic]:
    """The days that a month, quarter or year is made of, by their first second; those there are."""
    asked = evidence.question
    keys = (Key(asked.object, Window.DAY, start, *asked.variant) for start in range(asked.start, asked.key.end, DAY))
    return {key.start: row for key in keys if (row := evidence.holding(key))}


def _of_hours(evidence: Evidence, edition: Edition) -> Content:
    asked = evidence.question
    by_start = {row.key.start: row for row in hours_below(evidence) if row}
    if asked.window is Window.EIGHT_HOURS:
        found = compute_eight_hours([asked.key], [by_start.get], [edition], now=_LATER, grace=[0])
    else:
        has_aqi = evidence.station is not None and evidence.station.kind == Kind.AIR
        found = compute_days([asked.key], [by_start.get], [edition], now=_LATER, grace=[0], has_aqi=[has_aqi])
    return found[0].content


def _of_city(evidence: Evidence, edition: Edition) -> Content:
    compute = compute_city_hour if evidence.question.window is Window.HOUR else compute_city_day
    return compute(stations_below(evidence), edition, 0).content


def _index(content: Content, factor: str, window: Window, edition: Edition) -> Figure | None:
    """An AQI or IAQI from the concentrations of its own row."""
    cells = concentrations(content)
    indices = hour_indices if window is Window.HOUR else day_indices
    found = indices([cells], [edition])[0].get(factor)
    return None if found is None else Figure(found.value, found.n_valid, found.n_expected, found.reason, edition.id)


def concentrations(content: Content) -> dict[str, Cell]:
    """A row's factors that are no indices, as the indices' kernels take them."""
    found = ((name, figure_of(content, name)) for name in content.factors if not is_index(name))
    return {
        name: Cell(figure.value, figure.n_valid, figure.n_expected, figure.reason, live=False, complete=True)
        for name, figure in found
        if figure is not None
    }


def _of_period(evidence: Evidence, editions: Editions) -> Figure | None:
    key = evidence.question.key
    columns = day_columns([days_below(evidence)], date_of(key.start), (key.end - key.start) // DAY, editions)
    periods = evaluate_periods(columns, [Span("", date_of(key.start), date_of(key.end))], editions)
    found = period_cells(periods, 0, 0, editions.at(key.end - DAY), live=False).get(evidence.question.factor)
    if found is None:
        return None
    edition = edition_of(editions, key.start, key.end)
    return Figure(found.value, found.n_valid, found.n_expected, found.reason, edition)


def same(one: Figure | None, other: Figure | None) -> bool:
    """Whether two figures are the same, values bit for bit."""
    return _bits(one) == _bits(other)


def _bits(figure: Figure | None) -> tuple[object, ...] | None:
    return None if figure is None else (figure.value if figure.value is None else figure.value.hex(), *figure[1:])


def is_open(row: Statistic, factor: str) -> bool:
    """Whether a factor of a row still waits for values."""
    return row.states[row.content.factors.index(factor)] == State.OPEN

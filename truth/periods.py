"""Months, quarters and years the slow way: from the days of an object, in plain Python and exact fractions."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from aggregate.statistic import Reason
from core.clock import date_of, midnight
from standards.editions import HOURLY_FACTORS, Edition
from truth.statistics import EIGHT_HOUR_MAXIMUM, OZONE, Cell, Cells, Windows, edition_at

DAILY = tuple(EIGHT_HOUR_MAXIMUM if factor == OZONE else factor for factor in HOURLY_FACTORS)
"""The daily statistic of each pollutant that periods are made of."""
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def period_windows(days: Mapping[int, Cells]) -> Windows:
    """Every month, quarter and year that a day with a row lies in; days by their first second."""
    found: Windows = {}
    for start in sorted(days):
        day = date_of(start)
        for window, months in MONTHS.items():
            first = (day.month - 1) // months * months + 1
            key = window, midnight(date(day.year, first, 1))
            if key not in found:
                last = date(day.year, first + months - 1, monthrange(day.year, first + months - 1)[1])
                found[key] = period_cells(days, date(day.year, first, 1), last)
    return found


def edition_of(window: str, start: int) -> str:
    """The editions that a window's days fall under, the last one last; of a shorter window its own."""
    if window not in MONTHS:
        return edition_at(start).id
    day = date_of(start)
    last = date(day.year, day.month + MONTHS[window] - 1, 28)
    return "+".join(dict.fromkeys([edition_at(start).id, edition_at(midnight(last)).id]))


def period_cells(days: Mapping[int, Cells], first: date, last: date) -> Cells:
    """One period, `last` its last day, whose edition judges it."""
    every = [midnight(first + timedelta(days=place)) for place in range((last - first).days + 1)]
    edition = edition_at(every[-1])
    cells: Cells = {}
    singles: list[Fraction | None] = []
    enough: list[bool] = []
    for column, (factor, name) in enumerate(zip(HOURLY_FACTORS, DAILY, strict=True)):
        valid = {start: value for start in every if (value := _value(days.get(start, {}), name)) is not None}
        enough.append(_enough(valid, first, last, edition))
        values, count = list(valid.values()), len(valid)
        share = edition.period.percents[factor]
        mean, upper = _mean(values), _percentile(values, share)
        by_mean = factor in edition.period.means
        singles.append(_single(mean if by_mean else upper, column, edition))
        figures = {
            **({factor: mean} if by_mean else {}),
            f"{factor}{'_8h' if factor == OZONE else ''}_p{share * 100:g}": upper,
            f"I_{factor}": None if singles[-1] is None else float(singles[-1]),
        }
        cells |= {code: _cell(value, count, len(every), valid=enough[-1]) for code, value in figures.items()}
    cells["composite_index"] = _cell(_composite(singles, edition), sum(enough), len(enough), valid=all(enough))
    return cells | _day_counts([days.get(start, {}) for start in every], every)


def _value(cells: Cells, name: str) -> float | None:
    return cells[name].value if name in cells else None


def _cell(value: float | None, count: int, expected: int, *, valid: bool) -> Cell:
    if valid:
        return Cell(value, count, expected, Reason.VALID)
    return Cell(None, count, expected, Reason.TOO_FEW_DAYS if count else Reason.NO_VALUES)


def _enough(valid: Mapping[int, float], first: date, last: date, edition: Edition) -> bool:
    """Whether each month of the period, and a whole year, has the valid days it needs (GB 3095 table 4)."""
    return all(
        sum(part_first <= date_of(start) <= part_last for start in valid) >= least
        for part_first, part_last, least in _parts(first, last, edition)
    )


def _parts(first: date, last: date, edition: Edition) -> Iterator[tuple[date, date, int]]:
    rule = edition.validity
    for month in range(first.month, last.month + 1):
        least = rule.february_days if month == 2 else rule.month_days
        yield date(first.year, month, 1), date(first.year, month, monthrange(first.year, month)[1]), least
    if (first.month, last.month) == (1, 12):
        yield first, last, rule.year_days


def _mean(values: Sequence[float]) -> float | None:
    total = 0.0
    for value in values:
        total += value
    return total / len(values) if values else None


def _percentile(values: Sequence[float], share: float) -> float | None:
    """HJ 663: k = 1 + (n - 1) p, linear between the neighbours."""
    if not values:
        return None
    ascending = sorted(values)
    k = 1 + (len(values) - 1) * Fraction(str(share))
    below = int(k)
    lower, upper = ascending[below - 1], ascending[min(below, len(values) - 1)]
    return lower + (upper - lower) * float(k - below)


def _single(value: float | None, column: int, edition: Edition) -> Fraction | None:
    if value is None:
        return None
    rule = edition.composite
    # what lies beyond a billionth is noise of binary arithmetic (docs/standards.md)
    concentration = _rounded(_rounded(Fraction(value), 9), int(rule.decimals[column]))
    return _rounded(concentration / Fraction(str(float(rule.limits[column]))), int(rule.single_decimals))


def _composite(singles: Sequence[Fraction | None], edition: Edition) -> float | None:
    rule = edition.composite
    total = Fraction(0)
    for single, weight in zip(singles, rule.weights, strict=True):
        if single is None:
            return None
        total += single * Fraction(str(float(weight)))
    return float(_rounded(total, int(rule.total_decimals)))


def _rounded(value: Fraction, places: int) -> Fraction:
    """GB/T 8170; Python rounds a fraction half to even, exactly."""
    return Fraction(round(value * 10**places), 10**places)


def _day_counts(days: Sequence[Cells], starts: Sequence[int]) -> Cells:
    """How many days have an AQI, and of which level; ozone's hour alone makes no day."""
    numbers = [0] * 7
    attained = heavy = 0
    for cells, start in zip(days, starts, strict=True):
        aqi = _value(cells, "AQI")
        if aqi is None or all(_value(cells, name) is None for name in DAILY):
            continue
        edition = edition_at(start)
        level = edition.level(aqi)
        numbers[level.number if level else 0] += 1
        attained += aqi <= edition.period.attained_up_to
        heavy += aqi > edition.period.heavy_above
    valid = sum(numbers)
    counts = {"days_valid": valid, "days_attained": attained, "days_heavy": heavy}
    counts |= {f"days_level{level}": numbers[level] for level in range(1, 7)}
    return {name: Cell(float(count), valid, len(days), Reason.VALID) for name, count in counts.items()}

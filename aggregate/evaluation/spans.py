"""Periods as spans of dates, and how many valid days each part of one needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from core.clock import months_after
from standards.editions import Validity


class Span(NamedTuple):
    """A period: any days in a row, `end` exclusive; `2016-01`, `2016-Q1` and `2016` are calendar ones."""

    label: str
    first: date
    end: date

    @property
    def last(self) -> date:
        """The last day, whose edition judges the period."""
        return self.end - timedelta(days=1)


class Part(NamedTuple):
    """Days of a period, `end` exclusive, of which at least `least` must be valid."""

    first: date
    end: date
    least: int


def calendar_spans(first: date, end: date) -> list[Span]:
    """Every month, quarter and year that days from `first` to `end` (exclusive) touch, each kind in order of time."""
    if first >= end:
        return []
    months = [
        Span(f"{year}-{month:02}", date(year, month, 1), months_after(date(year, month, 1), 1))
        for year, month in _months(first, end)
    ]
    quarters = [
        Span(f"{year}-Q{month // 3 + 1}", date(year, month, 1), months_after(date(year, month, 1), 3))
        for year, month in dict.fromkeys((span.first.year, (span.first.month - 1) // 3 * 3 + 1) for span in months)
    ]
    years = [
        Span(str(year), date(year, 1, 1), date(year + 1, 1, 1)) for year in dict.fromkeys(s.first.year for s in months)
    ]
    return [*months, *quarters, *years]


def parts(span: Span, rule: Validity) -> Iterator[Part]:
    """What must be valid for the period to be: each of its months, and each whole year (GB 3095 table 4).

    A month begun or ended by the period needs its number in proportion, rounded up (unconfirmed, M).
    """
    for year, month in _months(span.first, span.end):
        first = date(year, month, 1)
        end = months_after(first, 1)
        whole = (end - first).days
        least = rule.february_days if month == 2 else rule.month_days
        inside = Part(max(first, span.first), min(end, span.end), 0)
        yield inside._replace(least=-(-least * (inside.end - inside.first).days // whole))
    for year in range(span.first.year, span.end.year + 1):
        if span.first <= date(year, 1, 1) and date(year + 1, 1, 1) <= span.end:
            yield Part(date(year, 1, 1), date(year + 1, 1, 1), rule.year_days)


def _months(first: date, end: date) -> Iterator[tuple[int, int]]:
    last = end - timedelta(days=1)
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield number // 12, number % 12 + 1

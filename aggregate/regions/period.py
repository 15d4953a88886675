"""Periods as a person writes them, as spans of days; the same one a year before, and what of one has gone by. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from aggregate.evaluation.spans import Span
from aggregate.given_days import EARLIEST, LATEST
from core.clock import months_after
from core.errors import InputError

DAY = timedelta(days=1)

_CALENDAR = re.compile(r"(\d{4})(?:-(\d{2})|-Q([1-4]))?")
_SEASON = re.compile(r"heating-(\d{4})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR = re.compile(r"\d{4}")

_28_FEBRUARY, _1_MARCH = (2, 28), (3, 1)


class Heating(NamedTuple):
    """First and last day of the heating season, MM-DD; it ends in the year after it has begun."""

    first: str
    last: str


def parse_period(text: str, heating: Heating) -> Span:
    """The span that a person names; raises `InputError`.

    `2016`, `2016-01`, `2016-Q1`, `2016-11-15`, `heating-2016` (the season that begins in 2016), or two of these with
    `..` between them, the last day in: `2016-01..2016-05`, `2016-11-15..2017-03-15`.
    """
    first, dots, last = text.strip().partition("..")
    try:
        begin = _part(first, heating)
        span = begin._replace(label=text.strip(), end=_part(last, heating).end if dots else begin.end)
    except ValueError:
        raise InputError(
            "period", "is no period", field="PERIOD", value=text,
            hint="write 2016, 2016-01, 2016-Q1, heating-2016, 2016-01..2016-05 or 2016-11-15..2017-03-15",
        ) from None  # fmt: skip
    if span.first >= span.end:
        raise InputError("period", "ends before it begins", field="PERIOD", value=text, hint="turn it round")
    return span


def is_season(span: Span) -> bool:
    """Whether it is a heating season, whose dates are unconfirmed."""
    return "heating" in span.label


def a_year_before(span: Span) -> Span:
    """The same days of the year before, at least one; what begins or ends with 29 February does so with the 28th."""
    first, end = _year_before(span.first, _28_FEBRUARY), _year_before(span.end, _1_MARCH)
    if _DAY.search(span.label):  # the days that there are in that year
        last = end - DAY
        return Span(f"{first}..{last}" if last > first else str(first), first, end)
    return Span(_YEAR.sub(lambda year: str(int(year[0]) - 1), span.label), first, end)


def so_far(span: Span, today: date) -> Span:
    """The part of it that has gone by when `today` is running; raises `InputError` if nothing has."""
    if span.first >= today:
        raise InputError("period", "has no day that is over yet", field="PERIOD", value=span.label,
                         hint=f"the last whole day is {today - DAY}")  # fmt: skip
    return span._replace(end=min(span.end, today))


def _part(text: str, heating: Heating) -> Span:
    """Raises `ValueError`."""
    if season := _SEASON.fullmatch(text):
        year = _checked(int(season[1]))
        last = date.fromisoformat(f"{year + 1}-{heating.last}")
        return Span(text, date.fromisoformat(f"{year}-{heating.first}"), last + DAY)
    if calendar := _CALENDAR.fullmatch(text):
        year, month, quarter = _checked(int(calendar[1])), calendar[2], calendar[3]
        months = 1 if month else 3 if quarter else 12
        begin = int(month) if month else 3 * int(quarter or 1) - 2
        first = date(year, begin, 1)
        return Span(text, first, months_after(first, months))
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    day = date.fromisoformat(text)
    _checked(day.year)
    return Span(text, day, day + DAY)


def _checked(year: int) -> int:
    if not EARLIEST <= year <= LATEST:
        raise ValueError(year)
    return year


def _year_before(day: date, for_29_february: tuple[int, int]) -> date:
    month, number = for_29_february if (day.month, day.day) == (2, 29) else (day.month, day.day)
    return date(day.year - 1, month, number)

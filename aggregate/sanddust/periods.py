"""Sand-dust periods: when dust from afar lay over a city, as those who decide it said (环办监测〔2016〕120号).

Statistics are made with and without them: without, the particulates of an hour that one touches are left out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple


class Period(NamedTuple):
    """Half-open, UTC seconds."""

    city: str
    start: int
    end: int


class SandDust:
    """The periods of all cities, as one state of the table says."""

    def __init__(self, periods: Iterable[Period]) -> None:
        spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for period in sorted(periods, key=lambda period: period.start):
            of_city = spans[period.city]
            if of_city and period.start <= of_city[-1][1]:
                of_city[-1] = (of_city[-1][0], max(of_city[-1][1], period.end))
            else:
                of_city.append((period.start, period.end))
        self._spans = dict(spans)

    @classmethod
    def load(cls, cursor: Any) -> SandDust:
        """The periods in force."""
        cursor.execute(
            'select city, extract(epoch from start)::bigint, extract(epoch from "end")::bigint from sanddust_period'
            " where withdrawn_at is null"
        )
        return cls(Period(*row) for row in cursor.fetchall())

    def touches(self, city: str, start: int, end: int) -> bool:
        """Whether a period of the city and `[start, end)` (UTC seconds) have an instant in common."""
        spans = self._spans.get(city, ())
        place = bisect_left(spans, (end,))
        return place > 0 and spans[place - 1][1] > start

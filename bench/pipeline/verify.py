"""Whether what a run left behind is right: nothing lost or doubled, and every hour as a plain sum makes it."""

from __future__ import annotations

from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.ledger.books import read_ledger
from aggregate.statistic import Window
from bench.pipeline.field import Field, name_of
from core.postgres import connect
from core.settings import CoreSettings
from deploy.totals import Totals


class Verdict(NamedTuple):
    """What was found."""

    lost: int
    """Reports sent that are not in the database."""
    duplicated: int
    unbalanced: int
    """Accounts of the ledger."""
    statistics: int
    """Hourly means compared."""
    different: int

    @property
    def good(self) -> bool:
        """Whether the run is a result at all."""
        return not (self.lost or self.duplicated or self.unbalanced or self.different) and self.statistics > 0


def verify(settings: CoreSettings, source: Field, stations: int, slots: int, hours: int, sent: int) -> Verdict:
    """Compare the database with `sent` reports and with the first `hours` whole hours of `stations`."""
    with closing(connect(settings, "reader", application="lantian bench")) as database:
        totals = Totals.of(read_ledger(database, settings))
        lost = sent - totals.received
        different = 0
        with database, database.cursor() as cursor:
            for hour in range(hours):
                expected = hour_means(source, stations, slots * hour, slots)
                different += _differences(cursor, source, source.time(slots * hour), expected)
    return Verdict(
        max(lost, totals.missing), totals.duplicated + max(-lost, 0), totals.unbalanced,
        hours * stations * len(source.factors), different,
    )  # fmt: skip


def hour_means(source: Field, stations: int, first: int, slots: int) -> npt.NDArray[np.float64]:
    """[stations, factors]: the readings added in the order of time and divided by their number."""
    total = np.zeros((stations, len(source.factors)))
    for slot in range(first, first + slots):
        total += source.tenths(slot, stations)[:stations] / 10
    return total / slots


def _differences(cursor: Any, source: Field, start: int, expected: npt.NDArray[np.float64]) -> int:
    """How many means differ in value or validity, bit for bit, or are missing."""
    cursor.execute(
        'select s.object, l.factors, s."values", s.states from statistic s'
        " join layout l on l.layout_id = s.layout where s.time_window = %s and s.start = to_timestamp(%s)"
        " and s.object like 'station:%%' and s.tier = 'raw' and s.sanddust",
        (Window.HOUR, start),
    )
    found = {
        (name, factor): (value, state)
        for name, factors, values, states in cursor
        for factor, value, state in zip(factors, values, states, strict=True)
    }
    return sum(
        found.get((f"station:{name_of(number)}", factor)) != (expected[number, column], "P")
        for number in range(len(expected))
        for column, factor in enumerate(source.factors)
    )

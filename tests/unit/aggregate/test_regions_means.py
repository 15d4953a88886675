"""Days of several stations as one: bit for bit what cities are made of, in columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregate.cells import Cell, assemble, daily_indicators, day_indices
from aggregate.cities import compute_city_day
from aggregate.evaluation.days import DayColumns
from aggregate.evaluation.stored import DAILY_NAMES, day_columns
from aggregate.hours import PARTICULATES
from aggregate.regions.means import judged, masked, mean_days, rows, stacked
from aggregate.statistic import O3_1H_MAX, Computed, Key, Reason, Statistic, Window
from core.clock import DAY, midnight
from standards.editions import Editions, load_editions

EDITIONS = load_editions()
FIRST, DAYS = date(2026, 2, 24), 10
"""Four days of the edition of 2012, and six of that of 2026."""

_values = st.one_of(
    st.none(), st.integers(0, 900).map(float), st.floats(0, 900).map(lambda value: round(value, 3)), st.just(160.0)
)
_days = st.lists(st.one_of(st.none(), st.tuples(*[_values] * 7)), min_size=DAYS, max_size=DAYS)
_stations = st.lists(_days, min_size=1, max_size=6)


def statistic(name: str, day: date, values: Sequence[float | None], *, storm: bool = False) -> Statistic:
    """A station's stored day, with indices as it has them; in a storm without its particulates."""
    start = midnight(day)
    names = (*DAILY_NAMES, O3_1H_MAX)
    cells = {
        of: Cell(value, 24 if value is not None else 3, 24, Reason.VALID if value is not None else Reason.TOO_FEW_HOURS,
                 live=False, complete=True)
        for of, value in zip(names, values, strict=True)
    }  # fmt: skip
    if storm:
        cells |= {of: cells[of]._replace(value=None, reason=Reason.SANDDUST) for of in PARTICULATES}
    cells |= day_indices([cells], [EDITIONS.at(start)])[0]
    return stored(name, start, assemble(cells, EDITIONS.at(start).id, dict.fromkeys(cells, 0)))


def stored(name: str, start: int, computed: Computed) -> Statistic:
    states = "P" * len(computed.content.factors)
    return Statistic(Key(name, Window.DAY, start), computed.content, states, computed.live, 1, 0, None, start)


def columns(objects: Sequence[Sequence[Statistic | None]]) -> DayColumns:
    of_days = [{row.key.start: row for row in days if row is not None} for days in objects]
    return day_columns(of_days, FIRST, DAYS, EDITIONS)


def left_out(objects: Sequence[Sequence[Statistic | None]]) -> npt.NDArray[np.bool_]:
    found = np.zeros((len(objects), 2, DAYS), dtype=np.bool_)
    for number, days in enumerate(objects):
        for row in days:
            if row is not None:
                day = (row.key.start - midnight(FIRST)) // DAY
                found[number, :, day] = [row.without_sanddust(name) for name in PARTICULATES]
    return found


def same(found: DayColumns, expected: DayColumns) -> None:
    for name in DayColumns._fields[1:]:
        if name != "n_valid":
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


@given(_stations, st.data())
@settings(derandomize=True, max_examples=60, deadline=None)
def test_the_mean_of_stations_is_what_a_city_is_made_of_them(
    stations: list[list[tuple[float | None, ...] | None]], data: st.DataObject
) -> None:
    """Whoever counts on which day, whatever is missing, and whomever sand-dust took particulates from."""
    storms = data.draw(st.lists(st.lists(st.booleans(), min_size=DAYS, max_size=DAYS),
                                min_size=len(stations), max_size=len(stations)))  # fmt: skip
    counts = np.array(
        data.draw(st.lists(st.lists(st.booleans(), min_size=DAYS, max_size=DAYS),
                           min_size=len(stations), max_size=len(stations)))
    )  # fmt: skip
    members = [
        [None if values is None
         else statistic(f"station:{n}", FIRST + timedelta(days=day), values, storm=storms[n][day])
         for day, values in enumerate(days)]
        for n, days in enumerate(stations)
    ]  # fmt: skip
    expected = []
    for day in range(DAYS):
        start = midnight(FIRST + timedelta(days=day))
        counting = [of[day] for of, counts_on in zip(members, counts[:, day], strict=True) if counts_on]
        expected.append(stored("city", start, compute_city_day(counting, EDITIONS.at(start), 0)) if counting else None)
    same(mean_days(columns(members), counts, left_out(members), EDITIONS), columns([expected]))


@given(_stations)
@settings(derandomize=True, max_examples=40, deadline=None)
def test_judged_again_by_their_own_editions_days_are_as_stored(
    stations: list[list[tuple[float | None, ...] | None]],
) -> None:
    days = columns(
        [[None if values is None else statistic(f"station:{n}", FIRST + timedelta(days=day), values)
          for day, values in enumerate(of)] for n, of in enumerate(stations)]
    )  # fmt: skip
    same(judged(days.first, days.values, days.n_valid, days.o3_1h_max, EDITIONS), days)


def six(value: float) -> tuple[float, ...]:
    return (value, 60.0, 10.0, 20.0, 0.8, 90.0, 120.0)


@pytest.mark.parametrize(("silent", "there"), [(1, True), (2, False)])
def test_a_county_needs_three_of_four_stations(silent: int, there: bool) -> None:
    members = [[statistic(f"station:{n}", FIRST, six(30.0))] for n in range(4 - silent)] + [[None]] * silent
    found = mean_days(columns(members), np.ones((4, DAYS), dtype=np.bool_), left_out(members), EDITIONS)
    assert bool(found.values[0, 0, 0] == 30.0) is there
    assert found.n_valid[0, 0, 0] == 4 - silent
    assert bool(found.valid[0, 0]) is there


@pytest.mark.parametrize("day", [FIRST, FIRST + timedelta(days=DAYS - 1)])
@pytest.mark.parametrize(("dusty", "there"), [(1, True), (2, False)])
def test_a_county_that_stations_in_sand_dust_leave_without_particulates_has_no_aqi(
    day: date, dusty: int, there: bool
) -> None:
    number = (day - FIRST).days
    members = [
        [None] * number + [statistic(f"station:{n}", day, six(30.0), storm=n < dusty)]
        for n in range(4)
    ]  # fmt: skip
    found = mean_days(columns(members), np.ones((4, DAYS), dtype=np.bool_), left_out(members), EDITIONS)
    assert found.values[0, 2, number] == 10.0
    assert bool(found.valid[0, number]) is there
    assert bool(found.level[0, number]) is there


def test_the_same_days_under_another_edition_have_another_aqi() -> None:
    """PM2.5 75 is IAQI 100 by the edition of 2012, 114 by that of 2026."""
    days = columns([[statistic("station:1", FIRST, six(75.0))]])
    again = judged(days.first, days.values, days.n_valid, days.o3_1h_max, Editions((EDITIONS.by_id("2026"),)))
    assert (days.aqi[0, 0], again.aqi[0, 0]) == (100.0, 114.0)
    assert (days.level[0, 0], again.level[0, 0]) == (2, 3)
    assert daily_indicators(EDITIONS.at(FIRST)) != daily_indicators(EDITIONS.by_id("2026"))


def test_days_that_do_not_count_have_no_values() -> None:
    days = columns([[statistic("station:1", FIRST + timedelta(days=n), six(75.0)) for n in range(DAYS)]])
    counts: npt.NDArray[np.bool_] = np.arange(DAYS)[None] < 3
    found = masked(days, counts)
    assert found.valid.tolist() == counts.tolist()
    assert np.isnan(found.values[0, :, 3:]).all()
    assert np.isnan(found.o3_1h_max[0, 3:]).all()
    assert np.isnan(found.aqi[0, 3:]).all()
    assert not found.level[0, 3:].any()
    assert not found.primary[0, 3:].any()
    same(rows(found, [0]), found)
    same(stacked([found, found]), rows(found, [0, 0]))


def test_of_nobody_there_are_no_days() -> None:
    found = mean_days(columns([]), np.zeros((0, DAYS), dtype=np.bool_), left_out([]), EDITIONS)
    assert not found.valid.any()
    assert found.aqi.shape == (1, DAYS)

"""Targets against a base: where they stand, and what the days to come may bring, held against brute force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from region_figures import CLEAN, EDITIONS, NAN, OLD, days_of, six

from aggregate.evaluation.spans import Span
from aggregate.regions.figures import evaluate, mean_of, nothing
from aggregate.regions.period import Heating
from aggregate.regions.target_file import read_targets
from aggregate.regions.targets import (
    Item,
    Now,
    Rest,
    Standing,
    Target,
    days_may_be_above,
    days_may_fail,
    mean_left,
    standing,
)
from core.errors import InputError
from standards.rounding import round_decimal

YEAR = Span("2017", date(2017, 1, 1), date(2018, 1, 1))
BEFORE = Span("2016", date(2016, 1, 1), date(2017, 1, 1))
HEATING = Heating("11-15", "03-15")


def target(item: Item, change: str = "", absolute: str = "") -> Target:
    """`change` against 2016, relative if it ends with %; or an absolute one."""
    return Target(
        "city:太原市", item, BEFORE if change else None, Decimal(change.removesuffix("%")) if change else None,
        change.endswith("%"), Decimal(absolute) if absolute else None,
    )  # fmt: skip


def now(days: Sequence[Sequence[Sequence[float]]], left: int) -> Now:
    """A region whose members have these days so far."""
    columns = days_of(YEAR.first, days)
    span = YEAR._replace(end=YEAR.first + timedelta(days=columns.aqi.shape[1]))
    figures = evaluate(columns, span, EDITIONS)
    return Now(figures if len(days) == 1 else mean_of(figures, OLD), columns, OLD, left)


def day(pm25: float = 20.0, o3: float = 80.0) -> tuple[float, ...]:
    return (pm25, *CLEAN[1:5], o3)


def stands(item: Item, days: Sequence[Sequence[float]], left: int, change: str = "", absolute: str = "",
           base: float = 54.0) -> Standing:  # fmt: skip
    before = (six([(base, *CLEAN[1:5], base)]), OLD) if change else None
    return standing(target(item, change, absolute), before, now([days], left))


# --- standing ---


@pytest.mark.parametrize(
    ("item", "change", "absolute", "aim"),
    [
        (Item.PM25, "-20%", "", 43.0),  # 43.2
        (Item.PM25, "-7", "", 47.0),
        (Item.PM25, "", "35", 35.0),
        (Item.O3, "-10%", "", 48.0),  # 48.6
        (Item.CO, "", "1.95", 1.9),
        (Item.ATTAINED_SHARE, "", "71.52", 71.6),
        (Item.HEAVY_DAYS, "", "7.9", 7.0),
        (Item.COMPOSITE, "", "5.555", 5.55),
    ],
)
def test_a_target_is_the_strictest_figure_that_can_be_printed(
    item: Item, change: str, absolute: str, aim: float
) -> None:
    assert stands(item, [day()], 1, change, absolute).aim == aim


def test_a_decrease_by_ten_percent_of_160_is_144_to_the_last_bit() -> None:
    """160 · 0.9 is 144 in decimals, whatever doubles make of it."""
    assert stands(Item.O3, [day()], 1, "-10%", base=160.0).aim == 144.0


@pytest.mark.parametrize(("pm25", "met", "progress"), [(43.4, True, 100.0), (43.6, False, 90.9), (54, False, 0.0)])
def test_a_target_is_met_by_what_is_printed_and_progress_runs_from_the_base(
    pm25: float, met: bool, progress: float
) -> None:
    found = stands(Item.PM25, [day(pm25)] * 10, 5, "-20%")
    assert (found.base, found.met, found.progress) == (54.0, met, progress)


def test_without_a_base_there_is_no_aim_and_nothing_is_said() -> None:
    found = standing(target(Item.PM25, "-20%"), (nothing(1), OLD), now([[day()]], 5))
    assert (found.aim, found.met, found.rest) == (None, None, Rest.UNTOLD)


def test_when_the_period_is_over_no_day_is_left() -> None:
    assert stands(Item.PM25, [day(60.0)], 0, "-20%").rest is Rest.OVER


# --- what the rest may bring ---


def test_the_largest_mean_of_the_days_to_come_with_which_the_target_is_met() -> None:
    """265 days at 46, 100 to come: 12 190 + 100 · 36.8 = 15 870, of 365 days 43.48; with 36.9 43.507."""
    found = stands(Item.PM25, [day(46.0)] * 265, 100, "-20%")
    assert (found.rest, found.allowed) == (Rest.MEAN, 36.8)


def test_what_is_met_as_it_is_printed_is_not_lost() -> None:
    """363 days at 43.3: with 79.7 on two days the mean is 43.4995; with 79.8 it is 43.5, which prints as 44."""
    found = stands(Item.PM25, [day(43.3)] * 363, 2, absolute="43")
    assert (found.met, found.rest, found.allowed) == (True, Rest.MEAN, 79.7)


def test_a_mean_between_two_figures_is_printed_as_the_even_one() -> None:
    """363 days at 42.3: with 78.8 on two days the mean is 42.5, which prints as 42."""
    found = stands(Item.PM25, [day(42.3)] * 363, 2, absolute="42")
    assert (found.rest, found.allowed) == (Rest.MEAN, 78.8)


def test_a_mean_that_the_days_to_come_cannot_bring_is_lost() -> None:
    found = stands(Item.PM25, [day(60.0)] * 355, 10, "-20%")
    assert (found.rest, found.allowed) == (Rest.LOST, None)


_concentrations = st.lists(st.one_of(st.just(NAN), st.integers(0, 3000).map(lambda n: n / 10)), min_size=1, max_size=40)


@given(st.lists(_concentrations, min_size=1, max_size=3), st.integers(1, 60), st.integers(1, 150), st.integers(0, 1))
@settings(derandomize=True, deadline=None)
def test_a_mean_one_step_higher_misses_the_target(rows: list[list[float]], left: int, aim: int, places: int) -> None:
    length = max(map(len, rows))
    values = np.array([row + [NAN] * (length - len(row)) for row in rows])
    allowed = Decimal(repr(mean_left(values, left, float(aim), places)))

    def printed(coming: Decimal) -> Fraction:
        """Half to even, of the decimal numbers themselves."""
        known = [[Fraction(repr(value)) for value in row if not np.isnan(value)] for row in rows]
        means = [(sum(row) + left * Fraction(coming)) / (len(row) + left) for row in known]
        return round(sum(means, Fraction()) / len(means), places)

    step = Decimal(1).scaleb(-places - 1)
    assert allowed < 0 or printed(allowed) <= aim
    assert printed(max(allowed + step, Decimal())) > aim


@pytest.mark.parametrize(("aim", "may"), [(66.4, 22), (72.6, 0), (72.7, -1), (0.0, 100)])
def test_so_many_days_may_fail(aim: float, may: int) -> None:
    """165 of 265 days attained, 100 to come: 242 of 365 are 66.3 %, 243 are 66.6 %."""
    assert days_may_fail(165, 265, 100, aim, OLD) == may


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 60), st.integers(0, 1000))
@settings(derandomize=True, deadline=None)
def test_one_failing_day_more_misses_the_share(attained: int, failed: int, left: int, tenths: int) -> None:
    aim, valid = tenths / 10, attained + failed
    may = days_may_fail(attained, valid, left, aim, OLD)

    def meets(failing: int) -> bool:
        exact = Decimal(100 * (attained + left - failing)) / Decimal(valid + left)
        return exact.quantize(Decimal("0.1"), "ROUND_HALF_UP") >= Decimal(tenths) / 10

    assert all(meets(failing) for failing in range(may + 1))
    assert may == left or not meets(may + 1)


@given(_concentrations, st.integers(1, 25), st.integers(50, 200))
@settings(derandomize=True, deadline=None)
def test_one_day_more_above_the_concentration_misses_the_percentile(values: list[float], left: int, aim: int) -> None:
    may = days_may_be_above(np.array(values), left, float(aim), 0.9, 0)
    known = [value for value in values if not np.isnan(value)]

    def meets(above: int) -> bool:
        """However far above: at the greatest there is."""
        final = np.array(known + [1e6] * above + [float(aim)] * (left - above))
        return bool(round_decimal(float(np.percentile(final, 90)), 0) <= aim)

    assert all(meets(above) for above in range(may + 1))
    assert may == left or not meets(may + 1)


def test_of_ozone_so_many_days_may_be_above() -> None:
    """Of 365 days 36 lie beyond the 90th percentile, k = 1 + 364 · 0.9 = 328.6 lying between the 328th and 329th."""
    found = stands(Item.O3, [day(o3=170.0)] * 20 + [day(o3=100.0)] * 245, 100, absolute="160")
    assert (found.rest, found.allowed) == (Rest.ABOVE, 16)


def test_days_of_heavy_pollution_that_are_left() -> None:
    heavy = [day(160.0)] * 3 + [day()] * 7
    assert stands(Item.HEAVY_DAYS, heavy, 5, absolute="5").allowed == 2
    assert stands(Item.HEAVY_DAYS, heavy, 5, absolute="9").allowed == 5
    assert stands(Item.HEAVY_DAYS, heavy, 5, absolute="2").rest is Rest.LOST


def test_days_that_may_fail_are_told_of_the_share() -> None:
    found = stands(Item.ATTAINED_SHARE, [day(90.0)] * 2 + [day()] * 8, 10, absolute="80")
    assert (found.now, found.met, found.rest, found.allowed) == (80.0, True, Rest.FAILING, 2)


def test_the_composite_index_does_not_follow_from_one_number() -> None:
    found = stands(Item.COMPOSITE, [day()] * 3, 5, absolute="9")
    assert (found.met, found.rest) == (True, Rest.UNTOLD)


def test_members_of_a_group_share_the_mean_and_the_days_to_come() -> None:
    """Two cities at 40 and 50: with 40 to come for both, the mean of their means is 42.5, which prints as 42."""
    both = now([[day(40.0)] * 20, [day(50.0)] * 20], 20)
    found = standing(target(Item.PM25, absolute="42"), None, both)
    assert (found.now, found.rest) == (45.0, Rest.MEAN)
    assert found.allowed == 40.0
    assert standing(target(Item.O3, absolute="160"), None, both).rest is Rest.UNTOLD
    assert standing(target(Item.HEAVY_DAYS, absolute="1"), None, both).allowed == 2


# --- files ---


def read(tmp_path: Path, text: str) -> list[Target]:
    file = tmp_path / "targets.csv"
    file.write_text(text, encoding="utf-8")
    return read_targets(file, HEATING)


def test_targets_are_changes_against_a_base_or_absolute(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "object,item,base,change,target\n"
        "city:太原市,SO2,2016,-30%,\n"
        "city:太原市,PM2.5,,,35\n"
        "group:4+2,综合指数,2016,−10%,\n"
        "city:太原市,attained_share,2016,+3,\n",
    )
    assert found == [
        Target("city:太原市", Item.SO2, BEFORE, Decimal(-30), True, None),
        Target("city:太原市", Item.PM25, None, None, False, Decimal(35)),
        Target("group:4+2", Item.COMPOSITE, BEFORE, Decimal(-10), True, None),
        Target("city:太原市", Item.ATTAINED_SHARE, BEFORE, Decimal(3), False, None),
    ]


HEADING = "object,item,base,change\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (HEADING, "has no targets"),
        ("object,item,base\n", "lacks a column"),
        ("object,item,base,changes\n", "is no column of targets (got 'changes')"),
        (HEADING + "city:太原市,NOx,2016,-30%\n", "row 2, item: is nothing that has targets (got 'NOx')"),
        (HEADING + "太原市,SO2,2016,-30%\n", "row 2, object: names no region (got '太原市')"),
        (HEADING + "city:太原市,SO2,,-30%\n", "row 2, base: is empty"),
        (HEADING + "city:太原市,SO2,last year,-30%\n", "row 2, base: is no period (got 'last year')"),
        (HEADING + "city:太原市,SO2,2016,a third\n", "row 2, change: is no number (got 'a third')"),
        (HEADING + "city:太原市,SO2,2016,nan\n", "row 2, change: is no number"),
        (HEADING + "city:太原市,SO2,2016,-3_0%\n", "row 2, change: is no number (got '-3_0')"),
        (HEADING + "city:太原市,SO2,2016,-３０%\n", "row 2, change: is no number (got '-３０')"),
        (HEADING + "city:太原市,SO2,2016,1e30%\n", "row 2, change: is beyond all that can be (got '1e30')"),
        ("object,item,target\ncity:太原市,SO2,1e30\n", "row 2, target: is beyond all that can be (got '1e30')"),
        (
            "object,item,target\ncity:太原市,SO2,1,000\n",
            "row 2: has more cells than the heading (got 'city:太原市,SO2,1,000')",
        ),
        (HEADING + "city:太原市,SO2,2016,\n", "row 2: needs a change against the base or a target"),
    ],
)
def test_a_wrong_file_of_targets_is_refused_with_row_and_column(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert says in str(error.value)
    assert "targets.csv" in str(error.value)

"""The account of each kind of window: what counted and why the rest did not, the rules, and whether it comes out so."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from explain_stage import (
    SIX,
    dusty_hour,
    hour_row,
    of_hour,
    of_window,
    said,
    sources,
    tampered,
    told,
    whys,
)
from hypothesis import given
from hypothesis import strategies as st
from reports import CO, DAY, HOUR, MIDNIGHT, OZONE, PM10, PM25, SO2

from aggregate.explanation.inputs import ReadingInput, Why
from aggregate.explanation.steps import index_steps
from aggregate.explanation.words import REASONS, STATES, WHYS, WINDOWS
from aggregate.statistic import (
    DEVICES,
    O3_1H_MAX,
    O3_8H_MAX,
    WIND_DIRECTION,
    WIND_SPEED,
    Content,
    Reason,
    State,
    Tier,
    Variant,
    Window,
)
from core.clock import midnight
from ingest.envelope import Source
from standards.editions import HOURLY_FACTORS, load_editions

REVIEWED = Variant(Tier.REVIEWED, sanddust=True)
WITHOUT = Variant(Tier.RAW, sanddust=False)
MINUTES = [said(minute, {PM10: 80.0 + minute / 10}) for minute in range(60)]
HOURS = {
    start: hour_row(start, SIX | {OZONE: 60.0 + (start - MIDNIGHT) / HOUR, PM10: 80.0 + start % 7})
    for start in range(MIDNIGHT, MIDNIGHT + DAY, HOUR)
}


# --- hours of readings ----------------------------------------------------------------------------------------------


def test_an_hour_comes_out_of_its_readings_and_is_shown_rounded() -> None:
    found = told(of_hour(MINUTES, PM10))
    assert (found.agrees, found.figure, found.recomputed) == (True, found.recomputed, found.figure)
    assert found.figure.value == pytest.approx(82.95)
    assert (found.rounded, found.decimals, found.unit) == (83.0, 0, "ug/m3")
    assert whys(found) == {Why.COUNTED: 60}


def test_a_correction_counts_with_persons_and_its_device_reading_without() -> None:
    readings = [
        *MINUTES[1:],
        said(0, {PM10: 80.0}, mask="P"),
        said(0, {PM10: 50.0}, source=Source.PERSON),
        said(1, {PM10: 40.0}, seq=1, mask="S"),
    ]
    raw, reviewed = (told(of_hour(readings, PM10, variant=variant)) for variant in (DEVICES, REVIEWED))
    assert (raw.agrees, reviewed.agrees) == (True, True)
    assert whys(raw) == {Why.COUNTED: 60, Why.NOT_OF_TIER: 1, Why.SUPERSEDED: 1}
    assert whys(reviewed) == {Why.COUNTED: 60, Why.BY_PERSON: 1, Why.SUPERSEDED: 1}
    assert raw.figure.value is not None
    assert reviewed.figure.value == pytest.approx(raw.figure.value - 0.5)


@pytest.mark.parametrize(("own", "why"), [(said(0, {PM10: 90.0}, period=HOUR), Why.OTHER_PERIOD), (None, Why.COUNTED)])
def test_minutes_give_way_to_a_loggers_valid_hour(own: Any, why: Why) -> None:
    found = told(of_hour([*MINUTES, *([own] if own else [])], PM10))
    minutes = {each.why for each in found.inputs if isinstance(each, ReadingInput) and each.slot.period == 60}
    assert (found.agrees, minutes) == (True, {why})


def test_a_loggers_hour_that_is_flagged_gives_way_to_its_minutes() -> None:
    found = told(of_hour([*MINUTES, said(0, {PM10: 90.0}, period=HOUR, flags="C")], PM10))
    assert whys(found) == {Why.COUNTED: 60, Why.FLAGGED: 1}


def test_too_few_minutes_give_no_value_and_the_rule_says_how_many_are_needed() -> None:
    found = told(of_hour(MINUTES[:44], PM10))
    assert (found.agrees, found.figure.value, found.figure.reason) == (True, None, Reason.TOO_FEW_MINUTES)
    assert (found.figure.n_valid, found.figure.n_expected) == (44, 60)
    assert "≥ 45 min (1 min: 45/60) [GB 3095-2026 table 4: 45 min of sampling in the hour A]" in sources(found)


def test_in_sand_dust_particulates_are_left_out_and_gases_stay() -> None:
    readings = [said(minute, {PM10: 80.0, SO2: 9.0}) for minute in range(60)]
    dust, gas = (told(of_hour(readings, factor, variant=WITHOUT, dusty=True)) for factor in (PM10, SO2))
    assert (dust.agrees, dust.figure.reason, whys(dust)) == (True, Reason.SANDDUST, {Why.SANDDUST: 60})
    assert (gas.agrees, whys(gas)) == (True, {Why.COUNTED: 60})
    assert "环办监测〔2016〕120号" in sources(dust)
    calm = told(of_hour(readings, PM10, variant=WITHOUT))
    assert (calm.agrees, whys(calm)) == (True, {Why.COUNTED: 60})


def test_an_hour_that_sand_dust_leaves_without_particulates_tells_why_it_has_no_aqi() -> None:
    readings = [said(minute, SIX) for minute in range(60)]
    found = told(of_hour(readings, "AQI", variant=WITHOUT, dusty=True))
    index = found.steps.index
    assert index is not None
    assert (found.agrees, found.figure.value, found.figure.reason) == (True, None, Reason.SANDDUST)
    assert (index.largest, index.aqi, index.reason, index.primary, index.level) == (
        29.0,
        None,
        Reason.SANDDUST,
        (),
        None,
    )
    [rule] = [rule for rule in found.rules if "has no AQI" in rule.en]
    assert (rule.unconfirmed, "没有 AQI" in rule.zh) == (True, True)
    assert told(of_hour(readings, f"IAQI_{SO2}", variant=WITHOUT, dusty=True)).figure.value == 4.0


def test_a_winds_direction_is_made_of_its_speeds_too() -> None:
    directions = (350.0, 10.0)
    readings = [said(n, {WIND_DIRECTION: directions[n % 2], WIND_SPEED: 2.0}) for n in range(60)]
    found = told(of_hour(readings, WIND_DIRECTION))
    assert found.agrees
    assert len(found.inputs) == 120
    assert found.figure.value is not None
    assert min(found.figure.value, 360 - found.figure.value) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "changes", [{"values": 82.95000000000002}, {"n_valid": 59}, {"n_expected": 12}, {"reasons": int(Reason.NO_VALUES)}]
)
def test_a_row_that_somebody_changed_does_not_agree(changes: dict[str, Any]) -> None:
    evidence = of_hour(MINUTES, PM10)
    found = told(tampered(evidence, **changes))
    assert (found.agrees, found.recomputed) == (False, told(evidence).figure)


def test_a_factor_that_its_readings_do_not_give_does_not_agree() -> None:
    found = told(replace(of_hour(MINUTES, PM10), readings=()))
    assert (found.agrees, found.recomputed) == (False, None)


def test_an_open_factor_claims_nothing() -> None:
    evidence = of_hour(MINUTES[:30], PM10)
    states = "O" * len(evidence.row.states)
    found = told(replace(evidence, row=replace(evidence.row, states=states)))
    assert (found.agrees, found.state) == (None, State.OPEN)


def test_of_a_closed_hour_without_readings_nothing_is_claimed() -> None:
    found = told(replace(of_hour(MINUTES, PM10), readings=(), closed=(MIDNIGHT,)))
    assert (found.agrees, found.inputs, found.evidence.gone) == (None, (), True)
    stands = told(replace(of_hour(MINUTES, PM10), closed=(MIDNIGHT,)))
    assert (stands.agrees, stands.evidence.gone) == (True, False)


# --- windows of hours -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [PM10, CO, OZONE, O3_8H_MAX, O3_1H_MAX, "AQI", "IAQI_a34002", "IAQI_a05024_8h_max"])
def test_every_factor_of_a_day_comes_out_of_it(factor: str) -> None:
    evidence = of_window(Window.DAY, MIDNIGHT, factor, HOURS)
    assert told(evidence).agrees is True
    assert told(tampered(evidence, values=1.5)).agrees is False


def test_an_eight_hour_window_reaches_over_midnight() -> None:
    hours = {start: hour_row(start, {OZONE: 90.0}) for start in range(MIDNIGHT - 4 * HOUR, MIDNIGHT + 4 * HOUR, HOUR)}
    found = told(of_window(Window.EIGHT_HOURS, MIDNIGHT - 4 * HOUR, OZONE, hours))
    assert (found.agrees, whys(found), found.figure.value) == (True, {Why.COUNTED: 8}, 90.0)
    assert "≥ 6 of 8 hours [GB 3095-2026 table 4 A]" in sources(found)


def test_a_day_tells_hours_that_are_open_not_valid_or_not_there() -> None:
    hours = dict(HOURS)
    del hours[MIDNIGHT]
    hours[MIDNIGHT + HOUR] = hour_row(MIDNIGHT + HOUR, SIX | {PM10: None})
    hours[MIDNIGHT + 2 * HOUR] = hour_row(MIDNIGHT + 2 * HOUR, SIX, state="O")
    found = told(of_window(Window.DAY, MIDNIGHT, PM10, hours))
    assert (found.agrees, found.figure.n_valid) == (True, 21)
    assert whys(found) == {Why.COUNTED: 21, Why.ABSENT: 1, Why.NOT_VALID: 1, Why.OPEN: 1}


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        (MIDNIGHT, "≥ 20 of 24 hours [GB 3095-2026 table 4 A]"),
        (midnight(date(2025, 3, 10)), "≥ 20 of 24 hours [GB 3095-2012 table 4 B]"),
    ],
)
def test_a_day_is_judged_by_the_edition_of_its_date(start: int, rule: str) -> None:
    hours = {start + n * HOUR: hour_row(start + n * HOUR, SIX) for n in range(24)}
    found = told(of_window(Window.DAY, start, PM10, hours))
    assert found.agrees
    assert rule in sources(found)


def test_the_ozone_maximum_tells_the_running_means_it_is_taken_of() -> None:
    found = told(of_window(Window.DAY, MIDNIGHT, O3_8H_MAX, HOURS))
    means = found.steps.eight_hours
    assert (len(means), means[0].end, means[-1].end) == (17, MIDNIGHT + 8 * HOUR, MIDNIGHT + DAY)
    assert [each.end for each in means if each.largest] == [MIDNIGHT + DAY]
    assert means[-1].mean == found.figure.value
    assert any(rule.unconfirmed for rule in found.rules)


# --- indices --------------------------------------------------------------------------------------------------------


def test_an_aqi_tells_breakpoints_interpolation_and_what_was_rounded_up() -> None:
    found = told(
        of_window(Window.DAY, MIDNIGHT, "AQI", {start: hour_row(start, SIX | {PM10: 100.3}) for start in HOURS})
    )
    index = found.steps.index
    assert index is not None
    step = next(step for step in index.steps if step.factor == PM10)
    assert (step.rounded, step.between, step.indices, step.iaqi) == (100.0, (50.0, 120.0), (50, 100), 86.0)
    assert step.interpolated is not None
    assert float(step.interpolated) == pytest.approx(85.714285, abs=1e-6)
    assert (index.aqi, index.primary, index.level and index.level.name_zh) == (86.0, (PM10,), "良")


def test_under_2012_a_concentration_is_taken_as_it_is() -> None:
    start = midnight(date(2025, 3, 10))
    hours = {start + n * HOUR: hour_row(start + n * HOUR, SIX | {PM10: 100.3}) for n in range(24)}
    index = told(of_window(Window.DAY, start, "AQI", hours)).steps.index
    assert index is not None
    assert {step.decimals for step in index.steps} == {None}
    assert len(index.steps) == 7


def test_a_missing_pollutant_leaves_no_aqi_under_2026_and_the_rule_says_so() -> None:
    hours = {start: hour_row(start, {PM25: 35.0, PM10: 80.0}) for start in HOURS}
    found = told(of_window(Window.DAY, MIDNIGHT, "AQI", hours))
    assert (found.agrees, found.figure.reason) == (True, Reason.POLLUTANT_MISSING)
    assert "with a pollutant missing an AQI only above 100" in sources(found)


@pytest.mark.parametrize("start", [MIDNIGHT, midnight(date(2025, 3, 10))])
def test_a_day_that_sand_dust_leaves_without_particulates_comes_out_so_in_every_edition(start: int) -> None:
    rows = [dusty_hour(start + n * HOUR) if n < 5 else hour_row(start + n * HOUR, SIX) for n in range(24)]
    hours = {row.key.start: row for row in rows}
    dust, index = (told(of_window(Window.DAY, start, factor, hours, variant=WITHOUT)) for factor in (PM10, "AQI"))
    assert (dust.agrees, dust.figure.reason, dust.figure.n_valid) == (True, Reason.SANDDUST, 19)
    assert (index.agrees, index.figure.value, index.figure.reason) == (True, None, Reason.SANDDUST)


def test_above_the_last_breakpoint_the_rule_for_it_is_told() -> None:
    hours = {start: hour_row(start, SIX | {PM10: 700.0}) for start in HOURS}
    found = told(of_window(Window.DAY, MIDNIGHT, "IAQI_a34002", hours))
    assert found.steps.index is not None
    [step] = found.steps.index.steps
    assert (step.above, step.iaqi, step.between) == (600.0, 500.0, None)
    assert "above the last breakpoint: 500" in sources(found)


def test_at_the_last_breakpoint_nothing_is_above_it() -> None:
    hours = {start: hour_row(start, SIX | {PM10: 600.0}) for start in HOURS}
    index = told(of_window(Window.DAY, MIDNIGHT, "IAQI_a34002", hours)).steps.index
    assert index is not None
    assert [(step.above, step.interpolated, step.iaqi) for step in index.steps] == [(None, Fraction(500), 500.0)]


@given(
    st.sampled_from(load_editions().all),
    st.sampled_from([Window.HOUR, Window.DAY]),
    st.lists(st.floats(0, 3000, allow_subnormal=False), min_size=7, max_size=7),
)
def test_what_stands_between_concentration_and_iaqi_is_what_the_kernel_does(
    edition: Any, window: Window, values: list[float]
) -> None:
    names = HOURLY_FACTORS if window is Window.HOUR else (*HOURLY_FACTORS[:5], O3_8H_MAX, O3_1H_MAX)
    content = Content(names, tuple(values[: len(names)]), (1,) * len(names), (1,) * len(names), (0,) * len(names), "")
    for step in index_steps(content, "AQI", window, edition).steps:
        if step.interpolated is not None:
            assert step.iaqi == math.ceil(step.interpolated)
        else:
            assert step.above is not None


def test_everything_that_can_be_said_has_words() -> None:
    assert (set(REASONS), set(STATES), set(WHYS), set(WINDOWS)) == (set(Reason), set(State), set(Why), set(Window))

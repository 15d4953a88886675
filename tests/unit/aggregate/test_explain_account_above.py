"""The account of what is made of other windows: cities of stations, months and years of days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from explain_stage import (
    NAME,
    SIX,
    START,
    hour_row,
    of_city,
    row_of,
    sources,
    tampered,
    told,
    whys,
)
from reports import DAY, PM10, station

from aggregate.evaluation.periods import Span, evaluate_periods
from aggregate.evaluation.stored import day_columns
from aggregate.explanation.evidence import Evidence
from aggregate.explanation.inputs import Why
from aggregate.explanation.question import Question
from aggregate.periods import edition_of, period_cells
from aggregate.statistic import (
    DEVICES,
    O3_8H_MAX,
    Content,
    Key,
    Reason,
    Window,
)
from core.clock import date_of, midnight
from ingest.kinds import Kind
from ingest.station import ControlLevel
from standards.editions import HOURLY_FACTORS, load_editions


def city_stations() -> list[Any]:
    names = ("a", "b", "c")
    counting = [(station(name, number), hour_row(START, SIX, name=name)) for number, name in enumerate(names, 1)]
    return [
        *counting,
        (station("d", 4), None),
        (station("e", 5, control_point=True), hour_row(START, SIX, name="e")),
        (station("f", 6, control_level=ControlLevel.ENTERPRISE), hour_row(START, SIX, name="f")),
        (station("g", 7, kind=Kind.DUST), hour_row(START, {PM10: 900.0}, name="g")),
    ]


def test_a_city_tells_who_counts_who_is_silent_and_who_is_left_out() -> None:
    found = told(of_city(PM10, city_stations()))
    assert (found.agrees, found.figure.n_valid, found.figure.n_expected) == (True, 3, 4)
    assert [each.why for each in found.inputs] == [
        *[Why.COUNTED] * 3, Why.ABSENT, Why.CONTROL_POINT, Why.ENTERPRISE,
    ]  # fmt: skip
    share = next(rule for rule in found.rules if "75%" in rule.en)
    assert (share.confidence, share.unconfirmed) == ("M", True)


def test_a_citys_aqi_comes_out_of_its_means() -> None:
    evidence = of_city("AQI", city_stations())
    assert told(evidence).agrees is True
    assert told(tampered(evidence, values=99.0)).agrees is False


def of_period(window: Window, first: date, factor: str, *, missing: int = 0) -> Evidence:
    """A month or year of days that rise by a unit a day, the first `missing` of them not there."""
    editions = load_editions()
    asked = Question(f"station:{NAME}", factor, window, midnight(first), DEVICES)
    starts = range(asked.start, asked.key.end, DAY)
    names = (*HOURLY_FACTORS[:5], O3_8H_MAX, "AQI")
    days = {}
    for place, start in enumerate(starts):
        if place >= missing:
            values = tuple(10.0 + place / 7 + column for column in range(len(names)))
            counts = (24,) * len(names)
            content = Content(names, values, counts, counts, (0,) * len(names), editions.at(start).id)
            days[start] = row_of(Key(asked.object, Window.DAY, start), content)
    columns = day_columns([days], first, len(starts), editions)
    spans = [Span("", first, date_of(asked.key.end))]
    cells = period_cells(evaluate_periods(columns, spans, editions), 0, 0, editions.at(asked.key.end - DAY), live=False)
    content = Content(
        tuple(cells),
        tuple(cell.value for cell in cells.values()),
        tuple(cell.n_valid for cell in cells.values()),
        tuple(cell.n_expected for cell in cells.values()),
        tuple(cell.reason for cell in cells.values()),
        edition_of(editions, asked.start, asked.key.end),
    )
    row = row_of(asked.key, content)
    return Evidence(asked, row, station(NAME), {row.key: row, **{day.key: day for day in days.values()}})


@pytest.mark.parametrize(
    "factor", ["a34002", "a34002_p95", "a05024_8h_p90", "I_a21005", "composite_index", "days_valid", "days_level1"]
)
def test_every_factor_of_a_month_comes_out_of_its_days(factor: str) -> None:
    evidence = of_period(Window.MONTH, date(2026, 4, 1), factor)
    assert told(evidence).agrees is True
    assert told(tampered(evidence, values=77.0)).agrees is False


def test_a_percentile_tells_its_place_among_the_days() -> None:
    found = told(of_period(Window.MONTH, date(2026, 4, 1), "a34002_p95"))
    place = found.steps.percentile
    assert place is not None
    assert (place.n, float(place.k)) == (30, 28.55)
    assert place.upper is not None
    assert found.figure.value == pytest.approx(place.lower + (place.upper - place.lower) * 0.55)


def test_of_a_single_day_a_percentile_has_no_next_value() -> None:
    place = told(of_period(Window.MONTH, date(2026, 4, 1), "a34002_p95", missing=29)).steps.percentile
    assert place is not None
    assert (place.n, float(place.k), place.upper) == (1, 1.0, None)


def test_a_composite_index_tells_each_pollutants_part() -> None:
    found = told(of_period(Window.MONTH, date(2026, 4, 1), "composite_index"))
    singles = found.steps.singles
    assert [each.counted for each in singles] == [
        "a34004", "a34002", "a21026", "a21004", "a21005_p95", "a05024_8h_p90",
    ]  # fmt: skip
    total = sum(each.weight * each.single for each in singles if each.single is not None)
    assert found.figure.value == pytest.approx(total)
    assert (found.unit, found.decimals) == ("", 3)


def test_too_few_days_name_the_rule_of_each_month_and_of_february() -> None:
    found = told(of_period(Window.YEAR, date(2025, 1, 1), "a34002", missing=60))
    assert (found.agrees, found.figure.reason, found.figure.n_valid) == (True, Reason.TOO_FEW_DAYS, 305)
    assert whys(found) == {Why.COUNTED: 305, Why.ABSENT: 60}
    for rule in ("≥ 324 valid days", "each month: ≥ 27", "February: ≥ 25"):
        assert rule in sources(found)


def test_a_year_of_two_editions_says_so_and_is_marked_unconfirmed() -> None:
    found = told(of_period(Window.YEAR, date(2026, 1, 1), "a34002"))
    assert (found.agrees, found.figure.edition, found.edition.id) == (True, "2012+2026", "2026")
    assert any(rule.unconfirmed and rule.confidence == "M" for rule in found.rules)

"""The views of days, cities and periods: what they show is what the rows that hold say, for each variant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from regions_stage import CITIES, OFFICIAL, Province, register
from worker_stage import Ground, Log, worker

from aggregate.publish import batches
from aggregate.statistic import DEVICES, VARIANTS, Reason, Variant, Window, city_object, station_object
from aggregate.statistic_store import read_spans
from aggregate.steps import period_step
from aggregate.store import Layouts
from core.clock import midnight
from core.kafka import partition_of
from core.settings import CoreSettings
from deploy.catalogue import publish_catalogue
from ingest.kinds import Kind, KindSettings
from standards.editions import load_editions
from truth.periods import period_windows
from truth.statistics import Cell, Cells, edition_at

pytestmark = pytest.mark.stack

FIRST, END = date(2026, 1, 20), date(2026, 4, 10)
"""Across two editions, and one whole quarter less its beginning."""
_, REVIEWED, _, WITHOUT = VARIANTS
TOKENS = {"pm25": "a34004", "pm10": "a34002", "so2": "a21026", "no2": "a21004", "co": "a21005", "o3": "a05024"}
"""Columns of the wide views, in the order in which `primary` names them."""
WIDE = {token: TOKENS[token] for token in ("pm25", "pm10", "so2", "no2", "co")} | {
    "o3_8h_max": "a05024_8h_max",
    "o3_1h_max": "a05024_1h_max",
}
STATIONS = [name for names in OFFICIAL.values() for name in names]


@pytest.fixture(scope="module")
def province(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Province:
    folder = tmp_path_factory.mktemp("province")
    Ground(stack, folder).clear()
    register(stack, folder)
    made = Province(11, [(FIRST, END)])
    made.write(stack)
    return made


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, province: Province, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """What the province's days stand in."""
    return Ground(stack, tmp_path_factory.mktemp("ground"))


def asked(ground: Ground, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a dashboard finds."""
    return ground.rows(query, *values, role="viewer")


@pytest.mark.parametrize(
    ("view", "variant"),
    [("v_daily", REVIEWED), ("v_daily_raw", DEVICES), ("v_daily_without_sanddust", WITHOUT)],
)
def test_a_view_of_days_shows_the_row_that_holds_for_it(
    ground: Ground, province: Province, view: str, variant: Variant
) -> None:
    for name in STATIONS:
        rows = asked(
            ground,
            "select extract(epoch from start)::bigint, factor, value, n_valid, n_expected, reason, valid, edition"
            f" from {view} where station_id = %s",
            name,
        )
        shown = {(start, factor): row for start, factor, *row in rows}
        assert len(shown) == len(rows), "one row a station, day and factor"
        expected = {
            (midnight(day), factor): [*_cell(cell), edition_at(midnight(day)).id]
            for day, cells in province.holding(station_object(name), variant).items()
            for factor, cell in cells.items()
        }
        assert shown == expected


def _cell(cell: Cell) -> list[Any]:
    valid = cell.reason == Reason.VALID
    return [cell.value, cell.n_valid, cell.n_expected, None if valid else Reason(cell.reason).name, valid]


def test_a_row_says_whose_word_made_it_and_whether_sanddust_is_in(ground: Ground, province: Province) -> None:
    for name in STATIONS[:4]:
        stored = province.days[station_object(name)]
        for view, sanddust in (("v_air_daily", True), ("v_daily", True)):
            rows = asked(ground, f"select distinct date_trunc('second', start), tier, sanddust from {view}"
                         " where station_id = %s", name)  # fmt: skip
            assert {tier for _, tier, _ in rows} == {"raw", "reviewed"}
            assert {dust for *_, dust in rows} == {sanddust}
            assert len([1 for _, tier, _ in rows if tier == "reviewed"]) == len(stored[REVIEWED])


@pytest.mark.parametrize(("view", "variant"), [("v_city_daily", REVIEWED), ("v_city_daily_without_sanddust", WITHOUT)])
def test_a_citys_days_have_values_indices_level_and_primary_pollutants(
    ground: Ground, province: Province, view: str, variant: Variant
) -> None:
    columns = ", ".join(WIDE)
    for city in CITIES:
        rows = asked(
            ground, f'select date, aqi, level, "primary", aqi_reason, {columns} from {view} where city = %s', city
        )
        shown = {day: row for day, *row in rows}
        held = province.holding(city_object(city), variant)
        assert shown.keys() == held.keys()
        for day, cells in held.items():
            aqi, level, primary, reason, *values = shown[day]
            assert values == [cells[factor].value if factor in cells else None for factor in WIDE.values()]
            assert (aqi, reason) == _index(cells)
            of = edition_at(midnight(day)).level(math.nan if aqi is None else aqi)
            assert level == (of.number if of else None)
            assert primary == _primary(cells)


def _index(cells: Cells) -> tuple[float | None, str | None]:
    cell = cells["AQI"]
    return cell.value, None if cell.reason == Reason.VALID else Reason(cell.reason).name


def _primary(cells: Cells) -> str | None:
    """By HJ 633: who has the largest individual index, where the AQI is above 50."""
    aqi = cells["AQI"].value
    if aqi is None or aqi <= 50:
        return None
    named = [token for token, factor in TOKENS.items() if any(
        name.startswith(f"IAQI_{factor}") and cell.value == aqi for name, cell in cells.items())]  # fmt: skip
    return ";".join(named)


def test_cities_are_ranked_by_day_from_the_cleanest_and_equal_ones_share_a_place(
    ground: Ground, province: Province
) -> None:
    rows = asked(ground, "select date, city, rank from v_city_daily")
    for day in {day for day, *_ in rows}:
        indices = {
            city: province.holding(city_object(city), REVIEWED)[day]["AQI"].value
            for city in CITIES
            if day in province.holding(city_object(city), REVIEWED)
        }
        known = [aqi for aqi in indices.values() if aqi is not None]
        expected = {
            city: None if aqi is None else 1 + sum(other < aqi for other in known) for city, aqi in indices.items()
        }
        assert {city: rank for of, city, rank in rows if of == day and city in CITIES} == expected


def test_a_day_ends_where_the_next_begins_in_shanghai(ground: Ground, province: Province) -> None:
    assert asked(
        ground,
        'select count(*) from v_city_daily where extract(epoch from "end" - start) <> 86400'
        " or (start at time zone 'Asia/Shanghai')::date <> date"
        " or extract(hour from start at time zone 'Asia/Shanghai') <> 0",
    ) == [(0,)]


@pytest.fixture(scope="module")
def periods(ground: Ground, province: Province) -> Iterator[None]:
    """Months and quarters of the cities, made by the real step of what the province's days say."""
    objects = [city_object(city) for city in CITIES]
    spans = {name: (midnight(FIRST), midnight(END)) for name in objects}
    with worker(ground.settings, Log(), period_step(KindSettings.load())) as step:
        step.gain(midnight(END))
        with step.database, step.database.cursor() as cursor:
            days = read_spans(cursor, Layouts(), Window.DAY, spans)
        for city in CITIES:
            statements = [row.statement(Kind.AIR) for key, row in days.items() if key.object == city_object(city)]
            for message in batches(city, statements):
                step.log.add_bytes(partition_of(city), message.value)
        step.take(midnight(date(2027, 2, 1)))
        while step.tick(midnight(date(2027, 2, 1))):
            pass
        yield


@pytest.mark.parametrize(
    ("view", "variant"), [("v_city_periods", REVIEWED), ("v_city_periods_without_sanddust", WITHOUT)]
)
def test_periods_show_means_percentiles_index_and_days(
    ground: Ground, province: Province, periods: None, view: str, variant: Variant
) -> None:
    names = {
        "pm25_mean": "a34004", "pm10_mean": "a34002", "so2_mean": "a21026", "no2_mean": "a21004",
        "pm25_p95": "a34004_p95", "co_p95": "a21005_p95", "o3_8h_p90": "a05024_8h_p90",
        "composite_index": "composite_index", "days_valid": "days_valid", "days_attained": "days_attained",
        "days_heavy": "days_heavy", "days_level1": "days_level1", "days_level6": "days_level6",
    }  # fmt: skip
    for city in CITIES:
        rows = asked(
            ground,
            f"select time_window, extract(epoch from start)::bigint, {', '.join(names)} from {view} where city = %s",
            city,
        )
        shown = {(window, start): row for window, start, *row in rows}
        held = {midnight(day): cells for day, cells in province.holding(city_object(city), variant).items()}
        expected = period_windows(held)
        assert shown.keys() == expected.keys()
        for key, cells in expected.items():
            assert shown[key] == [cells[factor].value for factor in names.values()]


def test_a_period_has_its_label_and_ends_where_the_next_begins(ground: Ground, periods: None) -> None:
    rows = asked(
        ground,
        "select distinct time_window, period, (start at time zone 'Asia/Shanghai')::date,"
        " (\"end\" at time zone 'Asia/Shanghai')::date from v_city_periods where city = %s",
        next(iter(CITIES)),
    )
    assert ("month", "2026-02", date(2026, 2, 1), date(2026, 3, 1)) in rows
    assert ("month", "2026-03", date(2026, 3, 1), date(2026, 4, 1)) in rows
    assert ("quarter", "2026-Q1", date(2026, 1, 1), date(2026, 4, 1)) in rows
    assert ("quarter", "2026-Q2", date(2026, 4, 1), date(2026, 7, 1)) in rows
    assert ("year", "2026", date(2026, 1, 1), date(2027, 1, 1)) in rows


def test_the_better_index_has_the_better_rank(ground: Ground, periods: None) -> None:
    rows = asked(
        ground,
        "select time_window, start, rank, composite_index from v_city_periods where composite_index is not null"
        " order by time_window, start, composite_index",
    )
    assert rows
    for of in {row[:2] for row in rows}:
        indices = [index for *window, _, index in rows if tuple(window) == of]
        ranks = [rank for *window, rank, _ in rows if tuple(window) == of]
        assert ranks == [1 + sum(other < index for other in indices) for index in indices]


def test_factors_editions_levels_and_limits_are_those_of_the_standards(ground: Ground) -> None:
    editions = load_editions().all
    levels = asked(ground, "select edition, level, aqi_to::float8, name_zh, colour from v_aqi_levels order by 1, 2")
    assert levels == sorted(
        (one.id, level.number, level.up_to, level.name_zh, level.colour) for one in editions for level in one.levels
    )
    limits = asked(ground, "select edition, factor, average, class_1, class_2 from v_air_limits")
    assert set(limits) == {
        (one.id, *key, limit.class_1, limit.class_2) for one in editions for key, limit in one.limits.items()
    }
    assert asked(ground, "select unit, stack_unit from v_factors where factor = 'a21026'") == [("ug/m3", "mg/m3")]


def test_what_the_standards_say_now_replaces_what_they_said(ground: Ground) -> None:
    assert publish_catalogue(ground.settings) == []
    ground.rows("update air_limit set class_2 = 1 where factor = 'a34004'")
    assert publish_catalogue(ground.settings) == ["air_limit"]
    assert asked(ground, "select count(*) from v_air_limits where class_2 = 1 and factor = 'a34004'") == [(0,)]

"""IAQI and AQI: the published examples, and the kernels against fractions."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.aqi import AqiReason, IndexTable, aqi, exceedance, iaqi
from standards.editions import HOURLY_FACTORS, load_editions

OLD = load_editions().by_id("2012")
NEW = load_editions().by_id("2026")
NAN = math.nan
PM25, PM10, SO2, NO2, CO, O3 = (1 << bit for bit in range(6))


def reference_iaqi(text: str, column: int, table: IndexTable) -> float:
    """HJ 633 by fractions, from the decimal number as it is written."""
    concentration = Decimal(text)
    places = int(table.decimals[column])
    if places >= 0:
        concentration = concentration.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    exact = Fraction(concentration)
    points = [
        (Fraction(int(b), 10**9), int(i)) for b, i in zip(table.breaks[column], table.steps, strict=True) if b >= 0
    ]
    for (low, index_low), (high, index_high) in pairwise(points):
        if exact <= high:
            return math.ceil(index_low + (index_high - index_low) * (exact - low) / (high - low))
    return float(table.above_top[column])


def reference_aqi(indices: list[float], table: IndexTable) -> tuple[float, int, int]:
    """AQI, primary bits and reason of a row of IAQI, in plain words."""
    present = [index for index in indices if not math.isnan(index)]
    if not present:
        return NAN, 0, AqiReason.NO_VALUES
    largest = max(present)
    if len(present) < len(indices) and largest <= table.incomplete_above:
        return NAN, 0, AqiReason.POLLUTANT_MISSING
    primary = sum(1 << bit for bit, index in enumerate(indices) if index == largest) if largest > 50 else 0
    return max(largest, table.minimum), primary, AqiReason.VALID


def single(table: IndexTable, column: int, value: float) -> float:
    row = np.full((1, table.breaks.shape[0]), NAN)
    row[0, column] = value
    return float(iaqi(row, table)[0, column])


def column_of(factor: str, *, daily: str | None = None) -> int:
    return NEW.daily_columns.index((factor, daily)) if daily else HOURLY_FACTORS.index(factor)


HOURLY_2012 = [  # CO, NO2, O3, PM10, PM2.5, SO2; their IAQI; AQI; primary (standards.md 9.1)
    ((2.543, 19, 45, 25, 10, 51), (26, 10, 15, 25, 15, 17), 26, 0),
    ((0.421, 26, 32, 21, 10, 68), (5, 13, 10, 21, 15, 23), 23, 0),
    ((1.033, 14, 22, 22, 13, 43), (11, 7, 7, 22, 19, 15), 22, 0),
    ((2.026, 29, 39, 47, 34, 77), (21, 15, 13, 47, 49, 26), 49, 0),
    ((1.199, 25, 48, 36, 28, 36), (12, 13, 15, 36, 40, 12), 40, 0),
    ((2.244, 22, 26, 43, 23, 153), (23, 11, 9, 43, 33, 51), 51, SO2),
]


@pytest.mark.parametrize(("values", "indices", "published", "primary"), HOURLY_2012)
def test_published_hourly_station_aqi_comes_out(
    values: tuple[float, ...], indices: tuple[float, ...], published: int, primary: int
) -> None:
    co, no2, o3, pm10, pm25, so2 = values
    result = aqi([[pm25, pm10, so2, no2, co, o3]], OLD.hourly)
    i_co, i_no2, i_o3, i_pm10, i_pm25, i_so2 = indices
    assert result.iaqi[0].tolist() == [i_pm25, i_pm10, i_so2, i_no2, i_co, i_o3]
    assert (result.aqi[0], result.primary[0], result.reason[0]) == (published, primary, AqiReason.VALID)


def test_the_station_hour_of_2024_is_70_by_pm10() -> None:
    result = aqi([[49, 89, 3, 21, 0.6, 92]], OLD.hourly)
    assert (result.aqi[0], result.primary[0]) == (70, PM10)
    assert result.iaqi[0, 0] == 68


DAILY_2012 = [  # PM2.5, PM10, SO2, CO, NO2, O3 8 h; AQI (standards.md 9.2)
    ((45, 111, 28, 1.5, 62, 52), 81, PM10),
    ((111, 168, 69, 3.4, 93, 14), 145, PM25),
    ((47, 98, 29, 1.3, 52, 56), 74, PM10),
    ((114, 147, 40, 2.8, 75, 14), 149, PM25),
    ((15, 25, 13, 0.5, 21, 53), 27, 0),
    ((106, 128, 76, 2.8, 90, 11), 139, PM25),
    ((353, 384, 109, 4.6, 123, 20), 402, PM25),
    ((74, 81, 42, 1.5, 61, 36), 99, PM25),
]


@pytest.mark.parametrize(("values", "published", "primary"), DAILY_2012)
def test_published_daily_city_aqi_comes_out(values: tuple[float, ...], published: int, primary: int) -> None:
    pm25, pm10, so2, co, no2, o3 = values
    result = aqi([[pm25, pm10, so2, no2, co, o3, NAN]], OLD.daily)
    assert (result.aqi[0], result.primary[0]) == (published, primary)


def test_no2_and_ozone_tie_at_27_on_the_clean_day() -> None:
    result = aqi([[15, 25, 13, 21, 0.5, 53, NAN]], OLD.daily)
    assert result.iaqi[0, 3] == result.iaqi[0, 5] == 27


@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        (OLD.daily, 0, 64, 87),
        (OLD.daily, 3, 91, 106),
        (NEW.daily, 0, 64, 104),
        (OLD.daily, 4, 2.2, 55),
        (OLD.hourly, 4, 65.4, 218),
    ],
)
def test_single_indices_are_exact_in_decimals(table: IndexTable, column: int, value: float, expected: int) -> None:
    assert single(table, column, value) == expected


@pytest.mark.parametrize(
    ("factor", "average", "values", "expected"),
    [
        ("a34004", "day", (35, 60, 75, 115, 500, 600), (50, 100, 114, 150, 500, 500)),
        ("a34002", "day", (50, 120, 150, 250, 600), (50, 100, 112, 150, 500)),
        ("a21026", None, (800, 801, 1600), (200, 200, 200)),
        ("a05024", "max_8h", (160, 900, 1000), (100, 300, 300)),
        ("a21004", None, (200,), (100,)),
        ("a21005", "day", (4,), (100,)),
        ("a34004", "day", (60.5, 60.6), (100, 101)),
    ],
)
def test_unit_values_of_2026_agree_with_the_official_table(
    factor: str, average: str | None, values: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    table = NEW.daily if average else NEW.hourly
    column = column_of(factor, daily=average)
    assert tuple(single(table, column, value) for value in values) == expected


def test_a_severe_hour_by_2026_is_300_by_pm25() -> None:
    result = aqi([[250, 350, 650, 700, 35, 300]], NEW.hourly)
    assert result.iaqi[0].tolist() == [300, 200, 150, 150, 150, 150]
    assert (result.aqi[0], result.primary[0]) == (300, PM25)


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        (NEW.daily, (45, 111, 28, 62, 1.5, 52), 94),
        (NEW.daily, (47, 98, 29, 52, 1.3, 56), 85),
        (NEW.daily, (74, 81, 42, 61, 1.5, 36), 113),
        (NEW.hourly, (10, 25, 51, 19, 2.543, 45), 25),
        (NEW.hourly, (49, 89, 3, 21, 0.6, 92), 78),
    ],
)
def test_examples_of_the_old_rules_under_the_new_ones(
    table: IndexTable, row: tuple[float, ...], expected: float
) -> None:
    assert aqi([row], table).aqi[0] == expected


def test_so2_above_800_has_no_hourly_index_under_2012_and_the_rest_decides() -> None:
    result = aqi([[10, 20, 801, 20, 1, 30]], OLD.hourly)
    assert math.isnan(result.iaqi[0, 2])
    assert result.aqi[0] == 20


def test_so2_alone_above_800_leaves_no_aqi_under_2012() -> None:
    result = aqi([[NAN, NAN, 801, NAN, NAN, NAN]], OLD.hourly)
    assert math.isnan(result.aqi[0])
    assert result.reason[0] == AqiReason.NO_VALUES


def test_ozone_8_h_above_800_has_no_index_under_2012_and_the_hourly_maximum_decides() -> None:
    result = aqi([[10, 20, 30, 20, 1, 801, 850]], OLD.daily)
    assert math.isnan(result.iaqi[0, 5])
    assert result.aqi[0] == 325


def test_all_who_tie_on_the_rounded_up_index_are_primary() -> None:
    # PM2.5 49 gives 67.5 and PM10 85 gives 67.5, PM10 86 gives 68.0: all are 68
    result = aqi([[49, 85, 1, 1, 0.1, 1], [49, 86, 1, 1, 0.1, 1]], OLD.hourly)
    assert result.primary.tolist() == [PM25 | PM10, PM25 | PM10]


@pytest.mark.parametrize(("pm25", "primary"), [(35.0, 0), (35.5, PM25)])
def test_a_primary_pollutant_is_named_above_50_only(pm25: float, primary: int) -> None:
    assert aqi([[pm25, 1, 1, 1, 0.1, 1]], OLD.hourly).primary[0] == primary


@pytest.mark.parametrize(
    ("pm25", "expected", "reason"),
    [(60.0, NAN, AqiReason.POLLUTANT_MISSING), (61.0, 101.0, AqiReason.VALID)],
)
def test_with_a_pollutant_missing_2026_publishes_only_above_100(
    pm25: float, expected: float, reason: AqiReason
) -> None:
    result = aqi([[pm25, 20, 3, 20, 0.5, NAN]], NEW.hourly)
    np.testing.assert_array_equal(result.aqi, [expected])
    assert result.reason[0] == reason
    assert result.iaqi[0, 0] == single(NEW.hourly, 0, pm25)


def test_a_pollutant_not_monitored_by_plan_is_not_missing() -> None:
    result = aqi([[30, 20, 3, 20, 0.5, NAN]], NEW.hourly, planned=PM25 | PM10 | SO2 | NO2 | CO)
    assert (result.aqi[0], result.reason[0]) == (43, AqiReason.VALID)


def test_with_a_pollutant_missing_2012_publishes_the_largest_of_the_rest() -> None:
    assert aqi([[49, NAN, NAN, NAN, NAN, NAN]], OLD.hourly).aqi[0] == 68


@pytest.mark.parametrize(("table", "least"), [(OLD.hourly, 0), (NEW.hourly, 1)])
def test_the_least_aqi_is_0_under_2012_and_1_under_2026(table: IndexTable, least: float) -> None:
    assert aqi([[0, 0, 0, 0, 0, 0]], table).aqi[0] == least


def test_a_negative_concentration_has_no_index() -> None:
    assert math.isnan(single(OLD.hourly, 0, -1.0))


def test_dust_storm_extremes_are_500() -> None:
    result = aqi([[1500, 9985, 1.0, 1.0, 45.0, 10.0]], OLD.hourly)
    assert result.iaqi[0, :2].tolist() == [500, 500]
    assert result.primary[0] == PM25 | PM10


def test_2012_names_all_who_exceed_and_2026_none() -> None:
    # PM2.5 100 and SO2 101 to either side of the bound; PM10 500 and NO2 120 exceed; O3 is missing
    row = [[100, 500, 101, 120, 20, NAN]]
    assert exceedance(row, OLD.hourly).tolist() == [PM10 | SO2 | NO2]
    assert exceedance(row, NEW.hourly).tolist() == [0]


def test_ozone_can_exceed_by_its_1_h_and_by_its_8_h_maximum() -> None:
    indices = iaqi([[10, 20, 30, 20, 1, 170, 190], [10, 20, 30, 20, 1, 150, 210]], OLD.daily)
    assert exceedance(indices, OLD.daily).tolist() == [O3, O3 << 1]


def test_no_rows_give_no_rows() -> None:
    result = aqi(np.empty((0, 6)), NEW.hourly)
    assert [part.shape for part in result] == [(0, 6), (0,), (0,), (0,)]
    assert exceedance(result.iaqi, OLD.hourly).shape == (0,)


def test_a_wrong_number_of_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \[n, 6\]"):
        aqi([[1.0, 2.0]], OLD.hourly)


written = st.integers(0, 4_000_000).map(lambda n: f"{Decimal(n).scaleb(-3):f}")


@given(st.lists(st.one_of(st.none(), written), min_size=6, max_size=6), st.sampled_from([OLD, NEW]))
@settings(derandomize=True, deadline=None, max_examples=400)
def test_kernels_agree_with_fractions_for_any_row(row: list[str | None], edition: object) -> None:
    table = OLD.hourly if edition is OLD else NEW.hourly
    result = aqi([[NAN if text is None else float(text) for text in row]], table)
    expected = [NAN if text is None else reference_iaqi(text, column, table) for column, text in enumerate(row)]
    np.testing.assert_array_equal(result.iaqi[0], expected)
    value, primary, reason = reference_aqi(expected, table)
    np.testing.assert_array_equal(result.aqi, [value])
    assert (result.primary[0], result.reason[0]) == (primary, reason)


@given(st.sampled_from([OLD.hourly, OLD.daily, NEW.hourly, NEW.daily]), st.data())
@settings(derandomize=True, deadline=None, max_examples=200)
def test_every_breakpoint_has_exactly_its_index(table: IndexTable, data: st.DataObject) -> None:
    column = data.draw(st.integers(0, table.breaks.shape[0] - 1))
    step = data.draw(st.integers(0, int((table.breaks[column] >= 0).sum()) - 1))
    assert single(table, column, table.breaks[column, step] / 1e9) == table.steps[step]

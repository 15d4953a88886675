"""Composite index and rank: the published values, and the kernel against fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.composite import CompositeRule, composite, dense_rank
from standards.editions import load_editions

OLD, NEW, FINAL = (load_editions().by_id(name).composite for name in ("2012", "2026", "2026-final"))
NAN = math.nan
PM25, PM10, SO2, NO2, CO, O3 = (1 << bit for bit in range(6))

PUBLISHED = [  # SO2, NO2, PM10, PM2.5, CO P95, O3 P90; index; largest (standards.md 9.4)
    ("Heyuan city 2023-10", (6, 13, 33, 22, 0.8, 108), 2.40, O3),
    ("Dongyuan 2023-10", (10, 11, 25, 14, 0.7, 112), 2.09, O3),
    ("Heping 2023-10", (7, 19, 37, 24, 1.0, 118), 2.81, O3),
    ("Longchuan 2023-10", (6, 8, 29, 16, 0.8, 102), 2.01, O3),
    ("Yuancheng 2023-10", (6, 15, 32, 22, 0.8, 107), 2.44, O3),
    ("Heyuan city 2024-03", (6, 14, 40, 23, 1.0, 110), 2.62, O3),
    ("Dongyuan 2024-03", (8, 18, 35, 13, 1.1, 107), 2.40, O3),
    ("Heping 2024-03", (6, 19, 44, 20, 1.2, 104), 2.73, O3),
    ("Lianping 2024-03", (6, 15, 30, 19, 0.9, 104), 2.32, O3),
    ("Heyuan city 2023-01", (5, 14, 48, 30, 1.0, 98), 2.84, PM25),
    ("Heping 2023-01", (9, 17, 49, 36, 0.9, 98), 3.13, PM25),
    ("Yuancheng 2023-01", (5, 15, 45, 29, 0.9, 96), 2.75, PM25),
    ("Heyuan city 2022-02", (3, 13, 16, 13, 0.9, 87), 1.73, O3),
    ("Wuyuan 2023-09", (11, 16, 40, 16, 0.6, 139), 2.63, O3),
    ("Naiman Q1", (9, 14, 77, 23, 1.1, 96), 3.14, PM10),
]
INDEX = {place: index for place, _, index, _ in PUBLISHED}


def row(published: tuple[float, ...]) -> list[float]:
    """In the columns' order."""
    so2, no2, pm10, pm25, co, o3 = published
    return [pm25, pm10, so2, no2, co, o3]


@pytest.mark.parametrize(("place", "values", "index", "largest"), PUBLISHED)
def test_published_indices_come_out(place: str, values: tuple[float, ...], index: float, largest: int) -> None:
    result = composite([row(values)], OLD)
    assert (result.index[0], result.largest[0]) == (index, largest), place


def test_single_indices_are_rounded_half_to_even_before_they_are_added() -> None:
    # CO 0.9 / 4 is 0.225, NO2 15 / 40 is 0.375, O3 98 / 160 is 0.6125
    result = composite([[29, 45, 5, 15, 0.9, 98]], OLD)
    assert result.single[0].tolist() == [0.83, 0.64, 0.08, 0.38, 0.22, 0.61]
    assert result.index[0] == 2.76


def test_concentrations_are_rounded_before() -> None:
    exact, unrounded = composite([[22, 33, 6, 13, 0.8, 108], [22.4, 32.6, 6.5, 12.5001, 0.84, 108.5]], OLD).index
    assert unrounded == exact


def test_the_method_of_2026_weighs_and_keeps_three_places() -> None:
    result = composite([[22, 33, 6, 13, 0.8, 108]], NEW)
    assert result.single[0].tolist() == [0.733, 0.55, 0.1, 0.325, 0.2, 0.675]
    assert result.index[0] == 5.049  # 3 · 0.733 + 0.55 + 0.1 + 2 · 0.325 + 0.2 + 2 · 0.675


def test_the_final_limits_of_2026_are_those_of_the_final_edition() -> None:
    assert composite([[25, 50, 20, 30, 4, 160]], FINAL).single[0].tolist() == [1.0] * 6


def test_the_largest_index_leaves_the_weights_aside() -> None:
    result = composite([[21, 48, 6, 4, 0.4, 16]], NEW)
    assert result.single[0, :2].tolist() == [0.7, 0.8]
    assert result.largest[0] == PM10


def test_all_who_tie_on_the_rounded_index_are_largest() -> None:
    # 30 / 35 and 60 / 70 are 0.857…, 137 / 160 is 0.856…: all are 0.86
    assert composite([[30, 60, 6, 12, 0.8, 137]], OLD).largest[0] == PM25 | PM10 | O3


def test_without_one_of_the_six_there_is_no_index_but_those_of_the_others() -> None:
    result = composite([[22, 33, 6, 13, NAN, 108]], OLD)
    assert math.isnan(result.index[0])
    np.testing.assert_array_equal(result.single[0], [0.63, 0.47, 0.1, 0.32, NAN, 0.68])
    assert result.largest[0] == O3


def test_without_any_concentration_none_is_largest() -> None:
    result = composite([[NAN] * 6, [-1.0] * 6], OLD)
    assert np.isnan(result.single).all()
    assert np.isnan(result.index).all()
    assert result.largest.tolist() == [0, 0]


def test_no_rows_give_no_rows() -> None:
    result = composite(np.empty((0, 6)), NEW)
    assert (result.single.shape, result.index.shape, result.largest.shape) == ((0, 6), (0,), (0,))


def test_a_wrong_number_of_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \[n, 6\]"):
        composite([[1.0, 2.0]], OLD)


def test_the_ends_of_what_an_edition_may_hold_are_still_exact() -> None:
    rule = CompositeRule(np.full(6, 0.001), np.full(6, 1000.0), np.zeros(6, dtype=np.int64), 3, 3)
    result = composite([[1e6] * 6, [math.inf] * 6], rule)
    assert result.single[0].tolist() == [1e9] * 6
    assert result.index.tolist() == [6e12, 6e12]


@dataclass(frozen=True)
class Written:
    """A method in decimals, as it is written."""

    limits: list[str]
    weights: list[str]
    decimals: list[int]
    single: int
    total: int

    def rule(self) -> CompositeRule:
        limits, weights = (np.array([float(text) for text in texts]) for texts in (self.limits, self.weights))
        return CompositeRule(limits, weights, np.array(self.decimals), self.single, self.total)


def reference(texts: list[str | None], method: Written) -> tuple[list[Fraction | None], Fraction | None, int]:
    """Single indices, index and bits of the largest, by fractions; `round` of a fraction goes half to even."""
    single = [
        None
        if text is None
        else round(
            Fraction(Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)) / Fraction(limit),
            method.single,
        )
        for text, limit, places in zip(texts, method.limits, method.decimals, strict=True)
    ]
    there = [index for index in single if index is not None]
    largest = sum(1 << bit for bit, index in enumerate(single) if index is not None and index == max(there))
    if len(there) < len(single):
        return single, None, largest
    weighted = sum((i * Fraction(w) for i, w in zip(there, method.weights, strict=True)), Fraction())
    return single, round(weighted, method.total), largest


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda n: f"{Decimal(n).scaleb(-places):f}")


def six(of: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(of, min_size=6, max_size=6)


few_places = st.integers(0, 3)
methods = st.one_of(
    st.sampled_from(
        [
            Written(["35", "70", "60", "40", "4", "160"], ["1"] * 6, [0, 0, 0, 0, 1, 0], 2, 2),
            Written(["30", "60", "60", "40", "4", "160"], ["3", "1", "1", "2", "1", "2"], [0, 0, 0, 0, 1, 0], 3, 3),
        ]
    ),
    st.builds(
        Written,
        six(decimals(1, 400_000, 3)),
        six(decimals(1, 20_000, 3)),
        st.lists(few_places, min_size=6, max_size=6),
        few_places,
        few_places,
    ),
)
concentration = st.one_of(st.none(), decimals(0, 500, 0), decimals(0, 2_000, 1), decimals(0, 4_000_000, 3))


@given(st.lists(concentration, min_size=6, max_size=6), methods)
@settings(derandomize=True, deadline=None, max_examples=1000)
def test_the_kernel_agrees_with_fractions_for_any_row_and_method(texts: list[str | None], method: Written) -> None:
    result = composite([[NAN if text is None else float(text) for text in texts]], method.rule())
    single, index, largest = reference(texts, method)
    np.testing.assert_array_equal(result.single[0], [NAN if one is None else float(one) for one in single])
    np.testing.assert_array_equal(result.index, [NAN if index is None else float(index)])
    assert result.largest[0] == largest


def test_counties_rank_as_heyuan_published_in_october_2023() -> None:
    places = [f"{name} 2023-10" for name in ("Longchuan", "Dongyuan", "Yuancheng", "Heping")]
    # Of Zijin (1) and Lianping (4) only the ranks are published: any index in their places.
    ranks = dense_rank([1.90, *(INDEX[place] for place in places), 2.20])
    assert ranks.tolist() == [1, 2, 3, 5, 6, 4]


def test_after_a_tie_the_next_rank_follows_without_a_gap_as_heyuan_published_in_january_2023() -> None:
    # Two counties tie at 1, the next is 2; Yuancheng is 4 and Heping 5.
    ranks = dense_rank([2.10, INDEX["Heping 2023-01"], 2.10, 2.50, INDEX["Yuancheng 2023-01"], 2.30])
    assert ranks.tolist() == [1, 5, 1, 3, 4, 2]


def test_who_has_no_index_has_no_rank_and_takes_none() -> None:
    assert dense_rank([2.0, NAN, 1.0, NAN]).tolist() == [2, 0, 1, 0]
    assert dense_rank([NAN]).tolist() == [0]
    assert dense_rank([]).tolist() == []


@given(st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=30))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_a_rank_is_one_more_than_the_number_of_lesser_indices(indices: list[int | None]) -> None:
    found = dense_rank([NAN if index is None else index / 100 for index in indices])
    there = {index for index in indices if index is not None}
    expected = [0 if index is None else 1 + sum(other < index for other in there) for index in indices]
    assert found.tolist() == expected

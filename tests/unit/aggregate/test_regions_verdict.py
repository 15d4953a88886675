"""What figures say: attainment, shares, ranks and changes, held against what bulletins have published."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from region_figures import CLEAN, EDITIONS, NAN, NEW, OLD, days_of, six

from aggregate.evaluation.spans import Span
from aggregate.regions.figures import evaluate, joined, mean_of, nothing, taken
from aggregate.regions.verdict import attainment, change, composite_ranking, limits, ranking, rounded, share
from standards.composite import composite

JINCHENG_2020 = (46, 96, 13, 31, 2.1, 176)
JINCHENG_2019 = (54, 111, 16, 38, 2.6, 201)

SHANXI_2017 = {
    "大同": (301, 0, 5.31), "吕梁": (245, 2, 7.04), "朔州": (242, 8, 5.90), "忻州": (213, 14, 6.85),
    "长治": (195, 7, 6.88), "阳泉": (193, 12, 7.28), "晋中": (183, 10, 7.68), "太原": (175, 16, 7.76),
    "晋城": (166, 16, 7.78), "运城": (161, 21, 7.64), "临汾": (128, 35, 8.60),
}  # fmt: skip
"""Days attained, days of heavy pollution, composite index (Bulletin 2017)."""
VALID_2017 = 350.6


def shanxi() -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array(list(SHANXI_2017.values()))


# --- limits ---


def test_limits_are_class_ii_of_the_edition_and_co_and_o3_have_none_of_the_mean() -> None:
    of_mean, of_percentile = limits(OLD)
    np.testing.assert_array_equal(of_mean, [35, 70, 60, 40, NAN, NAN])
    np.testing.assert_array_equal(of_percentile, [75, 150, 150, 80, 4, 160])
    np.testing.assert_array_equal(limits(NEW)[0], [30, 60, 60, 40, NAN, NAN])


@pytest.mark.parametrize(("pm25", "attains"), [(35.0, 1), (35.4, 1), (35.5, 0), (36.0, 0), (NAN, NAN)])
def test_a_mean_attains_if_what_is_printed_is_within_the_limit(pm25: float, attains: float) -> None:
    found = attainment(six([(pm25, *CLEAN[1:])]), OLD)
    np.testing.assert_array_equal(found.item[0], [attains, 1, 1, 1, 1, 1])
    np.testing.assert_array_equal(found.every, [attains])


def test_an_item_attains_only_if_mean_and_percentile_do() -> None:
    figures = six([CLEAN])
    figures.percentile[0, 0] = 76
    assert attainment(figures, OLD).item[0].tolist() == [0, 1, 1, 1, 1, 1]


def test_an_item_exceeds_whatever_else_is_missing() -> None:
    figures = six([(NAN, *CLEAN[1:])])
    figures.percentile[0, 0] = 76
    assert (attainment(figures, OLD).item[0, 0], attainment(figures, OLD).every[0]) == (0, 0)


def test_without_enough_valid_days_nobody_attains_but_who_exceeds_does_not() -> None:
    """Two days of a year are no year; what is above the limit is told, as a day is that exceeds though incomplete."""
    figures = six([CLEAN, (36, *CLEAN[1:])])
    figures.valid[:] = False
    found = attainment(figures, OLD)
    np.testing.assert_array_equal(found.item, [[NAN] * 6, [0, *[NAN] * 5]])
    np.testing.assert_array_equal(found.every, [NAN, 0])


def test_one_item_without_enough_valid_days_leaves_the_others_and_all_together_unknown() -> None:
    figures = six([CLEAN])
    figures.valid[0, 2] = False
    np.testing.assert_array_equal(attainment(figures, OLD).item[0], [1, 1, NAN, 1, 1, 1])
    np.testing.assert_array_equal(attainment(figures, OLD).every, [NAN])


@pytest.mark.parametrize(("so2", "multiple"), [(83, 0.38), (348, 4.8), (60, 0), (20, 0)])
def test_the_exceedance_multiple_is_what_linfen_published(so2: float, multiple: float) -> None:
    """Annual 2016 83 µg/m³: 0.38 times over; December 348: 4.8 times."""
    assert attainment(six([(20, 40, so2, 20, 0.6, 80)]), OLD).mean_multiple[0, 2] == multiple


# --- shares ---


@pytest.mark.parametrize(
    ("days", "of", "printed"),
    [(243, 366, 66.4), (200.1818, VALID_2017, 57.1), (69, 80, 86.3), (65, 80, 81.3), (0, 10, 0.0), (0, 0, NAN)],
)
def test_shares_are_rounded_half_up_as_bulletins_print_them(days: float, of: float, printed: float) -> None:
    np.testing.assert_array_equal(share(np.array([days]), np.array([of]), OLD), [printed])


def test_jincheng_attained_on_243_of_366_days_of_2020() -> None:
    """24 of grade I, 219 of grade II."""
    excellent, good, polluted = (20.0, *CLEAN[1:]), (50.0, *CLEAN[1:]), (90.0, *CLEAN[1:])
    year = Span("2020", date(2020, 1, 1), date(2021, 1, 1))
    days = days_of(year.first, [[excellent] * 24 + [good] * 219 + [polluted] * 123])
    figures = evaluate(days, year, EDITIONS)
    assert figures.days_level[0, :3].tolist() == [24, 219, 123]
    assert (figures.days_attained[0], figures.days_valid[0]) == (243, 366)
    assert share(figures.days_attained, figures.days_valid, OLD)[0] == 66.4


def test_shanxi_attained_on_57_1_percent_of_its_valid_days_of_2017() -> None:
    """On average on 200 of 350.6 valid days; 13 of heavy pollution, 3.7 %."""
    attained, heavy, _ = shanxi().T
    cities = six([CLEAN] * 11, days_valid=np.full(11, VALID_2017), days_attained=attained, days_heavy=heavy)
    province = mean_of(cities, OLD)
    assert [round(province.days_attained[0]), round(province.days_heavy[0])] == [200, 13]
    assert share(province.days_attained, province.days_valid, OLD)[0] == 57.1
    assert share(province.days_heavy, province.days_valid, OLD)[0] == 3.7


# --- ranks ---


def test_shanxis_cities_of_2017_rank_by_the_composite_index() -> None:
    found = composite_ranking(six([CLEAN] * 11, composite=shanxi()[:, 2]))
    order = sorted(SHANXI_2017, key=dict(zip(SHANXI_2017, found.rank.tolist(), strict=True)).__getitem__)
    assert order == ["大同", "朔州", "忻州", "长治", "吕梁", "阳泉", "运城", "晋中", "太原", "晋城", "临汾"]
    assert not found.tied.any()


def test_who_ties_shares_a_rank_and_no_rank_is_left_out() -> None:
    """Heyuan, January 2023: 1 (并列), 1 (并列), 2."""
    found = ranking(np.array([2.40, 2.09, 2.09, NAN]), np.ones(4, dtype=np.bool_))
    assert (found.rank.tolist(), found.tied.tolist()) == ([2, 1, 1, 0], [False, True, True, False])


def test_without_enough_valid_days_there_is_no_rank() -> None:
    figures = six([CLEAN] * 3, composite=np.array([1.0, 2.0, 3.0]))
    figures.valid[0, 5] = False
    assert composite_ranking(figures).rank.tolist() == [0, 1, 2]


def test_nobody_is_ranked_among_nobody() -> None:
    assert composite_ranking(nothing(0)).rank.size == 0


# --- change ---


def test_jinchengs_changes_of_2020_follow_from_the_whole_values() -> None:
    found = change(six([JINCHENG_2020]), OLD, six([JINCHENG_2019]), OLD)
    assert found.concentration[0].tolist() == [-14.8, -13.5, -18.8, -18.4, -19.2, -12.4]


def test_changes_come_of_what_is_printed_not_of_what_is_behind_it() -> None:
    found = change(six([(45.5, *JINCHENG_2020[1:])]), OLD, six([(54.4, *JINCHENG_2019[1:])]), OLD)
    assert found.concentration[0, 0] == -14.8


def indices(*rows: tuple[float, ...]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return composite(np.array(rows, dtype=float), OLD.composite).index


def test_the_composite_index_changes_in_percent_and_who_improves_most_is_first() -> None:
    now = six([JINCHENG_2020, JINCHENG_2019, JINCHENG_2019], composite=indices(JINCHENG_2020, *[JINCHENG_2019] * 2))
    then = six([JINCHENG_2019, JINCHENG_2019, JINCHENG_2020], composite=indices(*[JINCHENG_2019] * 2, JINCHENG_2020))
    found = change(now, OLD, then, OLD)
    assert now.composite[:2].tolist() == [5.30, 6.26]
    assert found.composite.tolist() == [-15.3, 0.0, 18.1]
    assert found.ranking.rank.tolist() == [1, 2, 3]
    assert found.worsening.tolist() == [False, False, True]


def test_who_attains_in_all_items_is_not_listed_as_worsening() -> None:
    now, then = (six([CLEAN], composite=np.array([index])) for index in (2.5, 2.0))
    found = change(now, OLD, then, OLD)
    assert (found.composite[0], bool(found.worsening[0])) == (25.0, False)


def test_who_is_not_known_to_attain_is_not_listed_as_worsening() -> None:
    now, then = (six([CLEAN, (36, *CLEAN[1:])], composite=np.full(2, index)) for index in (2.5, 2.0))
    now.valid[:] = False
    assert change(now, OLD, then, OLD).worsening.tolist() == [False, True]


def test_days_change_in_days_and_shares_in_points() -> None:
    now = six([CLEAN], days_valid=np.array([366.0]), days_attained=np.array([243.0]), days_heavy=np.array([3.0]))
    then = six([CLEAN], days_valid=np.array([365.0]), days_attained=np.array([202.0]), days_heavy=np.array([9.0]))
    found = change(now, OLD, then, OLD)
    assert (found.days_attained[0], found.share[0], found.days_heavy[0]) == (41, 11.1, -6)  # 66.4 and 55.3


def test_indices_by_two_methods_are_not_compared() -> None:
    figures = six([CLEAN], composite=np.array([3.0]))
    found = change(figures, NEW, figures, OLD)
    assert np.isnan(found.composite[0])
    assert found.ranking.rank[0] == 0
    assert found.concentration[0].tolist() == [0] * 6


def test_against_nothing_there_is_no_change() -> None:
    found = change(six([CLEAN]), OLD, nothing(1), OLD)
    assert all(
        np.isnan(part).all() for part in (found.concentration, found.composite, found.days_attained, found.share)
    )


def test_from_nothing_measurable_there_is_no_change_in_percent() -> None:
    found = change(six([CLEAN]), OLD, six([(20, 40, 0.2, 20, 0.6, 80)]), OLD)
    np.testing.assert_array_equal(found.concentration[0], [0, 0, NAN, 0, 0, 0])


def test_figures_are_printed_to_the_editions_places_half_to_even() -> None:
    shown = rounded(np.array([[34.5, 35.5, 0.4999, NAN, 2.25, 160.5]]), OLD)
    np.testing.assert_array_equal(shown, [[34, 36, 0, NAN, 2.2, 160]])


def test_a_verdict_on_one_of_many_is_the_verdict_on_it_alone() -> None:
    dice = np.random.default_rng(3)
    many = six(dice.uniform(1, 90, (20, 6)))
    together = attainment(many, OLD)
    for row in range(20):
        np.testing.assert_array_equal(attainment(taken(many, [row]), OLD).item[0], together.item[row])
    assert joined([many]).members.size == 20

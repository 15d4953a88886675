"""How simulated enterprises run: their trades, and their load through days, weeks and seasons."""

from __future__ import annotations

import numpy as np
import pytest
from enterprises import ENTERPRISES, SEED, T0, TOWN, WEEK, hours_of

from core.clock import DAY, HOUR
from ingest.simulation.models.plant import Trade, load, trade_of
from ingest.simulation.noise import Ints


def weekdays_of(times: Ints) -> Ints:
    days: Ints = (times - T0) // DAY % 7
    return days


@pytest.mark.parametrize(
    ("enterprise", "trade"),
    [
        ("晋城甲热电有限公司", Trade.HEAT),
        ("泽州丙钢铁有限公司", Trade.STEEL),
        ("泽州丁化肥有限公司", Trade.WORKS),
        ("阳城乙陶瓷有限公司", Trade.KILN),
        ("高平乙铸造有限公司", Trade.FOUNDRY),
        ("晋城市污水处理厂", Trade.SEWAGE),
    ],
)
def test_an_enterprise_s_name_tells_its_trade(enterprise: str, trade: Trade) -> None:
    assert trade_of(SEED, enterprise) is trade


def test_where_the_name_tells_nothing_industries_are_drawn() -> None:
    drawn = {trade_of(SEED, f"企业{number}") for number in range(200)}
    assert drawn == {Trade.HEAT, Trade.WORKS, Trade.KILN, Trade.FOUNDRY}


def test_the_load_is_a_share_of_capacity() -> None:
    year = load(SEED, np.arange(T0, T0 + 365 * DAY, 5 * HOUR), ENTERPRISES)
    assert year.min() >= 0.0
    assert year.max() <= 1.0


def test_the_load_of_any_span_is_the_same_as_within_a_longer_one() -> None:
    np.testing.assert_array_equal(load(SEED, WEEK[77:78], ENTERPRISES)[0], load(SEED, WEEK, ENTERPRISES)[77])


def test_the_next_ten_minutes_are_like_these() -> None:
    for course in load(SEED, WEEK, ENTERPRISES).T:
        assert np.corrcoef(course[1:], course[:-1])[0, 1] > 0.8


def test_a_foundry_works_by_day_and_not_on_sundays() -> None:
    names = [f"{number}号铸造厂" for number in range(40)]
    course, hours, days = load(SEED, WEEK, names), hours_of(WEEK), weekdays_of(WEEK)
    assert course[(hours >= 10) & (hours < 12) & (days < 6)].mean() > 0.7
    assert course[(hours >= 22) | (hours < 5)].max() < 0.01
    assert course[days == 6].max() == 0.0


def test_heat_is_wanted_in_winter_and_in_the_evening() -> None:
    names = [f"{number}号热电厂" for number in range(40)]
    january, july = (load(SEED, T0 + np.arange(day * DAY, (day + 14) * DAY, HOUR), names).mean() for day in (-50, 131))
    assert january > july + 0.1
    course, hours = load(SEED, WEEK, names), hours_of(WEEK)
    assert course[hours == 20].mean() > course[hours == 3].mean() + 0.05


def test_kilns_are_fired_in_batches_of_more_than_a_day() -> None:
    fired = load(SEED, np.arange(T0, T0 + 60 * DAY, HOUR), [f"{number}号砖瓦厂" for number in range(20)]) > 0.3
    begins = np.sum(fired[1:] & ~fired[:-1], axis=0)
    assert 0.5 < fired.mean() < 0.75
    assert np.all((begins >= 12) & (begins <= 42))


def test_enterprises_stand_still_now_and_then_for_days() -> None:
    still = load(SEED, np.arange(T0, T0 + 365 * DAY, HOUR), [f"{number}号化肥厂" for number in range(40)]) == 0.0
    begins = np.sum(still[1:] & ~still[:-1])
    assert 0.01 < still.mean() < 0.08
    assert 20 < still.sum() / begins < 150


def test_a_sewage_works_follows_the_town_and_never_stands_still() -> None:
    year = load(SEED, np.arange(T0, T0 + 365 * DAY, HOUR), (TOWN,))
    assert year.min() > 0.2
    course, hours, days = load(SEED, WEEK, (TOWN,)), hours_of(WEEK), weekdays_of(WEEK)
    assert course[hours == 20].mean() > course[hours == 4].mean() + 0.15
    assert course[days < 5].mean() > course[days >= 5].mean()

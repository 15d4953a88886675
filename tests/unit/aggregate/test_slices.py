"""How much is rebuilt at a time: as many days of objects, whatever windows they are in."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregate import owed
from aggregate.owed import Owed
from aggregate.statistic import Key, Window
from aggregate.statistic_store import slices, weight

MOST = 40


def weighs(windows: list[Window]) -> int:
    return sum(map(weight, windows))


@given(st.lists(st.sampled_from(Window), max_size=30))
def test_a_slice_is_as_heavy_as_it_may_be_and_the_order_stays(windows: list[Window]) -> None:
    parts = list(slices(windows, MOST, lambda window: window))
    assert [window for part in parts for window in part] == windows
    assert all(weighs(part) <= MOST for part in parts)
    assert all(weighs([*part, after[0]]) > MOST for part, after in pairwise(parts))


def test_what_is_heavier_than_a_slice_goes_alone() -> None:
    windows = [Window.YEAR, Window.YEAR, Window.HOUR]
    assert list(slices(windows, 1, lambda window: window)) == [[window] for window in windows]


def test_a_years_days_weigh_as_much_in_months() -> None:
    assert weight(Window.YEAR) == pytest.approx(366 / 20, abs=0.5)
    assert 12 * weight(Window.MONTH) == pytest.approx(4 * weight(Window.QUARTER), rel=0.25)


def test_what_is_owed_is_taken_by_weight_and_all_of_it_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: Mapping[int, list[Key]] = {
        0: [Key("station:a", window, 0) for window in Window],
        1: [Key("station:b", Window.YEAR, 0), Key("station:b", Window.HOUR, 0)],
    }
    monkeypatch.setattr(owed, "read_open_keys", lambda *_: {number: list(keys) for number, keys in noted.items()})
    owes = Owed("period")
    owes.note(None, [0, 1])
    assert owes.take([0, 1], 0) == []
    taken: list[Key] = []
    while part := owes.take([0, 1], 20):
        assert weighs([key.window for key in part]) <= 20
        taken += part
    assert sorted(taken) == sorted(key for keys in noted.values() for key in keys)


def test_a_year_is_taken_though_little_is_left_of_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    year = Key("station:a", Window.YEAR, 0)
    monkeypatch.setattr(owed, "read_open_keys", lambda *_: {0: [year]})
    owes = Owed("period")
    owes.note(None, [0])
    assert owes.take([0], 1) == [year]

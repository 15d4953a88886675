"""Columns of statistics that are equal are one tuple in memory."""

from __future__ import annotations

from aggregate.statistic import shared


def test_equal_columns_are_the_same_tuple() -> None:
    first, second = ((120, last) for last in (119, 119))
    assert first is not second
    assert shared(first) is shared(second)


def test_numbers_and_truths_are_kept_apart_though_they_are_equal() -> None:
    assert shared((1, 1)) == shared((True, True))
    assert [type(cell) for cell in shared((True, True))] == [bool, bool]
    assert [type(cell) for cell in shared((1, 1))] == [int, int]

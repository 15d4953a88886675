"""The first run on a machine says why it takes long, to who waits for it."""

from __future__ import annotations

import sys

import pytest
from numba import njit

from aggregate.evaluation.compiling import compiling_told


def compile_and_call(times: int) -> None:
    """A function of its own, which no cache holds."""
    kernel = njit(lambda number: number + 1)
    for number in range(times):
        assert kernel(number) == number + 1
    assert kernel(0.5) == 1.5


@pytest.mark.parametrize(("is_terminal", "lines"), [(True, 1), (False, 0)])
def test_a_terminal_is_told_once_that_kernels_are_compiled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool, lines: int
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    with compiling_told():
        compile_and_call(2)
    assert capsys.readouterr().err.count("the kernels are being compiled") == lines


def test_nothing_is_told_where_all_is_compiled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    kernel = njit(lambda number: number + 1)
    kernel(1)
    with compiling_told():
        kernel(2)
    assert capsys.readouterr().err == ""
